//! The shop's repositories answer alike on MySQL and on DynamoDB, by themselves and through their
//! wrappers, and a defect of one of them is found.

mod calls;
mod pool;

use calls::{About, ShopOp, calls};
use dal_testkit::check::{Check, FailureKind, check};
use dal_testkit::servers::{Engine, announce};
use pool::Shop;
use shop::defect::Defect;

const SUITE: &str = "shop_check";

/// Sequences on an engine: DynamoDB Local takes its time.
const fn sequences(engine: Engine) -> u64 {
    match engine {
        Engine::Local => 256,
        _ => 1_000,
    }
}

type ShopCheck = Check<ShopOp, Shop, Shop>;

/// The check of one repository on MySQL and one DynamoDB; the same sequences in every run unless
/// `DAL_CHECK_SEED` says otherwise.
fn prepared(about: About, engine: Engine, defect: Option<Defect>) -> ShopCheck {
    check(calls(about), Shop::mysql, move || {
        Shop::dynamodb(engine, defect)
    })
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

/// The least that must have been asked in 256 sequences.
fn floors(check: ShopCheck, about: About, engine: Engine) -> ShopCheck {
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
    let times = sequences(engine) / 256;
    let check = methods
        .iter()
        .fold(check, |check, method| check.floor(method, 100 * times));
    let check = match about {
        About::Orders => check.floor("errors.condition_failed", 50 * times),
        _ => check,
    };
    check
        .floor("handles.bound", 500 * times)
        .floor("handles.dead", 50 * times)
        .floor("handles.never_existed", 50 * times)
        .error_floor(0.05)
        .sequences(sequences(engine))
}

fn stores_agree(about: About, engine: Engine) {
    if announce(SUITE, &[Engine::MySql, engine]).len() == 2 {
        floors(prepared(about, engine, None), about, engine).run();
    }
}

fn wrapper_is_transparent(about: About, engine: Engine) {
    if announce(SUITE, &[Engine::MySql, engine]).len() == 2 {
        floors(prepared(about, engine, None), about, engine)
            .copy(Shop::copy)
            .run_through(|mysql, dynamodb, harness| Shop::shadowed(mysql, dynamodb, &harness));
    }
}

macro_rules! suites {
    ($($name:ident: $about:ident),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                #[test]
                fn agree_on_mysql_and_embedded_dynamodb() {
                    stores_agree(About::$about, Engine::Embedded);
                }

                #[test]
                fn agree_on_mysql_and_dynamodb_local() {
                    stores_agree(About::$about, Engine::Local);
                }

                #[test]
                fn are_the_same_through_the_wrapper_on_embedded_dynamodb() {
                    wrapper_is_transparent(About::$about, Engine::Embedded);
                }

                #[test]
                fn are_the_same_through_the_wrapper_on_dynamodb_local() {
                    wrapper_is_transparent(About::$about, Engine::Local);
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

/// What a defect spoils.
const fn spoils(defect: Defect) -> About {
    match defect {
        Defect::MissingGuard | Defect::Overwrite | Defect::SwallowedFailure => About::Users,
        Defect::NegativeStock | Defect::FloatNumbers | Defect::WrongOrder => About::Products,
        Defect::FirstPageOnly | Defect::UpdateCreates => About::Carts,
        _ => About::Orders,
    }
}

#[test]
fn each_planted_defect_is_found_with_three_seeds_and_shrunk_to_at_most_eight_calls() {
    if announce(SUITE, &[Engine::MySql, Engine::Embedded]).len() != 2 {
        return;
    }
    // Those of the orders first: they need the longest sequences.
    for defect in Defect::ALL.into_iter().rev() {
        for seed in [1, 2, 3] {
            let failure = prepared(spoils(defect), Engine::Embedded, Some(defect))
                .seed(seed)
                .sequences(1_000)
                .try_run()
                .expect_err(defect.as_str());
            assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
            let calls = failure.steps.len();
            eprintln!("{defect}, seed {seed}: {calls} calls");
            assert!(calls <= 8, "{defect}: {failure}");
        }
    }
}
