//! The calls of a shadowed trait as values, for property tests.
//!
//! `#[shadow(ops)]` on a trait `X` emits `XOp`, an enum with one variant for each read, each write
//! and each mirror method that can be called by itself, and `XArgs`, a struct with one strategy for
//! each argument. The property test itself is `dal_testkit::check`. Present with the feature `ops`
//! only, so that no production build contains `proptest`.

mod bound;
#[doc(hidden)]
pub mod data;
mod deserialize;
mod method;
mod slot;

pub use bound::{Bound, HandleError, put, token_is_named};
pub use data::NotData;
pub use deserialize::from_tree;
pub use method::{OpMethod, PageToken, Place};
pub use proptest;
pub use slot::{SLOTS, Slot, h, strategy};

use std::fmt::Debug;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::tree::answer::Answer;

/// A call of a trait's method, with owned arguments and slots in place of ids.
///
/// Emitted by `#[shadow(ops)]`; not meant to be implemented by hand.
pub trait Operation: Clone + Debug + Send + Sync + 'static {
    /// Every method that has a variant.
    fn methods() -> Vec<&'static OpMethod>;

    /// The method that this call is of.
    fn method(&self) -> &'static OpMethod;

    /// The slots that a successful call binds: one for each of the method's `creates`, in their
    /// order.
    fn creates(&self) -> Vec<Slot>;

    /// The slot that the answer's page token is bound to.
    fn page(&self) -> Option<Slot>;

    /// The ids that this call uses: class and slot. A token that is not given is not used.
    fn uses(&self) -> Vec<(&'static str, Slot)>;

    /// Every slot of this call, with its class: the ids that it uses, then what a success binds.
    fn slots_mut(&mut self) -> Vec<(&'static str, &mut Slot)>;

    /// Whether the call has all that it needs: a mirror method that puts an earlier answer again
    /// needs such an answer.
    fn is_callable(&self, bound: &Bound) -> bool;

    /// Every read whose arguments are handles only, on every slot.
    fn reads_of_handles() -> Vec<Self>;

    /// The call as data: `{"rename": {"id": 0, "name": "Ann"}}`, with slots as their numbers.
    ///
    /// # Errors
    /// When an argument cannot be kept as data.
    fn to_data(&self) -> Result<Value, NotData>;

    /// The call that this data describes.
    ///
    /// # Errors
    /// With what does not fit.
    fn from_data(data: &Value) -> Result<Self, String>;
}

/// Runs a call on a store. Emitted for every store that implements the trait.
pub trait On<S: ?Sized>: Operation {
    /// Calls `store`, with what its slots are bound to, and takes a snapshot of the answer.
    ///
    /// # Errors
    /// When a handle cannot be given the type that the method takes.
    fn call<'a>(
        &'a self,
        store: &'a S,
        bound: &'a Bound,
    ) -> BoxFuture<'a, Result<Answer, HandleError>>;
}
