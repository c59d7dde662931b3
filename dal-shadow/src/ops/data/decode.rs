//! A value of any type, read from what [`super::encode`] wrote.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::encode::SOME;

/// The value that this data describes.
///
/// # Errors
/// When the type does not accept it.
pub(super) fn value<T: DeserializeOwned>(data: &Value) -> Result<T, Unreadable> {
    T::deserialize(Reader(data))
}

/// Why data is not a value of a type.
#[derive(Debug)]
pub(super) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, Unreadable> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Reader<'de> {
    /// A text that holds a number.
    fn number<N: std::str::FromStr>(self) -> Option<N> {
        self.0.as_str()?.parse().ok()
    }

    fn list<V: Visitor<'de>>(items: &'de [Value], visitor: V) -> Result<V::Value, Unreadable> {
        let mut items = SeqDeserializer::new(items.iter().map(Reader));
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) => visitor.visit_f64(number),
                _ => Err(de::Error::custom(format!("{number} is out of range"))),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => Self::list(items, visitor),
            Value::Object(fields) => {
                let mut fields = MapDeserializer::new(
                    fields
                        .iter()
                        .map(|(name, value)| (BorrowedStrDeserializer::new(name), Reader(value))),
                );
                let value = visitor.visit_map(&mut fields)?;
                fields.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.number() {
            Some(number) => visitor.visit_i128(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.number() {
            Some(number) => visitor.visit_u128(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.number() {
            Some(number) => visitor.visit_f64(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let inner = match self.0 {
            Value::Null => return visitor.visit_none(),
            Value::Object(fields) if fields.len() == 1 => fields.get(SOME),
            _ => None,
        };
        // Any other `Some(x)` is written as `x`.
        match inner.filter(|inner| inner.is_null() || inner.get(SOME).is_some()) {
            Some(inner) => visitor.visit_some(Reader(inner)),
            None => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Value::Array(entries) = self.0 else {
            return self.deserialize_any(visitor);
        };
        let pairs = entries
            .iter()
            .map(|entry| match entry.as_array().map(Vec::as_slice) {
                Some([key, value]) => Ok((Reader(key), Reader(value))),
                _ => Err(de::Error::custom(format!(
                    "{entry} is not a key with a value"
                ))),
            })
            .collect::<Result<Vec<_>, Unreadable>>()?;
        let mut pairs = MapDeserializer::new(pairs.into_iter());
        let value = visitor.visit_map(&mut pairs)?;
        pairs.end()?;
        Ok(value)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let bytes = self.0.as_array().and_then(|items| {
            let byte = |item: &Value| item.as_u64().and_then(|byte| u8::try_from(byte).ok());
            items.iter().map(byte).collect::<Option<Vec<_>>>()
        });
        match bytes {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(Variant(variant, &Value::Null)),
            other => {
                let (variant, inner) = super::named(other).map_err(|_| -> Unreadable {
                    de::Error::custom(format!("{other} is not a variant of an enum"))
                })?;
                visitor.visit_enum(Variant(variant, inner))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit unit_struct seq tuple tuple_struct
        struct identifier ignored_any
    }
}

/// A variant and its payload.
struct Variant<'de>(&'de str, &'de Value);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Unreadable;
    type Variant = Reader<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Reader<'de>), Unreadable> {
        let name = seed.deserialize(BorrowedStrDeserializer::<Unreadable>::new(self.0))?;
        Ok((name, Reader(self.1)))
    }
}

impl<'de> VariantAccess<'de> for Reader<'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        match self.0 {
            Value::Null => Ok(()),
            other => Err(de::Error::custom(format!(
                "a variant without fields holds {other}"
            ))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_any(visitor)
    }
}
