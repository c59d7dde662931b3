//! The serde serializer that builds a tree.

use serde::ser::{self, Serialize, Serializer};

use super::budget::Budget;
use super::json::{self, NUMBER_TOKEN, RAW_TOKEN};
use super::{Tree, TreeError};

/// The tree of `value`, within a budget.
pub(super) fn within<T: Serialize + ?Sized>(budget: &Budget, value: &T) -> Result<Tree, TreeError> {
    value.serialize(TreeSerializer::new(budget))
}

#[derive(Clone, Copy)]
pub(super) struct TreeSerializer<'a> {
    budget: &'a Budget,
}

impl<'a> TreeSerializer<'a> {
    pub(super) const fn new(budget: &'a Budget) -> Self {
        Self { budget }
    }
}

/// More elements than this are not allocated ahead, whatever a type announces.
const MAX_AHEAD: usize = 1024;

fn room<T>(announced: Option<usize>) -> Vec<T> {
    Vec::with_capacity(announced.unwrap_or(0).min(MAX_AHEAD))
}

/// One scalar method of the serializer.
macro_rules! scalar {
    ($($method:ident($type:ty) => $tree:expr),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Tree, TreeError> {
            self.budget.spend(0)?;
            Ok($tree(value))
        })+
    };
}

impl<'a> Serializer for TreeSerializer<'a> {
    type Ok = Tree;
    type Error = TreeError;
    type SerializeSeq = SeqBuilder<'a>;
    type SerializeTuple = SeqBuilder<'a>;
    type SerializeTupleStruct = SeqBuilder<'a>;
    type SerializeTupleVariant = SeqBuilder<'a>;
    type SerializeMap = MapBuilder<'a>;
    type SerializeStruct = StructBuilder<'a>;
    type SerializeStructVariant = StructBuilder<'a>;

    scalar! {
        serialize_bool(bool) => Tree::Bool,
        serialize_i8(i8) => |value| Tree::Int(i128::from(value)),
        serialize_i16(i16) => |value| Tree::Int(i128::from(value)),
        serialize_i32(i32) => |value| Tree::Int(i128::from(value)),
        serialize_i64(i64) => |value| Tree::Int(i128::from(value)),
        serialize_i128(i128) => Tree::Int,
        serialize_u8(u8) => |value| Tree::Int(i128::from(value)),
        serialize_u16(u16) => |value| Tree::Int(i128::from(value)),
        serialize_u32(u32) => |value| Tree::Int(i128::from(value)),
        serialize_u64(u64) => |value| Tree::Int(i128::from(value)),
        serialize_u128(u128) => Tree::uint,
        serialize_f32(f32) => Tree::F32,
        serialize_f64(f64) => Tree::Float,
        serialize_char(char) => |value: char| Tree::Str(value.to_string()),
    }

    fn serialize_str(self, value: &str) -> Result<Tree, TreeError> {
        self.budget.spend(value.len())?;
        Ok(Tree::Str(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, TreeError> {
        self.budget.spend(value.len())?;
        Ok(Tree::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Tree, TreeError> {
        self.budget.spend(0)?;
        Ok(Tree::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, TreeError> {
        let inner = within(self.budget, value)?;
        Ok(match inner {
            Tree::Null | Tree::Some(_) => Tree::Some(Box::new(inner)),
            _ => inner,
        })
    }

    fn serialize_unit(self) -> Result<Tree, TreeError> {
        self.budget.spend(0)?;
        Ok(Tree::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Tree, TreeError> {
        self.budget.spend(0)?;
        Ok(Tree::Null)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Tree, TreeError> {
        self.budget.spend(0)?;
        Ok(Tree::Variant {
            name,
            variant,
            value: Box::new(Tree::Null),
        })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Tree, TreeError> {
        let value = Box::new(within(self.budget, value)?);
        Ok(Tree::Newtype { name, value })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Tree, TreeError> {
        Ok(Tree::Variant {
            name,
            variant,
            value: Box::new(within(self.budget, value)?),
        })
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<SeqBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(SeqBuilder {
            budget: self.budget,
            items: room(len),
            around: Around::Nothing,
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<SeqBuilder<'a>, TreeError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<SeqBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(SeqBuilder {
            budget: self.budget,
            items: room(Some(len)),
            around: Around::Newtype(name),
        })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<SeqBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(SeqBuilder {
            budget: self.budget,
            items: room(Some(len)),
            around: Around::Variant(name, variant),
        })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<MapBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(MapBuilder {
            budget: self.budget,
            entries: room(len),
            key: None,
        })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<StructBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(StructBuilder {
            budget: self.budget,
            name,
            fields: room(Some(len)),
            around: Around::Nothing,
        })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<StructBuilder<'a>, TreeError> {
        self.budget.spend(0)?;
        Ok(StructBuilder {
            budget: self.budget,
            name: variant,
            fields: room(Some(len)),
            around: Around::Variant(name, variant),
        })
    }
}

/// What a finished list or struct is wrapped in.
enum Around {
    Nothing,
    Newtype(&'static str),
    Variant(&'static str, &'static str),
}

impl Around {
    fn wrap(self, tree: Tree) -> Tree {
        match self {
            Self::Nothing => tree,
            Self::Newtype(name) => Tree::Newtype {
                name,
                value: Box::new(tree),
            },
            Self::Variant(name, variant) => Tree::Variant {
                name,
                variant,
                value: Box::new(tree),
            },
        }
    }
}

pub(super) struct SeqBuilder<'a> {
    budget: &'a Budget,
    items: Vec<Tree>,
    around: Around,
}

/// The four traits of lists differ in the name of one method only.
macro_rules! list {
    ($($name:ident::$method:ident),+) => {
        $(impl ser::$name for SeqBuilder<'_> {
            type Ok = Tree;
            type Error = TreeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TreeError> {
                self.items.push(within(self.budget, value)?);
                Ok(())
            }

            fn end(self) -> Result<Tree, TreeError> {
                Ok(self.around.wrap(Tree::Seq(self.items)))
            }
        })+
    };
}

list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

pub(super) struct MapBuilder<'a> {
    budget: &'a Budget,
    entries: Vec<(Tree, Tree)>,
    key: Option<Tree>,
}

impl ser::SerializeMap for MapBuilder<'_> {
    type Ok = Tree;
    type Error = TreeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), TreeError> {
        self.key = Some(within(self.budget, key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TreeError> {
        let Some(key) = self.key.take() else {
            return Err(ser::Error::custom("a map value came before its key"));
        };
        self.entries.push((key, within(self.budget, value)?));
        Ok(())
    }

    fn end(mut self) -> Result<Tree, TreeError> {
        self.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Tree::Map(self.entries))
    }
}

pub(super) struct StructBuilder<'a> {
    budget: &'a Budget,
    name: &'static str,
    fields: Vec<(&'static str, Tree)>,
    around: Around,
}

/// The two traits of structs are the same.
macro_rules! structs {
    ($($name:ident),+) => {
        $(impl ser::$name for StructBuilder<'_> {
            type Ok = Tree;
            type Error = TreeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), TreeError> {
                self.fields.push((key, within(self.budget, value)?));
                Ok(())
            }

            fn end(self) -> Result<Tree, TreeError> {
                let Self { budget, name, fields, around } = self;
                match (name, fields.as_slice()) {
                    (NUMBER_TOKEN, [(_, Tree::Str(text))]) => Ok(json::number(text)),
                    (RAW_TOKEN, [(_, Tree::Str(text))]) => json::raw(text, budget),
                    _ => Ok(around.wrap(Tree::Struct { name, fields })),
                }
            }
        })+
    };
}

structs!(SerializeStruct, SerializeStructVariant);
