//! What `dal generate rust` writes of an entity with a column of each type.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use time::macros::{date, datetime};

use crate::records::things::{ById, New, Row, Whole};
use crate::stores::{TYPES, on_every_store};

#[test]
fn records_of_every_type_are_added_put_and_read_by_generated_structs() {
    on_every_store(&TYPES, async |store| {
        let store = store.verify::<(Row, New<'_>, Whole<'_>, ById)>().unwrap();
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
        };
        let added = store.insert(new).await.unwrap();
        let id = added.id;
        let read = store.get(ById { id }).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{added:?}"));
        assert_eq!(read.greatest, Some(u64::MAX));
        assert_eq!(read.body.as_deref(), Some("ß"));
        assert_eq!(read.seen, Some(datetime!(2025-01-02 03:04:05.678_901 UTC)));
        assert_eq!(read.took, Some(time::Duration::seconds(-90)));
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
        };
        store.put(whole).await.unwrap();
        let put = store.get(ById { id }).await.unwrap().unwrap();
        assert_eq!((put.exact, put.price), (read.price, None));
        assert_eq!((put.body, put.raw), (read.code, read.hash));
        assert_eq!((put.tags_text, put.doc_text), (read.tags, read.doc));
    });
}
