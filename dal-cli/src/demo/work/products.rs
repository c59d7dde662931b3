//! Products.

use shop::model::{MAX_DESCRIPTION, MAX_STOCK, NewProduct, Prices, Product};

use crate::demo::worker::Worker;

/// Categories and sellers of the seed.
const CATEGORIES: [&str; 5] = ["books", "Books", "garden", "café", "CAFÉ"];
const SELLERS: [&str; 5] = ["Ada & Co.", "ada & co.", "Zoë", "zoe", "ZOË"];
/// A price that a 64-bit float cannot hold.
const EXACT: u64 = 9_007_199_254_740_993;

impl Worker {
    fn own_product(&mut self) -> Option<Product> {
        self.random.choice(&self.products).cloned()
    }

    /// The place and id of a product to change; at times an id that nobody has.
    fn product_to_change(&mut self) -> (Option<usize>, u64) {
        let unknown = self.unknown();
        let place = self.any_of(|worker| &worker.products);
        match place.and_then(|place| self.products.get(place)) {
            Some(product) if self.random.u32(..6) > 0 => (place, product.listed.id),
            _ => (None, unknown),
        }
    }

    fn with_product(&mut self, place: Option<usize>, change: impl FnOnce(&mut Product)) {
        if let Some(product) = place.and_then(|place| self.products.get_mut(place)) {
            change(product);
        }
    }

    fn price(&mut self) -> u64 {
        if self.once_in(10) {
            EXACT
        } else {
            self.random.u64(..20) * 100 + 99
        }
    }

    fn seller(&self) -> String {
        format!("{} & Co.", self.name)
    }

    /// One of two: lists of both grow long enough for pages.
    fn category(&mut self) -> String {
        let kind = self.random.choice(["new", "used"]).unwrap_or_default();
        format!("{} {kind}", self.name)
    }

    pub(in crate::demo) async fn add_product(&mut self) {
        let mut new = NewProduct {
            seller: self.seller(),
            category: self.category(),
            name: self.fresh_text(),
            description: format!("{}\n", self.fresh_text()),
            price: self.price(),
            stock: self.random.u32(5..40),
        };
        match self.random.u32(..12) {
            0 => new.name = String::new(),
            1 => new.stock = MAX_STOCK + 1,
            2 => new.category = "🙂".repeat(201),
            _ => {}
        }
        if let Ok(product) = self.shop.products.add(&new).await {
            self.products.push(product);
        }
    }

    pub(in crate::demo) async fn product(&mut self) {
        let id = match (self.random.u32(..8), self.own_product()) {
            (0, _) => self.unknown(),
            (1..=4, Some(product)) => product.listed.id,
            _ => self.of_seeded(self.seeded.products),
        };
        let _ = self.shop.products.get(id).await;
    }

    pub(in crate::demo) async fn products_of_category(&mut self) {
        let (min, max) = (self.random.u64(..1_500), self.random.u64(..6_000));
        let limit = self.limit();
        if self.once_in(3) {
            let category = self.random.choice(CATEGORIES).unwrap_or_default();
            let prices = Prices { min, max };
            let _ = self
                .shop
                .products
                .by_category(category, prices, None, limit)
                .await;
            return;
        }
        // Its own, all prices, page after page.
        let category = format!("{} new", self.name);
        let prices = Prices {
            min: 0,
            max: u64::MAX,
        };
        let kept = self.pages.category.take();
        let after = self.cursor(kept);
        let listing =
            self.shop
                .products
                .by_category(&category, prices, after.as_deref(), limit.min(5));
        if let Ok(page) = listing.await {
            self.pages.category = page.next;
        }
    }

    pub(in crate::demo) async fn products_of_seller(&mut self) {
        let limit = self.limit();
        if self.once_in(3) {
            let seller = self.random.choice(SELLERS).unwrap_or_default();
            let _ = self.shop.products.by_seller(seller, None, limit).await;
            return;
        }
        let seller = self.seller();
        let kept = self.pages.seller.take();
        let after = self.cursor(kept);
        let listing = self
            .shop
            .products
            .by_seller(&seller, after.as_deref(), limit.min(5));
        if let Ok(page) = listing.await {
            self.pages.seller = page.next;
        }
    }

    pub(in crate::demo) async fn set_price(&mut self) {
        let ((place, id), price) = (self.product_to_change(), self.price());
        if self.shop.products.set_price(id, price).await.is_ok() {
            self.with_product(place, |product| product.listed.price = price);
        }
    }

    pub(in crate::demo) async fn describe(&mut self) {
        let (place, id) = self.product_to_change();
        let text = match self.random.u32(..16) {
            0 => "x".repeat(MAX_DESCRIPTION + 1),
            1 => String::new(),
            2 => "🙂 ".repeat(1_000),
            _ => self.fresh_text(),
        };
        if self.shop.products.describe(id, &text).await.is_ok() {
            self.with_product(place, |product| product.description = text);
        }
    }

    pub(in crate::demo) async fn restock(&mut self) {
        let (place, id) = self.product_to_change();
        let quantity = match self.random.u32(..10) {
            0 => 0,
            1 => MAX_STOCK,
            _ => self.random.u32(1..20),
        };
        if let Ok(stock) = self.shop.products.restock(id, quantity).await {
            self.with_product(place, |product| product.listed.stock = stock);
        }
    }

    pub(in crate::demo) async fn take(&mut self) {
        let (place, id) = self.product_to_change();
        let quantity = match self.random.u32(..6) {
            0 => 0,
            1 => 1_000_000,
            _ => self.random.u32(1..6),
        };
        match self.shop.products.take(id, quantity).await {
            Ok(stock) => self.with_product(place, |product| product.listed.stock = stock),
            // Whoever gets nothing looks again.
            Err(_) => {
                let _ = self.shop.products.get(id).await;
            }
        }
    }

    pub(in crate::demo) async fn remove_product(&mut self) {
        let place = self.any_of(|worker| &worker.products);
        match place {
            Some(place) if self.products.len() > 8 && !self.once_in(3) => {
                let product = self.products.swap_remove(place);
                let _ = self.shop.products.remove(product.listed.id).await;
            }
            _ => {
                let unknown = self.unknown();
                let _ = self.shop.products.remove(unknown).await;
            }
        }
    }

    pub(in crate::demo) async fn put_product(&mut self) {
        let Some(place) = self.any_of(|worker| &worker.products) else {
            return self.add_product().await;
        };
        let Some(mut product) = self.products.get(place).cloned() else {
            return;
        };
        product.listed.name = self.fresh_text();
        product.listed.category = self.category();
        product.listed.price = self.price();
        product.listed.stock = self.random.u32(..50);
        if self.shop.products.put_exact(&product).await.is_ok() {
            self.with_product(Some(place), |kept| *kept = product);
        }
    }
}
