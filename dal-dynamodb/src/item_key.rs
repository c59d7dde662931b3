//! The key of an item that could not be read.

use std::error::Error as StdError;
use std::fmt;

use crate::Item;

/// The key of the item that an [`ErrorKind::Decode`](dal_traits::ErrorKind::Decode) is about, as the
/// source of the error.
///
/// Keys hold values, so neither `Display` nor `Debug` repeats them; [`ItemKey::get`] gives the key
/// itself.
pub struct ItemKey(Item);

impl ItemKey {
    pub(crate) const fn new(key: Item) -> Self {
        Self(key)
    }

    /// The attributes of the key. They may hold values.
    pub const fn get(&self) -> &Item {
        &self.0
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key of an item (withheld, it may hold values)")
    }
}

impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemKey(..)")
    }
}

impl StdError for ItemKey {}
