//! A rule as data.

use std::fmt;

use dal_traits::{Class, ErrorKind};
use serde::{Deserialize, Serialize};

use super::{Day, RuleId};

/// A difference that is accepted: by whom, why, where and until when.
///
/// ```
/// use dal_shadow::rules::Rule;
/// use dal_shadow::source::Fixed;
/// use dal_shadow::{Harness, Phase};
///
/// let rule: Rule = serde_json::from_str(
///     r#"{"id": "prices-are-floats", "owner": "orders team", "reason": "MySQL has DOUBLE here",
///         "scope": {"entity": "order"}, "expires": "2027-03-31",
///         "action": {"numeric": "Order.price"}}"#,
/// )?;
/// let builder = Harness::builder(Fixed::new(Phase::MySqlOnly)).rules([rule]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule's name, unique.
    pub id: RuleId,
    /// Who answers for it.
    pub owner: String,
    /// Why the difference is accepted.
    pub reason: String,
    /// The calls it is for; all of them when left out.
    #[serde(default)]
    pub scope: Scope,
    /// The last day (UTC) on which it holds; for ever when left out.
    #[serde(default)]
    pub expires: Option<Day>,
    /// What is done before the answers are compared.
    pub action: Action,
}

/// The calls that a rule is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// One entity; all of them when left out.
    #[serde(default)]
    pub entity: Option<String>,
    /// One method; all of them when left out.
    #[serde(default)]
    pub method: Option<String>,
}

impl Scope {
    /// Whether the calls of this method are in it.
    pub fn includes(&self, entity: &str, method: &str) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|w| w == is);
        fits(&self.entity, entity) && fits(&self.method, method)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        write!(f, "{}.{}", shown(&self.entity), shown(&self.method))
    }
}

/// What a rule does to both answers before they are compared. The texts are
/// [patterns of paths](super::Pattern).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Leaves the place out. Elements of a list are still counted.
    Ignore(String),
    /// Compares the list as a multiset.
    Unordered(String),
    /// Compares only whether something is there.
    Presence(String),
    /// Compares numbers by value: `1` equals `1.0`, and the text `"1.50"`, as which decimal types
    /// reach serde, equals `1.5`.
    Numeric(String),
    /// Takes these two outcomes for the same.
    Errors {
        /// How the primary ended.
        primary: Outcome,
        /// How the secondary ended.
        secondary: Outcome,
    },
}

/// How a call ended, in a rule: `ok`, `not_found` (any error of that kind) or
/// `unique_violation.EmailTaken` (kind and code).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Outcome {
    /// The call succeeded.
    Ok,
    /// The call failed.
    Error {
        /// The kind of error.
        kind: ErrorKind,
        /// Its code; any when `None`.
        code: Option<String>,
    },
}

impl Outcome {
    /// Reads an outcome.
    ///
    /// # Errors
    /// With the reason, when the text names no kind of error, a transient one (never compared)
    /// or `unexpected` (never equal).
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "ok" {
            return Ok(Self::Ok);
        }
        let (word, code) = match text.split_once('.') {
            Some((word, code)) => (word, Some(code.to_owned())),
            None => (text, None),
        };
        let kind = ErrorKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| format!("`{word}` is not a kind of error"))?;
        if kind == ErrorKind::Unexpected {
            return Err("an unexpected error is equal to nothing: classify it first".to_owned());
        }
        if kind.is_transient() {
            return Err(format!(
                "`{word}` is transient: such answers are never compared"
            ));
        }
        Ok(Self::Error { kind, code })
    }

    /// Whether an answer with this error, or a successful one for `None`, ended like this.
    pub(super) fn matches(&self, error: Option<&Class>) -> bool {
        match (self, error) {
            (Self::Ok, None) => true,
            (Self::Error { kind, code }, Some(class)) => {
                *kind == class.kind && (code.is_none() || code.as_deref() == class.code.as_deref())
            }
            _ => false,
        }
    }
}

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => "ok".to_owned(),
            Outcome::Error { kind, code: None } => kind.to_string(),
            Outcome::Error {
                kind,
                code: Some(code),
            } => format!("{kind}.{code}"),
        }
    }
}
