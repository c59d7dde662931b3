//! Where a record is in the order of a path.

use bigdecimal::BigDecimal;
use dal_traits::item::{self, ItemValue};
use dal_traits::model::{Entity, PathKind};
use dal_traits::{Error, ErrorKind, Record, Result};

/// The place of a record, as DynamoDB orders: by the encoded sort key, and with the same one by the
/// encoded key of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<Encoded>);

/// A part of an encoded key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Encoded {
    Number(BigDecimal),
    Bytes(Vec<u8>),
}

/// How the records of a path are placed.
#[derive(Clone, Debug)]
pub(crate) struct Placing {
    /// The key attributes of the path's index: a record without one of them is not on the path.
    index: Vec<usize>,
    /// The key attributes that order, the first one first.
    order: Vec<usize>,
}

impl Placing {
    /// The order of a path.
    pub(crate) fn of_path(entity: &Entity, path: usize) -> Self {
        let keys = match entity.paths.get(path).map(|path| path.kind) {
            Some(PathKind::Index(index)) => entity.index_keys.get(index).copied().flatten(),
            _ => None,
        };
        let sort = keys.and_then(|keys| keys.sort_key);
        let index = keys.map(|keys| keys.partition_key).into_iter().chain(sort);
        Self {
            index: index.collect(),
            order: sort.into_iter().chain(table_key(entity)).collect(),
        }
    }

    /// The order of a scan.
    pub(crate) fn of_table(entity: &Entity) -> Self {
        Self {
            index: Vec::new(),
            order: table_key(entity).collect(),
        }
    }

    /// The place of a record; none when it is not on the path.
    pub(crate) fn place(&self, record: &Record) -> Result<Option<Place>> {
        for attribute in &self.index {
            if item::key(record, *attribute)?.is_none() {
                return Ok(None);
            }
        }
        let parts = self
            .order
            .iter()
            .map(|attribute| encoded(record, *attribute));
        parts.collect::<Result<_>>().map(Place).map(Some)
    }
}

fn table_key(entity: &Entity) -> impl Iterator<Item = usize> + use<> {
    std::iter::once(entity.partition_key).chain(entity.sort_key)
}

fn encoded(record: &Record, attribute: usize) -> Result<Encoded> {
    match item::key(record, attribute)? {
        Some(ItemValue::S(text)) => Ok(Encoded::Bytes(text.into_bytes())),
        Some(ItemValue::B(bytes)) => Ok(Encoded::Bytes(bytes)),
        Some(ItemValue::N(digits)) => match digits.parse() {
            Ok(number) => Ok(Encoded::Number(number)),
            Err(_) => Err(no_key()),
        },
        _ => Err(no_key()),
    }
}

fn no_key() -> Error {
    let message = "a key of the table is not a text, a number or bytes";
    Error::new(ErrorKind::Unexpected, message)
}
