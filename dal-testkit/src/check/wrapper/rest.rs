//! Both stores at rest, and what the secondary writes until then have come to.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dal_shadow::compare::Difference;
use dal_shadow::ops::{On, OpMethod, Place};

use super::{Walk, lasting};
use crate::check::fault::Fault;
use crate::check::independent::given;
use crate::check::{FailureKind, Step};

/// The time between two looks at records whose repair keeps failing.
const LOOK: Duration = Duration::from_millis(200);

/// A repair that keeps failing for so long will not succeed.
const PATIENCE: Duration = Duration::from_secs(3);

impl<O, A, B, W> Walk<'_, O, A, B, W>
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    /// Whether the outcome of a call would be another one while the secondary store is behind, and
    /// rightly so.
    ///
    /// * A `replay` write that creates takes the next id of each store, so creations of one class go
    ///   one at a time.
    /// * Pages stay with the store that answers reads, also where it is written second and lacks what
    ///   is being transferred.
    /// * Where only transfers bring what was written, a late one would bring what a later call has
    ///   changed and not named.
    pub(super) fn depends_on_lag(&self, method: &OpMethod) -> bool {
        let creating = lock(&self.creating);
        let creates = |made: &Place| creating.contains(made.class);
        method.creates.iter().any(creates)
            || self.only_transfers && (method.write || method.token.is_some())
    }

    /// Remembers what a call may have created.
    pub(super) fn created(&self, method: &OpMethod) {
        let classes = method.creates.iter().map(|made| made.class);
        lock(&self.creating).extend(classes);
    }

    /// Waits until every secondary write and every transfer has ended.
    ///
    /// # Errors
    /// With the first of them that shows a difference, or that may not have been applied.
    pub(super) async fn at_rest(&self, at: usize) -> Result<(), Fault> {
        let limit = self.start.limits.through_a_wrapper().timeout;
        let began = Instant::now();
        while !self.harness.drain(LOOK.min(limit)).await {
            let status = self.harness.status();
            let parked = status.iter().find(|entity| entity.parked > 0);
            if let Some(entity) = parked
                && began.elapsed() >= PATIENCE
            {
                let summary = format!(
                    "the repair of a record of `{}` keeps failing, in {}: {} times so far",
                    entity.entity, self.phase, entity.failed_transfers
                );
                let mut fault = Fault::new(FailureKind::Broken, at, summary);
                fault.help.push("a repair reads the record from one store and puts or deletes it on the other one, whatever that one holds: call the methods that `repair(..)` names by themselves, over a record that is there and over one that is not. A key in `also` must have the type of the argument of that read: the log says when it has another one".to_owned());
                return Err(fault.places([format!("the repair of {}", entity.entity)]));
            }
            if began.elapsed() >= limit {
                let summary = format!("secondary writes have not ended after {limit:?}");
                return Err(Fault::new(FailureKind::TimedOut, at, summary));
            }
        }
        lock(&self.creating).clear();
        let methods = O::methods();
        let Some(wrong) = self.evidence.of_writes(&methods) else {
            return Ok(());
        };
        let Some(method) = wrong.method(&methods) else {
            return Ok(());
        };
        let given = || given(self.steps, wrong.step);
        let advice = |found: &[Difference]| self.comparison.advice(method, found, &given);
        Err(lasting(wrong.fault(method, &advice)))
    }

    /// A difference where no secondary write was made is that of a record that no call named.
    pub(super) fn explained(&self, mut fault: Fault) -> Fault {
        if !self.only_transfers || fault.kind != FailureKind::Difference {
            return fault;
        }
        let differs = fault.entity().unwrap_or_default();
        let writes = self.steps.iter().take(fault.at + 1);
        let writes = writes.filter_map(|step| match step {
            Step::Call(op) if op.method().write => Some(op.method()),
            _ => None,
        });
        let (own, others): (Vec<_>, Vec<_>) = writes.partition(|method| method.entity == differs);
        let suspects = if others.is_empty() { own } else { others };
        let mut names: Vec<_> = suspects
            .iter()
            .map(|method| format!("`{}.{}`", method.entity, method.method))
            .collect();
        names.sort();
        names.dedup();
        fault.help.push(format!(
            "a call changed a record that it does not name: add `also({differs} = ..)` to the method that changes a `{differs}` (here {}), or name the right `key`. No secondary write was made in this sequence (`OnlyTransfers`): the records that `key` and `also` name were transferred as `repair(..)` says, which must carry the whole record",
            names.join(" or ")
        ));
        fault
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
