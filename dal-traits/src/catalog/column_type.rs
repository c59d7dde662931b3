//! The type of a column, and the one place that reads MySQL's text of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The type of a column, as far as it decides what a value is and how DynamoDB can hold it.
///
/// Its text is the one of `information_schema.COLUMNS.COLUMN_TYPE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum ColumnType {
    /// `tinyint(1)`, which MySQL's BOOLEAN is.
    Bool,
    /// Whole numbers of 8, 16, 24, 32 or 64 bits.
    Integer {
        /// The width.
        bits: u8,
        /// Whether it has no negative values.
        unsigned: bool,
    },
    /// `bit(n)`.
    Bit(u8),
    /// `decimal(precision,scale)`.
    Decimal {
        /// All digits.
        precision: u8,
        /// The digits behind the point.
        scale: u8,
        /// Whether it has no negative values.
        unsigned: bool,
    },
    /// `float`.
    Float,
    /// `double`.
    Double,
    /// `char(n)`, in characters.
    Char(u32),
    /// `varchar(n)`, in characters.
    Varchar(u32),
    /// `tinytext`, `text`, `mediumtext`, `longtext`, by the bytes they hold at most.
    Text(u64),
    /// `enum(..)`.
    Enum(Vec<String>),
    /// `set(..)`.
    Set(Vec<String>),
    /// `date`.
    Date,
    /// `datetime(f)`, by the digits of a second's fraction.
    DateTime(u8),
    /// `timestamp(f)`.
    Timestamp(u8),
    /// `time(f)`.
    Time(u8),
    /// `year`.
    Year,
    /// `binary(n)`, in bytes.
    Binary(u32),
    /// `varbinary(n)`, in bytes.
    Varbinary(u32),
    /// `tinyblob`, `blob`, `mediumblob`, `longblob`, by the bytes they hold at most.
    Blob(u64),
    /// `json`.
    Json,
    /// A type that dal does not store: `geometry`, `vector(3)`.
    Other(String),
}

/// A text that is not the type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumnType(String);

impl fmt::Display for UnknownColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a column type as MySQL writes it, such as `bigint unsigned`",
            self.0
        )
    }
}

impl std::error::Error for UnknownColumnType {}

/// `tinytext`, `text`, … by what they hold: 2⁸, 2¹⁶, 2²⁴, 2³² bytes, less one.
const LENGTHS: [(&str, u64); 4] = [
    ("tiny", 0xFF),
    ("", 0xFFFF),
    ("medium", 0xFF_FFFF),
    ("long", 0xFFFF_FFFF),
];
const INTEGERS: [(&str, u8); 6] = [
    ("tinyint", 8),
    ("smallint", 16),
    ("mediumint", 24),
    ("int", 32),
    ("bigint", 64),
    ("integer", 32),
];

impl FromStr for ColumnType {
    type Err = UnknownColumnType;

    fn from_str(text: &str) -> Result<Self, UnknownColumnType> {
        read(text.trim()).ok_or_else(|| UnknownColumnType(text.to_owned()))
    }
}

impl TryFrom<String> for ColumnType {
    type Error = UnknownColumnType;

    fn try_from(text: String) -> Result<Self, UnknownColumnType> {
        text.parse()
    }
}

impl From<ColumnType> for String {
    fn from(column_type: ColumnType) -> Self {
        column_type.to_string()
    }
}

fn read(text: &str) -> Option<ColumnType> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    // `enum('a','b)')`: the last parenthesis ends the list.
    let (inside, after) = match rest.strip_prefix('(') {
        Some(rest) => rest.rsplit_once(')').map(|(i, a)| (Some(i), a))?,
        None => (None, rest),
    };
    let unsigned = after.to_ascii_lowercase().contains("unsigned");
    let number = |default: u32| inside.map_or(Some(default), |inside| inside.trim().parse().ok());
    let digits = |most: u8| u8::try_from(number(0)?).ok().filter(|&n| n <= most);
    if name == "tinyint" && inside.is_some_and(|width| width.trim() == "1") && !unsigned {
        return Some(ColumnType::Bool);
    }
    if let Some(&(_, bits)) = INTEGERS.iter().find(|(found, _)| *found == name) {
        return Some(ColumnType::Integer { bits, unsigned });
    }
    for (kind, of) in [
        ("text", ColumnType::Text as fn(u64) -> ColumnType),
        ("blob", ColumnType::Blob),
    ] {
        let size = name.strip_suffix(kind);
        if let Some((_, bytes)) = LENGTHS.iter().find(|(found, _)| size == Some(found)) {
            return Some(of(*bytes));
        }
    }
    Some(match name.as_str() {
        "bool" | "boolean" => ColumnType::Bool,
        "bit" => ColumnType::Bit(u8::try_from(number(1)?).ok().filter(|&n| n <= 64)?),
        "decimal" | "numeric" => {
            let (precision, scale) = match inside {
                Some(inside) => inside.split_once(',').unwrap_or((inside, "0")),
                None => ("10", "0"),
            };
            ColumnType::Decimal {
                precision: precision.trim().parse().ok().filter(|&n: &u8| n <= 65)?,
                scale: scale.trim().parse().ok().filter(|&n: &u8| n <= 30)?,
                unsigned,
            }
        }
        "float" => ColumnType::Float,
        "double" => ColumnType::Double,
        "char" => ColumnType::Char(number(1)?),
        "varchar" => ColumnType::Varchar(number(0)?),
        "enum" => ColumnType::Enum(labels(inside?)?),
        "set" => ColumnType::Set(labels(inside?)?),
        "date" => ColumnType::Date,
        "datetime" => ColumnType::DateTime(digits(6)?),
        "timestamp" => ColumnType::Timestamp(digits(6)?),
        "time" => ColumnType::Time(digits(6)?),
        "year" => ColumnType::Year,
        "binary" => ColumnType::Binary(number(1)?),
        "varbinary" => ColumnType::Varbinary(number(0)?),
        "json" => ColumnType::Json,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geomcollection" | "geometrycollection" | "vector" => {
            ColumnType::Other(text.to_owned())
        }
        _ => return None,
    })
}

/// `'a','it''s'`
fn labels(inside: &str) -> Option<Vec<String>> {
    let mut labels = Vec::new();
    let mut rest = inside.trim();
    loop {
        let mut label = String::new();
        let mut chars = rest.strip_prefix('\'')?.chars();
        loop {
            match chars.next()? {
                '\'' if chars.as_str().starts_with('\'') => {
                    chars.next();
                    label.push('\'');
                }
                '\'' => break,
                other => label.push(other),
            }
        }
        labels.push(label);
        rest = chars.as_str().trim_start();
        if rest.is_empty() {
            return Some(labels);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sized = |bytes: u64| {
            LENGTHS
                .iter()
                .find(|l| l.1 == bytes)
                .map_or("long", |l| l.0)
        };
        let sign = |unsigned: bool| if unsigned { " unsigned" } else { "" };
        let list = |labels: &[String]| {
            let quoted: Vec<_> = labels
                .iter()
                .map(|label| format!("'{}'", label.replace('\'', "''")))
                .collect();
            quoted.join(",")
        };
        let timed = |name: &str, fraction: u8| match fraction {
            0 => name.to_owned(),
            digits => format!("{name}({digits})"),
        };
        match self {
            Self::Bool => f.write_str("tinyint(1)"),
            Self::Integer { bits, unsigned } => {
                let name = INTEGERS.iter().find(|(_, found)| found == bits);
                write!(f, "{}{}", name.map_or("bigint", |n| n.0), sign(*unsigned))
            }
            Self::Bit(n) => write!(f, "bit({n})"),
            Self::Decimal {
                precision,
                scale,
                unsigned,
            } => write!(f, "decimal({precision},{scale}){}", sign(*unsigned)),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Char(n) => write!(f, "char({n})"),
            Self::Varchar(n) => write!(f, "varchar({n})"),
            Self::Text(bytes) => write!(f, "{}text", sized(*bytes)),
            Self::Enum(labels) => write!(f, "enum({})", list(labels)),
            Self::Set(labels) => write!(f, "set({})", list(labels)),
            Self::Date => f.write_str("date"),
            Self::DateTime(digits) => f.write_str(&timed("datetime", *digits)),
            Self::Timestamp(digits) => f.write_str(&timed("timestamp", *digits)),
            Self::Time(digits) => f.write_str(&timed("time", *digits)),
            Self::Year => f.write_str("year"),
            Self::Binary(n) => write!(f, "binary({n})"),
            Self::Varbinary(n) => write!(f, "varbinary({n})"),
            Self::Blob(bytes) => write!(f, "{}blob", sized(*bytes)),
            Self::Json => f.write_str("json"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl ColumnType {
    /// Whether it is text that a collation compares.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Char(_) | Self::Varchar(_) | Self::Text(_))
    }

    /// Whether it is a number that DynamoDB's `N` orders as MySQL does, without loss.
    pub const fn is_exact_number(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Integer { .. } | Self::Bit(_) | Self::Decimal { .. } | Self::Year
        )
    }

    /// Whether it is a moment or a day.
    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date | Self::DateTime(_) | Self::Timestamp(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_that_mysql_prints_is_read_and_printed_alike() {
        for text in [
            "tinyint(1)",
            "tinyint",
            "smallint unsigned",
            "mediumint",
            "int",
            "bigint unsigned",
            "bit(64)",
            "decimal(65,30)",
            "decimal(10,2) unsigned",
            "float",
            "double",
            "char(3)",
            "varchar(200)",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
            "enum('a','it''s',')')",
            "set('x','y,z')",
            "date",
            "datetime",
            "datetime(6)",
            "timestamp(3)",
            "time(2)",
            "year",
            "binary(16)",
            "varbinary(255)",
            "blob",
            "longblob",
            "json",
            "geometry",
            "vector(3)",
        ] {
            let read: ColumnType = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        let zerofill: ColumnType = "int(10) unsigned zerofill".parse().unwrap();
        let unsigned = ColumnType::Integer {
            bits: 32,
            unsigned: true,
        };
        assert_eq!(zerofill, unsigned);
    }

    #[test]
    fn another_text_is_refused() {
        for text in [
            "",
            "string",
            "varchar(x)",
            "enum(a)",
            "enum('a'",
            "datetime(9)",
            "bit(65)",
        ] {
            assert!(text.parse::<ColumnType>().is_err(), "{text}");
        }
    }
}
