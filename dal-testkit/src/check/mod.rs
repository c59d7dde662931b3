//! Property tests of a shadowed trait: do its two implementations answer the same calls in the same
//! way?
//!
//! `#[shadow(ops)]` on a trait `UserRepository` emits `UserRepositoryOp`, its calls as values, and
//! `UserRepositoryArgs`, one strategy for each argument. [`check`] runs sequences of such calls:
//!
//! ```text
//! use dal_testkit::check::{Strategy, check, confusables};
//!
//! fn user_ops() -> impl Strategy<Value = UserRepositoryOp> {
//!     let (email, name) = (confusables(&["ann@x", "bob@x"]), confusables(&["Ann", "Bob"]));
//!     let new = (email.clone(), name.clone()).prop_map(|(email, name)| NewUser { email, name });
//!     UserRepositoryArgs { new, email, name, limit: (1_u32..4) }.ops()
//! }
//! async fn mysql() -> Arc<dyn UserRepository> { Arc::new(MySqlUsers::fresh().await) }
//! async fn dynamodb() -> Arc<dyn UserRepository> { Arc::new(DynamoUsers::fresh().await) }
//!
//! #[test]
//! fn stores_agree() {
//!     check(user_ops(), mysql, dynamodb).floor("rename", 200).error_floor(0.05).run();
//! }
//! ```
//!
//! Ids are slots `h(0)` to `h(3)`, bound by the calls that create them; the two stores' ids are
//! related one to one, page tokens and generated times are compared for presence. A failing
//! sequence is made small, printed, and kept as data in the file of `.regressions(..)`.

#![expect(
    clippy::result_large_err,
    reason = "a fault is made once, when a check fails"
)]

mod bind;
mod builder;
mod call;
mod caller;
mod comparison;
mod confusables;
mod declarations;
mod driver;
mod execute;
mod factory;
mod failure;
mod fault;
mod floors;
mod fresh;
mod generate;
mod group;
mod id_map;
mod independent;
mod launch;
mod methods;
mod pages;
mod panics;
mod regressions;
mod renumber;
mod shrink;
mod start;
mod statistics;
mod step;
mod tally;
mod transient;
mod wrapper;

pub use crate::group;
pub use builder::{Check, check};
pub use caller::Caller;
pub use confusables::confusables;
pub use dal_shadow::Phase;
pub use dal_shadow::ops::{SLOTS, Slot, h};
pub use failure::{Confirmed, Failure, FailureKind};
pub use proptest;
pub use proptest::prop_oneof;
pub use proptest::strategy::{BoxedStrategy, Just, Strategy};
pub use statistics::{Calls, Handles, Statistics};
pub use step::Step;

/// For `group!`.
#[doc(hidden)]
pub mod __private {
    pub use dal_shadow::Answer;
    pub use dal_shadow::ops::{Bound, HandleError, NotData, On, OpMethod, Operation, data};
    pub use futures::future::BoxFuture;
}
