//! The calls of the shop: few keys, so that they meet, and the values where stores disagree.

use dal_testkit::check::confusables;
use dal_testkit::check::proptest;
use dal_testkit::check::proptest::prelude::*;
use dal_testkit::group;
use shop::model::{
    CartLine, MAX_DESCRIPTION, MAX_QUANTITY, MAX_STOCK, MAX_TEXT, NewProduct, NewUser, Order,
    OrderLine, Prices,
};
use shop::repos::{
    CartRepositoryArgs, CartRepositoryOp, OrderRepositoryArgs, OrderRepositoryOp,
    ProductRepositoryArgs, ProductRepositoryOp, UserRepositoryArgs, UserRepositoryOp,
};
use time::OffsetDateTime;
use time::macros::datetime;

use super::pool::Shop;

group! {
    /// A call of the shop.
    pub enum ShopOp for Shop {
        Users(UserRepositoryOp) = users,
        Products(ProductRepositoryOp) = products,
        Carts(CartRepositoryOp) = carts,
        Orders(OrderRepositoryOp) = orders,
    }
}

/// Which repository a sequence is about; those that it needs get a few calls.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Users,
    Products,
    Carts,
    Orders,
}

/// The calls of a sequence about one repository.
pub fn calls(about: About) -> BoxedStrategy<ShopOp> {
    let users = users().prop_map(ShopOp::Users);
    let products = products().prop_map(ShopOp::Products);
    let carts = carts().prop_map(ShopOp::Carts);
    let orders = orders().prop_map(ShopOp::Orders);
    match about {
        About::Users => users.boxed(),
        About::Products => products.boxed(),
        About::Carts => prop_oneof![1 => users, 1 => products, 8 => carts].boxed(),
        About::Orders => prop_oneof![
            3 => on_sale().prop_map(ShopOp::Products),
            5 => into_cart().prop_map(ShopOp::Carts),
            1 => products,
            1 => carts,
            6 => orders,
        ]
        .boxed(),
    }
}

/// Few texts and what is nearly the same; now and then one at the limit of length, or past it.
fn text(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    let limit = prop_oneof![
        Just("é".repeat(MAX_TEXT)),
        Just("🙂".repeat(MAX_TEXT)),
        Just("a".repeat(MAX_TEXT + 1)),
    ];
    prop_oneof![20 => confusables(texts), 1 => limit].boxed()
}

fn users() -> impl Strategy<Value = UserRepositoryOp> {
    let email = text(&["ann@x", "bob@x"]);
    let name = text(&["Ann", "straße"]);
    let new = (email.clone(), name.clone()).prop_map(|(email, name)| NewUser { email, name });
    let limit = limits();
    UserRepositoryArgs {
        new,
        email,
        name,
        limit,
    }
    .ops()
}

fn products() -> impl Strategy<Value = ProductRepositoryOp> {
    let (seller, category) = (text(&["ada"]), text(&["tea", "café"]));
    let (price, description) = (prices(), descriptions());
    let stock = prop_oneof![
        6 => 0_u32..4,
        1 => Just(MAX_STOCK),
        1 => Just(MAX_STOCK + 1),
    ];
    let parts = (
        seller.clone(),
        category.clone(),
        text(&["mug"]),
        description.clone(),
        price.clone(),
        stock,
    );
    let new_product =
        parts.prop_map(
            |(seller, category, name, description, price, stock)| NewProduct {
                seller,
                category,
                name,
                description,
                price,
                stock,
            },
        );
    let range = (price.clone(), price.clone()).prop_map(|(min, max)| Prices { min, max });
    let quantity = prop_oneof![6 => 0_u32..5, 1 => Just(MAX_STOCK), 1 => Just(u32::MAX)];
    ProductRepositoryArgs {
        new_product,
        category,
        prices: range,
        limit: limits(),
        seller,
        price,
        description,
        quantity,
    }
    .ops()
}

fn carts() -> impl Strategy<Value = CartRepositoryOp> {
    let quantity = prop_oneof![
        8 => 0_u32..4,
        1 => Just(MAX_QUANTITY),
        1 => Just(MAX_QUANTITY + 1),
        1 => Just(u32::MAX),
    ];
    let limit = limits();
    let line = lines();
    CartRepositoryArgs {
        quantity,
        limit,
        line,
    }
    .ops()
}

/// A product that can be bought: without these hardly a checkout would succeed.
fn on_sale() -> impl Strategy<Value = ProductRepositoryOp> {
    let new_product = (prices(), 1_u32..4).prop_map(|(price, stock)| NewProduct {
        seller: "ada".to_owned(),
        category: "tea".to_owned(),
        name: "mug".to_owned(),
        description: String::new(),
        price,
        stock,
    });
    ProductRepositoryArgs {
        new_product,
        category: Just("tea".to_owned()),
        prices: Just(Prices { min: 0, max: 9 }),
        limit: 1_u32..4,
        seller: Just("ada".to_owned()),
        price: prices(),
        description: Just(String::new()),
        quantity: 1_u32..3,
    }
    .ops()
    .prop_filter("only additions", |op| {
        matches!(op, ProductRepositoryOp::Add { .. })
    })
}

/// A product into a cart, in a quantity that can be in stock.
fn into_cart() -> impl Strategy<Value = CartRepositoryOp> {
    let (quantity, limit) = (1_u32..3, 1_u32..4);
    let line = lines();
    CartRepositoryArgs {
        quantity,
        limit,
        line,
    }
    .ops()
    .prop_filter("only additions", |op| {
        matches!(op, CartRepositoryOp::Add { .. })
    })
}

fn orders() -> impl Strategy<Value = OrderRepositoryOp> {
    let placed_at = times();
    let limit = limits();
    let order = stored_orders();
    OrderRepositoryArgs {
        placed_at,
        limit,
        order,
    }
    .ops()
}

/// A line as a store returns it; its ids are put in.
fn lines() -> impl Strategy<Value = CartLine> {
    prop_oneof![4 => 1_u32..4, 1 => Just(MAX_QUANTITY)].prop_map(|quantity| CartLine {
        user_id: 0,
        product_id: 0,
        quantity,
    })
}

/// An order as a store returns it, with no product twice; its ids are put in.
fn stored_orders() -> impl Strategy<Value = Order> {
    let lines = proptest::collection::vec((1_u32..4, 0_u64..9), 0..2);
    (lines, 0_u64..9).prop_map(|(lines, total)| Order {
        id: 0,
        user_id: 0,
        placed_at: datetime!(2025-01-02 03:04:05.678_901 UTC),
        total,
        lines: lines
            .into_iter()
            .map(|(quantity, price)| OrderLine {
                product_id: 0,
                quantity,
                price,
            })
            .collect(),
    })
}

fn limits() -> BoxedStrategy<u32> {
    prop_oneof![8 => 1_u32..4, 1 => Just(0), 1 => Just(101), 1 => Just(u32::MAX)].boxed()
}

/// In cents: small ones, the first that a 64-bit float does not hold, the ends of the range.
fn prices() -> BoxedStrategy<u64> {
    prop_oneof![
        6 => 0_u64..4,
        1 => Just(9_007_199_254_740_993),
        1 => Just(u64::MAX - 1),
        1 => Just(u64::MAX),
    ]
    .boxed()
}

/// Short ones, and now and then one at the limit of an item, in bytes and in characters.
fn descriptions() -> BoxedStrategy<String> {
    let limit = prop_oneof![
        Just("x".repeat(MAX_DESCRIPTION)),
        Just("é".repeat(MAX_DESCRIPTION / 2)),
        Just("x".repeat(MAX_DESCRIPTION + 1)),
    ];
    prop_oneof![40 => confusables(&["a mug"]), 1 => limit].boxed()
}

/// The edges of microseconds, of years and of what both stores keep.
fn times() -> BoxedStrategy<OffsetDateTime> {
    prop_oneof![
        4 => Just(datetime!(2025-01-02 03:04:05.678_901 UTC)),
        2 => Just(datetime!(2025-01-02 03:04:05.678_902 UTC)),
        2 => Just(datetime!(2025-01-02 03:04:05.678_900 UTC)),
        1 => Just(datetime!(2025-01-02 03:04:05.678_901_999 UTC)),
        1 => Just(datetime!(2025-01-02 05:04:05.678_901 +2)),
        1 => Just(datetime!(1970-01-01 0:00 UTC)),
        1 => Just(datetime!(1969-12-31 23:59:59.999_999_999 UTC)),
        1 => Just(datetime!(2024-12-31 23:59:59.999_999_500 UTC)),
        1 => Just(datetime!(9999-12-31 23:59:59.999_999_999 UTC)),
    ]
    .boxed()
}
