//! What is known of a method before it is called.

use crate::rules::Normalize;

/// A method of a trait, as its attributes describe it.
#[derive(Debug)]
pub struct OpMethod {
    /// The trait.
    pub repository: &'static str,
    /// The entity whose phase decides.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// Whether it is a write; a mirror method is one.
    pub write: bool,
    /// Whether it is a mirror method, which is called by itself only when the stores are compared
    /// without the wrapper.
    pub mirror: bool,
    /// What a successful call makes.
    pub creates: &'static [Place],
    /// The token of the next page.
    pub token: Option<PageToken>,
    /// The classes of the handles that it takes.
    pub handles: &'static [&'static str],
    /// Ids in answers, declared on the trait: class, and `Type.field`.
    pub ids: &'static [(&'static str, &'static str)],
    /// Values that each store makes by itself, declared on the trait: `Type.field`.
    pub generated: &'static [&'static str],
    /// Paths that are not compared.
    pub ignore: &'static [&'static str],
    /// Paths of lists whose order says nothing.
    pub unordered: &'static [&'static str],
    /// Paths of values that are brought into one form before they are compared.
    pub normalize: &'static [(&'static str, Normalize)],
}

/// An id in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose id: `user`.
    pub class: &'static str,
    /// Where; nothing when the answer is the id.
    pub path: &'static str,
}

/// The token of the next page in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// The class of the token and where it stands.
    pub place: Place,
    /// Whether one store takes the other one's token.
    pub portable: bool,
    /// Where the page's records stand, when pages may be cut differently and only all of them
    /// together are compared.
    pub drain: Option<&'static str>,
}
