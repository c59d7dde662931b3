use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::{Cursor, NoCursor, bytes, checksum};
use crate::value::{Value, any};

/// The text of a cursor with this position in bytes, and a checksum that is right.
fn forged(position: &[u8]) -> String {
    let mut bytes = vec![1; 9];
    bytes.extend(position);
    let checksum = checksum(&bytes);
    bytes.extend(checksum);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn a_text_of_this_version_is_read_by_the_next_release() {
    let cursor = Cursor {
        fingerprint: 0x0102_0304_0506_0708,
        position: vec![Value::from("books"), Value::from(42), Value::Null],
    };
    let text = "AQECAwQFBgcIAwYFYm9va3MDAjQyANokC9k";
    assert_eq!(cursor.to_string(), text);
    assert_eq!(text.parse(), Ok(cursor));
}

#[test]
fn what_was_forged_is_read_in_bounds() {
    assert!(forged(&[1, 0]).parse::<Cursor>().is_ok());
    // 65 levels of rows.
    let deep = [vec![1], [14, 1, 1].repeat(65), vec![0]].concat();
    let long = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        [&[1, 4, length], text.as_bytes()].concat()
    };
    assert!(forged(&long("1e100")).parse::<Cursor>().is_ok());
    for position in [
        deep,
        long("1e999999999"),
        long("1e-999999999"),
        long(&"9".repeat(101)),
        vec![1, 15],
        vec![1, 0, 0],
        vec![2, 0],
        vec![0x80, 0x80, 0x80, 0x80, 0],
        vec![0xFF, 0xFF, 0xFF, 0x7F],
        vec![1, 6, 1, 0xFF],
        vec![1, 9, 0x7F, 0xFF, 0xFF, 0xFF],
    ] {
        assert_eq!(forged(&position).parse::<Cursor>(), Err(NoCursor));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(500)
    })]

    #[test]
    fn a_text_is_read_as_the_cursor_it_was_made_of(
        fingerprint in any::<u64>(),
        position in prop::collection::vec(any::value(), 0..5),
    ) {
        let cursor = Cursor { fingerprint, position };
        let text = cursor.to_string();
        prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(text.parse(), Ok(cursor));
    }

    #[test]
    fn a_text_that_was_changed_is_no_cursor(
        position in prop::collection::vec(any::value(), 0..3),
        at in any::<prop::sample::Index>(),
        other in "[-_A-Za-z0-9]",
        cut in any::<prop::sample::Index>(),
    ) {
        let text = Cursor { fingerprint: 1, position }.to_string();
        let at = at.index(text.len());
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        prop_assert_eq!(changed.parse::<Cursor>().is_ok(), changed == text);
        let cut = &text[..cut.index(text.len())];
        prop_assert_eq!(cut.parse::<Cursor>(), Err(NoCursor));
        prop_assert_eq!(format!("{text}{other}").parse::<Cursor>(), Err(NoCursor));
    }

    #[test]
    fn any_text_is_read_or_not_but_never_panics(
        text in any::<String>(),
        position in prop::collection::vec(prop_oneof![any::<u8>(), 0..16_u8], 0..40),
    ) {
        prop_assert_eq!(text.parse::<Cursor>(), Err(NoCursor));
        let read = forged(&position).parse::<Cursor>();
        prop_assert_eq!(read.map(|cursor| cursor.position).ok(), bytes::read(&position));
    }
}
