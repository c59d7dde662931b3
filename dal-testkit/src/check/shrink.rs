//! As few and as simple steps as show a fault.
//!
//! proptest makes and simplifies values; the sequence is cut here, because what is legal in it does
//! not depend on what stands before: slots see to that.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dal_shadow::ops::Operation;
use futures::StreamExt;

use super::execute::Execute;
use super::failure::Confirmed;
use super::fault::Fault;
use super::generate::Item;
use super::{FailureKind, Step, renumber};

/// Sequences up to this length are tried without every pair of their steps.
const MAX_PAIRS: usize = 12;

/// At most so many simpler forms of one call are tried.
const MAX_SIMPLER: usize = 80;

/// At most so many turns of proptest's simplification are taken for one call.
const MAX_TURNS: usize = 2_000;

/// The repetitions of a failed sequence after which it is not reproducible.
const REPETITIONS: usize = 3;

/// How often the result is run again.
const CONFIRMATIONS: usize = 3;

/// How often the progress is shown, while the sequence gets shorter and when it does not.
const PROGRESS: Duration = Duration::from_secs(2);
const UNCHANGED: Duration = Duration::from_secs(10);

/// How a failing sequence is made small.
pub(super) struct Shrink<'a, O: Operation> {
    pub(super) execute: &'a Execute<O>,
    pub(super) parallel: usize,
    pub(super) time: Duration,
    pub(super) say: &'a dyn Fn(&str),
    /// What was found first: nothing else is taken for it.
    pub(super) fault: Fault,
}

/// The smallest sequence that was found, and its fault.
pub(super) struct Shrunk<O> {
    pub(super) steps: Vec<Step<O>>,
    pub(super) fault: Fault,
    pub(super) confirmed: Confirmed,
}

impl<O: Operation> Shrink<'_, O> {
    /// Repeats the sequence, makes it smaller while it fails in the same way, and runs the result
    /// three times.
    pub(super) async fn run(&self, items: Vec<Item<O>>) -> Shrunk<O> {
        let whole = steps(&items);
        let Some(found) = self.fails_again(&whole).await else {
            return Shrunk {
                fault: not_reproducible(self.fault.clone(), &whole),
                steps: whole,
                confirmed: Confirmed {
                    failed: 0,
                    of: REPETITIONS,
                },
            };
        };
        let mut work = Work {
            shrink: self,
            items,
            fault: found.clone(),
            until: Instant::now() + self.time,
            shown: Instant::now(),
            shown_left: 0,
            runs: 0,
        };
        work.cut();
        work.minimize().await;
        let is_cut_short = work.is_over();
        let mut small = (steps(&work.items), work.fault);
        if let Some(resolved) = renumber::resolved(&small.0, &small.1.earlier)
            && let Some(fault) = self.fails(resolved.clone()).await
        {
            small = (resolved, fault);
        }
        if let Some(renumbered) = renumber::renumbered(&small.0)
            && let Some(fault) = self.fails(renumbered.clone()).await
        {
            small = (renumbered, fault);
        }
        let mut confirmed = self.confirmed(&small.0).await;
        if confirmed.failed == 0 {
            // What failed by chance once is shown as it was found.
            small = (whole, found);
            confirmed = self.confirmed(&small.0).await;
        }
        let (steps, mut fault) = small;
        if confirmed.failed == 0 {
            fault = not_reproducible(fault, &steps);
        } else if confirmed.failed < confirmed.of {
            fault.help.push(format!(
                "the same calls on fresh stores do not always fail: {}",
                now_and_then(&fault, &steps)
            ));
        }
        if is_cut_short {
            fault.help.push(format!(
                "making it shorter was stopped after {} s: it may have steps that are not needed; run \
                 it again when the machine is less busy, or set `.shrink_time(..)`",
                self.time.as_secs()
            ));
        }
        Shrunk {
            steps,
            fault,
            confirmed,
        }
    }

    async fn fails_again(&self, steps: &[Step<O>]) -> Option<Fault> {
        for _ in 0..REPETITIONS {
            if let Some(found) = self.fails(steps.to_vec()).await {
                return Some(found);
            }
        }
        None
    }

    async fn confirmed(&self, steps: &[Step<O>]) -> Confirmed {
        let failed = futures::stream::iter(0..CONFIRMATIONS)
            .map(|_| self.fails(steps.to_vec()))
            .buffered(self.parallel.max(1))
            .filter(|fault| std::future::ready(fault.is_some()))
            .count()
            .await;
        Confirmed {
            failed,
            of: CONFIRMATIONS,
        }
    }

    /// The fault, if the steps fail in the same way as the first time.
    async fn fails(&self, steps: Vec<Step<O>>) -> Option<Fault> {
        // On a task of its own: a run that is no longer needed goes on to its end. Broken off in the
        // middle of a statement, it could leave a connection that the next run waits for.
        let ran = tokio::spawn((self.execute)(steps)).await;
        ran.ok()?.fault.filter(|fault| fault.is_like(&self.fault))
    }
}

/// Why a sequence may fail now and then. Where no secondary write was made (`OnlyTransfers`), a
/// record that a write does not name is equal whenever another transfer of it comes late enough.
fn now_and_then<O>(fault: &Fault, steps: &[Step<O>]) -> &'static str {
    let transfers = steps.iter().any(|step| matches!(step, Step::OnlyTransfers));
    if transfers && fault.kind == FailureKind::Difference {
        "no secondary write was made (`OnlyTransfers`), and when a transfer reads its record is a matter of time: does every write name each record that it changes (`key`, `also`)?"
    } else {
        "does a call return before its effect can be read, or does a store use a clock, random values or something that stores share (tables, a pool, a cache)?"
    }
}

fn not_reproducible<O>(mut fault: Fault, steps: &[Step<O>]) -> Fault {
    let help = if fault.kind == FailureKind::TimedOut {
        "the same calls returned in time when they were run again: was the machine busy? `.call_timeout(..)` sets how long a call may take, `.parallel(1)` runs one sequence at a time".to_owned()
    } else {
        format!(
            "the same calls on fresh stores did not fail again: {}",
            now_and_then(&fault, steps)
        )
    };
    fault.kind = FailureKind::NotReproducible;
    fault.help.insert(0, help);
    fault.summary = format!("not reproducible: {}", fault.summary);
    fault
}

fn steps<O: Clone>(items: &[Item<O>]) -> Vec<Step<O>> {
    items.iter().map(|item| item.step.clone()).collect()
}

struct Work<'a, 'b, O: Operation> {
    shrink: &'a Shrink<'b, O>,
    items: Vec<Item<O>>,
    fault: Fault,
    until: Instant,
    shown: Instant,
    /// The steps that were left when the progress was shown last.
    shown_left: usize,
    runs: usize,
}

impl<O: Operation> Work<'_, '_, O> {
    /// What stands after the failing step did not make it fail.
    fn cut(&mut self) {
        self.items.truncate(self.fault.at + 1);
    }

    async fn minimize(&mut self) {
        loop {
            let before = self.items.len();
            self.delete_chunks().await;
            let simpler = self.simplify().await;
            if self.is_over() || (self.items.len() == before && !simpler) {
                break;
            }
        }
        while !self.is_over() && self.delete_pair().await {}
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    async fn delete_chunks(&mut self) {
        let mut size = (self.items.len() / 2).max(1);
        loop {
            while !self.is_over() {
                let count = self.items.len();
                let starts = (0..count)
                    .step_by(size)
                    .map(|start| (start..(start + size).min(count)).collect())
                    .rev()
                    .collect::<Vec<BTreeSet<usize>>>();
                if count <= 1 || !self.delete_first_of(starts).await {
                    break;
                }
            }
            if size == 1 || self.is_over() {
                break;
            }
            size /= 2;
        }
    }

    /// Two steps may be needed by each other and by nothing else.
    async fn delete_pair(&mut self) -> bool {
        let count = self.items.len();
        if count > MAX_PAIRS {
            return false;
        }
        let pairs = (0..count)
            .flat_map(|a| (a + 1..count).map(move |b| BTreeSet::from([a, b])))
            .filter(|pair| pair.len() < count)
            .collect();
        self.delete_first_of(pairs).await
    }

    /// Deletes the first of these sets of steps without which it still fails.
    async fn delete_first_of(&mut self, sets: Vec<BTreeSet<usize>>) -> bool {
        let without = |set: &BTreeSet<usize>| {
            self.items
                .iter()
                .enumerate()
                .filter(|(index, _)| !set.contains(index))
                .map(|(_, item)| item.step.clone())
                .collect::<Vec<_>>()
        };
        let candidates = sets
            .into_iter()
            .map(|set| {
                let steps = without(&set);
                (set, steps)
            })
            .filter(|(_, steps)| !steps.is_empty())
            .collect::<Vec<_>>();
        let mut runs = 0;
        let found = {
            let shrink = self.shrink;
            let until = self.until;
            let mut tried = futures::stream::iter(candidates)
                .map(|(set, steps)| async move { (set, shrink.fails(steps).await) })
                .buffered(shrink.parallel.max(1));
            let mut found = None;
            while let Some((set, fault)) = tried.next().await {
                runs += 1;
                if let Some(fault) = fault {
                    found = Some((set, fault));
                    break;
                }
                if Instant::now() >= until {
                    break;
                }
            }
            found
        };
        self.ran(runs);
        let Some((set, fault)) = found else {
            return false;
        };
        let mut index = 0;
        self.items.retain(|_| {
            index += 1;
            !set.contains(&(index - 1))
        });
        self.fault = fault;
        self.cut();
        true
    }

    /// Simplifies the arguments of each call, the last one first.
    async fn simplify(&mut self) -> bool {
        let mut any = false;
        let mut index = self.items.len();
        while index > 0 && !self.is_over() {
            index -= 1;
            any |= self.simplify_one(index).await;
            index = index.min(self.items.len());
        }
        any
    }

    async fn simplify_one(&mut self, index: usize) -> bool {
        let Some(mut tree) = self.items.get_mut(index).and_then(|item| item.tree.take()) else {
            return false;
        };
        let mut any = false;
        let mut tried = BTreeSet::new();
        if let Some(item) = self.items.get(index) {
            tried.insert(format!("{:?}", item.step));
        }
        let mut going = tree.simplify();
        let mut turns = 0;
        // Turns that make a call again that has been tried cost nothing, but must end, too.
        while going && turns < MAX_TURNS && tried.len() <= MAX_SIMPLER && !self.is_over() {
            turns += 1;
            let step = Step::Call(tree.current());
            let fault = if tried.insert(format!("{step:?}")) {
                let mut steps = steps(&self.items);
                if let Some(place) = steps.get_mut(index) {
                    *place = step.clone();
                }
                self.ran(1);
                self.shrink.fails(steps).await
            } else {
                None
            };
            let Some(fault) = fault else {
                // A part that cannot be simpler is left, and the next part tried.
                going = tree.complicate() || tree.simplify();
                continue;
            };
            any = true;
            if let Some(item) = self.items.get_mut(index) {
                item.step = step;
            }
            self.fault = fault;
            self.cut();
            if self.items.len() <= index {
                return true;
            }
            going = tree.simplify();
        }
        if let Some(item) = self.items.get_mut(index) {
            item.tree = Some(tree);
        }
        any
    }

    fn ran(&mut self, runs: usize) {
        self.runs += runs;
        let left = self.items.len();
        let pause = if left == self.shown_left {
            UNCHANGED
        } else {
            PROGRESS
        };
        if self.shown.elapsed() >= pause {
            self.shown = Instant::now();
            let what = if left == self.shown_left {
                "simplifying the arguments"
            } else {
                "making the failing sequence small"
            };
            self.shown_left = left;
            (self.shrink.say)(&format!("{what}: {left} steps after {} tries", self.runs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_comes_and_goes_where_only_transfers_are_made_points_to_also() {
        let transfers = [Step::Call(1), Step::OnlyTransfers, Step::Call(2)];
        let help = |kind, steps: &[Step<i32>]| {
            let fault = not_reproducible(Fault::new(kind, 0, "differs"), steps);
            assert_eq!(fault.kind, FailureKind::NotReproducible);
            fault.help.join("\n")
        };
        let differs = help(FailureKind::Difference, &transfers);
        assert!(
            differs.contains("`also`") && !differs.contains("clock"),
            "{differs}"
        );
        for (kind, steps) in [
            (FailureKind::Difference, &transfers[..1]),
            (FailureKind::Broken, &transfers),
        ] {
            let help = help(kind, steps);
            assert!(help.contains("a clock") && !help.contains("also"), "{help}");
        }
        let late = help(FailureKind::TimedOut, &transfers);
        assert!(late.contains(".call_timeout("), "{late}");
    }
}
