//! The least that a check must have compared.

use dal_shadow::ops::OpMethod;

use super::Statistics;
use super::statistics::{COUNTED, is_countable, methods_of};

/// The least that a check must have compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Floors {
    pub(super) counts: Vec<(String, u64)>,
    pub(super) error_share: f64,
}

impl Floors {
    /// Refuses a floor for something that is never counted, or for methods of several entities.
    ///
    /// # Errors
    /// With what there is.
    pub(super) fn refuse_unknown(&self, methods: &[&'static OpMethod]) -> Result<(), String> {
        let names = methods
            .iter()
            .map(|method| format!("{}.{}", method.entity, method.method))
            .collect::<Vec<_>>();
        for (floor, _) in &self.counts {
            if !is_countable(floor, &names) {
                return Err(format!(
                    "`.floor(\"{floor}\", ..)` names nothing that is counted; there are {}, each of them with `.ok` for calls that succeeded, `errors.` with a kind, and `{}`",
                    names.join(", "),
                    COUNTED.join("`, `")
                ));
            }
            let meant = methods_of(floor, &names);
            if meant.len() > 1 {
                return Err(format!(
                    "`.floor(\"{floor}\", ..)` names methods of several entities: write one floor for each of {}",
                    meant.join(", ")
                ));
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn method(entity: &'static str, method: &'static str) -> OpMethod {
        OpMethod {
            repository: "Repository",
            entity,
            method,
            write: true,
            mirror: false,
            creates: &[],
            token: None,
            handles: &[],
            ids: &[],
            generated: &[],
            ignore: &[],
            unordered: &[],
            normalize: &[],
        }
    }

    static INVOICE: OpMethod = method("invoice", "remove");
    static PAYMENT: OpMethod = method("payment", "remove");

    fn refused(floor: &str, methods: &[&'static OpMethod]) -> Option<String> {
        let floors = Floors {
            counts: vec![(floor.to_owned(), 1)],
            error_share: 0.0,
        };
        floors.refuse_unknown(methods).err()
    }

    #[test]
    fn a_floor_names_the_method_of_one_entity() {
        let both = [&INVOICE, &PAYMENT];
        assert_eq!(refused("remove", &[&INVOICE]), None);
        assert_eq!(refused("remove.ok", &[&INVOICE]), None);
        assert_eq!(refused("payment.remove", &both), None);
        assert_eq!(refused("payment.remove.ok", &both), None);
        assert_eq!(refused("errors.not_found", &both), None);
        for ambiguous in ["remove", "remove.ok"] {
            let why = refused(ambiguous, &both).unwrap();
            assert!(why.contains("invoice.remove, payment.remove"), "{why}");
        }
        assert!(refused("removed", &both).is_some());
    }
}
