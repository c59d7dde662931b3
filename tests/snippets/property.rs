use std::sync::Arc;

use dal_testkit::check::{Strategy, check, confusables};
use shop::model::NewUser;
use shop::repos::{ShadowUserRepository, UserRepository, UserRepositoryArgs, UserRepositoryOp};

fn calls() -> impl Strategy<Value = UserRepositoryOp> {
    let (email, name) = (confusables(&["ann@x", "bob@x"]), confusables(&["Ann", "Bob"])); // and what is nearly the same
    let new = (email.clone(), name.clone()).prop_map(|(email, name)| NewUser { email, name });
    UserRepositoryArgs { new, email, name, limit: (1_u32..4) }.ops()
}

#[test]
fn stores_agree() {
    check(calls(), mysql, || dynamodb_from(998)) // ids apart: MySQL's begin at 8
        .sequences(64).floor("rename", 50).error_floor(0.05).run();
}

#[test]
fn wrapper_is_transparent() {
    check(calls(), mysql, || dynamodb_from(8)).sequences(64).run_through(ShadowUserRepository::new);
}
