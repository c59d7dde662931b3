//! Texts that are made of several values, and how they are taken apart again.

use bigdecimal::{BigDecimal, RoundingMode};
use time::{PrimitiveDateTime, Time};

use crate::catalog::ColumnType;
use crate::model::{DatePart, Entity, Expr, Field, FieldSource, NumberFormat, ValueType};
use crate::value::{Value, read_text, text};
use crate::{Error, ErrorKind, Record, Result};

/// The text of an expression, and whether a part of it is empty. None when one is NULL.
pub(super) struct Composed {
    pub(super) text: String,
    pub(super) has_empty_part: bool,
}

/// The text of a record's template. `is_read_back` says that the template is taken apart again, or
/// tells records apart: then no part but the last may contain the text behind it.
pub(super) fn compose(
    record: &Record,
    parts: &[Expr],
    is_read_back: bool,
) -> Result<Option<Composed>> {
    let mut composed = Composed {
        text: String::new(),
        has_empty_part: false,
    };
    for (i, part) in parts.iter().enumerate() {
        let Some(text) = part_text(record, part)? else {
            return Ok(None);
        };
        composed.has_empty_part |= text.is_empty();
        if is_read_back
            && let (Some((field, column_type)), Some(Expr::Constant(separator))) =
                (column_of(record.entity(), part), parts.get(i + 1))
            && !column_type.is_exact_number()
            && end(&format!("{text}{separator}"), separator, column_type) != Some(text.len())
        {
            let message = format!(
                "the text contains `{separator}`, which separates it from the next part of a key; \
                 store it without"
            );
            return Err(invalid(record.entity(), field, message));
        }
        composed.text += &text;
    }
    Ok(Some(composed))
}

fn part_text(record: &Record, part: &Expr) -> Result<Option<String>> {
    Ok(match part {
        Expr::Constant(text) => Some(text.clone()),
        Expr::Column(column) => {
            let (value, field, column_type) = held(record, *column)?;
            if value.is_null() {
                return Ok(None);
            }
            let text = text(value, column_type);
            let message = "the value has no text that could be part of another one";
            Some(text.ok_or_else(|| invalid(record.entity(), field, message))?)
        }
        Expr::NumberFormat { of, format } => {
            let (value, field, _) = formatted(record, of)?;
            if value.is_null() {
                return Ok(None);
            }
            let text = number_text(value, *format);
            Some(text.ok_or_else(|| invalid(record.entity(), field, "not a number"))?)
        }
        Expr::DateFormat { of, pattern } => {
            let (value, field, _) = formatted(record, of)?;
            if value.is_null() {
                return Ok(None);
            }
            let text = date_text(value, pattern);
            Some(text.ok_or_else(|| invalid(record.entity(), field, "not a date"))?)
        }
        Expr::Template(parts) => compose(record, parts, false)?.map(|composed| composed.text),
        _ => return Err(unsupported(record.entity())),
    })
}

/// The value of the column at a place of the source table, with its field and type.
pub(super) fn held(record: &Record, column: usize) -> Result<(&Value, &Field, &ColumnType)> {
    let entity = record.entity();
    let found = place(entity, column)
        .and_then(|(place, field)| Some((record.value(place), field, type_of(field)?)));
    let message = "an attribute is made of a column that is no field; give the column an attribute";
    found.ok_or_else(|| Error::new(ErrorKind::Unsupported, message).entity(&entity.name))
}

fn formatted<'a>(record: &'a Record, of: &Expr) -> Result<(&'a Value, &'a Field, &'a ColumnType)> {
    match of {
        Expr::Column(column) => held(record, *column),
        _ => Err(unsupported(record.entity())),
    }
}

/// The field of a column of the source table.
pub(super) fn place(entity: &Entity, column: usize) -> Option<(usize, &Field)> {
    let mut fields = entity.fields.iter().enumerate();
    fields.find(|(_, field)| field.source == FieldSource::Column(column))
}

/// The type of the column that a field is.
pub(super) const fn type_of(field: &Field) -> Option<&ColumnType> {
    match &field.value_type {
        ValueType::Column(column_type) => Some(column_type),
        _ => None,
    }
}

/// The column of a part that can be read back, as its field and type.
fn column_of<'a>(entity: &'a Entity, part: &Expr) -> Option<(&'a Field, &'a ColumnType)> {
    let field = place(entity, read_back(part)?)?.1;
    Some((field, type_of(field)?))
}

fn read_back(part: &Expr) -> Option<usize> {
    match part {
        Expr::Column(column) => Some(*column),
        Expr::NumberFormat { of, .. } => read_back(of),
        _ => None,
    }
}

/// The text of the part that is this column, in the text of a template. None when the text is not
/// one of the template.
pub(super) fn take_apart<'t>(
    entity: &Entity,
    parts: &[Expr],
    text: &'t str,
    wanted: usize,
) -> Option<&'t str> {
    let mut rest = text;
    let mut found = None;
    for (i, part) in parts.iter().enumerate() {
        if let Expr::Constant(constant) = part {
            rest = rest.strip_prefix(constant.as_str())?;
            continue;
        }
        let (own, behind) = split(entity, part, parts.get(i + 1), rest)?;
        if found.is_none() && read_back(part) == Some(wanted) {
            found = Some(own);
        }
        rest = behind;
    }
    found.filter(|_| rest.is_empty())
}

/// The text of a part, and what is behind it. None when there is no end, or none that can be told.
fn split<'t>(
    entity: &Entity,
    part: &Expr,
    next: Option<&Expr>,
    text: &'t str,
) -> Option<(&'t str, &'t str)> {
    let length = match (next, part) {
        (None, _) => text.len(),
        (Some(Expr::Constant(_)), Expr::DateFormat { pattern, .. }) => {
            pattern.iter().map(date_width).sum()
        }
        (Some(Expr::Constant(separator)), _) => end(text, separator, column_of(entity, part)?.1)?,
        (Some(_), _) => return None,
    };
    text.split_at_checked(length)
}

/// Whether the text is that of the template for some record. True also where no text tells: two
/// values without a separator, values of other rows.
pub(super) fn fits(entity: &Entity, parts: &[Expr], text: &str) -> bool {
    let mut rest = text;
    for (i, part) in parts.iter().enumerate() {
        if let Expr::Constant(constant) = part {
            match rest.strip_prefix(constant.as_str()) {
                Some(behind) => rest = behind,
                None => return false,
            }
            continue;
        }
        let next = parts.get(i + 1);
        let is_date = matches!(part, Expr::DateFormat { .. });
        let has_end = matches!(next, None | Some(Expr::Constant(_)));
        if !has_end || !is_date && column_of(entity, part).is_none() {
            return true;
        }
        match split(entity, part, next, rest) {
            Some((own, behind)) if is_text_of(entity, part, own) => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn is_text_of(entity: &Entity, part: &Expr, text: &str) -> bool {
    match part {
        Expr::DateFormat { pattern, .. } => is_date_text(text, pattern),
        // It may have more digits than the column, or fewer.
        Expr::NumberFormat { .. } => {
            let mut bytes = text.bytes();
            !text.is_empty() && bytes.all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte))
        }
        part => column_of(entity, part).is_some_and(|(_, of)| read_text(text, of).is_some()),
    }
}

fn is_date_text(text: &str, pattern: &[DatePart]) -> bool {
    let mut rest = text;
    for part in pattern {
        let Some((own, behind)) = rest.split_at_checked(date_width(part)) else {
            return false;
        };
        let fits = match part {
            DatePart::Literal(literal) => own == literal,
            _ => own.bytes().all(|byte| byte.is_ascii_digit()),
        };
        if !fits {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

/// The bytes of a part of a date.
fn date_width(part: &DatePart) -> usize {
    match part {
        DatePart::Year => 4,
        DatePart::Month | DatePart::Day | DatePart::Hour | DatePart::Minute | DatePart::Second => 2,
        DatePart::Millisecond => 3,
        DatePart::Literal(text) => text.len(),
    }
}

/// Where the text of a part ends: in front of the first separator, or, for dates, behind their width.
fn end(text: &str, separator: &str, column_type: &ColumnType) -> Option<usize> {
    let width = match column_type {
        ColumnType::Date => 10,
        ColumnType::DateTime(0) | ColumnType::Timestamp(0) => 19,
        ColumnType::DateTime(digits) | ColumnType::Timestamp(digits) => 20 + usize::from(*digits),
        _ => return text.find(separator).filter(|_| !separator.is_empty()),
    };
    text.get(width..)?.starts_with(separator).then_some(width)
}

/// A number in its format, rounded half away from zero.
pub(super) fn number_text(value: &Value, format: NumberFormat) -> Option<String> {
    let number = match value {
        Value::Bool(value) => BigDecimal::from(u8::from(*value)),
        Value::Int(number) => BigDecimal::from(*number),
        Value::Decimal(number) => number.clone(),
        _ => return None,
    };
    let rounded = |digits: u8| {
        let number = number.with_scale_round(i64::from(digits), RoundingMode::HalfUp);
        number.to_plain_string()
    };
    Some(match format {
        NumberFormat::Fixed(digits) => rounded(digits),
        NumberFormat::Padded(width) => {
            let digits = rounded(0);
            let width = usize::from(width);
            match digits.strip_prefix('-') {
                Some(digits) => {
                    let width = width.saturating_sub(1);
                    format!("-{digits:0>width$}")
                }
                None => format!("{digits:0>width$}"),
            }
        }
    })
}

/// A date in its pattern.
pub(super) fn date_text(value: &Value, pattern: &[DatePart]) -> Option<String> {
    let at = match value {
        Value::Date(date) => PrimitiveDateTime::new(*date, Time::MIDNIGHT),
        Value::DateTime(at) | Value::Timestamp(at) => *at,
        _ => return None,
    };
    let texts = pattern.iter().map(|part| match part {
        DatePart::Year => format!("{:04}", at.year()),
        DatePart::Month => format!("{:02}", u8::from(at.month())),
        DatePart::Day => format!("{:02}", at.day()),
        DatePart::Hour => format!("{:02}", at.hour()),
        DatePart::Minute => format!("{:02}", at.minute()),
        DatePart::Second => format!("{:02}", at.second()),
        DatePart::Millisecond => format!("{:03}", at.millisecond()),
        DatePart::Literal(text) => text.clone(),
    });
    Some(texts.collect())
}

pub(super) fn invalid(entity: &Entity, field: &Field, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidValue, message)
        .entity(&entity.name)
        .with("field", &field.name)
}

fn unsupported(entity: &Entity) -> Error {
    let message = "texts that are made of other rows are not built yet";
    Error::new(ErrorKind::Unsupported, message).entity(&entity.name)
}
