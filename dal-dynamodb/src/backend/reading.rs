//! A page while it is read: what was found, and how many items may still be passed over.

use dal_traits::op::Page;
use dal_traits::{Cursor, Error, ErrorKind, Record, Unfinished};

/// How many items a read may pass over unless the backend says otherwise.
pub(super) const READ_BUDGET: usize = 10_000;
/// How many items are read at once at least when some are passed over.
const AT_ONCE: usize = 100;

pub(super) struct Reading {
    limit: usize,
    /// How many items may be read and not returned.
    budget: usize,
    passes_over: bool,
    found: Vec<Record>,
    passed: usize,
    last: Option<Record>,
}

impl Reading {
    pub fn new(limit: usize, is_filtered: bool, budget: usize) -> Self {
        Self {
            limit,
            budget,
            passes_over: is_filtered,
            found: Vec::new(),
            passed: 0,
            last: None,
        }
    }

    /// How many items the next request reads: one more than are wanted, to know whether there is a next
    /// page.
    pub fn most(&self) -> i32 {
        let wanted = self.limit.saturating_sub(self.found.len());
        let mut most = wanted.saturating_add(1);
        if self.passes_over {
            most = most.max(AT_ONCE.min(self.budget.saturating_sub(self.passed)));
        }
        i32::try_from(most).unwrap_or(i32::MAX)
    }

    /// Takes what a request read: so many items, and of them the records of the entity.
    pub fn take(&mut self, read: usize, records: Vec<Record>, is_wanted: impl Fn(&Record) -> bool) {
        if let Some(last) = records.last() {
            self.last = Some(last.clone());
        }
        let before = self.found.len();
        self.found.extend(records.into_iter().filter(is_wanted));
        let matched = self.found.len() - before;
        // A request without items counts as well.
        let passed = read.max(1).saturating_sub(matched);
        self.passed = self.passed.saturating_add(passed);
        self.passes_over |= passed > 0;
    }

    /// Whether there is a page and a record behind it.
    pub fn is_full(&self) -> bool {
        self.found.len() > self.limit
    }

    pub fn is_exhausted(&self) -> bool {
        self.passed >= self.budget
    }

    /// The page, with where the next one begins when there is a further record.
    pub fn end(mut self, behind: impl Fn(&Record) -> Cursor) -> Page {
        let has_more = self.is_full();
        self.found.truncate(self.limit);
        let next = self.found.last().filter(|_| has_more).map(behind);
        Page {
            records: self.found,
            next,
        }
    }

    /// The error of a read whose budget is used up.
    pub fn exceeded(self, behind: impl Fn(&Record) -> Cursor) -> Error {
        let message = "the read passed over as many items as it may, and there are more: go on behind \
                       what `Unfinished::of` the error says, or use a path that finds fewer";
        let error = Error::new(ErrorKind::BudgetExceeded, message).with("budget", self.budget);
        let Some(last) = &self.last else {
            return error;
        };
        error.source(Unfinished {
            next: behind(last),
            records: self.found,
        })
    }
}
