//! Paged answers: a list may be cut elsewhere on each store, and is then compared as a whole.

use std::borrow::Cow;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, On, OpMethod, Operation};
use dal_shadow::tree::{Tree, find, remove, replace};

use super::call::{At, Invoker};
use super::fault::Fault;
use super::{FailureKind, bind};

/// More pages than this are taken for a token that leads nowhere.
const MAX_PAGES: usize = 1_000;

/// The answer with the records of all further pages and without a token, where pages may be cut
/// elsewhere (`drain = items`); any other answer as it is.
pub(super) async fn whole<'a, O: On<S>, S: ?Sized + Sync>(
    invoker: &Invoker,
    op: &O,
    store: &S,
    bound: &Bound,
    answer: &'a Answer,
    at: At<'_>,
) -> Result<Cow<'a, Answer>, Fault> {
    let method = op.method();
    let (Some(token), Some(items), Answer::Value(tree)) = (&method.token, items_of(method), answer)
    else {
        return Ok(Cow::Borrowed(answer));
    };
    let mut whole = tree.clone();
    let mut next = bind::token(method, answer);
    let mut pages = 1;
    while let Some(continued) = next {
        if pages == MAX_PAGES {
            return Err(Fault::new(
                FailureKind::Broken,
                at.step,
                format!(
                    "`{}` of {} still gives a token after {MAX_PAGES} pages",
                    method.method, at.store
                ),
            )
            .of(method)
            .places(["a token after the last page".to_owned()]));
        }
        pages += 1;
        let bound = bound.continuing(token.place.class, continued);
        let page = invoker.settled(op, store, &bound, at).await?;
        let Answer::Value(tree) = &page else {
            return Ok(Cow::Owned(page));
        };
        let more = find(tree, items)
            .and_then(|found| found.value.as_seq())
            .unwrap_or_default();
        replace(&mut whole, items, &mut |all| {
            if let Tree::Seq(all) = all {
                all.extend_from_slice(more);
            }
        });
        next = bind::token(method, &page);
    }
    remove(&mut whole, token.place.path);
    Ok(Cow::Owned(Answer::Value(whole)))
}

/// Binds the tokens of both pages; where the pages are not equally long, the stores cannot go on
/// alike.
pub(super) fn bind<O: Operation>(
    op: &O,
    (first, first_bound): (&Answer, &mut Bound),
    (second, second_bound): (&Answer, &mut Bound),
) {
    let method = op.method();
    let alike = items_of(method).is_none_or(|items| length(first, items) == length(second, items));
    if alike {
        bind::page(op, first, first_bound);
        bind::page(op, second, second_bound);
    } else if let (Some(token), Some(slot)) = (&method.token, op.page()) {
        first_bound.unbind(token.place.class, slot);
        second_bound.unbind(token.place.class, slot);
    }
}

fn items_of(method: &OpMethod) -> Option<&'static str> {
    method.token.as_ref().and_then(|token| token.drain)
}

fn length(answer: &Answer, items: &str) -> Option<usize> {
    match answer {
        Answer::Value(tree) => find(tree, items)?.value.as_seq().map(<[Tree]>::len),
        _ => None,
    }
}
