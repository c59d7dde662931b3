//! Whether a factory makes fresh stores: nothing that one store is told may show in the next one.

use dal_shadow::answer::Answer;
use dal_shadow::ops::{On, Operation};

use super::comparison::Compared;
use super::factory::{Factory, made};
use super::fault::Fault;
use super::independent::recorded;
use super::start::Start;
use super::{FailureKind, Step};

/// So many stores after the first one must show what was done to it: a store that is not
/// deterministic may differ once.
const NEXT_STORES: usize = 2;

/// Runs the same calls on a store and, once it is gone, on the next stores of the same factory. They
/// must not have, or refuse, what the first one did not.
///
/// Values alone say nothing here: a store may make times and ids of its own.
pub(super) async fn left_over<O, S>(
    start: &Start,
    name: &str,
    factory: &Factory<S>,
    steps: &[Step<O>],
) -> Option<Fault>
where
    O: On<S>,
    S: ?Sized + Send + Sync,
{
    // A factory that panics is a fault of its own, which the sequences show.
    let first = made(factory, name).await.ok()?;
    let before = recorded(start, &*first, name, steps).await;
    drop(first);
    let mut found = None;
    for _ in 0..NEXT_STORES {
        let next = made(factory, name).await.ok()?;
        let after = recorded(start, &*next, name, steps).await;
        found = Some(first_difference(start, name, &before, &after)?);
    }
    found
}

/// The first call to which the next store has another answer.
fn first_difference<O: Operation>(
    start: &Start,
    name: &str,
    before: &[(usize, O, Answer)],
    after: &[(usize, O, Answer)],
) -> Option<Fault> {
    let mut comparison = start.comparison();
    for ((at, op, one), (_, _, two)) in before.iter().zip(after) {
        let method = op.method();
        match comparison.independent(method, one, two, &String::new) {
            Compared::Agree => {}
            Compared::Differ(found) if found.presence => {
                let summary = format!(
                    "the stores of {name} are not fresh: after some calls on one store, which is gone, the same calls on the next stores of the factory get another answer at `{}` of `{}`",
                    method.method, method.repository
                );
                let fault = Fault::new(FailureKind::NotFresh, *at, summary)
                    .of(method)
                    .answered(
                        [
                            &format!("{name}, the first store,"),
                            &format!("{name}, the next store,"),
                        ],
                        [one, two],
                    );
                let mut fault = found.into_fault(fault);
                fault.help = vec![
                    "let the factory make a store that nothing was written to (tables or a database of its own, or cleaned ones), without a cache, a static or a counter that stores share. If it does, its stores are not deterministic: they answer the same calls differently".to_owned(),
                ];
                return Some(fault);
            }
            Compared::Transient | Compared::Differ(_) => return None,
        }
    }
    None
}
