//! What a condition stands for: the store only says that it was false.

use std::borrow::Cow;

use dal_traits::{Class, ErrorKind};

/// What it means when the condition of a write, or of one action of a transaction, was false.
///
/// DynamoDB answers `ConditionalCheckFailed` for all of these; only the author of the request knows
/// which one it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// The caller's own condition: [`ErrorKind::ConditionFailed`]. What is assumed without a role.
    #[default]
    Condition,
    /// A put under `attribute_not_exists(key)`: [`ErrorKind::AlreadyExists`].
    Insert,
    /// A change of an existing item that asks for
    /// `return_values_on_condition_check_failure(AllOld)`: without an old item
    /// [`ErrorKind::NotFound`], with one [`ErrorKind::ConditionFailed`].
    Change,
    /// The put of a guard item that keeps a value unique: [`ErrorKind::UniqueViolation`] of this
    /// constraint.
    Unique(Cow<'static, str>),
    /// The check that a parent exists, or that no child does: [`ErrorKind::ReferenceViolation`] of
    /// this constraint.
    Reference(Cow<'static, str>),
}

impl Role {
    /// A guard of the unique key `constraint`.
    pub const fn unique(constraint: &'static str) -> Self {
        Self::Unique(Cow::Borrowed(constraint))
    }

    /// A check of the reference `constraint`.
    pub const fn reference(constraint: &'static str) -> Self {
        Self::Reference(Cow::Borrowed(constraint))
    }

    /// The class of the false condition; `old_item` says whether the store returned one.
    pub(crate) fn class(&self, old_item: bool) -> Class {
        match self {
            Self::Insert => Class::new(ErrorKind::AlreadyExists),
            Self::Change if !old_item => Class::new(ErrorKind::NotFound),
            Self::Change | Self::Condition => Class::new(ErrorKind::ConditionFailed),
            Self::Unique(name) => Class::new(ErrorKind::UniqueViolation).constraint(name.clone()),
            Self::Reference(name) => {
                Class::new(ErrorKind::ReferenceViolation).constraint(name.clone())
            }
        }
    }
}
