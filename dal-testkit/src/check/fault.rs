//! What was found in one sequence.

use std::collections::BTreeSet;

use dal_shadow::answer::Answer;
use dal_shadow::ops::OpMethod;

use super::FailureKind;

/// What was found, and at which step.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: FailureKind,
    pub(super) at: usize,
    pub(super) summary: String,
    pub(super) differences: Vec<String>,
    pub(super) answers: Vec<(String, String)>,
    pub(super) help: Vec<String>,
    /// What the calls before it returned.
    pub(super) earlier: Vec<Earlier>,
    /// `entity.method`, where a method is to blame.
    method: Option<String>,
    /// The differing fields, or the kinds of the two outcomes.
    places: BTreeSet<String>,
    /// How an inconclusive fault counts.
    pub(super) weight: Weight,
    /// The call that shows it, where it is made on both stores after the last step.
    pub(super) after: Option<String>,
}

/// What one of the calls before a fault returned.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    pub(super) step: usize,
    /// `Ok(..)` or the error; of both stores, where they return different ids.
    pub(super) text: String,
    /// It succeeded, so the slots that it creates are bound.
    pub(super) is_value: bool,
}

impl Earlier {
    pub(super) fn of<const N: usize>(step: usize, answers: [&Answer; N]) -> Self {
        let mut texts: Vec<_> = answers.iter().copied().map(short).collect();
        texts.dedup();
        Self {
            step,
            text: texts.join(" | "),
            is_value: answers
                .iter()
                .all(|answer| matches!(answer, Answer::Value(_))),
        }
    }
}

/// An answer in so many characters at most.
const SHORT: usize = 60;

fn short(answer: &Answer) -> String {
    let text = match answer {
        Answer::Value(value) => format!("Ok({value})"),
        Answer::Error(_) => outcome_of(answer).trim_end().to_owned(),
        other => other.to_tree().to_string(),
    };
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// How an inconclusive fault counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// A small share of the sequences may end so.
    Tolerable,
    /// One store gave no clear answer to a write that may have been applied, and the other one did:
    /// a difference when it stays so on fresh stores.
    OneSided(String),
    /// It fails the run: nothing that comes later can show what was missed.
    Decisive,
}

impl Fault {
    pub(super) fn new(kind: FailureKind, at: usize, summary: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            summary: summary.into(),
            differences: Vec::new(),
            answers: Vec::new(),
            help: Vec::new(),
            earlier: Vec::new(),
            method: None,
            places: BTreeSet::new(),
            weight: Weight::Tolerable,
            after: None,
        }
    }

    /// Names the method to blame.
    pub(super) fn of(mut self, method: &OpMethod) -> Self {
        self.method = Some(format!("{}.{}", method.entity, method.method));
        self
    }

    /// The entity of the method to blame.
    pub(super) fn entity(&self) -> Option<String> {
        let (entity, _) = self.method.as_deref()?.split_once('.')?;
        Some(entity.to_owned())
    }

    /// Names the places that tell this fault from another one of the same method.
    pub(super) fn places(mut self, places: impl IntoIterator<Item = String>) -> Self {
        self.places.extend(places);
        self
    }

    /// Names the answers of two stores.
    pub(super) fn answered(mut self, names: [&str; 2], answers: [&Answer; 2]) -> Self {
        for (name, answer) in names.into_iter().zip(answers) {
            let text = match answer {
                Answer::Value(value) => format!("Ok({value})"),
                other => other.to_tree().to_string(),
            };
            self.answers.push((name.to_owned(), text));
        }
        self
    }

    /// Names the call that was made on both stores after the last step.
    pub(super) fn after(mut self, call: impl std::fmt::Debug) -> Self {
        self.after = Some(format!("{call:?}"));
        self
    }

    pub(super) fn weighing(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    /// Whether this shows the same as `original`: the same kind at the same method, and one of the
    /// same places.
    pub(super) fn is_like(&self, original: &Self) -> bool {
        let shared = || {
            let mut pairs = self
                .places
                .iter()
                .flat_map(|one| original.places.iter().map(move |other| (one, other)));
            pairs.any(|(one, other)| one == other || holds(one, other) || holds(other, one))
        };
        self.kind == original.kind
            && self.method == original.method
            && (self.places == original.places || shared())
    }
}

/// Whether a place is a list or an element of one, and the other one a part of such an element: where
/// one list has an element more, the next elements differ in their fields.
fn holds(list: &str, part: &str) -> bool {
    part.strip_prefix(list)
        .is_some_and(|rest| rest.starts_with("[]") || list.ends_with("[]"))
}

/// The kind of an outcome, without its values.
pub(super) fn outcome_of(answer: &Answer) -> String {
    match answer {
        Answer::Value(tree) if tree.is_missing() => "nothing".to_owned(),
        Answer::Value(_) => "a value".to_owned(),
        Answer::Unserializable(_) | Answer::TooLarge => "not serializable".to_owned(),
        Answer::Panicked => "a panic".to_owned(),
        Answer::Error(error) => {
            let code = error.class.code.as_deref().unwrap_or_default();
            format!("{} {code}", error.class.kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: &[&str]) -> Fault {
        let places = places.iter().map(ToString::to_string);
        Fault::new(FailureKind::Difference, 0, "").places(places)
    }

    #[test]
    fn a_fault_is_the_same_at_the_same_place_or_in_the_same_list() {
        for (found, original, alike) in [
            (&["name"][..], &["name", "email"][..], true),
            (&["email"], &["name"], false),
            (&["items"], &["items[].name"], true),
            (&["items[]"], &["items[].name"], true),
            (&["items[].email"], &["items[].name"], false),
            (&["items[].name"], &["items"], true),
            (&[""], &["[].name"], true),
            (&[""], &["name"], false),
            (&["item"], &["items[].name"], false),
            (&["a value | nothing"], &["nothing | a value"], false),
            (&[], &[], true),
        ] {
            assert_eq!(
                at(found).is_like(&at(original)),
                alike,
                "{found:?} {original:?}"
            );
        }
        let mut other = at(&["name"]);
        other.kind = FailureKind::TimedOut;
        assert!(!other.is_like(&at(&["name"])));
    }
}
