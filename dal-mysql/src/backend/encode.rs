//! From values to what sqlx binds.

use bigdecimal::BigDecimal;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};
use sqlx::Arguments;
use sqlx::mysql::MySqlArguments;
use sqlx::mysql::types::{MySqlTime, MySqlTimeSign};

/// Microseconds of an hour, a minute, a second.
const HOUR: u64 = 60 * MINUTE;
const MINUTE: u64 = 60 * SECOND;
const SECOND: u64 = 1_000_000;

/// Binds a value: as its own type, so that MySQL converts nothing.
pub(super) fn bind(arguments: &mut MySqlArguments, value: &Value) -> Result<()> {
    let bound = match value {
        Value::Null => arguments.add(None::<&str>),
        Value::Bool(value) => arguments.add(i8::from(*value)),
        Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
            (Ok(value), _) => arguments.add(value),
            (_, Ok(value)) => arguments.add(value),
            _ => arguments.add(BigDecimal::from(*value)),
        },
        Value::Decimal(value) => arguments.add(Plain(value)),
        Value::Float(value) => arguments.add(*value),
        Value::Text(value) => arguments.add(value.as_str()),
        Value::Set(labels) => arguments.add(labels.join(",")),
        Value::Bytes(value) => arguments.add(value.as_slice()),
        Value::Date(value) => arguments.add(*value),
        // The zone of the session is UTC.
        Value::DateTime(value) | Value::Timestamp(value) => arguments.add(*value),
        Value::Time(value) => match time(*value) {
            Some(value) => arguments.add(value),
            None => return Err(refused("a TIME is at most 838:59:59")),
        },
        Value::Json(value) => arguments.add(value.to_string()),
        _ => return Err(refused("a list of children is no value of a column")),
    };
    bound.map_err(|_| refused("MySQL has no such date, or the value is too long to send"))
}

/// A decimal in plain digits: MySQL reads no exponent here.
struct Plain<'a>(&'a BigDecimal);

impl sqlx::Type<sqlx::MySql> for Plain<'_> {
    fn type_info() -> sqlx::mysql::MySqlTypeInfo {
        <BigDecimal as sqlx::Type<sqlx::MySql>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::MySql> for Plain<'_> {
    fn encode_by_ref(
        &self,
        buffer: &mut Vec<u8>,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        let text = self.0.to_plain_string();
        <&str as sqlx::Encode<'_, sqlx::MySql>>::encode_by_ref(&text.as_str(), buffer)
    }
}

fn time(microseconds: i64) -> Option<MySqlTime> {
    let sign = if microseconds < 0 {
        MySqlTimeSign::Negative
    } else {
        MySqlTimeSign::Positive
    };
    let all = microseconds.unsigned_abs();
    MySqlTime::new(
        sign,
        u32::try_from(all / HOUR).ok()?,
        u8::try_from(all % HOUR / MINUTE).ok()?,
        u8::try_from(all % MINUTE / SECOND).ok()?,
        u32::try_from(all % SECOND).ok()?,
    )
    .ok()
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, message)
}
