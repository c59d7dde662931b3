//! Calls of a strategy outside a check: load for a wrapper that is running.

use dal_shadow::Answer;
use dal_shadow::ops::{Bound, On, Operation, Slot};
use dal_shadow::tree;
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;

use super::bind;
use super::generate::{DRAWS, MIRRORS_ONLY};

/// Draws calls from a strategy and makes them on one store.
///
/// Like [`check`](super::check) it remembers the ids and page tokens that the store returned, so
/// that later calls use them. It compares nothing: put it in front of a `ShadowX`, whose harness
/// compares. The same seed draws the same calls.
pub struct Caller<O: Operation> {
    strategy: BoxedStrategy<O>,
    runner: TestRunner,
    bound: Bound,
}

impl<O: Operation> Caller<O> {
    /// A caller that has seen no id yet.
    pub fn new(strategy: impl Strategy<Value = O> + 'static, seed: u64) -> Self {
        let mut bytes = [0_u8; 32];
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let tokens = O::methods()
            .into_iter()
            .filter_map(|method| method.token.as_ref())
            .map(|token| token.place.class)
            .collect::<Vec<_>>();
        Self {
            strategy: strategy.boxed(),
            runner: TestRunner::new_with_rng(Config::default(), rng),
            bound: Bound::new(tokens),
        }
    }

    /// Binds a slot of a class to the id of a record that the store already holds.
    ///
    /// # Errors
    /// When serde cannot write the id.
    pub fn bind(
        &mut self,
        class: &'static str,
        slot: Slot,
        id: &impl Serialize,
    ) -> Result<(), String> {
        let id = tree::of(id).map_err(|error| format!("an id of class `{class}`: {error}"))?;
        self.bound.bind(class, slot, id);
        Ok(())
    }

    /// The next call, never of a mirror method: through a wrapper these are not called by
    /// themselves.
    ///
    /// # Errors
    /// When a strategy makes no value.
    pub fn draw(&mut self) -> Result<O, String> {
        for _ in 0..DRAWS {
            let call = self
                .strategy
                .new_tree(&mut self.runner)
                .map(|tree| tree.current())
                .map_err(|reason| format!("a strategy makes no value: {reason}"))?;
            if !call.method().mirror {
                return Ok(call);
            }
        }
        Err(MIRRORS_ONLY.to_owned())
    }

    /// Whether a record of this class has an id for the slot: `false` is the id that never existed.
    pub fn is_bound(&self, class: &str, slot: Slot) -> bool {
        self.bound.get(class, slot).is_some()
    }

    /// Makes a call, and remembers the ids and the page token of its answer.
    ///
    /// # Errors
    /// When an id does not have the type that the method takes, or `creates` names a place that the
    /// answer does not have.
    pub async fn call<S: ?Sized + Sync>(&mut self, store: &S, op: &O) -> Result<Answer, String>
    where
        O: On<S>,
    {
        let answer = op
            .call(store, &self.bound)
            .await
            .map_err(|error| format!("`{}` cannot be called: {error}", op.method().method))?;
        bind::ids(op, &answer, &mut self.bound, 0).map_err(|fault| fault.summary)?;
        bind::page(op, &answer, &mut self.bound);
        Ok(answer)
    }
}
