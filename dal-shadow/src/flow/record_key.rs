//! The hash of an ordering key: the same in every process and version of dal.

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use crate::tree::{self, Tree};

/// The hash of an ordering key, by what serde says about it: XXH3 of 128 bits, so that two keys of
/// one entity never share a queue by chance. Integers count by value, whatever their width. A key
/// that serde refuses has the hash of its error, like every other such key.
pub fn key_hash<T: Serialize + ?Sized>(key: &T) -> u128 {
    let mut bytes = Vec::with_capacity(32);
    match tree::of(key) {
        Ok(tree) => write(&tree, &mut bytes),
        Err(error) => text(9, &error.to_string(), &mut bytes),
    }
    xxh3_128(&bytes)
}

/// A form that only equal trees share: each part with its type, each length before what it counts.
fn write(tree: &Tree, bytes: &mut Vec<u8>) {
    match tree {
        Tree::Null => bytes.push(0),
        Tree::Some(value) => {
            bytes.push(1);
            write(value, bytes);
        }
        Tree::Bool(value) => bytes.extend([2, u8::from(*value)]),
        Tree::Int(value) => {
            bytes.push(3);
            bytes.extend(value.to_le_bytes());
        }
        Tree::UInt(value) => {
            bytes.push(4);
            bytes.extend(value.to_le_bytes());
        }
        Tree::F32(value) => {
            bytes.push(5);
            bytes.extend(value.to_le_bytes());
        }
        Tree::Float(value) => {
            bytes.push(6);
            bytes.extend(value.to_le_bytes());
        }
        Tree::Str(value) => text(7, value, bytes),
        Tree::Bytes(value) => {
            bytes.push(8);
            length(value.len(), bytes);
            bytes.extend(value);
        }
        Tree::Seq(items) => {
            bytes.push(10);
            length(items.len(), bytes);
            for item in items {
                write(item, bytes);
            }
        }
        Tree::Map(entries) => {
            bytes.push(11);
            length(entries.len(), bytes);
            for (key, value) in entries {
                write(key, bytes);
                write(value, bytes);
            }
        }
        Tree::Struct { fields, .. } => {
            bytes.push(12);
            length(fields.len(), bytes);
            for (name, value) in fields {
                text(13, name, bytes);
                write(value, bytes);
            }
        }
        // A newtype is its value: `UserId(7)` is the key 7.
        Tree::Newtype { value, .. } => write(value, bytes),
        Tree::Variant { variant, value, .. } => {
            text(14, variant, bytes);
            write(value, bytes);
        }
    }
}

fn text(kind: u8, value: &str, bytes: &mut Vec<u8>) {
    bytes.push(kind);
    length(value.len(), bytes);
    bytes.extend(value.as_bytes());
}

fn length(length: usize, bytes: &mut Vec<u8>) {
    // Every length in memory fits.
    bytes.extend(u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct UserId(u64);

    #[test]
    fn the_hash_of_a_key_is_the_same_everywhere() {
        assert_eq!(
            key_hash(&7_u64),
            274_590_502_848_099_882_312_240_139_112_411_403_203
        );
        assert_eq!(key_hash("ann"), key_hash(&"ann".to_owned()));
        assert_eq!(key_hash(&7_u8), key_hash(&7_i64));
        assert_eq!(key_hash(&UserId(7)), key_hash(&7));
        assert_ne!(key_hash("7"), key_hash(&7));
        assert_ne!(key_hash(&("a", "bc")), key_hash(&("ab", "c")));
    }
}
