use dal_memory::MemoryBackend;
use dal_traits::ErrorKind;
use dal_traits::store::{Entity, Insert, Store};
use serde_json::json;
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use crate::model;

#[derive(Clone, Debug, PartialEq, Entity)]
#[dal("every")]
pub(super) struct Every {
    id: u64,
    flag: bool,
    small: Option<i8>,
    bits: u16,
    price: bigdecimal::BigDecimal,
    ratio: f32,
    exact: Option<f64>,
    tag: String,
    note: Option<String>,
    state: String,
    marks: Vec<String>,
    day: Date,
    at: PrimitiveDateTime,
    moment: Option<OffsetDateTime>,
    span: Duration,
    year: u16,
    hash: Vec<u8>,
    body: Option<Vec<u8>>,
    extra: serde_json::Value,
    wide: u16,
    high: u16,
    token: String,
}

#[derive(Insert)]
#[dal(Every)]
struct NewEvery {
    flag: bool,
    small: Option<i8>,
    bits: u16,
    price: bigdecimal::BigDecimal,
    ratio: f32,
    exact: Option<f64>,
    tag: String,
    note: Option<&'static str>,
    state: String,
    marks: Vec<String>,
    day: Date,
    at: PrimitiveDateTime,
    moment: Option<OffsetDateTime>,
    span: Duration,
    year: u16,
    hash: &'static [u8],
    body: Option<Vec<u8>>,
    extra: serde_json::Value,
    wide: u16,
    high: u16,
    token: String,
}

/// A projection whose fields have other places.
#[derive(Debug, PartialEq, Entity)]
#[dal("Every")]
struct Notes {
    note: Option<String>,
    small: Option<i8>,
}

pub(super) fn every() -> Store {
    Store::open(MemoryBackend::new(model(
        include_str!("../fixtures/every.json"),
        include_str!("../fixtures/every.catalog.json"),
    )))
}

#[tokio::test]
async fn each_type_of_a_program_is_stored_as_mysql_would() {
    let store = every();
    let store = store.verify::<(Every, NewEvery, Notes)>().unwrap();
    let new = NewEvery {
        flag: true,
        small: None,
        bits: 511,
        price: "1.005".parse().unwrap(),
        ratio: 0.1,
        exact: Some(-0.0),
        tag: "a ".to_owned(),
        note: Some(""),
        state: "old".to_owned(),
        marks: vec!["c".to_owned(), "a".to_owned()],
        day: date!(2025 - 01 - 02),
        at: datetime!(2025-01-02 03:04:05.6789),
        moment: Some(datetime!(2025-01-02 03:04:05 +2)),
        span: Duration::milliseconds(-150),
        year: 2025,
        hash: &[1],
        body: None,
        extra: json!({"a": [1, null]}),
        wide: 2,
        high: 3,
        token: "t".to_owned(),
    };
    let stored = Every {
        id: 1,
        flag: true,
        small: None,
        bits: 511,
        price: "1.01".parse().unwrap(),
        ratio: 0.1,
        exact: Some(0.0),
        tag: "a".to_owned(),
        note: Some(String::new()),
        state: "old".to_owned(),
        marks: vec!["a".to_owned(), "c".to_owned()],
        day: date!(2025 - 01 - 02),
        at: datetime!(2025-01-02 03:04:05.679),
        moment: Some(datetime!(2025-01-02 01:04:05 UTC)),
        span: Duration::milliseconds(-200),
        year: 2025,
        hash: vec![1, 0, 0, 0],
        body: None,
        extra: json!({"a": [1, null]}),
        wide: 2,
        high: 3,
        token: "t".to_owned(),
    };
    assert_eq!(store.insert(new).await.unwrap(), stored);
    let small = store
        .update::<Every>(1)
        .set(Every::SMALL, -3)
        .set(Every::NOTE, None)
        .set(Every::WIDE, 7);
    small.when(Every::SMALL.is_null()).await.unwrap();
    let null = store.update::<Notes>(1).set(Notes::NOTE, None);
    null.when(Notes::NOTE.is_null()).await.unwrap();
    let found = store.get_many::<Every>([1]).await.unwrap();
    let changed = Every {
        small: Some(-3),
        note: None,
        wide: 7,
        ..stored
    };
    assert_eq!(found, [Some(changed)]);
    let error = store
        .update::<Every>(1)
        .set(Every::SMALL, -3)
        .when(Every::SMALL.eq(4));
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::ConditionFailed);
}
