//! Lines, grouped by the defect that they report.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use serde::Serialize;

use super::line::Line;

/// Everything that the files contain.
#[derive(Default)]
pub(super) struct Summary {
    groups: BTreeMap<Key, Seen>,
    lines: u64,
    unreadable: u64,
    torn: u64,
}

/// Of one defect. The fingerprint alone would do, but rows are ordered by the rest first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    entity: String,
    method: String,
    outcome: String,
    detail: Option<String>,
    fingerprint: String,
}

#[derive(Default)]
struct Seen {
    paths: BTreeSet<String>,
    /// How often at least, by the time of the first one. A process counts on from there, and writes
    /// its count at the 1st, 2nd, 4th … time; another process has another first time.
    counts: BTreeMap<u64, u64>,
    last: u64,
}

/// The summary in the shape that `--format json` prints.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) lines: u64,
    pub(super) unreadable_lines: u64,
    /// Of these, the last ones of their files.
    pub(super) torn_last_lines: u64,
    /// Where answers differ, the most frequent first: one defect differs in many combinations of
    /// places, and each combination is a fingerprint of its own.
    pub(super) places: Vec<Place>,
    pub(super) groups: Vec<Group>,
}

/// A place of a method.
#[derive(Serialize)]
pub(super) struct Place {
    pub(super) entity: String,
    pub(super) method: String,
    /// Without indices and keys; empty is the answer itself.
    pub(super) path: String,
    /// At least.
    pub(super) count: u64,
    pub(super) fingerprints: u64,
}

/// One defect.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) entity: String,
    pub(super) method: String,
    pub(super) outcome: String,
    pub(super) detail: Option<String>,
    pub(super) fingerprint: String,
    /// Where the answers differ, without indices and keys; empty is the answer itself.
    pub(super) paths: Vec<String>,
    /// At least: a sink writes the 1st, 2nd, 4th, 8th … time only.
    pub(super) count: u64,
    pub(super) first_seen_ms: u64,
    pub(super) last_seen_ms: u64,
}

impl Summary {
    /// Adds a file. A line that cannot be read is counted and passed over.
    pub(super) fn read(&mut self, file: &Path) -> io::Result<()> {
        let mut reader = BufReader::new(File::open(file)?);
        let mut line = Vec::new();
        let mut last_is_torn = false;
        while reader.read_until(b'\n', &mut line)? > 0 {
            let text = line.trim_ascii();
            if !text.is_empty() {
                self.lines += 1;
                let read = serde_json::from_slice::<Line>(text);
                last_is_torn = read.is_err();
                match read {
                    Ok(line) => self.add(line),
                    Err(_) => self.unreadable += 1,
                }
            }
            line.clear();
        }
        self.torn += u64::from(last_is_torn);
        Ok(())
    }

    fn add(&mut self, line: Line) {
        let key = Key {
            entity: line.entity,
            method: line.method,
            outcome: line.outcome,
            detail: line.detail,
            fingerprint: line.fingerprint,
        };
        let seen = self.groups.entry(key).or_default();
        seen.paths
            .extend(line.differences.into_iter().map(|place| place.shape));
        let count = seen.counts.entry(line.first_seen_ms).or_default();
        *count = line.count.max(*count);
        seen.last = seen.last.max(line.last_seen_ms);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Whether there are lines, and none of them is a record.
    pub(super) fn is_unreadable(&self) -> bool {
        self.lines > 0 && self.lines == self.unreadable
    }

    pub(super) fn report(&self) -> Report {
        let groups = self.groups.iter().map(|(key, seen)| Group {
            entity: key.entity.clone(),
            method: key.method.clone(),
            outcome: key.outcome.clone(),
            detail: key.detail.clone(),
            fingerprint: key.fingerprint.clone(),
            paths: seen.paths.iter().cloned().collect(),
            count: seen.counts.values().sum(),
            first_seen_ms: seen.counts.keys().next().copied().unwrap_or_default(),
            last_seen_ms: seen.last,
        });
        let groups: Vec<Group> = groups.collect();
        Report {
            places: places(&groups),
            lines: self.lines,
            unreadable_lines: self.unreadable,
            torn_last_lines: self.torn,
            groups,
        }
    }
}

fn places(groups: &[Group]) -> Vec<Place> {
    let mut known: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    for group in groups {
        for path in &group.paths {
            let place = (group.entity.as_str(), group.method.as_str(), path.as_str());
            let (count, fingerprints) = known.entry(place).or_default();
            *count += group.count;
            *fingerprints += 1;
        }
    }
    let place = |((entity, method, path), (count, fingerprints)): ((&str, &str, &str), _)| Place {
        entity: entity.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        count,
        fingerprints,
    };
    let mut places: Vec<_> = known.into_iter().map(place).collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.count));
    places
}
