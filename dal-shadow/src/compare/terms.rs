//! What the answers of one method are compared by: its rules, and where its pages are.

use crate::rules::Rules;
use crate::tree::answer::Answer;

use super::pages::Pages;
use super::{Verdict, compare};

/// What the answers of one method are compared by.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    rules: Rules,
    pages: Option<Pages>,
}

impl Terms {
    pub(crate) const fn new(rules: Rules, pages: Option<Pages>) -> Self {
        Self { rules, pages }
    }

    /// What the primary's and the secondary's answer come to, pages up to the shorter end.
    pub(crate) fn compare(&self, primary: &Answer, secondary: &Answer) -> Verdict {
        let verdict = compare(primary, secondary, &self.rules);
        match (&self.pages, primary, secondary) {
            (Some(pages), Answer::Value(one), Answer::Value(other))
                if verdict.outcome.is_mismatch() =>
            {
                let cut = pages.cut(one, other, &self.rules);
                cut.map_or(verdict, Verdict::of)
            }
            _ => verdict,
        }
    }

    /// Whether one store gave the same answer again, as far as a comparison would see it: a clock
    /// that a rule ignores, or a list in another order, is no other answer.
    pub(crate) fn same(&self, before: &Answer, now: &Answer) -> bool {
        if let (Answer::Error(before), Answer::Error(now)) = (before, now) {
            return before.class.kind == now.class.kind && before.class.code == now.class.code;
        }
        let uncounted = Self::new(self.rules.uncounted(), self.pages);
        uncounted.compare(before, now).is_equal()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::compare::{CallOutcome, Why};

    #[derive(Serialize)]
    struct Page {
        items: Vec<u32>,
        next: Option<&'static str>,
    }

    const PAGES: Pages = Pages {
        token: "next",
        items: "items",
    };

    fn outcome(primary: (&[u32], bool), secondary: (&[u32], bool)) -> CallOutcome {
        let answer = |(items, goes_on): (&[u32], bool), token| {
            let page = Page {
                items: items.to_vec(),
                next: goes_on.then_some(token),
            };
            Answer::value(&page)
        };
        let (primary, secondary) = (answer(primary, "a"), answer(secondary, "b"));
        let terms = Terms::new(Rules::none(), Some(PAGES));
        terms.compare(&primary, &secondary).outcome
    }

    #[test]
    fn pages_that_are_cut_elsewhere_agree_up_to_the_shorter_end() {
        let boundary = CallOutcome::PageBoundary;
        assert_eq!(outcome((&[1, 2], true), (&[1, 2, 3], false)), boundary);
        assert_eq!(outcome((&[1, 2, 3], true), (&[1], true)), boundary);
    }

    #[test]
    fn an_empty_page_says_nothing_about_the_other_one() {
        let nothing = CallOutcome::Acknowledged;
        assert_eq!(outcome((&[1], true), (&[], true)), nothing);
        assert_eq!(outcome((&[], false), (&[], false)), nothing);
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
