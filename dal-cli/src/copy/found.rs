//! What became of the rows, and how it is shown.

use dal_traits::model::{Entity, ValueType};
use dal_traits::value::{Value, text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::format::Format;

/// What became of one row.
pub enum Found {
    /// It has its item now.
    Copied,
    /// It had it before.
    Present,
    /// It was deleted while the copy ran.
    Gone,
    /// No item can hold it.
    Rejected(String),
    /// Another item is in its place.
    Different(String),
}

/// How many rows became what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    copied: u64,
    present: u64,
    gone: u64,
    rejected: u64,
    different: u64,
}

impl Counts {
    pub fn count(&mut self, found: &Found) {
        *match found {
            Found::Copied => &mut self.copied,
            Found::Present => &mut self.present,
            Found::Gone => &mut self.gone,
            Found::Rejected(_) => &mut self.rejected,
            Found::Different(_) => &mut self.different,
        } += 1;
    }

    pub fn add(&mut self, more: &Self) {
        self.copied += more.copied;
        self.present += more.present;
        self.gone += more.gone;
        self.rejected += more.rejected;
        self.different += more.different;
    }

    pub const fn rows(&self) -> u64 {
        self.copied + self.present + self.gone + self.rejected + self.different
    }

    /// Whether each row has its item.
    pub const fn is_complete(&self) -> bool {
        self.rejected == 0 && self.different == 0
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            copied,
            present,
            gone,
            rejected,
            different,
        } = self;
        write!(
            f,
            "{copied} copied, {present} there before, {rejected} rejected, "
        )?;
        write!(f, "{different} different")?;
        if *gone > 0 {
            write!(f, ", {gone} deleted meanwhile")?;
        }
        Ok(())
    }
}

/// Where results go, line by line.
pub struct Sink {
    format: Format,
}

impl Sink {
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Names a row that has no item, or another one.
    pub fn row(&self, entity: &Entity, identity: &[Value], found: &Found) {
        let (outcome, reason) = match found {
            Found::Rejected(reason) => ("rejected", reason),
            Found::Different(reason) => ("different", reason),
            Found::Copied | Found::Present | Found::Gone => return,
        };
        let fields = entity.identity.iter().zip(identity);
        let key = fields.filter_map(|(place, value)| {
            let field = entity.fields.get(*place)?;
            let shown = match &field.value_type {
                _ if field.sensitive => None,
                ValueType::Column(column_type) => text(value, column_type),
                _ => None,
            };
            Some((field.name.clone(), shown.unwrap_or_else(|| "…".to_owned())))
        });
        let key: Vec<_> = key.collect();
        match self.format {
            Format::Human => {
                let key: Vec<_> = key
                    .iter()
                    .map(|(name, value)| format!("{name} {value}"))
                    .collect();
                println!("{} {}: {outcome}: {reason}", entity.name, key.join(", "));
            }
            Format::Json => {
                let key: serde_json::Map<_, _> = key
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect();
                let line = json!({
                    "entity": entity.name, "key": key, "outcome": outcome, "reason": reason,
                });
                println!("{line}");
            }
        }
    }

    pub fn entity(&self, name: &str, counts: &Counts) {
        if self.format == Format::Human {
            println!("{name}: {counts}");
        }
    }

    pub fn not_copied(&self, name: &str, reason: &str) {
        if self.format == Format::Human {
            println!("{name}: NOT COPIED: {reason}");
        }
    }

    /// The last line.
    pub fn report(&self, all: &Counts, report: &serde_json::Value) {
        match self.format {
            Format::Human => println!("In all: {all}"),
            Format::Json => println!("{report}"),
        }
    }
}
