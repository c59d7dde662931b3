//! Bytes that stand for a value.

use std::io::Write;

use super::Value;

/// Appends bytes that two values of one field share exactly when they are equal, the same in every
/// process: for fingerprints and for keys of maps. Values may follow each other without ambiguity.
pub fn canonical(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.push(b'-'),
        Value::Bool(value) => into.push(if *value { b'1' } else { b'0' }),
        Value::Int(value) => tagged(b'i', value.to_string().as_bytes(), into),
        Value::Decimal(value) => {
            tagged(b'd', value.normalized().to_string().as_bytes(), into);
        }
        Value::Float(value) => tagged(b'f', &value.to_bits().to_be_bytes(), into),
        Value::Text(value) => tagged(b't', value.as_bytes(), into),
        Value::Set(labels) => {
            counted(b's', labels.len(), into);
            for label in labels {
                tagged(b't', label.as_bytes(), into);
            }
        }
        Value::Bytes(value) => tagged(b'b', value, into),
        Value::Date(value) => tagged(b'y', value.to_julian_day().to_string().as_bytes(), into),
        Value::DateTime(value) => moment(b'm', *value, into),
        Value::Timestamp(value) => moment(b'u', *value, into),
        Value::Time(value) => tagged(b'h', value.to_string().as_bytes(), into),
        Value::Json(value) => json(value, into),
        Value::Rows(rows) => {
            counted(b'r', rows.len(), into);
            for row in rows {
                counted(b'v', row.len(), into);
                for value in row {
                    canonical(value, into);
                }
            }
        }
    }
}

fn moment(tag: u8, value: time::PrimitiveDateTime, into: &mut Vec<u8>) {
    let nanoseconds = value.assume_utc().unix_timestamp_nanos();
    tagged(tag, nanoseconds.to_string().as_bytes(), into);
}

/// The members of an object are a set: their order says nothing.
fn json(value: &serde_json::Value, into: &mut Vec<u8>) {
    match value {
        serde_json::Value::Array(items) => {
            counted(b'a', items.len(), into);
            for item in items {
                json(item, into);
            }
        }
        serde_json::Value::Object(members) => {
            counted(b'o', members.len(), into);
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            for (name, member) in sorted {
                tagged(b't', name.as_bytes(), into);
                json(member, into);
            }
        }
        other => tagged(b'j', other.to_string().as_bytes(), into),
    }
}

fn tagged(tag: u8, bytes: &[u8], into: &mut Vec<u8>) {
    counted(tag, bytes.len(), into);
    into.extend_from_slice(bytes);
}

/// Writing to a vector cannot fail.
fn counted(tag: u8, count: usize, into: &mut Vec<u8>) {
    into.push(tag);
    let _ = write!(into, "{count}:");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for value in values {
            canonical(value, &mut bytes);
        }
        bytes
    }

    #[test]
    fn equal_values_share_their_bytes() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        assert_eq!(of(&[decimal("12.50")]), of(&[decimal("12.5")]));
        assert_eq!(of(&[decimal("100")]), of(&[decimal("1e2")]));
        let json = |text: &str| Value::Json(serde_json::from_str(text).unwrap());
        assert_eq!(
            of(&[json(r#"{"a":1,"b":2}"#)]),
            of(&[json(r#"{"b":2,"a":1}"#)])
        );
    }

    #[test]
    fn other_values_have_other_bytes_also_one_behind_the_other() {
        let text = |text: &str| Value::Text(text.to_owned());
        let all = [
            of(&[text("ab"), text("c")]),
            of(&[text("a"), text("bc")]),
            of(&[text("abc")]),
            of(&[Value::Set(vec!["a".into(), "b".into()])]),
            of(&[Value::Set(vec!["a".into()]), text("b")]),
            of(&[Value::Int(1)]),
            of(&[Value::Bool(true)]),
            of(&[Value::Null]),
            of(&[]),
        ];
        for (i, one) in all.iter().enumerate() {
            for other in &all[..i] {
                assert_ne!(one, other);
            }
        }
    }
}
