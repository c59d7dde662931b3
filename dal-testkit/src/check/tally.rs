//! Counts the calls of one sequence.

use std::collections::BTreeSet;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, OpMethod, Operation};
use dal_shadow::tree::Tree;
use dal_traits::ErrorKind;

use super::Statistics;
use super::statistics::Calls;

/// Counts calls and the uses of handles.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) statistics: Statistics,
    gone: BTreeSet<(&'static str, Tree)>,
}

impl Tally {
    /// A call is made.
    pub(super) fn called(&mut self, method: &OpMethod) {
        self.calls(method).calls += 1;
    }

    /// Both stores gave this answer to the call, the slots of one of them being `bound`.
    pub(super) fn agreed<O: Operation>(
        &mut self,
        op: &O,
        bound: &Bound,
        answer: &Answer,
        tokens: &BTreeSet<&'static str>,
    ) {
        let method = op.method();
        let calls = self.calls(method);
        calls.agreed += 1;
        match answer {
            Answer::Error(error) => {
                *calls.errors.entry(error.class.kind.as_str()).or_default() += 1;
            }
            _ => calls.ok += 1,
        }
        let uses = op.uses();
        for (class, slot) in &uses {
            if tokens.contains(class) {
                let is_given = bound.get(class, *slot).is_some();
                self.statistics.pages_continued += u64::from(is_given);
                continue;
            }
            match bound.get(class, *slot) {
                None => self.statistics.handles.never_existed += 1,
                Some(id) if self.gone.contains(&(*class, id.clone())) => {
                    self.statistics.handles.dead += 1;
                }
                Some(_) => self.statistics.handles.bound += 1,
            }
        }
        if let [(class, slot)] = uses.as_slice()
            && let Some(id) = bound.get(class, *slot)
        {
            let id = (*class, id.clone());
            if nothing_there(answer, method.write) {
                self.gone.insert(id);
            } else if matches!(answer, Answer::Value(_)) && !method.write {
                self.gone.remove(&id);
            }
        }
    }

    fn calls(&mut self, method: &OpMethod) -> &mut Calls {
        let name = format!("{}.{}", method.entity, method.method);
        self.statistics.methods.entry(name).or_default()
    }
}

/// Whether the store says that it has nothing under the id. A write that returns nothing has
/// succeeded.
fn nothing_there(answer: &Answer, write: bool) -> bool {
    match answer {
        Answer::Error(error) => error.class.kind == ErrorKind::NotFound,
        Answer::Value(tree) => (*tree == Tree::Null && !write) || *tree == Tree::Bool(false),
        Answer::Unserializable(_) | Answer::TooLarge | Answer::Panicked => false,
    }
}
