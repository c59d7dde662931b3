//! Days, moments and times of day: their texts, and how their fractions of a second round.

use time::{Date, Duration, Month, PrimitiveDateTime, Time};

/// `2025-01-02`
pub(super) fn date_text(date: Date) -> String {
    let month = u8::from(date.month());
    format!("{:04}-{month:02}-{:02}", date.year(), date.day())
}

/// `2025-01-02 03:04:05.120` with exactly so many digits of the fraction.
pub(super) fn moment_text(at: PrimitiveDateTime, digits: u8) -> String {
    let (hour, minute, second) = at.time().as_hms();
    let date = date_text(at.date());
    let mut text = format!("{date} {hour:02}:{minute:02}:{second:02}");
    push_fraction(&mut text, at.microsecond(), digits);
    text
}

/// `-838:59:59.5` with exactly so many digits of the fraction.
pub(super) fn time_text(micros: i64, digits: u8) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{sign}{hour:02}:{minute:02}:{second:02}");
    // Less than a million.
    let fraction = u32::try_from(micros % 1_000_000).unwrap_or(0);
    push_fraction(&mut text, fraction, digits);
    text
}

fn push_fraction(text: &mut String, micros: u32, digits: u8) {
    if digits > 0 {
        let micros = format!("{micros:06}");
        text.push('.');
        text.extend(micros.chars().take(usize::from(digits)));
    }
}

/// Reads a date, also one with midnight behind it.
pub(super) fn read_date(text: &str) -> Option<Date> {
    let at = read_moment(text)?;
    (at.time() == Time::MIDNIGHT).then(|| at.date())
}

/// Reads a date, which is followed by a time of day or by nothing. Between them is a space or `T`;
/// a zone, if there is one, is UTC.
pub(super) fn read_moment(text: &str) -> Option<PrimitiveDateTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = day(date)?;
    if rest.is_empty() {
        return Some(date.midnight());
    }
    let rest = rest.strip_prefix([' ', 'T'])?;
    let rest = rest.strip_suffix('Z').unwrap_or(rest);
    let rest = rest.strip_suffix("+00:00").unwrap_or(rest);
    let (whole, nanos) = split_fraction(rest)?;
    let mut parts = whole.split(':');
    let hour = two_digits(parts.next()?)?;
    let minute = two_digits(parts.next()?)?;
    let second = match parts.next() {
        Some(second) => two_digits(second)?,
        // A fraction is one of seconds.
        None if whole.len() == rest.len() => 0,
        None => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let time = Time::from_hms_nano(hour, minute, second, nanos).ok()?;
    Some(PrimitiveDateTime::new(date, time))
}

fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || !is_digits(year) {
        return None;
    }
    let month = Month::try_from(two_digits(month)?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, two_digits(day)?).ok()
}

/// Reads a time of day or a span, in microseconds.
pub(super) fn read_time(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, nanos) = split_fraction(text)?;
    let mut parts = whole.split(':');
    let hour = parts.next()?;
    let minute = two_digits(parts.next()?)?;
    let second = parts.next().map_or(Some(0), two_digits)?;
    let is_time = (2..=3).contains(&hour.len()) && is_digits(hour) && minute < 60 && second < 60;
    if parts.next().is_some() || !is_time || nanos % 1000 != 0 {
        return None;
    }
    let hour: i64 = hour.parse().ok()?;
    let seconds = hour * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(sign * (seconds * 1_000_000 + i64::from(nanos / 1000)))
}

/// What is before the point, and the nanoseconds behind it; digits behind those must be zeros.
fn split_fraction(text: &str) -> Option<(&str, u32)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((text, 0));
    };
    let cut = fraction.len().min(9);
    let (nanos, rest) = fraction.split_at_checked(cut)?;
    if !is_digits(nanos) || rest.contains(|c| c != '0') {
        return None;
    }
    Some((whole, format!("{nanos:0<9}").parse().ok()?))
}

fn two_digits(text: &str) -> Option<u8> {
    let is_pair = text.len() == 2 && is_digits(text);
    is_pair.then(|| text.parse().ok()).flatten()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The nearest moment with so many digits of the fraction; the later one of two that are equally
/// near. None behind the end of the calendar.
pub(super) fn round_moment(at: PrimitiveDateTime, digits: u8) -> Option<PrimitiveDateTime> {
    let unit = 10_u32.checked_pow(9_u32.checked_sub(digits.into())?)?;
    let over = at.nanosecond() % unit;
    let below = at.replace_nanosecond(at.nanosecond() - over).ok()?;
    if over < unit.div_ceil(2) || over == 0 {
        return Some(below);
    }
    below.checked_add(Duration::nanoseconds(unit.into()))
}

/// The nearest time with so many digits of the fraction; the one farther from zero of two that are
/// equally near.
pub(super) fn round_time(micros: i64, digits: u8) -> Option<i64> {
    let unit = 10_i64.checked_pow(6_u32.checked_sub(digits.into())?)?;
    let over = micros % unit;
    let toward_zero = micros - over;
    if over.abs() < unit - over.abs() {
        return Some(toward_zero);
    }
    if over == 0 {
        return Some(micros);
    }
    toward_zero.checked_add(unit * over.signum())
}
