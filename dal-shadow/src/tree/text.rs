//! A tree as text: one line (`Display`) or indented (`{:#}`), in the manner of Rust's `Debug`.

use std::fmt::{self, Debug, Formatter};

use super::Tree;

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Some(value) => f.debug_tuple("Some").field(&Shown(value)).finish(),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}"),
            Self::F32(value) => write!(f, "{value:?}f32"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Str(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => bytes_text(bytes, f),
            Self::Seq(items) => f.debug_list().entries(items.iter().map(Shown)).finish(),
            Self::Map(entries) => f
                .debug_map()
                .entries(
                    entries
                        .iter()
                        .map(|(key, value)| (Shown(key), Shown(value))),
                )
                .finish(),
            Self::Struct { name, fields } => {
                let mut shown = f.debug_struct(name);
                for (field, value) in fields {
                    shown.field(field, &Shown(value));
                }
                shown.finish()
            }
            Self::Newtype { name, value } => f.debug_tuple(name).field(&Shown(value)).finish(),
            Self::Variant { variant, value, .. } => match value.as_ref() {
                Self::Null => f.write_str(variant),
                // A struct variant's payload carries the variant's name itself.
                Self::Struct { name, .. } if name == variant => fmt::Display::fmt(value, f),
                _ => f.debug_tuple(variant).field(&Shown(value)).finish(),
            },
        }
    }
}

/// Lets the standard debug builders indent the parts of a tree.
struct Shown<'a>(&'a Tree);

impl Debug for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

fn bytes_text(bytes: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
