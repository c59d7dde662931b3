//! Which findings are the same one again.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::time::SystemTime;

use xxhash_rust::xxh3::xxh3_64;

use super::Finding;
use crate::tree::answer::ERROR_WORD;
use crate::tree::{Difference, Tree};

/// So many findings are told apart; of more, the one not seen for longest is forgotten.
const MAX_KNOWN: usize = 1024;

/// What two records of the same defect have in common: entity, method, outcome, and the places
/// and types that differ. It holds no value, no key and no index, and is stable across processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Fingerprint {
    pub(super) fn of(finding: &Finding) -> Self {
        let places: BTreeSet<String> = finding.differences.iter().map(place).collect();
        let head = [finding.entity, finding.method, finding.outcome.as_str()];
        let detail = finding.outcome.detail();
        let parts = head
            .into_iter()
            .chain(detail)
            .chain(places.iter().map(String::as_str));
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(0);
        }
        // The same in every process and version, and nothing secret goes in.
        Self(xxh3_64(&bytes))
    }
}

fn place(difference: &Difference) -> String {
    let side = |tree: &Option<Tree>| tree.as_ref().map_or("absent".to_owned(), sort_of);
    format!(
        "{} {} {}",
        difference.path.shape(),
        side(&difference.primary),
        side(&difference.secondary)
    )
}

/// The kind of value; of an error, its kind and its code where that is a word of the program.
fn sort_of(tree: &Tree) -> String {
    let word = |name| match tree.field(name) {
        Some(Tree::Variant {
            name: ERROR_WORD,
            variant,
            ..
        }) => Some(*variant),
        _ => None,
    };
    match word("kind") {
        Some(kind) => format!("{kind}.{}", word("code").unwrap_or("-")),
        None => tree.kind().to_owned(),
    }
}

/// How often a finding was made, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How often, this time included.
    pub count: u64,
    /// When first.
    pub first: SystemTime,
    /// When last.
    pub last: SystemTime,
}

impl Seen {
    /// Whether this is the 1st, 2nd, 4th, 8th … time: sinks that write every finding would let
    /// one defect drown the others.
    pub const fn is_news(&self) -> bool {
        self.count.is_power_of_two()
    }
}

/// The findings made so far, bounded.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Fingerprint, Seen>);

impl Known {
    pub(super) fn note(&mut self, fingerprint: Fingerprint, at: SystemTime) -> Seen {
        if self.0.len() >= MAX_KNOWN && !self.0.contains_key(&fingerprint) {
            let oldest = self.0.iter().min_by_key(|(_, seen)| seen.last);
            if let Some(oldest) = oldest.map(|(fingerprint, _)| *fingerprint) {
                self.0.remove(&oldest);
            }
        }
        let seen = self.0.entry(fingerprint).or_insert(Seen {
            count: 0,
            first: at,
            last: at,
        });
        seen.count = seen.count.saturating_add(1);
        seen.last = seen.last.max(at);
        *seen
    }
}
