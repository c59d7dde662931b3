//! Pages of one list that the stores cut at different places.

use std::cmp::Ordering;

use crate::rules::Rules;
use crate::tree::answer::Answer;
use crate::tree::{Tree, find, remove, replace};

use super::{CallOutcome, Why, compare};

/// Where a paged answer holds what, for a method whose stores may cut pages differently
/// (`token(page = next, drain = items)`).
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// The token of the next page.
    pub token: &'static str,
    /// The page's records.
    pub items: &'static str,
}

impl Pages {
    /// The outcome when both are beginnings of the same list, as far as can be seen.
    pub(super) fn cut(
        &self,
        primary: &Tree,
        secondary: &Tree,
        rules: &Rules,
    ) -> Option<CallOutcome> {
        let (one, other) = (self.length(primary)?, self.length(secondary)?);
        let shorter = one.min(other);
        let outcome = match one.cmp(&other) {
            // The page that ends earlier must say that it goes on.
            Ordering::Less if self.goes_on(primary) => CallOutcome::PageBoundary,
            Ordering::Greater if self.goes_on(secondary) => CallOutcome::PageBoundary,
            // DynamoDB gives a token for an empty page when a page is full at the very end.
            Ordering::Equal if self.goes_on(primary) != self.goes_on(secondary) => {
                CallOutcome::Inconclusive(Why::PageEnd)
            }
            _ => return None,
        };
        let outcome = match outcome {
            CallOutcome::PageBoundary if shorter == 0 => CallOutcome::Acknowledged,
            outcome => outcome,
        };
        let shortened = |page| Answer::Value(self.shortened(page, shorter));
        compare(&shortened(primary), &shortened(secondary), rules)
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
