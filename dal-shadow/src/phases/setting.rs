//! What a phase source says: a phase for each entity, and how many of its reads are compared.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::Phase;

/// The name that stands for every entity that is not named itself.
pub const EVERY_OTHER: &str = "*";

/// The phase of an entity and the share of its reads that is compared.
///
/// As text: `shadow-read`, or `shadow-read@5` for five per cent. With `!` at the end, as in
/// `dynamodb-read!` or `dynamodb-read@5!`, a step that the source asks for is taken without the
/// evidence that it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The phase.
    pub phase: Phase,
    /// Per cent of the reads that are compared, from 0 to 100. Sticky by the record's key: raising
    /// 5 to 10 keeps the first 5.
    pub sample: f64,
    /// Whether the step to the phase is taken even when comparisons speak against it, or say too
    /// little. Never past a store that lacks records.
    pub forced: bool,
}

impl Setting {
    /// The phase, with every read compared.
    pub const fn all(phase: Phase) -> Self {
        Self {
            phase,
            sample: 100.0,
            forced: false,
        }
    }
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, forced) = match text.trim().strip_suffix('!') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let Some((phase, sample)) = text.split_once('@') else {
            let all = Self::all(text.trim().parse()?);
            return Ok(Self { forced, ..all });
        };
        let percent: f64 = sample
            .trim()
            .trim_end_matches('%')
            .parse()
            .map_err(|_| format!("`{sample}` is no percentage; write `{}@5`", phase.trim()))?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(format!("{percent} is not between 0 and 100 per cent"));
        }
        Ok(Self {
            phase: phase.trim().parse()?,
            sample: percent,
            forced,
        })
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sample < 100.0 {
            write!(f, "{}@{}", self.phase, self.sample)?;
        } else {
            write!(f, "{}", self.phase)?;
        }
        f.write_str(if self.forced { "!" } else { "" })
    }
}

impl Serialize for Setting {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A setting for each entity. `*` stands for every entity that is not named; without it such an
/// entity has no phase, and its calls wait for one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Phases(BTreeMap<String, Setting>);

impl<'de> Deserialize<'de> for Phases {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

/// Reads a map in which no entity is named twice: of two settings one would be ignored unseen.
struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Phases;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a phase for each entity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Phases, A::Error> {
        let mut phases = BTreeMap::new();
        while let Some((entity, setting)) = map.next_entry::<String, Setting>()? {
            if phases.contains_key(&entity) {
                let twice = format!("the entity `{entity}` is named twice; keep one of the two");
                return Err(serde::de::Error::custom(twice));
            }
            phases.insert(entity, setting);
        }
        Ok(Phases(phases))
    }
}

impl Phases {
    /// The same for every entity.
    pub fn all(setting: Setting) -> Self {
        Self::from_iter([(EVERY_OTHER.to_owned(), setting)])
    }

    /// Reads `{"user": "shadow-read@5", "*": "mysql-only"}`.
    ///
    /// # Errors
    /// With place and reason, when the text is anything else, or names no entity at all.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let phases: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        phases.checked()
    }

    /// Reads `user=shadow-read@5,*=mysql-only`.
    ///
    /// # Errors
    /// With the reason, when the text is anything else, or names no entity at all.
    pub fn from_list(text: &str) -> Result<Self, String> {
        let mut phases = BTreeMap::new();
        for entry in text.split(',').filter(|entry| !entry.trim().is_empty()) {
            let (entity, setting) = entry
                .split_once('=')
                .ok_or_else(|| format!("`{entry}` is not `entity=phase`"))?;
            let entity = entity.trim().to_owned();
            let setting = setting.trim().parse()?;
            if phases.insert(entity.clone(), setting).is_some() {
                return Err(format!("`{entity}` is named twice"));
            }
        }
        Self(phases).checked()
    }

    /// The setting of an entity.
    pub fn get(&self, entity: &str) -> Option<Setting> {
        self.0
            .get(entity)
            .or_else(|| self.0.get(EVERY_OTHER))
            .copied()
    }

    /// The entities that are named, `*` among them.
    pub fn entities(&self) -> impl Iterator<Item = (&str, Setting)> {
        self.0
            .iter()
            .map(|(name, setting)| (name.as_str(), *setting))
    }

    pub(crate) fn set(&mut self, entity: &str, setting: Setting) {
        self.0.insert(entity.to_owned(), setting);
    }

    fn checked(self) -> Result<Self, String> {
        if self.0.is_empty() {
            return Err("no entity is named".to_owned());
        }
        Ok(self)
    }
}

impl FromIterator<(String, Setting)> for Phases {
    fn from_iter<I: IntoIterator<Item = (String, Setting)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_phase_and_a_percentage() {
        let setting: Setting = "shadow-read@5%".parse().unwrap();
        assert_eq!(setting.phase, Phase::ShadowRead);
        assert!((setting.sample - 5.0).abs() < f64::EPSILON);
        assert_eq!(setting.to_string(), "shadow-read@5");
        assert_eq!("dual-write".parse(), Ok(Setting::all(Phase::DualWrite)));
        for wrong in [
            "",
            "shadow",
            "shadow-read@",
            "shadow-read@101",
            "shadow-read@NaN",
            "!",
            "shadow-read!@5",
            "shadow-read!!",
        ] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_exclamation_mark_forces_a_step() {
        let all: Setting = "dynamodb-read!".parse().unwrap();
        assert!(all.forced && all.phase == Phase::DynamoDbRead);
        assert_eq!(all.to_string(), "dynamodb-read!");
        for text in ["dynamodb-read@5!", " dynamodb-read@5%! "] {
            let some: Setting = text.parse().unwrap();
            assert!(some.forced && (some.sample - 5.0).abs() < f64::EPSILON);
            assert_eq!(some.to_string(), "dynamodb-read@5!");
        }
        assert!(!"dynamodb-read@5".parse::<Setting>().unwrap().forced);
    }

    #[test]
    fn phases_are_read_from_json_and_from_a_list() {
        let json = Phases::from_json(r#"{"user": "shadow-read@5", "*": "mysql-only"}"#).unwrap();
        let list = Phases::from_list("user=shadow-read@5, *=mysql-only").unwrap();
        assert_eq!(json, list);
        assert_eq!(json.get("order"), Some(Setting::all(Phase::MySqlOnly)));
        assert_eq!(json.get("user").map(|s| s.phase), Some(Phase::ShadowRead));
        let named = Phases::from_list("user=dual-write").unwrap();
        assert_eq!(named.get("order"), None);
    }

    #[test]
    fn garbage_is_refused_with_a_reason() {
        assert!(Phases::from_json("{}").unwrap_err().contains("no entity"));
        let wrong = Phases::from_json(r#"{"user": "shadow"}"#).unwrap_err();
        assert!(
            wrong.contains("no phase") && wrong.contains("line 1"),
            "{wrong}"
        );
        let twice = r#"{"user": "mysql-only", "order": "mysql-only", "user": "dual-write"}"#;
        let wrong = Phases::from_json(twice).unwrap_err();
        assert!(wrong.contains("`user` is named twice"), "{wrong}");
        assert!(Phases::from_list("user").is_err());
        assert!(Phases::from_list("user=dual-write,user=dual-write").is_err());
    }
}
