//! dal's own error: one boxed struct.

use std::error::Error as StdError;
use std::fmt;

use crate::{Class, Classify, Effect, ErrorKind, Retry};

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// An error of dal: a [`Class`], where it happened, context as key=value, and the native error as
/// source (reachable by downcast).
///
/// `Display` is one line without the source.
pub struct Error(Box<Inner>);

struct Inner {
    class: Class,
    message: String,
    operation: Option<&'static str>,
    entity: Option<String>,
    step: Option<(usize, &'static str)>,
    backend: Option<&'static str>,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind`; `message` says what happened and what to do next.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of(Class::new(kind), message)
    }

    /// An error with a class that was read from a native error.
    pub fn of(class: Class, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            class,
            message: message.into(),
            operation: None,
            entity: None,
            step: None,
            backend: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// Names the operation.
    #[must_use]
    pub fn operation(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Names the entity or table.
    #[must_use]
    pub fn entity(mut self, entity: impl Into<String>) -> Self {
        self.0.entity = Some(entity.into());
        self
    }

    /// Says that it is of a step of a transaction, the first of which has the number 1, and of what
    /// the step is: `step 2 (update of Products)`.
    #[must_use]
    pub fn in_step(mut self, number: usize, name: &'static str, entity: &str) -> Self {
        self.0.step = Some((number, name));
        self.entity(entity)
    }

    /// Sets whether a write may have been applied all the same.
    #[must_use]
    pub fn effect_of(mut self, effect: Effect) -> Self {
        self.0.class.effect = effect;
        self
    }

    /// Names the store: `mysql` or `dynamodb`.
    #[must_use]
    pub fn backend(mut self, backend: &'static str) -> Self {
        self.0.backend = Some(backend);
        self
    }

    /// Adds one piece of context. Never a value of a record: errors are logged.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Keeps the native error.
    #[must_use]
    pub fn source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The whole reading.
    pub fn class(&self) -> &Class {
        &self.0.class
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.class.kind
    }

    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        self.0.class.retry
    }

    /// Whether a write may have been applied all the same.
    pub fn effect(&self) -> Effect {
        self.0.class.effect
    }

    /// The number of the step of a transaction that was refused; the first one is 1.
    pub fn step(&self) -> Option<usize> {
        self.0.step.map(|(number, _)| number)
    }

    /// The context, in the order in which it was added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "{}: ", inner.class.kind)?;
        if let Some((number, name)) = inner.step {
            let entity = inner.entity.as_deref().unwrap_or_default();
            write!(f, "step {number} ({name} of {entity}): ")?;
        }
        f.write_str(&inner.message)?;
        if let Some(constraint) = &inner.class.constraint {
            write!(f, " constraint={constraint}")?;
        }
        let places = [
            ("backend", inner.backend),
            ("operation", inner.operation),
            ("entity", inner.entity.as_deref()),
        ];
        for (key, value) in places {
            if let Some(value) = value {
                write!(f, " {key}={value}")?;
            }
        }
        for (key, value) in &inner.context {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("class", &self.0.class)
            .field("message", &self.0.message)
            .field("backend", &self.0.backend)
            .field("operation", &self.0.operation)
            .field("entity", &self.0.entity)
            .field("step", &self.0.step)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl Classify for Error {
    fn classify(&self) -> Class {
        self.class().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_stays_one_word() {
        assert_eq!(size_of::<crate::Result<()>>(), 8);
    }

    #[test]
    fn display_is_one_line_without_the_source() {
        let error = Error::of(
            Class::new(ErrorKind::UniqueViolation).constraint("users.email"),
            "the value is taken",
        )
        .backend("mysql")
        .operation("insert")
        .entity("user")
        .with("attempt", 2)
        .source(std::io::Error::other("native text"));
        assert_eq!(
            error.to_string(),
            "unique_violation: the value is taken constraint=users.email backend=mysql \
             operation=insert entity=user attempt=2"
        );
        assert!(StdError::source(&error).is_some_and(<dyn StdError>::is::<std::io::Error>));
    }

    #[test]
    fn a_step_of_a_transaction_is_named_by_number_operation_and_entity() {
        let error = Error::new(ErrorKind::NotFound, "it is missing")
            .in_step(2, "update", "Products")
            .operation("transact");
        assert_eq!(error.step(), Some(2));
        assert_eq!(
            error.to_string(),
            "not_found: step 2 (update of Products): it is missing operation=transact \
             entity=Products"
        );
    }
}
