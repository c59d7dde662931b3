//! A method between its signature and the whole trait.

use syn::{Attribute, Ident, Type};

use super::options::{Kind, MethodOptions};
use crate::model::ArgModel;

/// A method whose own signature is accepted, before the methods that it names are looked up.
pub struct Draft {
    pub ident: Ident,
    pub args: Vec<ArgModel>,
    pub output: Type,
    pub cfgs: Vec<Attribute>,
    pub options: MethodOptions,
}

impl Draft {
    /// What the method does, as written.
    pub fn kind(&self) -> Option<Kind> {
        self.options.kind.as_ref().map(|(kind, _)| *kind)
    }
}
