//! A worker: a customer, a seller and an administrator of the shop in one, who own what they change.

use fastrand::Rng;
use shop::Repositories;
use shop::model::{Order, Product, User};
use shop::seed::Size;

use super::deck::{Call, Deck};

/// No store ever gives an id from here on.
const NEVER: u64 = 9_000_000_000_000;
/// A cursor of no list.
const NONSENSE: &str = "no cursor";

/// Calls the repositories one after the other.
///
/// It changes only records that it made, and reads those and the seeded ones, which nobody changes.
/// So the two stores' answers may be compared exactly, whatever the other workers do meanwhile.
pub(super) struct Worker {
    pub(super) shop: Repositories,
    pub(super) random: Rng,
    /// Begins every text it makes. Sorts behind the names of the seeded users.
    pub(super) name: String,
    pub(super) seeded: Size,
    pub(super) users: Vec<User>,
    pub(super) products: Vec<Product>,
    pub(super) orders: Vec<Order>,
    /// Orders that it removed, to be applied anew.
    pub(super) gone: Vec<Order>,
    /// Lines that are in carts, by user and product.
    pub(super) lines: Vec<(u64, u64)>,
    pub(super) pages: Pages,
    deck: Deck,
    made: u64,
    number: u64,
}

/// Where the worker goes on in the lists that it walks through.
#[derive(Default)]
pub(super) struct Pages {
    pub(super) users: Option<String>,
    pub(super) category: Option<String>,
    pub(super) seller: Option<String>,
    pub(super) lines: Option<(u64, String)>,
    pub(super) orders: Option<(u64, String)>,
}

impl Worker {
    pub(super) fn new(shop: Repositories, seeded: Size, seed: u64, number: u64) -> Self {
        Self {
            shop,
            random: Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number)),
            name: format!("worker{number:02}"),
            seeded,
            users: Vec::new(),
            products: Vec::new(),
            orders: Vec::new(),
            gone: Vec::new(),
            lines: Vec::new(),
            pages: Pages::default(),
            deck: Deck::default(),
            made: 0,
            number,
        }
    }

    /// One step: one call, at times two.
    pub(super) async fn step(&mut self) {
        match self.deck.next(&mut self.random) {
            Call::Register => self.register().await,
            Call::Rename => self.rename().await,
            Call::RemoveUser => self.remove_user().await,
            Call::User => self.user().await,
            Call::UserByEmail => self.user_by_email().await,
            Call::UserByName => self.user_by_name().await,
            Call::Users => self.list_users().await,
            Call::PutUser => self.put_user().await,
            Call::AddProduct => self.add_product().await,
            Call::Product => self.product().await,
            Call::ProductsOfCategory => self.products_of_category().await,
            Call::ProductsOfSeller => self.products_of_seller().await,
            Call::SetPrice => self.set_price().await,
            Call::Describe => self.describe().await,
            Call::Restock => self.restock().await,
            Call::Take => self.take().await,
            Call::RemoveProduct => self.remove_product().await,
            Call::PutProduct => self.put_product().await,
            Call::AddLine => self.add_line().await,
            Call::SetLine => self.set_line().await,
            Call::RemoveLine => self.remove_line().await,
            Call::ClearCart => self.clear_cart().await,
            Call::Line => self.line().await,
            Call::Lines => self.list_lines().await,
            Call::PutLine => self.put_line().await,
            Call::Checkout => self.checkout().await,
            Call::Order => self.order().await,
            Call::OrdersOfUser => self.orders_of_user().await,
            Call::Apply => self.apply().await,
            Call::RemoveOrder => self.remove_order().await,
            Call::PutOrder => self.put_order().await,
        }
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.random.u32(..times.max(1)) == 0
    }

    /// A number that this worker has not had yet.
    pub(super) fn fresh(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A text that nobody else has, at times with what databases like to fold or cut.
    pub(super) fn fresh_text(&mut self) -> String {
        let number = self.fresh();
        let tail = self
            .random
            .choice(["", "", "", " ", "É", "é", "ß", "🙂", "%_"])
            .unwrap_or_default();
        format!("{} {number}{tail}", self.name)
    }

    /// An id that no record has.
    pub(super) fn unknown(&mut self) -> u64 {
        NEVER + self.random.u64(..1_000)
    }

    /// A user whose cart and orders are this worker's: one that it made, or a number of its own when
    /// it made none.
    pub(super) fn someone(&mut self) -> u64 {
        match self.random.choice(&self.users) {
            Some(user) => user.id,
            None => NEVER + 1_000 + self.number,
        }
    }

    /// A product that this worker made; at times, or when it made none, one that nobody has.
    pub(super) fn something(&mut self) -> u64 {
        if self.once_in(16) {
            return self.unknown();
        }
        match self.random.choice(&self.products) {
            Some(product) => product.listed.id,
            None => self.unknown(),
        }
    }

    /// A seeded id, from 1 to `most`.
    pub(super) fn of_seeded(&mut self, most: u64) -> u64 {
        self.random.u64(1..=most.max(1))
    }

    /// How long a page may be; at times 0, which is refused.
    pub(super) fn limit(&mut self) -> u32 {
        if self.once_in(12) {
            0
        } else {
            self.random.u32(1..=20)
        }
    }

    /// The cursor, or at times one that is refused.
    pub(super) fn cursor(&mut self, kept: Option<String>) -> Option<String> {
        if self.once_in(12) {
            Some(NONSENSE.to_owned())
        } else {
            kept
        }
    }

    /// The place of an element to change.
    pub(super) fn any_of<T>(&mut self, kept: impl Fn(&Self) -> &Vec<T>) -> Option<usize> {
        let count = kept(self).len();
        (count > 0).then(|| self.random.usize(..count))
    }
}
