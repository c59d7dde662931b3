//! Pages: `?after=CURSOR&limit=N`.

use serde::Deserialize;

/// Where a page begins and how long it is at most.
#[derive(Debug, Deserialize)]
pub struct Paging {
    /// The cursor `next` of the page before; none for the first page.
    pub after: Option<String>,
    /// The most records; [`crate::model::MAX_PAGE`] is the most that is given.
    #[serde(default = "twenty")]
    pub limit: u32,
}

/// Records on a page whose request does not say how many.
pub const fn twenty() -> u32 {
    20
}
