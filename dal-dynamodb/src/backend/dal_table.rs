//! dal's own table: guards of unique keys and whether they are complete, and counters of ids. The only
//! place that knows its keys.
//!
//! Its partition key is the text `pk`; it has no sort key. Names are those of MySQL, with `%` and `#`
//! written as `%25` and `%23`.
//!
//! | item | `pk` | other attributes |
//! |---|---|---|
//! | guard | `guard#TABLE#UNIQUE_KEY#VALUE` | `key`: the key of the item that has the value |
//! | marker | `complete#TABLE#UNIQUE_KEY` | none: each record of the table has its guard of the unique key |
//! | counter | `counter#TABLE` | `last`: the greatest id that was given or passed |
//!
//! No item ever has a key that begins with `none#`.
//!
//! `VALUE` is the hexadecimal text of the folded value, for a unique key of several columns the texts
//! of all joined with `-`. Where the values have more than 512 bytes together, it is `sha256-` and the
//! SHA-256 of that text.

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::{Item, request_token};
use dal_traits::OpCx;

/// The partition key.
pub(super) const KEY: &str = "pk";
/// The attribute of a guard that holds the key of its item.
pub(super) const OWNER: &str = "key";
/// The attribute of a counter that holds the last id.
pub(super) const LAST: &str = "last";

/// The most bytes of a value that stands in a key as it is. Its hexadecimal text and two names of
/// MySQL (64 characters each) stay below the 2,048 bytes of a partition key.
const MAX_PLAIN_BYTES: usize = 512;

/// The key of the guard of a value.
pub(super) fn guard(table: &str, unique_key: &str, folded: &[Vec<u8>]) -> String {
    let text = folded.iter().map(|part| hex(part)).collect::<Vec<_>>();
    let text = text.join("-");
    let value = if folded.iter().map(Vec::len).sum::<usize>() <= MAX_PLAIN_BYTES {
        text
    } else {
        format!("sha256-{}", hex(&Sha256::digest(text.as_bytes())))
    };
    format!("guard#{}#{}#{value}", name(table), name(unique_key))
}

/// The key of the marker that says that the guards of a unique key are complete.
pub(super) fn complete(table: &str, unique_key: &str) -> String {
    format!("complete#{}#{}", name(table), name(unique_key))
}

/// The key of the counter of a table.
pub(super) fn counter(table: &str) -> String {
    format!("counter#{}", name(table))
}

/// A key that no item ever has, another one each time: transactions that name one key conflict.
pub(super) fn none() -> String {
    format!("none#{}", request_token(&OpCx::new(), ""))
}

/// The key as an item.
pub(super) fn key(pk: String) -> Item {
    Item::from([(KEY.to_owned(), AttributeValue::S(pk))])
}

fn name(name: &str) -> String {
    name.replace('%', "%25").replace('#', "%23")
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_up_to_512_bytes_is_in_the_key_and_a_longer_one_by_its_hash() {
        let key = |length: usize| guard("t", "u", &[vec![0xab; length]]);
        assert_eq!(key(2), "guard#t#u#abab");
        assert_eq!(key(512).len(), "guard#t#u#".len() + 1024);
        assert_eq!(key(513).len(), "guard#t#u#sha256-".len() + 64);
        assert_ne!(key(513), key(514));
    }

    #[test]
    fn different_names_and_values_have_different_keys() {
        let split = |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| part.as_bytes().to_vec()).collect();
            guard("t", "u", &parts)
        };
        assert_ne!(split(&["ab", "c"]), split(&["a", "bc"]));
        assert_ne!(split(&["ab", ""]), split(&["", "ab"]));
        assert_ne!(guard("a#b", "c", &[]), guard("a", "b#c", &[]));
        assert_ne!(guard("a%23b", "c", &[]), guard("a#b", "c", &[]));
    }

    #[test]
    fn the_longest_key_fits() {
        let names = "#".repeat(64);
        let longest = guard(&names, &names, &[vec![0; MAX_PLAIN_BYTES]]);
        assert!(
            longest.len() <= crate::MAX_PARTITION_KEY_BYTES,
            "{}",
            longest.len()
        );
    }
}
