//! One place where two trees differ.

use std::fmt;

use super::{Path, Tree};

/// One place where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// What the primary has there; `None` where it has nothing at all.
    pub primary: Option<Tree>,
    /// What the secondary has there.
    pub secondary: Option<Tree>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        side(self.primary.as_ref(), f)?;
        f.write_str(" | ")?;
        side(self.secondary.as_ref(), f)
    }
}

fn side(tree: Option<&Tree>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tree {
        Some(tree) => write!(f, "{tree}"),
        None => f.write_str("absent"),
    }
}
