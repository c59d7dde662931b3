//! The last day of a rule.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day in UTC, written `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    date: u8,
}

const SECONDS_OF_A_DAY: u64 = 86_400;

impl Day {
    /// Reads `YYYY-MM-DD`, from 1970 on.
    ///
    /// # Errors
    /// With the reason, when the text is no such day.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| format!("`{text}` is not a day written like 2027-03-31"))
    }

    fn read(text: &str) -> Option<Self> {
        let [year, month, date] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
        if (year.len(), month.len(), date.len()) != (4, 2, 2) {
            return None;
        }
        let day = Self {
            year: year.parse().ok()?,
            month: month.parse().ok()?,
            date: date.parse().ok()?,
        };
        let real = day.year >= 1970
            && day.date >= 1
            && day.date <= length_of(day.year, day.month).unwrap_or(0);
        real.then_some(day)
    }

    /// Whether this day has ended at `now`.
    pub fn is_over(self, now: SystemTime) -> bool {
        let end = Duration::from_secs((self.since_1970() + 1) * SECONDS_OF_A_DAY);
        SystemTime::UNIX_EPOCH
            .checked_add(end)
            .is_some_and(|end| now >= end)
    }

    /// Days from 1970-01-01 to this one.
    fn since_1970(self) -> u64 {
        let years: u64 = (1970..self.year)
            .map(|year| if is_leap(year) { 366 } else { 365 })
            .sum();
        let months: u64 = (1..self.month)
            .filter_map(|month| length_of(self.year, month))
            .map(u64::from)
            .sum();
        years + months + u64::from(self.date) - 1
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn length_of(year: u16, month: u8) -> Option<u8> {
    match month {
        4 | 6 | 9 | 11 => Some(30),
        2 if is_leap(year) => Some(29),
        2 => Some(28),
        1..=12 => Some(31),
        _ => None,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.date)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
