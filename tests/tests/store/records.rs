//! Records of the migration contract, for dal's `Store`.
//!
//! Written by `dal generate rust`: change the contract, not this file.

#![allow(dead_code, missing_docs, reason = "a program need not use every path")]

/// `Things`: the rows of `things`.
pub mod things {
    use dal_traits::store::{Child, Entity, Insert, Path};

    /// An element of `parts`.
    #[derive(Clone, Debug, Child)]
    pub struct PartsElement {
        pub nr: i32,
        pub flag: Option<bool>,
        pub tiny: Option<i8>,
        pub small: Option<u16>,
        pub medium: Option<i32>,
        pub plain: Option<i32>,
        pub big: Option<i64>,
        pub greatest: Option<u64>,
        pub bits: Option<u16>,
        pub price: Option<bigdecimal::BigDecimal>,
        pub exact: Option<bigdecimal::BigDecimal>,
        pub single: Option<f32>,
        pub wide: Option<f64>,
        pub code: Option<String>,
        pub body: Option<String>,
        pub label: Option<String>,
        pub tags: Option<Vec<String>>,
        pub day: Option<time::Date>,
        pub moment: Option<time::PrimitiveDateTime>,
        pub seen: Option<time::OffsetDateTime>,
        pub took: Option<time::Duration>,
        pub made: Option<u16>,
        pub hash: Option<Vec<u8>>,
        pub raw: Option<Vec<u8>>,
        pub doc: Option<serde_json::Value>,
        pub groups: Vec<String>,
    }

    /// An element of `notes`.
    #[derive(Clone, Debug, Child)]
    pub struct NotesElement {
        pub body: String,
        pub weight: Option<bigdecimal::BigDecimal>,
    }

    /// A record.
    #[derive(Clone, Debug, Entity)]
    #[dal("Things")]
    pub struct Row {
        pub id: u64,
        pub flag: Option<bool>,
        pub flag_number: Option<i8>,
        pub tiny: Option<i8>,
        pub small: Option<u16>,
        pub medium: Option<i32>,
        pub plain: Option<i32>,
        pub big: Option<i64>,
        pub greatest: Option<u64>,
        pub bits: Option<u16>,
        pub price: Option<bigdecimal::BigDecimal>,
        pub exact: Option<bigdecimal::BigDecimal>,
        pub single: Option<f32>,
        pub wide: Option<f64>,
        pub code: Option<String>,
        pub body: Option<String>,
        pub label: Option<String>,
        pub tags: Option<Vec<String>>,
        pub tags_text: Option<Vec<String>>,
        pub day: Option<time::Date>,
        pub moment: Option<time::PrimitiveDateTime>,
        pub seen: Option<time::OffsetDateTime>,
        pub seen_seconds: Option<time::OffsetDateTime>,
        pub took: Option<time::Duration>,
        pub made: Option<u16>,
        pub hash: Option<Vec<u8>>,
        pub raw: Option<Vec<u8>>,
        pub doc: Option<serde_json::Value>,
        pub doc_text: Option<serde_json::Value>,
        pub changed_at: Option<time::PrimitiveDateTime>,
        pub parts: Vec<PartsElement>,
        pub notes: Vec<NotesElement>,
    }

    /// A new record. The store fills in `id`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct New<'a> {
        pub flag: Option<bool>,
        pub flag_number: Option<i8>,
        pub tiny: Option<i8>,
        pub small: Option<u16>,
        pub medium: Option<i32>,
        pub plain: Option<i32>,
        pub big: Option<i64>,
        pub greatest: Option<u64>,
        pub bits: Option<u16>,
        pub price: Option<bigdecimal::BigDecimal>,
        pub exact: Option<bigdecimal::BigDecimal>,
        pub single: Option<f32>,
        pub wide: Option<f64>,
        pub code: Option<&'a str>,
        pub body: Option<&'a str>,
        pub label: Option<&'a str>,
        pub tags: Option<Vec<String>>,
        pub tags_text: Option<Vec<String>>,
        pub day: Option<time::Date>,
        pub moment: Option<time::PrimitiveDateTime>,
        pub seen: Option<time::OffsetDateTime>,
        pub seen_seconds: Option<time::OffsetDateTime>,
        pub took: Option<time::Duration>,
        pub made: Option<u16>,
        pub hash: Option<&'a [u8]>,
        pub raw: Option<&'a [u8]>,
        pub doc: Option<serde_json::Value>,
        pub doc_text: Option<serde_json::Value>,
        pub changed_at: Option<time::PrimitiveDateTime>,
        pub parts: &'a [PartsElement],
        pub notes: &'a [NotesElement],
    }

    /// A whole record, for `put`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct Whole<'a> {
        pub id: u64,
        pub flag: Option<bool>,
        pub flag_number: Option<i8>,
        pub tiny: Option<i8>,
        pub small: Option<u16>,
        pub medium: Option<i32>,
        pub plain: Option<i32>,
        pub big: Option<i64>,
        pub greatest: Option<u64>,
        pub bits: Option<u16>,
        pub price: Option<bigdecimal::BigDecimal>,
        pub exact: Option<bigdecimal::BigDecimal>,
        pub single: Option<f32>,
        pub wide: Option<f64>,
        pub code: Option<&'a str>,
        pub body: Option<&'a str>,
        pub label: Option<&'a str>,
        pub tags: Option<Vec<String>>,
        pub tags_text: Option<Vec<String>>,
        pub day: Option<time::Date>,
        pub moment: Option<time::PrimitiveDateTime>,
        pub seen: Option<time::OffsetDateTime>,
        pub seen_seconds: Option<time::OffsetDateTime>,
        pub took: Option<time::Duration>,
        pub made: Option<u16>,
        pub hash: Option<&'a [u8]>,
        pub raw: Option<&'a [u8]>,
        pub doc: Option<serde_json::Value>,
        pub doc_text: Option<serde_json::Value>,
        pub changed_at: Option<time::PrimitiveDateTime>,
        pub parts: &'a [PartsElement],
        pub notes: &'a [NotesElement],
    }

    /// Finds one record.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "id")]
    pub struct ById {
        pub id: u64,
    }
}
