//! What `dal generate rust` writes of an entity with a column of each type.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use time::macros::{date, datetime};

use crate::records::things::{ById, New, NotesElement, PartsElement, Row, Whole};
use crate::stores::{TYPES, on_every_store};

/// A part with a value of each type.
fn part(nr: i32) -> PartsElement {
    PartsElement {
        nr,
        flag: Some(true),
        tiny: Some(-128),
        small: Some(65_535),
        medium: Some(-8_388_608),
        plain: Some(i32::MIN),
        big: Some(i64::MIN),
        greatest: None,
        bits: Some(4_095),
        price: Some(BigDecimal::from_str("12.50").unwrap()),
        exact: Some(BigDecimal::from_str("0.000000000000000000000000000001").unwrap()),
        single: Some(0.1),
        wide: Some(9.99e125),
        code: Some("a\u{1f600}".to_owned()),
        body: Some(String::new()),
        label: Some("a".to_owned()),
        tags: Some(vec!["x".to_owned(), "z".to_owned()]),
        day: Some(date!(2024 - 02 - 29)),
        moment: Some(datetime!(2025-01-02 03:04:05.678)),
        seen: Some(datetime!(2038-01-19 03:14:07.999_999 UTC)),
        took: Some(time::Duration::seconds(-3_020_399)),
        made: Some(1901),
        hash: Some(vec![0, 255, 1, 2]),
        raw: Some(Vec::new()),
        doc: Some(serde_json::json!({"a": [1, -2.5, u64::MAX, null, {"b": "é"}]})),
        groups: Vec::new(),
    }
}

#[test]
fn records_of_every_type_are_added_put_and_read_by_generated_structs() {
    on_every_store(&TYPES, async |store| {
        let store = store.verify::<(Row, New<'_>, Whole<'_>, ById)>().unwrap();
        let note = |body: &str, weight: Option<&str>| NotesElement {
            body: body.to_owned(),
            weight: weight.map(|weight| weight.parse().unwrap()),
        };
        let mut parts = vec![part(1), part(2)];
        parts[0].greatest = Some(u64::MAX);
        parts[1].groups = vec!["y".to_owned()];
        let new = New {
            flag: Some(true),
            flag_number: Some(2),
            tiny: Some(-128),
            small: Some(65_535),
            medium: Some(-8_388_608),
            plain: Some(i32::MIN),
            big: Some(i64::MIN),
            greatest: Some(u64::MAX),
            bits: Some(4_095),
            price: Some(BigDecimal::from_str("12.50").unwrap()),
            exact: None,
            single: Some(1.5),
            wide: Some(-2.25),
            code: Some("ab"),
            body: Some("ß"),
            label: Some("a"),
            tags: Some(vec!["x".to_owned(), "z".to_owned()]),
            tags_text: None,
            day: Some(date!(2025 - 01 - 02)),
            moment: Some(datetime!(2025-01-02 03:04:05.678)),
            seen: Some(datetime!(2025-01-02 03:04:05.678_901 UTC)),
            seen_seconds: None,
            took: Some(time::Duration::seconds(-90)),
            made: Some(2025),
            hash: Some(&[1, 2, 3, 4]),
            raw: Some(&[0]),
            doc: Some(serde_json::json!({"a": [1, null]})),
            doc_text: None,
            changed_at: None,
            parts: &parts,
            notes: &[note("b", None), note("a", Some("1.50"))],
        };
        let added = store.insert(new).await.unwrap();
        let id = added.id;
        let read = store.get(ById { id }).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{added:?}"));
        assert_eq!(read.greatest, Some(u64::MAX));
        assert_eq!(read.body.as_deref(), Some("ß"));
        assert_eq!(read.seen, Some(datetime!(2025-01-02 03:04:05.678_901 UTC)));
        assert_eq!(read.took, Some(time::Duration::seconds(-90)));
        // The contract orders them by `nr`, the greatest first.
        let nrs: Vec<i32> = read.parts.iter().map(|part| part.nr).collect();
        assert_eq!(nrs, [2, 1]);
        parts.reverse();
        assert_eq!(format!("{:?}", read.parts), format!("{parts:?}"));
        let bodies: Vec<&str> = read.notes.iter().map(|n| n.body.as_str()).collect();
        assert_eq!(bodies, ["b", "a"], "as they were written");
        let whole = Whole {
            id,
            flag: None,
            flag_number: None,
            tiny: None,
            small: None,
            medium: None,
            plain: None,
            big: None,
            greatest: None,
            bits: None,
            price: None,
            exact: read.price.clone(),
            single: None,
            wide: None,
            code: None,
            body: read.code.as_deref(),
            label: None,
            tags: None,
            tags_text: read.tags.clone(),
            day: None,
            moment: None,
            seen: None,
            seen_seconds: None,
            took: None,
            made: None,
            hash: None,
            raw: read.hash.as_deref(),
            doc: None,
            doc_text: read.doc.clone(),
            changed_at: None,
            parts: &parts[1..],
            notes: &read.notes[1..],
        };
        store.put(whole).await.unwrap();
        let put = store.get(ById { id }).await.unwrap().unwrap();
        assert_eq!((put.exact, put.price), (read.price, None));
        assert_eq!((put.body, put.raw), (read.code, read.hash));
        assert_eq!((put.tags_text, put.doc_text), (read.tags, read.doc));
        assert_eq!(format!("{:?}", put.parts), format!("{:?}", &parts[1..]));
        assert_eq!(
            format!("{:?}", put.notes),
            format!("{:?}", &read.notes[1..])
        );
    });
}
