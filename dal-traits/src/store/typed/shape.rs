//! What the derives say of a struct.

use std::any::{TypeId, type_name};
use std::ops::Bound;

use super::members::Members;
use super::verification::Verification;
use crate::catalog::ColumnType;
use crate::model::Entity;
use crate::value::{ChildField, FromValue, ToBounds, ToValue, Value, ValueKind};
use crate::{Error, ErrorKind, Record, Result};

/// A struct that [`Store::verify`](crate::store::Store::verify) compares with the model, or a tuple
/// of such. Derived.
pub trait Shape {
    /// Stands for the struct, whatever its lifetimes are.
    fn key() -> TypeId;

    /// Compares it with the model.
    fn verify(verification: &mut Verification<'_>);
}

/// A struct whose values are records of an entity: `derive(Entity)`.
pub trait EntityShape: Shape + Sized + Send + 'static {
    /// The name of the struct.
    const TYPE: &'static str;
    /// The name of the entity, or of its table in MySQL.
    const ENTITY: &'static str;
    /// Its fields.
    const FIELDS: &'static [ReadField];

    /// Takes its values, by the places of its fields.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) for a value of another type.
    fn from_values(values: &mut FieldValues<'_>) -> Result<Self>;
}

/// A struct whose values are new records: `derive(Insert)`.
pub trait InsertShape: Shape {
    /// What the record is read as.
    type Entity: EntityShape;
    /// The name of the struct.
    const TYPE: &'static str;
    /// Its fields.
    const FIELDS: &'static [WriteField];

    /// The values of its fields.
    fn into_values(self) -> Vec<Value>;
}

/// A struct that says what a path finds records by: `derive(Path)`.
pub trait PathShape: Shape {
    /// What the records are read as.
    type Entity: EntityShape;
    /// The name of the struct.
    const TYPE: &'static str;
    /// The name of the path.
    const PATH: &'static str;
    /// Its fields.
    const FIELDS: &'static [WriteField];

    /// What its fields give.
    fn given(self) -> Vec<Given>;
}

/// A field that is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadField {
    pub(super) name: &'static str,
    pub(super) type_name: fn() -> &'static str,
    pub(super) holds: fn(&ColumnType) -> bool,
    pub(super) nullable: bool,
    pub(super) child: Option<&'static [ChildField]>,
}

impl ReadField {
    /// A field of this name and type.
    pub const fn new<T: FromValue>(name: &'static str) -> Self {
        Self {
            name,
            type_name: type_name::<T>,
            holds: T::holds,
            nullable: T::NULLABLE,
            child: T::CHILD,
        }
    }
}

/// A field that is written or looked for.
#[derive(Clone, Copy, Debug)]
pub struct WriteField {
    pub(super) name: &'static str,
    pub(super) type_name: fn() -> &'static str,
    pub(super) kind: ValueKind,
    pub(super) nullable: bool,
    pub(super) is_range: bool,
    pub(super) child: Option<&'static [ChildField]>,
}

impl WriteField {
    /// A field of this name and type.
    pub const fn new<T: ToValue>(name: &'static str) -> Self {
        Self {
            name,
            type_name: type_name::<T>,
            kind: T::KIND,
            nullable: T::NULLABLE,
            is_range: false,
            child: T::CHILD,
        }
    }

    /// A field of this name whose type is a range.
    pub const fn range<T: ToBounds>(name: &'static str) -> Self {
        Self {
            is_range: true,
            ..Self::new::<T::Value>(name)
        }
    }
}

/// What a field of a path gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The value that the column has.
    Equal(Value),
    /// What the column is between.
    Range(Bound<Value>, Bound<Value>),
}

impl Given {
    /// The value that the column has.
    pub fn equal(value: impl Into<Value>) -> Self {
        Self::Equal(value.into())
    }

    /// What the column is between.
    pub fn range(range: impl ToBounds) -> Self {
        let (least, greatest) = range.into_bounds();
        Self::Range(least.map(Into::into), greatest.map(Into::into))
    }
}

/// The values of a record, to be taken by the places of the fields of a struct.
#[derive(Debug)]
pub struct FieldValues<'a> {
    entity: &'a Entity,
    places: &'a [usize],
    members: &'a [Option<Members>],
    values: Vec<Value>,
}

impl FieldValues<'_> {
    /// Takes the value of the field at a place of the struct; each once.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) for a value of another type.
    pub fn take<T: FromValue>(&mut self, place: usize) -> Result<T> {
        let members = self.members.get(place).and_then(Option::as_ref);
        let place = self.places.get(place).copied().unwrap_or(usize::MAX);
        let value = self.values.get_mut(place).map(std::mem::take);
        let value = value.unwrap_or_default();
        let value = match members {
            Some(members) => members.read(value),
            None => value,
        };
        T::from_value(value).map_err(|mismatch| {
            let field = self.entity.fields.get(place);
            Error::new(ErrorKind::Decode, mismatch.to_string())
                .entity(&self.entity.name)
                .with("field", field.map_or("", |field| &field.name))
        })
    }
}

/// The record as a struct whose fields are at these places, and the fields of elements at these
/// members.
pub(super) fn read<E: EntityShape>(
    record: Record,
    places: &[usize],
    members: &[Option<Members>],
) -> Result<E> {
    let entity = record.entity().clone();
    E::from_values(&mut FieldValues {
        entity: &entity,
        places,
        members,
        values: record.into_values(),
    })
}

macro_rules! tuples {
    ($($($shape:ident)+;)+) => {$(
        impl<$($shape: Shape),+> Shape for ($($shape,)+) {
            /// A tuple stands for nothing: its members do.
            fn key() -> TypeId {
                TypeId::of::<()>()
            }

            fn verify(verification: &mut Verification<'_>) {
                $($shape::verify(verification);)+
            }
        }
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
