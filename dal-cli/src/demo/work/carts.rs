//! Carts.

use shop::model::{CartLine, MAX_QUANTITY};

use crate::demo::worker::Worker;

impl Worker {
    /// A line that is in a cart; at times, or when there is none, one that is not.
    fn some_line(&mut self) -> (u64, u64) {
        if self.once_in(4) {
            return (self.someone(), self.unknown());
        }
        match self.random.choice(&self.lines).copied() {
            Some(line) => line,
            None => (self.someone(), self.something()),
        }
    }

    /// Pieces for a line; at times none or too many.
    fn pieces(&mut self) -> u32 {
        match self.random.u32(..12) {
            0 => 0,
            1 => MAX_QUANTITY + 1,
            _ => self.random.u32(1..4),
        }
    }

    fn remember_line(&mut self, line: (u64, u64)) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    /// Adds to the cart of a few, so that carts have several lines.
    pub(in crate::demo) async fn add_line(&mut self) {
        let user = match self.random.choice(&self.lines).copied() {
            Some((user, _)) if !self.once_in(3) => user,
            _ => self.someone(),
        };
        let (product, quantity) = (self.something(), self.pieces());
        if self.shop.carts.add(user, product, quantity).await.is_ok() {
            self.remember_line((user, product));
        }
    }

    pub(in crate::demo) async fn set_line(&mut self) {
        let ((user, product), quantity) = (self.some_line(), self.pieces());
        let _ = self.shop.carts.set(user, product, quantity).await;
    }

    pub(in crate::demo) async fn remove_line(&mut self) {
        let (user, product) = self.some_line();
        let _ = self.shop.carts.remove(user, product).await;
        self.lines.retain(|line| *line != (user, product));
    }

    pub(in crate::demo) async fn clear_cart(&mut self) {
        let user = match self.random.choice(&self.lines).copied() {
            Some((user, _)) if self.once_in(3) => user,
            _ => self.someone(),
        };
        self.clear(user).await;
    }

    pub(in crate::demo) async fn clear(&mut self, user: u64) {
        let _ = self.shop.carts.clear(user).await;
        self.lines.retain(|line| line.0 != user);
    }

    pub(in crate::demo) async fn line(&mut self) {
        let (user, product) = self.some_line();
        let _ = self.shop.carts.line(user, product).await;
    }

    pub(in crate::demo) async fn list_lines(&mut self) {
        let (user, kept) = match self.pages.lines.take() {
            Some((user, cursor)) => (user, Some(cursor)),
            None if self.once_in(3) => (self.of_seeded(self.seeded.users), None),
            None => (self.some_line().0, None),
        };
        let (after, limit) = (self.cursor(kept), self.limit().min(4));
        let listing = self.shop.carts.lines(user, after.as_deref(), limit);
        if let Ok(page) = listing.await {
            self.pages.lines = page.next.map(|next| (user, next));
        }
    }

    pub(in crate::demo) async fn put_line(&mut self) {
        let (user_id, product_id) = self.some_line();
        let line = CartLine {
            user_id,
            product_id,
            quantity: self.random.u32(1..4),
        };
        if self.shop.carts.put_exact(&line).await.is_ok() {
            self.remember_line((user_id, product_id));
        }
    }
}
