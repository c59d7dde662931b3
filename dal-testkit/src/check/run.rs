//! What running one sequence yields, and the parts that both modes share.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, HandleError, On, OpMethod, Operation};
use dal_shadow::tree::{Tree, find, misplaced};
use dal_traits::ErrorKind;
use futures::FutureExt;

use super::{FailureKind, Statistics};

/// A call that takes longer is taken for one that never ends.
const CALL_DEADLINE: Duration = Duration::from_mins(1);

/// What became of a sequence.
pub(super) struct Ran {
    pub(super) statistics: Statistics,
    pub(super) end: End,
    /// Classes with ids, and whether any differ between the stores.
    pub(super) apart: Vec<(&'static str, bool)>,
}

/// How a sequence ended.
pub(super) enum End {
    Agreed,
    Inconclusive,
    Failed(Fault),
}

/// What was found, and at which step.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: FailureKind,
    pub(super) at: usize,
    pub(super) summary: String,
    pub(super) differences: Vec<String>,
    pub(super) answers: Vec<(String, String)>,
    pub(super) help: Vec<String>,
}

impl Fault {
    pub(super) fn new(kind: FailureKind, at: usize, summary: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            summary: summary.into(),
            differences: Vec::new(),
            answers: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Names the answers of two stores.
    pub(super) fn answered(mut self, names: [&str; 2], answers: [&Answer; 2]) -> Self {
        for (name, answer) in names.into_iter().zip(answers) {
            let text = match answer {
                Answer::Value(value) => format!("Ok({value})"),
                other => other.to_tree().to_string(),
            };
            self.answers.push((name.to_owned(), text));
        }
        self
    }
}

/// Calls a store; a panic or a call without end is a fault of the store.
pub(super) async fn call<O: On<S>, S: ?Sized + Sync>(
    op: &O,
    store: &S,
    bound: &Bound,
    (name, at): (&str, usize),
) -> Result<Answer, Fault> {
    let method = op.method().method;
    let guarded = AssertUnwindSafe(op.call(store, bound)).catch_unwind();
    match tokio::time::timeout(CALL_DEADLINE, guarded).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(error))) => Err(handle_fault(&error, method, at)),
        Ok(Err(panic)) => Err(Fault::new(
            FailureKind::Broken,
            at,
            format!(
                "`{method}` of {name} panicked: {}",
                panic_text(panic.as_ref())
            ),
        )),
        Err(_) => Err(Fault::new(
            FailureKind::Broken,
            at,
            format!(
                "`{method}` of {name} has not answered for {} s",
                CALL_DEADLINE.as_secs()
            ),
        )),
    }
}

fn handle_fault(error: &HandleError, method: &str, at: usize) -> Fault {
    Fault::new(
        FailureKind::Setup,
        at,
        format!("`{method}` cannot be called: {error}"),
    )
}

/// The text of a panic.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}

/// Refuses words that name a place which the answer cannot have, before a difference is blamed on a store.
///
/// # Errors
/// With the fields that are there.
pub(super) fn words_fit(method: &OpMethod, answer: &Answer, at: usize) -> Result<(), Fault> {
    let Answer::Value(tree) = answer else {
        return Ok(());
    };
    // Not `token`: serde may skip a token that is not there.
    for place in method.creates {
        if let Some(why) = misplaced(tree, place.path) {
            let text = format!(
                "`creates({} = {})` on `{}`: {why}",
                place.class, place.path, method.method
            );
            return Err(Fault::new(FailureKind::Setup, at, text));
        }
    }
    Ok(())
}

/// Binds what a successful call made. What a method that creates nothing answered changes no slot.
///
/// # Errors
/// When the answer holds no id at the place that `creates` names.
pub(super) fn bind<O: Operation>(
    op: &O,
    answer: &Answer,
    bound: &mut Bound,
    at: usize,
) -> Result<(), Fault> {
    let (method, Answer::Value(tree)) = (op.method(), answer) else {
        return Ok(());
    };
    for (made, slot) in method.creates.iter().zip(op.creates()) {
        match find(tree, made.path) {
            Some(found) if *found.value == Tree::Null => {}
            Some(found) => bound.bind(made.class, slot, found.value.clone()),
            None if *tree == Tree::Null => {}
            None => {
                return Err(Fault::new(
                    FailureKind::Setup,
                    at,
                    format!(
                        "`creates({} = {})` on `{}`: the answer {tree} has nothing there; write the field as serde names it",
                        made.class, made.path, method.method
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// The token of the next page in an answer.
pub(super) fn token(method: &OpMethod, answer: &Answer) -> Option<Tree> {
    let (Some(token), Answer::Value(tree)) = (&method.token, answer) else {
        return None;
    };
    find(tree, token.place.path)
        .map(|found| found.value.clone())
        .filter(|token| *token != Tree::Null)
}

/// Binds the page's token, or forgets what was bound when the page is the last one.
pub(super) fn bind_token<O: Operation>(op: &O, answer: &Answer, bound: &mut Bound) {
    let method = op.method();
    if let (Some(place), Some(slot)) = (&method.token, op.page()) {
        match token(method, answer) {
            Some(token) => bound.bind(place.place.class, slot, token),
            None => bound.unbind(place.place.class, slot),
        }
    }
}

/// Counts calls and the uses of handles.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) statistics: Statistics,
    gone: BTreeSet<(&'static str, Tree)>,
}

impl Tally {
    /// Counts one call, by the answer of the store whose slots are `bound`.
    pub(super) fn count<O: Operation>(
        &mut self,
        op: &O,
        bound: &Bound,
        answer: &Answer,
        tokens: &BTreeSet<&'static str>,
    ) {
        let method = op.method();
        let name = format!("{}.{}", method.entity, method.method);
        let calls = self.statistics.methods.entry(name).or_default();
        calls.calls += 1;
        if let Answer::Error(error) = answer {
            *calls.errors.entry(error.class.kind.as_str()).or_default() += 1;
        }
        let uses = op.uses();
        for (class, slot) in &uses {
            if tokens.contains(class) {
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
}

/// Whether the store says that it has nothing under the id. A write that answers nothing has succeeded.
fn nothing_there(answer: &Answer, write: bool) -> bool {
    match answer {
        Answer::Error(error) => error.class.kind == ErrorKind::NotFound,
        Answer::Value(tree) => (*tree == Tree::Null && !write) || *tree == Tree::Bool(false),
        Answer::Unserializable(_) => false,
    }
}
