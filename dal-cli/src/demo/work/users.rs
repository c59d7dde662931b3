//! Customers.

use shop::model::{NewUser, User};
use time::Duration;

use crate::demo::worker::Worker;

/// Pages of users end this many names before the last seeded one: behind it come those of workers.
const MARGIN: u64 = 50;

fn seeded_name(id: u64) -> String {
    format!("user{id:05}")
}

fn seeded_email(id: u64) -> String {
    format!("user{id:05}@example.com")
}

impl Worker {
    fn own_user(&mut self) -> Option<User> {
        self.random.choice(&self.users).cloned()
    }

    pub(in crate::demo) async fn register(&mut self) {
        let mut new = NewUser {
            name: self.fresh_text(),
            email: format!("{}@example.com", self.fresh_text()),
        };
        let seeded = self.of_seeded(self.seeded.users);
        match self.random.u32(..12) {
            0 => new.email = seeded_email(seeded),
            1 => new.name = seeded_name(seeded),
            2 => new.name = String::new(),
            3 => {
                if let Some(user) = self.own_user() {
                    new.email = user.email;
                }
            }
            _ => {}
        }
        if let Ok(user) = self.shop.users.register(&new).await {
            self.users.push(user);
        }
    }

    pub(in crate::demo) async fn rename(&mut self) {
        let unknown = self.unknown();
        let place = self.any_of(|worker| &worker.users);
        let user = place.and_then(|place| self.users.get(place));
        let mut id = user.map_or(unknown, |user| user.id);
        let mut name = self.fresh_text();
        match self.random.u32(..8) {
            0 => id = unknown,
            1 => name = seeded_name(self.of_seeded(self.seeded.users)),
            2 => name = "x".repeat(201),
            _ => {}
        }
        if self.shop.users.rename(id, &name).await.is_ok()
            && let Some(user) = place.and_then(|place| self.users.get_mut(place))
        {
            user.name = name;
        }
    }

    pub(in crate::demo) async fn remove_user(&mut self) {
        let place = self.any_of(|worker| &worker.users);
        match place {
            // Whoever is left goes on with a few customers at least.
            Some(place) if self.users.len() > 4 && !self.once_in(3) => {
                let user = self.users.swap_remove(place);
                let _ = self.shop.users.remove(user.id).await;
            }
            _ => {
                let unknown = self.unknown();
                let _ = self.shop.users.remove(unknown).await;
            }
        }
    }

    pub(in crate::demo) async fn user(&mut self) {
        let id = match (self.random.u32(..8), self.own_user()) {
            (0, _) => self.unknown(),
            (1..=4, Some(user)) => user.id,
            _ => self.of_seeded(self.seeded.users),
        };
        let _ = self.shop.users.get(id).await;
    }

    pub(in crate::demo) async fn user_by_email(&mut self) {
        let seeded = seeded_email(self.of_seeded(self.seeded.users));
        let email = match (self.random.u32(..8), self.own_user()) {
            (0, _) => seeded.to_uppercase(),
            (1, _) => String::new(),
            (2..=4, Some(user)) => user.email,
            _ => seeded,
        };
        let _ = self.shop.users.by_email(&email).await;
    }

    pub(in crate::demo) async fn user_by_name(&mut self) {
        let seeded = seeded_name(self.of_seeded(self.seeded.users));
        let name = match (self.random.u32(..8), self.own_user()) {
            (0, _) => seeded.to_uppercase(),
            (1, _) => format!("{seeded} "),
            (2..=4, Some(user)) => user.name,
            _ => seeded,
        };
        let _ = self.shop.users.by_name(&name).await;
    }

    /// Walks through the seeded users, which come first and never change.
    pub(in crate::demo) async fn list_users(&mut self) {
        let kept = self.pages.users.take();
        let (after, limit) = (self.cursor(kept), self.limit());
        if let Ok(page) = self.shop.users.list(after.as_deref(), limit).await {
            let end = seeded_name(self.seeded.users.saturating_sub(MARGIN));
            let more = page.items.last().is_some_and(|user| user.name < end);
            self.pages.users = page.next.filter(|_| more);
        }
    }

    pub(in crate::demo) async fn put_user(&mut self) {
        let Some(place) = self.any_of(|worker| &worker.users) else {
            return self.register().await;
        };
        let Some(mut user) = self.users.get(place).cloned() else {
            return;
        };
        user.email = format!("{}@example.org", self.fresh_text());
        user.created_at += Duration::microseconds(61_000_001);
        match self.random.u32(..8) {
            0 => user.email = seeded_email(self.of_seeded(self.seeded.users)),
            1 => user.name = seeded_name(self.of_seeded(self.seeded.users)),
            _ => {}
        }
        if self.shop.users.put_exact(&user).await.is_ok()
            && let Some(kept) = self.users.get_mut(place)
        {
            *kept = user;
        }
    }
}
