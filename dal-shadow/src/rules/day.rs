//! The last day of a rule.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::BorrowedFormatItem;
use time::macros::{date, format_description};
use time::{Date, OffsetDateTime};

/// A day in UTC, written `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

const WRITTEN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// Earlier days are mistyped.
const FIRST: Date = date!(1970 - 01 - 01);

impl Day {
    /// Reads `YYYY-MM-DD`, from 1970 on.
    ///
    /// # Errors
    /// With the reason, when the text is no such day.
    pub fn parse(text: &str) -> Result<Self, String> {
        Date::parse(text, WRITTEN)
            .ok()
            .filter(|day| *day >= FIRST)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a day written like 2027-03-31"))
    }

    /// Whether this day has ended at `now`.
    pub fn is_over(self, now: SystemTime) -> bool {
        OffsetDateTime::from(now).date() > self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
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
