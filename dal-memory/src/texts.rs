//! How texts compare.

use dal_traits::model::{Entity, FieldSource, Model};

/// How look-ups and unique keys compare texts. A difference between the stores that is declared is
/// accepted only when each of them equals its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// By their bytes: what DynamoDB must equal.
    Bytes,
    /// By the collation of the column: what MySQL must equal.
    ///
    /// Only `utf8mb4_0900_bin` is supported so far, which compares bytes. An entity with another
    /// collation in its identity, in a unique key or in a path is
    /// [`Unsupported`](dal_traits::ErrorKind::Unsupported): the weights of its characters are
    /// needed.
    Collated,
}

impl Texts {
    /// Why the texts of an entity cannot be compared in this way; none when they can.
    pub(crate) fn refuse(self, model: &Model, entity: &Entity) -> Option<String> {
        if self == Self::Bytes {
            return None;
        }
        let unique = entity.unique.iter().flat_map(|unique| &unique.fields);
        let paths = entity.paths.iter();
        let paths = paths.flat_map(|path| path.equal.iter().chain(&path.sort));
        let mut places = entity.identity.iter().chain(unique).chain(paths);
        places.find_map(|place| {
            let FieldSource::Column(column) = entity.fields.get(*place)?.source else {
                return None;
            };
            let column = model.source(entity)?.columns.get(column)?;
            let collation = column
                .collation
                .as_deref()
                .unwrap_or("an unknown collation");
            (!column.compares_by_bytes())
                .then(|| format!("look-ups by `{}` compare by {collation}", column.name))
        })
    }
}
