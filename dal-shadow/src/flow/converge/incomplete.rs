//! Why an entity is incomplete on a store.

/// Why an entity is incomplete on a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Incomplete {
    /// The store was not written in an earlier phase, or nothing says that it was ever filled.
    NeverFilled,
    /// Nothing says what was on its way when the process ended the last time.
    UncleanStop,
    /// A primary write of unknown effect, whose records only its answer would have named.
    UnknownCreate,
    /// A write of the whole entity failed on the secondary store.
    Bulk,
    /// A secondary write failed, or writes of one record overlapped, and the trait does not say how
    /// a record is repaired.
    NoRepair,
    /// More records were dirty than are kept.
    Overflow,
}

impl Incomplete {
    /// The reason's stable name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverFilled => "never_filled",
            Self::UncleanStop => "unclean_stop",
            Self::UnknownCreate => "unknown_create",
            Self::Bulk => "bulk_write_failed",
            Self::NoRepair => "no_repair",
            Self::Overflow => "overflow",
        }
    }
}

impl serde::Serialize for Incomplete {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NeverFilled => "nothing says that the store was filled: copy the records",
            Self::UncleanStop => "the process ended with writes on their way: copy the records",
            Self::UnknownCreate => {
                "a write ended without an answer, and only the answer would have named its record"
            }
            Self::Bulk => "a write of the whole entity failed on the secondary store",
            Self::NoRepair => {
                "a secondary write failed or overlapped another one, and the trait has no `repair`"
            }
            Self::Overflow => "more records were dirty than are kept",
        })
    }
}
