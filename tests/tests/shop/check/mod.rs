//! The shop's repositories answer alike on MySQL and on DynamoDB, by themselves and through their
//! wrappers, and a defect of one of them is found.

mod calls;
mod defects;
mod forgotten;
mod pool;
mod store;

use calls::{About, ShopOp, calls};
use dal_testkit::check::{Check, check};
use dal_testkit::servers::{Engine, announce};
use dal_testkit::volume;
use pool::{FIRST_ID, FIRST_ID_APART, Shop};
use shop::defect::Defect;

const SUITE: &str = "shop_check";

/// What every floor below counts in.
const FLOOR_BASE: u64 = 256;

/// The stores are compared with each other most often where the verdict is: on DynamoDB Local.
const AGREE_ON_LOCAL: u64 = 48;
const AGREE_ON_EMBEDDED: u64 = 32;
const THROUGH_THE_WRAPPER_ON_LOCAL: u64 = 24;
const THROUGH_THE_WRAPPER_ON_EMBEDDED: u64 = 24;

type ShopCheck = Check<ShopOp, Shop, Shop>;

/// The check of one repository on MySQL and one DynamoDB; the same sequences in every run unless
/// `DAL_CHECK_SEED` says otherwise.
fn prepared(about: About, engine: Engine, defect: Option<Defect>, first: u64) -> ShopCheck {
    check(calls(about), Shop::mysql, move || {
        Shop::dynamodb(engine, defect, first)
    })
    .engines(Engine::MySql.name(), engine.name())
    // A cart and an order take any user's id; two that no store gives are enough for
    // lists to be told apart.
    .known("user", known_users(about))
    .seed(20_250_102)
}

fn known_users(about: About) -> Vec<u64> {
    match about {
        About::Users | About::Products => Vec::new(),
        About::Carts | About::Orders => vec![3_000_000_007, 3_000_000_008],
    }
}

/// So many sequences, and the least that must have been asked in them.
fn floors(check: ShopCheck, about: About, usual: u64) -> ShopCheck {
    let methods: &[&str] = match about {
        About::Users => &[
            "user.register",
            "user.rename",
            "user.remove",
            "user.get",
            "user.by_email",
            "user.by_name",
            "user.list",
        ],
        About::Products => &[
            "product.add",
            "product.get",
            "product.by_category",
            "product.by_seller",
            "product.set_price",
            "product.describe",
            "product.restock",
            "product.take",
            "product.remove",
        ],
        About::Carts => &[
            "cart.add",
            "cart.set",
            "cart.remove",
            "cart.clear",
            "cart.line",
            "cart.lines",
        ],
        About::Orders => &[
            "order.checkout",
            "order.get",
            "order.of_user",
            "order.remove",
        ],
    };
    let floor = |of_base: u64| of_base * usual / FLOOR_BASE;
    // Orders, and what is in carts, are removed in few sequences.
    let dead = match about {
        About::Users | About::Products => 50,
        About::Carts | About::Orders => 10,
    };
    let check = methods
        .iter()
        .fold(check, |check, method| check.floor(method, floor(100)));
    let check = match about {
        About::Orders => check.floor("errors.condition_failed", floor(50)),
        _ => check,
    };
    check
        .floor("handles.bound", floor(500))
        .floor("handles.dead", floor(dead))
        .floor("handles.never_existed", floor(50))
        .error_floor(0.03)
        .sequences(volume(usual))
}

fn stores_agree(about: About, engine: Engine, sequences: u64) {
    if announce(SUITE, &[Engine::MySql, engine]).len() == 2 {
        let check = prepared(about, engine, None, FIRST_ID_APART);
        floors(check, about, sequences).run();
    }
}

fn wrapper_is_transparent(about: About, engine: Engine, sequences: u64) {
    if announce(SUITE, &[Engine::MySql, engine]).len() == 2 {
        let check = prepared(about, engine, None, FIRST_ID);
        floors(check, about, sequences)
            .copy(Shop::copy)
            .run_through(|mysql, dynamodb, harness| Shop::shadowed(&mysql, &dynamodb, &harness));
    }
}

macro_rules! suites {
    ($($name:ident: $about:ident),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                #[test]
                fn agree_on_mysql_and_embedded_dynamodb() {
                    stores_agree(About::$about, Engine::Embedded, AGREE_ON_EMBEDDED);
                }

                #[test]
                fn agree_on_mysql_and_dynamodb_local() {
                    stores_agree(About::$about, Engine::Local, AGREE_ON_LOCAL);
                }

                #[test]
                fn are_the_same_through_the_wrapper_on_embedded_dynamodb() {
                    wrapper_is_transparent(About::$about, Engine::Embedded, THROUGH_THE_WRAPPER_ON_EMBEDDED);
                }

                #[test]
                fn are_the_same_through_the_wrapper_on_dynamodb_local() {
                    wrapper_is_transparent(About::$about, Engine::Local, THROUGH_THE_WRAPPER_ON_LOCAL);
                }
            }
        )+
    };
}

suites! {
    users: Users,
    products: Products,
    carts: Carts,
    orders: Orders,
}
