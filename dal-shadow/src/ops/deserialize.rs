//! A value read back from its tree: an id of an answer as the argument of the next call.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::tree::Tree;

/// The value that has this tree. Newtypes of the tree are looked through, so that a `UserId(7)`
/// can be read as `7` and the other way round.
///
/// # Errors
/// When the type does not accept it.
pub fn from_tree<T: DeserializeOwned>(tree: &Tree) -> Result<T, ReadError> {
    T::deserialize(Reader(tree))
}

/// Why a tree is no value of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Reader<'a>(&'a Tree);

impl IntoDeserializer<'_, ReadError> for Reader<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Tree::Null => visitor.visit_unit(),
            Tree::Some(value) | Tree::Newtype { value, .. } => {
                Reader(value).deserialize_any(visitor)
            }
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Int(value) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(*value),
            },
            Tree::UInt(value) => visitor.visit_u128(*value),
            Tree::F32(value) => visitor.visit_f32(*value),
            Tree::Float(value) => visitor.visit_f64(*value),
            Tree::Str(text) => visitor.visit_str(text),
            Tree::Bytes(bytes) => visitor.visit_bytes(bytes),
            Tree::Seq(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Reader))),
            Tree::Map(entries) => visitor.visit_map(MapDeserializer::new(
                entries
                    .iter()
                    .map(|(key, value)| (Reader(key), Reader(value))),
            )),
            Tree::Struct { fields, .. } => visitor.visit_map(MapDeserializer::new(
                fields.iter().map(|(name, value)| (*name, Reader(value))),
            )),
            Tree::Variant { .. } => Err(de::Error::custom(
                "an enum is no id; use its number or text",
            )),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            Tree::Null => visitor.visit_none(),
            Tree::Some(value) => visitor.visit_some(Reader(value)),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(Reader(self.0.unwrapped()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct UserId(u64);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Key {
        shop: String,
        number: i32,
    }

    #[test]
    fn an_id_is_read_as_its_own_type_as_a_newtype_and_as_what_that_wraps() {
        let id = crate::tree::of(&UserId(u64::MAX)).unwrap();
        assert_eq!(from_tree::<UserId>(&id), Ok(UserId(u64::MAX)));
        assert_eq!(from_tree::<u64>(&id), Ok(u64::MAX));
        assert_eq!(from_tree::<UserId>(&Tree::Int(3)), Ok(UserId(3)));
        assert_eq!(from_tree::<Option<u64>>(&Tree::Int(3)), Ok(Some(3)));
        assert!(from_tree::<u8>(&id).is_err());
        assert!(from_tree::<String>(&id).is_err());
    }

    #[test]
    fn composite_ids_are_read_back() {
        let key = Key {
            shop: "a".to_owned(),
            number: -1,
        };
        assert_eq!(from_tree::<Key>(&crate::tree::of(&key).unwrap()), Ok(key));
        let pair = (1_u64, "x".to_owned());
        assert_eq!(
            from_tree::<(u64, String)>(&crate::tree::of(&pair).unwrap()),
            Ok(pair)
        );
    }
}
