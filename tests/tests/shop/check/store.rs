//! The repositories over `Store` answer like the hand-written ones on sqlx, on both engines.

use super::{About, Shop, calls, floors};
use crate::check::SUITE;
use dal_testkit::check::check;
use dal_testkit::servers::{Engine, announce};

/// Enough for every method; `DAL_CHECK=nightly` multiplies them by eight.
const SEQUENCES: u64 = 24;

fn agree(about: About, engine: Engine) {
    let wanted = [Engine::MySql, engine];
    let wanted = if engine == Engine::MySql {
        &wanted[..1]
    } else {
        &wanted
    };
    if announce(SUITE, wanted).len() < wanted.len() {
        return;
    }
    let check = check(calls(about), Shop::mysql, move || Shop::on_store(engine))
        .engines(Engine::MySql.name(), format!("Store on {}", engine.name()))
        .seed(20_250_102);
    floors(check, about, SEQUENCES).run();
}

/// The same, with the second store behind the wrapper's dual writes and shadow reads.
fn are_the_same_through_the_wrapper(about: About, engine: Engine) {
    if announce(SUITE, &[Engine::MySql, engine]).len() < 2 {
        return;
    }
    let check = check(calls(about), Shop::mysql, move || Shop::on_store(engine))
        .engines(Engine::MySql.name(), format!("Store on {}", engine.name()))
        .seed(20_250_102);
    floors(check, about, SEQUENCES)
        .run_through(|mysql, other, harness| Shop::shadowed(&mysql, &other, &harness));
}

#[test]
fn users_on_mysql_agree_with_the_hand_written() {
    agree(About::Users, Engine::MySql);
}

#[test]
fn users_on_embedded_dynamodb_agree_with_the_hand_written() {
    agree(About::Users, Engine::Embedded);
}

#[test]
fn users_on_dynamodb_local_agree_with_the_hand_written() {
    agree(About::Users, Engine::Local);
}

#[test]
fn products_on_mysql_agree_with_the_hand_written() {
    agree(About::Products, Engine::MySql);
}

#[test]
fn products_on_embedded_dynamodb_agree_with_the_hand_written() {
    agree(About::Products, Engine::Embedded);
}

#[test]
fn products_on_dynamodb_local_agree_with_the_hand_written() {
    agree(About::Products, Engine::Local);
}

#[test]
fn users_are_the_same_through_the_wrapper() {
    are_the_same_through_the_wrapper(About::Users, Engine::Embedded);
}

#[test]
fn products_are_the_same_through_the_wrapper() {
    are_the_same_through_the_wrapper(About::Products, Engine::Embedded);
}

#[test]
fn carts_on_mysql_agree_with_the_hand_written() {
    agree(About::Carts, Engine::MySql);
}

#[test]
fn carts_on_dynamodb_local_agree_with_the_hand_written() {
    agree(About::Carts, Engine::Local);
}

#[test]
fn orders_on_mysql_agree_with_the_hand_written() {
    agree(About::Orders, Engine::MySql);
}

#[test]
fn orders_on_embedded_dynamodb_agree_with_the_hand_written() {
    agree(About::Orders, Engine::Embedded);
}

#[test]
fn orders_on_dynamodb_local_agree_with_the_hand_written() {
    agree(About::Orders, Engine::Local);
}

#[test]
fn orders_are_the_same_through_the_wrapper() {
    are_the_same_through_the_wrapper(About::Orders, Engine::Embedded);
}
