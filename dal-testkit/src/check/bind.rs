//! What a successful call binds: ids and page tokens.

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, OpMethod, Operation};
use dal_shadow::tree::{Tree, find, misplaced};

use super::FailureKind;
use super::fault::Fault;

/// Refuses options that name a place which the answer cannot have, before a difference is blamed on
/// a store.
///
/// # Errors
/// With the fields that are there.
pub(super) fn options_fit(method: &OpMethod, answer: &Answer, at: usize) -> Result<(), Fault> {
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

/// Binds what a successful call made. The answer of a method that creates nothing changes no slot.
///
/// # Errors
/// When the answer holds no id at the place that `creates` names.
pub(super) fn ids<O: Operation>(
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
pub(super) fn page<O: Operation>(op: &O, answer: &Answer, bound: &mut Bound) {
    let method = op.method();
    if let (Some(place), Some(slot)) = (&method.token, op.page()) {
        match token(method, answer) {
            Some(token) => bound.bind(place.place.class, slot, token),
            None => bound.unbind(place.place.class, slot),
        }
    }
}
