//! Page cursors: a position in a list, the same on both stores, opaque to the caller.
//!
//! A cursor names its list, so that one of another list is refused rather than misread. Because it
//! is a position and not a store's own token, a client may turn the page while the shop moves from
//! one store to the other.

use crate::error::RepoError;

/// A list that has pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Users by name.
    Users,
    /// Products of a category by price, then id.
    Category,
    /// Products of a seller, newest first.
    Seller,
    /// Lines of a cart by product.
    Cart,
    /// Orders of a user, newest first.
    Orders,
}

impl List {
    const fn tag(self) -> &'static str {
        match self {
            Self::Users => "u1",
            Self::Category => "c1",
            Self::Seller => "s1",
            Self::Cart => "l1",
            Self::Orders => "o1",
        }
    }
}

/// The cursor after the record with this text.
pub(crate) fn after_text(list: List, text: &str) -> String {
    let mut cursor = format!("{}.", list.tag());
    for byte in text.as_bytes() {
        for digit in [byte >> 4, byte & 15] {
            cursor.extend(char::from_digit(digit.into(), 16));
        }
    }
    cursor
}

/// The text that [`after_text`] was given.
pub(crate) fn text(list: List, cursor: &str) -> Result<String, RepoError> {
    let digits = body(list, cursor)?.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return Err(RepoError::BadCursor);
    }
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        // A text that no record can have is refused: DynamoDB refuses keys that are too long.
        .filter(|text| crate::model::text("cursor", text).is_ok())
        .ok_or(RepoError::BadCursor)
}

/// The cursor after the record with these numbers.
pub(crate) fn after_numbers<const N: usize>(list: List, numbers: [u64; N]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("{}.{}", list.tag(), numbers.join("-"))
}

/// The numbers that [`after_numbers`] was given.
pub(crate) fn numbers<const N: usize>(list: List, cursor: &str) -> Result<[u64; N], RepoError> {
    let numbers: Option<Vec<u64>> = body(list, cursor)?.split('-').map(number).collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or(RepoError::BadCursor)
}

fn body(list: List, cursor: &str) -> Result<&str, RepoError> {
    cursor
        .strip_prefix(list.tag())
        .and_then(|rest| rest.strip_prefix('.'))
        .ok_or(RepoError::BadCursor)
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())?
}

fn number(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_back_its_position() {
        for name in ["a", "é 🙂", "\0", "a.b-c"] {
            let cursor = after_text(List::Users, name);
            assert_eq!(text(List::Users, &cursor).unwrap(), name);
        }
        let cursor = after_numbers(List::Category, [u64::MAX, 0]);
        assert_eq!(numbers(List::Category, &cursor).unwrap(), [u64::MAX, 0]);
    }

    #[test]
    fn a_cursor_of_another_list_or_a_broken_one_is_refused() {
        let cursor = after_numbers(List::Cart, [7]);
        for wrong in [
            "",
            "l1",
            "l1.",
            "l1.+7",
            "l1.7-7",
            "s1.7",
            "l1.99999999999999999999",
        ] {
            assert!(numbers::<1>(List::Cart, wrong).is_err(), "{wrong}");
        }
        assert!(numbers::<1>(List::Seller, &cursor).is_err());
        for wrong in ["u1.", "u1.6", "u1.zz", "u1.+1", "u1.ff", "u1.é"] {
            assert!(text(List::Users, wrong).is_err(), "{wrong}");
        }
    }
}
