//! Pages of one list that the stores cut at different places.

use std::cmp::Ordering;

use crate::rules::Rules;
use crate::tree::answer::Answer;
use crate::tree::{Tree, find, remove, replace};

use super::{CallOutcome, Verdict, Why, compare};

/// Where a paged answer holds what, for a method whose stores may cut pages differently
/// (`token(page = next, drain = items)`).
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// The token of the next page.
    pub token: &'static str,
    /// The page's records.
    pub items: &'static str,
}

/// What two answers come to, pages compared up to the shorter end.
pub(crate) fn judged(
    pages: Option<&Pages>,
    first: &Answer,
    second: &Answer,
    rules: &Rules,
) -> (Verdict, CallOutcome) {
    let verdict = compare(first, second, rules);
    let outcome = CallOutcome::from(&verdict);
    match (pages, first, second) {
        (Some(pages), Answer::Value(first), Answer::Value(second)) if outcome.is_mismatch() => {
            let cut = pages.cut(first, second, rules);
            (verdict, cut.unwrap_or(outcome))
        }
        _ => (verdict, outcome),
    }
}

impl Pages {
    /// The outcome when both are beginnings of the same list, as far as can be seen.
    fn cut(&self, first: &Tree, second: &Tree, rules: &Rules) -> Option<CallOutcome> {
        let (one, other) = (self.length(first)?, self.length(second)?);
        let outcome = match one.cmp(&other) {
            // Whoever ends earlier must say that it goes on.
            Ordering::Less if self.goes_on(first) => CallOutcome::PageBoundary,
            Ordering::Greater if self.goes_on(second) => CallOutcome::PageBoundary,
            // DynamoDB gives a token for an empty page when a page is full at the very end.
            Ordering::Equal if self.goes_on(first) != self.goes_on(second) => {
                CallOutcome::Inconclusive(Why::PageEnd)
            }
            _ => return None,
        };
        let shortened = |page| Answer::Value(self.shortened(page, one.min(other)));
        compare(&shortened(first), &shortened(second), rules)
            .is_equal()
            .then_some(outcome)
    }

    fn length(&self, page: &Tree) -> Option<usize> {
        Some(find(page, self.items)?.value.as_seq()?.len())
    }

    fn goes_on(&self, page: &Tree) -> bool {
        find(page, self.token).is_some_and(|token| *token.value != Tree::Null)
    }

    fn shortened(&self, page: &Tree, length: usize) -> Tree {
        let mut page = page.clone();
        remove(&mut page, self.token);
        replace(&mut page, self.items, &mut |items| {
            if let Tree::Seq(items) = items {
                items.truncate(length);
            }
        });
        page
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Page {
        items: Vec<u32>,
        next: Option<&'static str>,
    }

    const PAGES: Pages = Pages {
        token: "next",
        items: "items",
    };

    fn outcome(first: (&[u32], bool), second: (&[u32], bool)) -> CallOutcome {
        let answer = |(items, goes_on): (&[u32], bool), token| {
            let page = Page {
                items: items.to_vec(),
                next: goes_on.then_some(token),
            };
            Answer::Value(crate::tree::of(&page).unwrap())
        };
        let (first, second) = (answer(first, "a"), answer(second, "b"));
        judged(Some(&PAGES), &first, &second, &Rules::none()).1
    }

    #[test]
    fn pages_that_are_cut_elsewhere_agree_up_to_the_shorter_end() {
        let boundary = CallOutcome::PageBoundary;
        assert_eq!(outcome((&[1, 2], true), (&[1, 2, 3], false)), boundary);
        assert_eq!(outcome((&[1, 2, 3], true), (&[1], true)), boundary);
        assert_eq!(outcome((&[1], true), (&[], true)), boundary);
    }

    #[test]
    fn a_list_that_ends_too_early_is_different() {
        let different = CallOutcome::Different;
        assert_eq!(outcome((&[1, 2, 3], false), (&[1, 2], false)), different);
        assert_eq!(outcome((&[1, 2], false), (&[1, 2, 3], true)), different);
        assert_eq!(outcome((&[1, 2], true), (&[1, 3, 4], true)), different);
    }

    #[test]
    fn whether_an_empty_page_follows_cannot_be_said() {
        let open = CallOutcome::Inconclusive(Why::PageEnd);
        assert_eq!(outcome((&[1, 2], false), (&[1, 2], true)), open);
    }
}
