//! The least that a check must have compared.

use dal_shadow::ops::OpMethod;

use super::Statistics;
use super::statistics::{COUNTED, is_countable};

/// The least that a check must have compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Floors {
    pub(super) counts: Vec<(String, u64)>,
    pub(super) error_share: f64,
}

impl Floors {
    /// Refuses a floor for something that is never counted.
    ///
    /// # Errors
    /// With what there is.
    pub(super) fn refuse_unknown(&self, methods: &[&'static OpMethod]) -> Result<(), String> {
        let names = methods
            .iter()
            .map(|method| format!("{}.{}", method.entity, method.method))
            .collect::<Vec<_>>();
        let unknown = |(floor, _): &&(String, u64)| !is_countable(floor, &names);
        match self.counts.iter().find(unknown) {
            None => Ok(()),
            Some((floor, _)) => Err(format!(
                "`.floor(\"{floor}\", ..)` names nothing that is counted; there are {}, each of them with `.ok` for calls that succeeded, `errors.` with a kind, and `{}`",
                names.join(", "),
                COUNTED.join("`, `")
            )),
        }
    }

    /// The floors that were not reached when `sequences` of the `planned` ones were run, and a
    /// proposal for each.
    pub(super) fn unmet(
        &self,
        statistics: &Statistics,
        sequences: u64,
        planned: u64,
    ) -> Vec<Unmet> {
        let scale = |floor: u64| {
            if sequences >= planned {
                floor
            } else {
                floor.saturating_mul(sequences) / planned.max(1)
            }
        };
        let mut unmet = self
            .counts
            .iter()
            .map(|(name, floor)| (name, *floor, scale(*floor), statistics.counted(name)))
            .filter(|(.., floor, count)| count < floor)
            .map(|(name, set, floor, count)| Unmet {
                text: if set == floor {
                    format!("`{name}`: {count}, not {floor}")
                } else {
                    format!("`{name}`: {count}, not {floor} ({set} for {planned} sequences)")
                },
                proposal: format!(".floor(\"{name}\", {})", half(count, sequences, planned)),
            })
            .collect::<Vec<_>>();
        let share = statistics.error_rate();
        if share < self.error_share {
            unmet.push(Unmet {
                text: format!(
                    "{:.1} % of the compared answers were errors, not {:.1} %",
                    share * 100.0,
                    self.error_share * 100.0
                ),
                proposal: format!(".error_floor({:.3})", share / 2.0),
            });
        }
        unmet
    }
}

/// A floor that was not reached.
pub(super) struct Unmet {
    pub(super) text: String,
    pub(super) proposal: String,
}

/// Half of what was seen, for the planned number of sequences: what other seeds reach as well.
fn half(count: u64, sequences: u64, planned: u64) -> u64 {
    if sequences >= planned {
        count / 2
    } else {
        count.saturating_mul(planned) / sequences.max(1) / 2
    }
}
