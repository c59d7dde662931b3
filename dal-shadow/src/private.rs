//! What generated code calls. Not part of the public interface: it changes with the attribute.

use std::fmt::Display;

use dal_traits::{Class, Classify};
use serde::Serialize;

pub use crate::call::{Engine, Key, KeyOf, Repeatable, Sampled, Ticket, Write};
pub use crate::compare::pages::Pages;
pub use crate::flow::converge::TransferEnd;
pub use crate::flow::record_key::key_hash;
pub use crate::harness::repairer::{Repairer, repairer, repairer_with};
pub use crate::harness::spec::MethodSpec;
pub use crate::harness::transfer::{Repair, ended_with, repair};
pub use crate::phases::Verb;
pub use crate::rules::grammar::{field_problem, pattern_problem, place_problem};
pub use futures::future::BoxFuture;

use crate::tree::answer::Answer;

/// Refuses a path of an attribute while the user's crate is compiled.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "in a constant of the user's crate: it does not compile"
)]
pub const fn readable(problem: Option<&'static str>) {
    if let Some(problem) = problem {
        panic!("{}", problem);
    }
}

/// Looks whether an argument, or a part of one, holds a page token: an `Option` where it is some,
/// anything else always.
#[derive(Debug)]
pub struct Token<'a, T: ?Sized>(pub &'a T);

impl<T> Token<'_, Option<T>> {
    /// Whether there is one.
    pub const fn is_carried(&self) -> bool {
        self.0.is_some()
    }
}

/// What is no `Option`: the compiler prefers the method above where there are both.
pub trait AlwaysCarried {
    /// There is one.
    fn is_carried(&self) -> bool {
        true
    }
}

impl<T: ?Sized> AlwaysCarried for Token<'_, T> {}

/// The result of a method, whatever it is called.
pub trait Outcome {
    /// What a success holds.
    type Value;
    /// What a failure holds.
    type Error;

    /// The result, borrowed.
    fn as_result(&self) -> Result<&Self::Value, &Self::Error>;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    fn as_result(&self) -> Result<&T, &E> {
        self.as_ref()
    }
}

/// What a read of a repair found, when its method returns an `Option`.
pub fn found_option<T, E>(
    result: Result<Option<T>, E>,
    classify: impl Fn(&E) -> Class,
) -> Result<Option<T>, Class> {
    result.map_err(|error| classify(&error))
}

/// What a read of a repair found, when its method returns the value itself.
pub fn found_value<T, E>(
    result: Result<T, E>,
    classify: impl Fn(&E) -> Class,
) -> Result<Option<T>, Class> {
    result.map(Some).map_err(|error| classify(&error))
}

/// The snapshot of a result.
pub fn answer<T: Serialize, E: Classify + Display>(result: &Result<T, E>) -> Answer {
    answer_with(result, E::classify)
}

/// The snapshot of a result whose errors are read by a function.
pub fn answer_with<T: Serialize, E: Display>(
    result: &Result<T, E>,
    classify: impl Fn(&E) -> Class,
) -> Answer {
    match result {
        Ok(value) => Answer::value(value),
        Err(error) => Answer::error(classify(error), error),
    }
}
