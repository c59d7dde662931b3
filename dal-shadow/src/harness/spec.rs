//! What the attribute says of a method.

use crate::compare::pages::Pages;
use crate::phases::Verb;
use crate::rules::{MethodRules, Normalize};

/// A method as `#[shadow]` describes it. For generated code.
#[derive(Debug)]
pub struct MethodSpec {
    /// The entity whose phase decides.
    pub entity: &'static str,
    /// Its name.
    pub method: &'static str,
    /// Whether it reads or writes.
    pub verb: Verb,
    /// Whether it changes the whole entity (`key = all`).
    pub bulk: bool,
    /// The entities of which its answer names records, as positions in the list of its wrapper.
    pub names_more: &'static [usize],
    /// Whether its secondary write puts one exact state, so that it may be repeated at will; its
    /// answer then says only whether it succeeded.
    pub mirror: bool,
    /// Paths of `ignore`.
    pub ignore: &'static [&'static str],
    /// Paths of `unordered`.
    pub unordered: &'static [&'static str],
    /// Paths of page tokens that only their own store understands: compared for presence.
    pub presence: &'static [&'static str],
    /// Where the pages are that the stores may cut differently.
    pub pages: Option<Pages>,
    /// Paths and functions of `normalize`.
    pub normalize: &'static [(&'static str, Normalize)],
}

impl MethodSpec {
    pub(crate) const fn rules(&self) -> MethodRules {
        MethodRules {
            entity: self.entity,
            method: self.method,
            ignore: self.ignore,
            unordered: self.unordered,
            presence: self.presence,
            normalize: self.normalize,
        }
    }
}
