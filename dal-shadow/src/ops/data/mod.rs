//! Calls as data, so that a sequence that failed can be kept in a file.
//!
//! A call is one JSON object: the method's name, and under it the arguments by name. An argument
//! is written by its own `Serialize` and read by its own `Deserialize`; both are optional, because
//! nothing else of a property test needs them: [`ViaSerde`] and [`WithoutSerde`] choose between
//! them where the type is known, which is in generated code.

mod decode;
mod encode;

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
pub use serde_json::Value;

use crate::tree;

/// Why a call cannot be kept as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotData {
    /// The method.
    pub method: String,
    /// The argument.
    pub argument: String,
    /// What is missing, and what to do.
    pub reason: String,
}

impl fmt::Display for NotData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "argument `{}` of `{}`: {}",
            self.argument, self.method, self.reason
        )
    }
}

impl std::error::Error for NotData {}

/// The type of an argument.
#[derive(Debug)]
pub struct Argument<T>(PhantomData<fn() -> T>);

impl<T> Default for Argument<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// An argument whose type implements `Serialize` and `Deserialize`.
pub trait ViaSerde<T> {
    /// The value as data.
    ///
    /// # Errors
    /// When what is read back is not the same value.
    fn encode(&self, value: &T) -> Result<Value, String>;

    /// The value that this data describes.
    ///
    /// # Errors
    /// When the type does not accept it.
    fn decode(&self, data: &Value) -> Result<T, String>;
}

/// An argument of any other type: method resolution comes to it only when there is no [`ViaSerde`].
pub trait WithoutSerde<T> {
    /// Fails.
    ///
    /// # Errors
    /// With the type and what it lacks.
    fn encode(&self, value: &T) -> Result<Value, String>;

    /// Fails.
    ///
    /// # Errors
    /// With the type and what it lacks.
    fn decode(&self, data: &Value) -> Result<T, String>;
}

impl<T: Serialize + DeserializeOwned + Debug> ViaSerde<T> for Argument<T> {
    fn encode(&self, value: &T) -> Result<Value, String> {
        let data = encode::value(&tree::of(value).map_err(|error| error.to_string())?);
        let text = data.to_string();
        let not_the_same = |found: String| {
            format!(
                "`{}` does not survive being written and read: {value:?} is written as {text}, which {found}; mend its `Serialize` and `Deserialize`",
                std::any::type_name::<T>()
            )
        };
        let read = serde_json::from_str(&text)
            .map_err(|error| error.to_string())
            .and_then(|data| self.decode(&data))
            .map_err(|error| not_the_same(format!("is refused: {error}")))?;
        if is_same(&format!("{value:?}"), &format!("{read:?}")) {
            Ok(data)
        } else {
            Err(not_the_same(format!("is read as {read:?}")))
        }
    }

    fn decode(&self, data: &Value) -> Result<T, String> {
        decode::value(data).map_err(|error| error.to_string())
    }
}

impl<T> WithoutSerde<T> for &Argument<T> {
    fn encode(&self, _value: &T) -> Result<Value, String> {
        Err(lacks_serde::<T>())
    }

    fn decode(&self, _data: &Value) -> Result<T, String> {
        Err(lacks_serde::<T>())
    }
}

fn lacks_serde<T>() -> String {
    format!(
        "`{}` does not implement `Serialize` and `Deserialize`: put `#[derive(Serialize, Deserialize)]` on it and on what it holds",
        std::any::type_name::<T>()
    )
}

/// Whether `Debug` wrote the same value twice. Hash maps and sets write theirs in any order, so the
/// letters are compared and not their order.
fn is_same(written: &str, read: &str) -> bool {
    let letters = |text: &str| {
        let mut letters = text.chars().collect::<Vec<_>>();
        letters.sort_unstable();
        letters
    };
    written == read || letters(written) == letters(read)
}

/// A call as data, from its arguments. For generated code.
///
/// # Errors
/// With the first argument that cannot be kept.
pub fn call<const N: usize>(
    method: &str,
    arguments: [(&str, Result<Value, String>); N],
) -> Result<Value, NotData> {
    let mut fields = Map::new();
    for (argument, data) in arguments {
        let data = data.map_err(|reason| NotData {
            method: method.to_owned(),
            argument: argument.to_owned(),
            reason,
        })?;
        fields.insert(argument.to_owned(), data);
    }
    Ok(under(method, Value::Object(fields)))
}

/// `{name: data}`.
pub fn under(name: &str, data: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), data)]))
}

/// The name and what stands under it. For generated code.
///
/// # Errors
/// When the data does not have this form.
pub fn named(data: &Value) -> Result<(&str, &Value), String> {
    let mut entries = data.as_object().into_iter().flatten();
    match (entries.next(), entries.next()) {
        (Some((name, inner)), None) => Ok((name, inner)),
        _ => Err(format!(
            "a step is an object with one name, such as {{\"rename\": {{\"id\": 0, \"name\": \"Ann\"}}}}, and this is {data}"
        )),
    }
}

/// The refusal of a name that a trait or a group does not have. For generated code.
pub fn unknown(of: &str, name: &str, known: &[&str]) -> String {
    format!("`{of}` has no `{name}`; it has `{}`", known.join("`, `"))
}

/// The arguments of a call that is read.
#[derive(Debug)]
pub struct Arguments<'a> {
    method: &'a str,
    fields: Vec<(&'a str, &'a Value)>,
}

impl<'a> Arguments<'a> {
    /// The arguments of `method`. For generated code.
    ///
    /// # Errors
    /// When they are not an object.
    pub fn new(method: &'a str, data: &'a Value) -> Result<Self, String> {
        let object = data.as_object().ok_or_else(|| {
            format!("`{method}` stands before an object with its arguments, and not before {data}")
        })?;
        Ok(Self {
            method,
            fields: object
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
        })
    }

    /// Takes one argument out. For generated code.
    ///
    /// # Errors
    /// When it is missing or not a value of its type.
    pub fn take<T>(
        &mut self,
        argument: &str,
        decode: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, String> {
        let method = self.method;
        let place = self.fields.iter().position(|(name, _)| *name == argument);
        let Some(place) = place else {
            return Err(format!("`{method}` has no argument `{argument}` here"));
        };
        let (_, data) = self.fields.swap_remove(place);
        decode(data).map_err(|reason| format!("argument `{argument}` of `{method}`: {reason}"))
    }

    /// Refuses what no argument has taken. For generated code.
    ///
    /// # Errors
    /// When something is left.
    pub fn finish(self) -> Result<(), String> {
        match self.fields.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("`{}` takes no argument `{name}`", self.method)),
        }
    }
}

#[cfg(test)]
mod tests;
