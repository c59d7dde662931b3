//! The calls of the workers, drawn from the strategies of the four traits.

use dal_testkit::check::confusables;
use dal_testkit::check::proptest::prelude::*;
use dal_testkit::check::proptest::sample::select;
use dal_testkit::check::{SLOTS, Slot, h};
use dal_testkit::group;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::Repositories;
use crate::model::{
    CartLine, MAX_DESCRIPTION, MAX_QUANTITY, MAX_STOCK, MAX_TEXT, NewProduct, NewUser, Order,
    Prices,
};
use crate::repos::{
    CartRepositoryArgs, CartRepositoryOp, OrderRepositoryArgs, OrderRepositoryOp,
    ProductRepositoryArgs, ProductRepositoryOp, UserRepositoryArgs, UserRepositoryOp,
};
use crate::seed::{CATEGORIES, SELLERS, user_email, user_name};

group! {
    /// A call of one of the shop's repositories.
    pub enum ShopOp for Repositories {
        Users(UserRepositoryOp) = users,
        Products(ProductRepositoryOp) = products,
        Carts(CartRepositoryOp) = carts,
        Orders(OrderRepositoryOp) = orders,
    }
}

/// A price that a 64-bit float cannot hold.
const EXACT: u64 = 9_007_199_254_740_993;

/// All calls of a worker. What it writes begins with `owner`; what it reads may also be one of the
/// customers and products that were copied.
///
/// `owner` must sort behind the names of the copied customers: their list then begins alike,
/// whatever the workers do.
pub(super) fn calls(owner: &str, copied_users: u64) -> BoxedStrategy<ShopOp> {
    let products = products(owner);
    prop_oneof![
        8 => users(owner, copied_users).prop_map(ShopOp::Users),
        10 => products.clone().prop_map(ShopOp::Products),
        8 => carts().prop_map(ShopOp::Carts),
        7 => orders().prop_map(ShopOp::Orders),
        2 => newcomer(owner).prop_map(ShopOp::Users),
        3 => on_sale(owner).prop_map(ShopOp::Products),
        10 => into_cart().prop_map(ShopOp::Carts),
    ]
    .boxed()
}

fn users(owner: &str, copied: u64) -> impl Strategy<Value = UserRepositoryOp> + use<> {
    let copied = 1..=copied;
    let own_email = text(owner, &["ann@x", "bob@x"]);
    let own_name = text(owner, &["Ann", "straße"]);
    let email = prop_oneof![
        5 => own_email,
        1 => copied.clone().prop_map(user_email),
    ]
    .boxed();
    let name = prop_oneof![
        5 => own_name,
        1 => copied.prop_map(user_name),
    ]
    .boxed();
    let new = (email.clone(), name.clone()).prop_map(|(email, name)| NewUser { email, name });
    UserRepositoryArgs {
        new,
        email,
        name,
        limit: limits(),
    }
    .ops()
}

fn products(owner: &str) -> BoxedStrategy<ProductRepositoryOp> {
    let (seller, category) = (text(owner, &["ada"]), text(owner, &["tea", "café"]));
    let stock = prop_oneof![6 => 0_u32..4, 1 => Just(MAX_STOCK), 1 => Just(MAX_STOCK + 1)];
    let new_product = (
        seller.clone(),
        category.clone(),
        text(owner, &["mug"]),
        descriptions(),
        prices(),
        stock,
    )
        .prop_map(
            |(seller, category, name, description, price, stock)| NewProduct {
                seller,
                category,
                name,
                description,
                price,
                stock,
            },
        );
    let range = prop_oneof![
        2 => (prices(), prices()).prop_map(|(min, max)| Prices { min, max }),
        1 => Just(Prices { min: 0, max: u64::MAX }),
    ];
    let quantity = prop_oneof![6 => 0_u32..5, 1 => Just(MAX_STOCK), 1 => Just(u32::MAX)];
    ProductRepositoryArgs {
        new_product,
        category: prop_oneof![3 => category, 1 => one_of(&CATEGORIES)],
        prices: range,
        limit: limits(),
        seller: prop_oneof![3 => seller, 1 => one_of(&SELLERS)],
        price: prices(),
        description: descriptions(),
        quantity,
    }
    .ops()
    .boxed()
}

fn carts() -> impl Strategy<Value = CartRepositoryOp> {
    let quantity = prop_oneof![
        8 => 0_u32..4,
        1 => Just(MAX_QUANTITY),
        1 => Just(MAX_QUANTITY + 1),
    ];
    let limit = limits();
    // Mirror methods are not called through the wrapper.
    let line = Just(CartLine {
        user_id: 0,
        product_id: 0,
        quantity: 1,
    });
    CartRepositoryArgs {
        quantity,
        limit,
        line,
    }
    .ops()
}

fn orders() -> impl Strategy<Value = OrderRepositoryOp> {
    let (placed_at, limit) = (times(), limits());
    let order = times().prop_map(|placed_at| Order {
        id: 0,
        user_id: 0,
        placed_at,
        total: 0,
        lines: Vec::new(),
    });
    OrderRepositoryArgs {
        placed_at,
        limit,
        order,
    }
    .ops()
}

/// A customer whose e-mail and name are hardly taken.
fn newcomer(owner: &str) -> impl Strategy<Value = UserRepositoryOp> + use<> {
    let owner = owner.to_owned();
    (0_u32..1_000, slots()).prop_map(move |(number, binds_user)| {
        let new = NewUser {
            email: format!("{owner} {number}@x"),
            name: format!("{owner} {number}"),
        };
        UserRepositoryOp::Register { new, binds_user }
    })
}

/// A product that can be bought: without these few checkouts would succeed.
fn on_sale(owner: &str) -> impl Strategy<Value = ProductRepositoryOp> + use<> {
    let owner = owner.to_owned();
    (0_u64..4, 1_u32..9, slots()).prop_map(move |(price, stock, binds_product)| {
        let new_product = NewProduct {
            seller: format!("{owner} ada"),
            category: format!("{owner} tea"),
            name: "mug".to_owned(),
            description: String::new(),
            price,
            stock,
        };
        ProductRepositoryOp::Add {
            new_product,
            binds_product,
        }
    })
}

/// Some pieces of a product into a cart, as many as can be in stock.
fn into_cart() -> impl Strategy<Value = CartRepositoryOp> {
    (slots(), slots(), 1_u32..3).prop_map(|(user, product, quantity)| CartRepositoryOp::Add {
        user,
        product,
        quantity,
    })
}

fn slots() -> impl Strategy<Value = Slot> {
    (0..SLOTS).prop_map(h)
}

/// The owner's text or what is nearly the same; now and then none, or one that is too long.
fn text(owner: &str, texts: &[&str]) -> BoxedStrategy<String> {
    let owner = owner.to_owned();
    prop_oneof![
        20 => confusables(texts).prop_map(move |text| format!("{owner} {text}")),
        1 => Just(String::new()),
        1 => Just("a".repeat(MAX_TEXT + 1)),
    ]
    .boxed()
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

/// Short pages: see [`calls`] for the list of customers.
fn limits() -> impl Strategy<Value = u32> {
    prop_oneof![10 => 1_u32..=4, 1 => Just(0)]
}

/// In cents.
fn prices() -> BoxedStrategy<u64> {
    prop_oneof![6 => 0_u64..4, 1 => Just(EXACT), 1 => Just(u64::MAX)].boxed()
}

fn descriptions() -> BoxedStrategy<String> {
    prop_oneof![
        40 => confusables(&["a mug"]),
        1 => Just("é".repeat(MAX_DESCRIPTION / 2)),
        1 => Just("x".repeat(MAX_DESCRIPTION + 1)),
    ]
    .boxed()
}

/// Every microsecond counts.
fn times() -> BoxedStrategy<OffsetDateTime> {
    select(&[
        datetime!(2025-01-02 03:04:05.678_900 UTC),
        datetime!(2025-01-02 03:04:05.678_901 UTC),
        datetime!(2025-01-02 03:04:05.678_902 UTC),
        datetime!(2025-06-30 23:59:59.999_999 UTC),
    ])
    .boxed()
}
