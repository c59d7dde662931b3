//! Fields as values of a program, and the conditions made of them.

use std::marker::PhantomData;
use std::ops::Not;

use crate::condition::{Comparison, Condition};
use crate::value::{Child, Value};

/// The field of an entity whose values are of the type `T`: `User::EMAIL`. Derived.
///
/// It is compared with values of its type, and with what is in an `Option`:
///
/// ```
/// # use dal_traits::store::Entity;
/// # #[derive(Entity)] #[dal("users")] struct User { id: u64, email: String, age: Option<u8> }
/// let adults = User::AGE.ge(18).and(User::EMAIL.begins_with("a").or(User::ID.is_in([1, 2])));
/// ```
///
/// Another type does not compile:
///
/// ```compile_fail,E0277
/// # use dal_traits::store::Entity;
/// # #[derive(Entity)] #[dal("users")] struct User { id: u64, email: String, age: Option<u8> }
/// let adults = User::AGE.ge("18");
/// ```
///
/// Neither does a condition on another entity:
///
/// ```compile_fail,E0308
/// # use dal_traits::store::Entity;
/// # #[derive(Entity)] #[dal("users")] struct User { id: u64 }
/// # #[derive(Entity)] #[dal("orders")] struct Order { id: u64 }
/// let both = User::ID.eq(1).and(Order::ID.eq(1));
/// ```
#[derive(Debug)]
pub struct FieldToken<E, T> {
    place: usize,
    of: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for FieldToken<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for FieldToken<E, T> {}

/// A value that a field of the type `T` is compared with or set to: `T` itself, `&str` for a
/// `String`, bytes for a `Vec<u8>`, and for an `Option` also what is in it.
pub trait Operand<T> {
    /// The value.
    fn into_operand(self) -> Value;
}

impl<T: Into<Value>> Operand<T> for T {
    fn into_operand(self) -> Value {
        self.into()
    }
}

impl<T: Into<Value>> Operand<Option<T>> for T {
    fn into_operand(self) -> Value {
        self.into()
    }
}

macro_rules! borrowed {
    ($($borrowed:ty => $owned:ty),+) => {$(
        impl Operand<$owned> for $borrowed {
            fn into_operand(self) -> Value {
                self.into()
            }
        }

        impl Operand<Option<$owned>> for $borrowed {
            fn into_operand(self) -> Value {
                self.into()
            }
        }
    )+};
}

borrowed!(&str => String, &[u8] => Vec<u8>);

impl<T: Child> Operand<Vec<T>> for &[T] {
    fn into_operand(self) -> Value {
        self.into()
    }
}

impl<T: Child> Operand<Vec<T>> for &Vec<T> {
    fn into_operand(self) -> Value {
        self.into()
    }
}

/// A type of numbers that an update can add to.
pub trait Summable {}

macro_rules! summable {
    ($($type:ty),+) => {
        $(impl Summable for $type {})+
    };
}

summable!(
    i8,
    i16,
    i32,
    i64,
    i128,
    u8,
    u16,
    u32,
    u64,
    bigdecimal::BigDecimal
);

impl<T: Summable> Summable for Option<T> {}

impl<E, T> FieldToken<E, T> {
    /// The field at this place of the struct.
    pub const fn new(place: usize) -> Self {
        Self {
            place,
            of: PhantomData,
        }
    }

    /// Its place in the struct.
    pub(super) const fn place(self) -> usize {
        self.place
    }

    fn compare(self, comparison: Comparison, value: impl Operand<T>) -> When<E> {
        let value = value.into_operand();
        When::new(Condition::Compare(self.place, comparison, value))
    }

    /// It equals the value.
    pub fn eq(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Eq, value)
    }

    /// It is another value, and not NULL.
    pub fn ne(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Ne, value)
    }

    /// It is less.
    pub fn lt(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Lt, value)
    }

    /// It is less or equal.
    pub fn le(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Le, value)
    }

    /// It is greater.
    pub fn gt(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Gt, value)
    }

    /// It is greater or equal.
    pub fn ge(self, value: impl Operand<T>) -> When<E> {
        self.compare(Comparison::Ge, value)
    }

    /// It is one of the values.
    pub fn is_in<V: Operand<T>>(self, values: impl IntoIterator<Item = V>) -> When<E> {
        let values = values.into_iter().map(Operand::into_operand);
        When::new(Condition::In(self.place, values.collect()))
    }

    /// It is NULL.
    pub const fn is_null(self) -> When<E> {
        When::new(Condition::IsNull(self.place))
    }
}

impl<E> FieldToken<E, String> {
    /// The text begins with this one.
    pub fn begins_with(self, prefix: impl Into<String>) -> When<E> {
        When::new(Condition::BeginsWith(self.place, prefix.into()))
    }
}

impl<E> FieldToken<E, Option<String>> {
    /// The text begins with this one.
    pub fn begins_with(self, prefix: impl Into<String>) -> When<E> {
        When::new(Condition::BeginsWith(self.place, prefix.into()))
    }
}

/// A condition on the records of an entity, made of its [`FieldToken`]s:
/// `Product::STOCK.ge(2).and(!Product::NAME.eq("x"))`.
#[derive(Debug)]
pub struct When<E> {
    /// Its fields are places of the struct.
    condition: Condition,
    of: PhantomData<fn() -> E>,
}

impl<E> Clone for When<E> {
    fn clone(&self) -> Self {
        Self::new(self.condition.clone())
    }
}

impl<E> When<E> {
    const fn new(condition: Condition) -> Self {
        Self {
            condition,
            of: PhantomData,
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(match self.condition {
            Condition::And(mut all) => {
                all.push(other.condition);
                Condition::And(all)
            }
            one => Condition::And(vec![one, other.condition]),
        })
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(match self.condition {
            Condition::Or(mut any) => {
                any.push(other.condition);
                Condition::Or(any)
            }
            one => Condition::Or(vec![one, other.condition]),
        })
    }

    /// The condition on the fields at these places of the entity.
    pub(super) fn at(self, places: &[usize]) -> Condition {
        at(self.condition, places)
    }
}

impl<E> Not for When<E> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(Condition::Not(Box::new(self.condition)))
    }
}

fn at(condition: Condition, places: &[usize]) -> Condition {
    let of = |place: usize| places.get(place).copied().unwrap_or(usize::MAX);
    let each = |all: Vec<Condition>| all.into_iter().map(|one| at(one, places)).collect();
    match condition {
        Condition::Compare(place, comparison, value) => {
            Condition::Compare(of(place), comparison, value)
        }
        Condition::In(place, values) => Condition::In(of(place), values),
        Condition::BeginsWith(place, prefix) => Condition::BeginsWith(of(place), prefix),
        Condition::IsNull(place) => Condition::IsNull(of(place)),
        Condition::And(all) => Condition::And(each(all)),
        Condition::Or(any) => Condition::Or(each(any)),
        Condition::Not(one) => Condition::Not(Box::new(at(*one, places))),
    }
}
