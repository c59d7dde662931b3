//! Differences that are accepted: the `ignore`, `unordered` and `normalize` words of a method, and
//! rules given as data. Every rule counts its hits; unused and expired ones are reported.

mod apply;
mod data;
mod day;
pub(crate) mod grammar;
mod id;
mod pattern;
mod set;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dal_traits::{Class, Clock, SystemClock};

pub use data::{Action, Outcome, Rule, Scope};
pub use day::Day;
pub use id::RuleId;
pub use pattern::Pattern;
pub use set::{MethodRules, RuleError, RuleReport, RuleSet, RuleState, rules_from_json};

use crate::tree::Tree;

/// The rules of one method, ready to be applied. Cheap to clone.
#[derive(Clone)]
pub struct Rules {
    all: Arc<[Arc<Compiled>]>,
    clock: Arc<dyn Clock>,
    counted: bool,
}

/// A function that brings the value at a place into a common form, in place.
pub type Normalize = fn(&mut Tree);

/// A rule that has been checked.
struct Compiled {
    rule: RuleId,
    owner: String,
    reason: String,
    scope: Scope,
    expires: Option<Day>,
    work: Work,
    hits: AtomicU64,
}

enum Work {
    Ignore(Pattern),
    Unordered(Pattern),
    Presence(Pattern),
    Numeric(Pattern),
    Normalize(Pattern, Normalize),
    Errors(Outcome, Outcome),
    /// The word of a method whose path cannot be read: never applied, reported.
    Broken(String),
}

impl Work {
    const fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Ignore(pattern)
            | Self::Unordered(pattern)
            | Self::Presence(pattern)
            | Self::Numeric(pattern)
            | Self::Normalize(pattern, _) => Some(pattern),
            Self::Errors(..) | Self::Broken(_) => None,
        }
    }
}

/// What the rules made of two values that differ.
pub(crate) enum Ruled {
    /// They are the same; this was the last of the rules needed for it.
    Equal(RuleId),
    /// They still differ, here in the form that the rules gave them.
    Unequal(Tree, Tree),
    /// No rule is for any place of them.
    Untouched,
}

impl Rules {
    /// No rules at all.
    pub fn none() -> Self {
        Self {
            all: Arc::new([]),
            clock: Arc::new(SystemClock),
            counted: true,
        }
    }

    /// The same rules, whose hits are not counted.
    pub(crate) fn uncounted(&self) -> Self {
        Self {
            counted: false,
            ..self.clone()
        }
    }

    fn hit(&self, rule: &Compiled) {
        if self.counted {
            rule.hits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Applies the rules for values and counts those that made a difference.
    pub(crate) fn apply(&self, first: &Tree, second: &Tree) -> Ruled {
        let live: Vec<_> = self
            .live()
            .filter(|rule| rule.work.pattern().is_some())
            .collect();
        if live.is_empty() {
            return Ruled::Untouched;
        }
        let applied = apply::apply(&live, first, second);
        for rule in &applied.needed {
            self.hit(rule);
        }
        match applied.needed.last() {
            Some(rule) if applied.first == applied.second => Ruled::Equal(rule.rule.clone()),
            Some(_) => Ruled::Unequal(applied.first, applied.second),
            None => Ruled::Untouched,
        }
    }

    /// The rule that takes these two outcomes for the same, counted; `None` is a success.
    pub(crate) fn errors(&self, first: Option<&Class>, second: Option<&Class>) -> Option<RuleId> {
        let found = self.live().find(|rule| match &rule.work {
            Work::Errors(a, b) => a.matches(first) && b.matches(second),
            _ => false,
        })?;
        self.hit(found);
        Some(found.rule.clone())
    }

    fn live(&self) -> impl Iterator<Item = &Compiled> {
        let now = self.clock.now();
        self.all
            .iter()
            .map(AsRef::as_ref)
            .filter(move |rule| rule.expires.is_none_or(|day| !day.is_over(now)))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.all.iter().map(|rule| &rule.rule))
            .finish()
    }
}
