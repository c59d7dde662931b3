//! Where the next page begins.

mod bytes;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use xxhash_rust::xxh3::xxh3_64;

use crate::value::Value;

/// A position behind a record: opaque, and good for the same query in the same direction only.
///
/// Its text is safe in URLs and holds the values of the position, which are encoded and not
/// encrypted. It survives the deletion of the record.
///
/// ```
/// use dal_traits::Cursor;
/// use dal_traits::value::Value;
///
/// let cursor = Cursor { fingerprint: 7, position: vec![Value::from("books"), Value::from(42)] };
/// let text = cursor.to_string();
/// assert_eq!(text.parse(), Ok(cursor));
/// assert!(text.replacen(&text[..1], "B", 1).parse::<Cursor>().is_err());
/// # Ok::<(), dal_traits::NoCursor>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Says of which query it is: entity, path, key, range, filter and direction.
    pub fingerprint: u64,
    /// The values that place the record: first those that the path orders by, then others that the
    /// backend needs.
    pub position: Vec<Value>,
}

/// A text that is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCursor;

impl fmt::Display for NoCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor: give back the `next` of the page before, unchanged")
    }
}

impl std::error::Error for NoCursor {}

/// The first byte: another layout has another version.
const VERSION: u8 = 1;
/// The bytes of the checksum at the end.
const CHECKSUM: usize = 4;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend(self.fingerprint.to_be_bytes());
        bytes::write(&self.position, &mut bytes);
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        read(&bytes).ok_or(NoCursor)
    }
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let (content, found) = bytes.split_last_chunk::<CHECKSUM>()?;
    let (&version, rest) = content.split_first()?;
    let (fingerprint, position) = rest.split_first_chunk()?;
    if version != VERSION || *found != checksum(content) {
        return None;
    }
    Some(Cursor {
        fingerprint: u64::from_be_bytes(*fingerprint),
        position: bytes::read(position)?,
    })
}

/// Tells a text that was cut or changed by mistake, not one that was made on purpose.
fn checksum(content: &[u8]) -> [u8; CHECKSUM] {
    let hash = xxh3_64(content).to_be_bytes();
    hash.first_chunk().copied().unwrap_or_default()
}
