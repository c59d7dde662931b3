//! Orders.

use shop::model::Order;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::demo::worker::Worker;

/// The first checkout; every microsecond counts.
const BEGIN: OffsetDateTime = datetime!(2025-06-30 23:59:59.999_999 UTC);

impl Worker {
    fn own_order(&mut self) -> Option<Order> {
        self.random.choice(&self.orders).cloned()
    }

    /// Checks out a cart that has lines. Whoever cannot buy empties the cart, to begin anew.
    pub(in crate::demo) async fn checkout(&mut self) {
        let user = match self.random.choice(&self.lines).copied() {
            Some((user, _)) if !self.once_in(8) => user,
            _ => self.someone(),
        };
        let number = i64::try_from(self.fresh()).unwrap_or_default();
        let placed_at = BEGIN + Duration::minutes(number) + Duration::microseconds(number);
        match self.shop.orders.checkout(user, placed_at).await {
            Ok(order) => {
                self.lines.retain(|line| line.0 != user);
                self.orders.push(order);
            }
            Err(_) => self.clear(user).await,
        }
    }

    pub(in crate::demo) async fn order(&mut self) {
        let id = match (self.random.u32(..8), self.own_order()) {
            (0, _) => self.unknown(),
            (1..=5, Some(order)) => order.id,
            _ => self.of_seeded(self.seeded.orders),
        };
        let _ = self.shop.orders.get(id).await;
    }

    pub(in crate::demo) async fn orders_of_user(&mut self) {
        let own = self.own_order().map(|order| order.user_id);
        let (user, kept) = match (self.pages.orders.take(), own) {
            (Some((user, cursor)), _) => (user, Some(cursor)),
            (None, Some(user)) if !self.once_in(3) => (user, None),
            _ => (self.of_seeded(self.seeded.users), None),
        };
        let (after, limit) = (self.cursor(kept), self.limit().min(4));
        let listing = self.shop.orders.of_user(user, after.as_deref(), limit);
        if let Ok(page) = listing.await {
            self.pages.orders = page.next.map(|next| (user, next));
        }
    }

    /// Puts back an order that was removed, with its effects; at times one of a product that is not
    /// there, or one that is there already.
    pub(in crate::demo) async fn apply(&mut self) {
        let Some(mut order) = self.gone.pop().or_else(|| self.own_order()) else {
            return self.checkout().await;
        };
        let sound = order.clone();
        if self.once_in(4)
            && let Some(line) = order.lines.first_mut()
        {
            line.product_id = self.unknown();
        }
        let there = self.orders.iter().any(|kept| kept.id == order.id);
        let applied = self.shop.orders.apply(&order).await.is_ok();
        let (user, products) = (sound.user_id, &sound.lines);
        match (there, applied) {
            (true, _) => {}
            (false, true) => {
                self.lines.retain(|line| {
                    line.0 != user || !products.iter().any(|of| of.product_id == line.1)
                });
                self.orders.push(sound);
            }
            (false, false) => {
                self.gone.insert(0, sound);
                self.gone.truncate(8);
            }
        }
    }

    pub(in crate::demo) async fn remove_order(&mut self) {
        let place = self.any_of(|worker| &worker.orders);
        match place {
            Some(place) if !self.once_in(4) => {
                let order = self.orders.swap_remove(place);
                if self.shop.orders.remove(order.id).await.is_ok() {
                    self.gone.push(order);
                }
            }
            _ => {
                let unknown = self.unknown();
                let _ = self.shop.orders.remove(unknown).await;
            }
        }
    }

    pub(in crate::demo) async fn put_order(&mut self) {
        let Some(place) = self.any_of(|worker| &worker.orders) else {
            return self.checkout().await;
        };
        let Some(mut order) = self.orders.get(place).cloned() else {
            return;
        };
        order.total = order.total.saturating_add(1);
        order.placed_at += Duration::microseconds(1);
        if self.shop.orders.put_exact(&order).await.is_ok()
            && let Some(kept) = self.orders.get_mut(place)
        {
            *kept = order;
        }
    }
}
