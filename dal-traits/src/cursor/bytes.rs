//! Values as bytes, and back.

use bigdecimal::BigDecimal;
use time::{Date, PrimitiveDateTime, Time};

use crate::value::Value;

// The first byte of a value.
const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const DECIMAL: u8 = 4;
const FLOAT: u8 = 5;
const TEXT: u8 = 6;
const SET: u8 = 7;
const BYTES: u8 = 8;
const DATE: u8 = 9;
const DATE_TIME: u8 = 10;
const TIMESTAMP: u8 = 11;
const TIME: u8 = 12;
const JSON: u8 = 13;
const ROWS: u8 = 14;

/// Values inside each other: a value, and one of a row.
const DEPTH: u8 = 2;

/// Appends the values.
pub(super) fn write(values: &[Value], bytes: &mut Vec<u8>) {
    write_length(values.len(), bytes);
    for value in values {
        write_value(value, bytes);
    }
}

fn write_value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(NULL),
        Value::Bool(value) => bytes.push(if *value { TRUE } else { FALSE }),
        Value::Int(number) => write_text(INT, &number.to_string(), bytes),
        Value::Decimal(number) => write_text(DECIMAL, &number.to_string(), bytes),
        Value::Float(number) => {
            bytes.push(FLOAT);
            bytes.extend(number.to_bits().to_be_bytes());
        }
        Value::Text(text) => write_text(TEXT, text, bytes),
        Value::Set(labels) => {
            bytes.push(SET);
            write_length(labels.len(), bytes);
            for label in labels {
                write_bytes(label.as_bytes(), bytes);
            }
        }
        Value::Bytes(own) => {
            bytes.push(BYTES);
            write_bytes(own, bytes);
        }
        Value::Date(date) => {
            bytes.push(DATE);
            bytes.extend(date.to_julian_day().to_be_bytes());
        }
        Value::DateTime(at) => write_moment(DATE_TIME, *at, bytes),
        Value::Timestamp(at) => write_moment(TIMESTAMP, *at, bytes),
        Value::Time(micros) => {
            bytes.push(TIME);
            bytes.extend(micros.to_be_bytes());
        }
        Value::Json(json) => write_text(JSON, &json.to_string(), bytes),
        Value::Rows(rows) => {
            bytes.push(ROWS);
            write_length(rows.len(), bytes);
            for row in rows {
                write(row, bytes);
            }
        }
    }
}

fn write_text(tag: u8, text: &str, bytes: &mut Vec<u8>) {
    bytes.push(tag);
    write_bytes(text.as_bytes(), bytes);
}

fn write_bytes(own: &[u8], bytes: &mut Vec<u8>) {
    write_length(own.len(), bytes);
    bytes.extend(own);
}

/// Seven bits in a byte, the least first; the eighth says that another byte follows.
fn write_length(mut length: usize, bytes: &mut Vec<u8>) {
    loop {
        // At most 127.
        let low = u8::try_from(length & 0x7F).unwrap_or_default();
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn write_moment(tag: u8, at: PrimitiveDateTime, bytes: &mut Vec<u8>) {
    let (hour, minute, second, nanos) = at.time().as_hms_nano();
    bytes.push(tag);
    bytes.extend(at.date().to_julian_day().to_be_bytes());
    bytes.extend([hour, minute, second]);
    bytes.extend(nanos.to_be_bytes());
}

/// Reads values up to the end. None when the bytes are others.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Value>> {
    let mut reader = Reader { rest: bytes };
    let values = reader.values(DEPTH)?;
    reader.rest.is_empty().then_some(values)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn values(&mut self, depth: u8) -> Option<Vec<Value>> {
        let count = self.length()?;
        (0..count).map(|_| self.value(depth)).collect()
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let [tag] = self.array()?;
        Some(match tag {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Int(self.text()?.parse().ok()?),
            DECIMAL => Value::Decimal(decimal(self.text()?)?),
            FLOAT => Value::Float(f64::from_bits(u64::from_be_bytes(self.array()?))),
            TEXT => Value::Text(self.text()?.to_owned()),
            SET => {
                let count = self.length()?;
                let labels = (0..count).map(|_| self.text().map(str::to_owned));
                Value::Set(labels.collect::<Option<_>>()?)
            }
            BYTES => Value::Bytes(self.bytes()?.to_vec()),
            DATE => Value::Date(self.date()?),
            DATE_TIME => Value::DateTime(self.moment()?),
            TIMESTAMP => Value::Timestamp(self.moment()?),
            TIME => Value::Time(i64::from_be_bytes(self.array()?)),
            JSON => Value::Json(serde_json::from_str(self.text()?).ok()?),
            ROWS => {
                let count = self.length()?;
                let rows = (0..count).map(|_| self.values(depth));
                Value::Rows(rows.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn date(&mut self) -> Option<Date> {
        Date::from_julian_day(i32::from_be_bytes(self.array()?)).ok()
    }

    fn moment(&mut self) -> Option<PrimitiveDateTime> {
        let date = self.date()?;
        let [hour, minute, second] = self.array()?;
        let nanos = u32::from_be_bytes(self.array()?);
        let time = Time::from_hms_nano(hour, minute, second, nanos).ok()?;
        Some(PrimitiveDateTime::new(date, time))
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (own, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(own)
    }

    fn length(&mut self) -> Option<usize> {
        let mut length: usize = 0;
        for shift in (0..28).step_by(7) {
            let [byte] = self.array()?;
            length |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(length);
            }
        }
        None
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (own, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*own)
    }
}

/// A decimal of MySQL's size: the digits of others could fill the memory.
fn decimal(text: &str) -> Option<BigDecimal> {
    let number: BigDecimal = (text.len() <= 100).then(|| text.parse().ok())??;
    let is_near = (-100..=100).contains(&number.fractional_digit_count());
    is_near.then_some(number)
}
