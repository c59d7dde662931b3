//! Whether two stores gave the same answer, when each of them makes ids, times and tokens by itself.

mod canonical;
mod help;

use std::collections::BTreeMap;
use std::sync::Arc;

use dal_shadow::answer::Answer;
use dal_shadow::compare::{CallOutcome, Difference, Why, compare};
use dal_shadow::ops::{OpMethod, Place};
use dal_shadow::rules::{MethodRules, RuleSet, Rules};
use dal_shadow::tree::{Tree, find, replace};
use dal_traits::{ErrorKind, SystemClock};

use super::declarations::Declarations;
use super::fault::{Fault, outcome_of};
use super::id_map::IdMap;
use canonical::Canonical;
pub(super) use help::shown;

/// What is known of the traits, the same for every sequence.
pub(super) struct TraitRules {
    places: Declarations,
    rules: BTreeMap<(&'static str, &'static str), Rules>,
}

impl TraitRules {
    /// Reads the traits' options.
    ///
    /// # Errors
    /// With the rule that cannot be read.
    pub(super) fn of(methods: &[&'static OpMethod]) -> Result<Self, String> {
        let set = RuleSet::new([], Arc::new(SystemClock)).map_err(|error| error.to_string())?;
        let rules = methods
            .iter()
            .map(|method| {
                let words = MethodRules {
                    entity: method.entity,
                    method: method.method,
                    ignore: method.ignore,
                    unordered: method.unordered,
                    normalize: method.normalize,
                    presence: &[],
                };
                ((method.entity, method.method), set.for_method(&words))
            })
            .collect();
        Ok(Self {
            places: Declarations::declared(methods),
            rules,
        })
    }
}

/// Compares the answers of one sequence.
pub(super) struct Comparison<'a> {
    rules: &'a TraitRules,
    places: Declarations,
    pub(super) ids: IdMap,
}

/// What a comparison of two answers comes to.
pub(super) enum Compared {
    /// They agree.
    Agree,
    /// A store gave a transient answer: there is nothing to compare.
    Transient,
    /// They do not agree.
    Differ(Found),
}

/// How two answers differ.
pub(super) struct Found {
    differences: Vec<String>,
    help: Vec<String>,
    /// The differing fields, or the kinds of the two outcomes.
    places: Vec<String>,
    /// Whether one of them has something where the other one has nothing.
    pub(super) presence: bool,
}

impl Found {
    /// Adds what was found to a fault that names the call.
    pub(super) fn into_fault(self, fault: Fault) -> Fault {
        let mut fault = fault.places(self.places);
        fault.differences = self.differences;
        fault.help = self.help;
        fault
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn new(rules: &'a TraitRules) -> Self {
        Self {
            rules,
            places: rules.places.clone(),
            ids: IdMap::default(),
        }
    }

    /// Compares the answers of two stores that do not know of each other.
    /// `given` is the text of all arguments so far.
    pub(super) fn independent(
        &mut self,
        method: &'static OpMethod,
        first: &Answer,
        second: &Answer,
        given: &dyn Fn() -> String,
    ) -> Compared {
        let (Answer::Value(a), Answer::Value(b)) = (first, second) else {
            return self.compare(method, first, second, given);
        };
        for made in method.creates {
            let (Some(a), Some(b)) = (find(a, made.path), find(b, made.path)) else {
                continue;
            };
            self.places.learn(made.class, &a);
            if *a.value != Tree::Null && *b.value != Tree::Null {
                self.ids.pair(made.class, a.value, b.value);
            }
        }
        canonical::meet(&self.places, &mut self.ids, method, a, b);
        let (a, b) = (self.first(method, a), self.second(method, b));
        self.compare(method, &Answer::Value(a), &Answer::Value(b), given)
    }

    /// Compares answers that must be the same to the last bit, ids and times included.
    pub(super) fn exact(
        &mut self,
        method: &'static OpMethod,
        first: &Answer,
        second: &Answer,
        given: &dyn Fn() -> String,
    ) -> Compared {
        let present = |answer: &Answer| match answer {
            Answer::Value(tree) => {
                let mut tree = tree.clone();
                hide_token(method, &mut tree);
                Answer::Value(tree)
            }
            other => other.clone(),
        };
        self.compare(method, &present(first), &present(second), given)
    }

    fn first(&self, method: &'static OpMethod, tree: &Tree) -> Tree {
        self.canonical(method, tree, &IdMap::first)
    }

    fn second(&self, method: &'static OpMethod, tree: &Tree) -> Tree {
        self.canonical(method, tree, &|class, id| self.ids.second(class, id))
    }

    fn canonical(
        &self,
        method: &'static OpMethod,
        tree: &Tree,
        id: &dyn Fn(&'static str, &Tree) -> Tree,
    ) -> Tree {
        let mut tree = tree.clone();
        for Place { class, path } in method.creates {
            replace(&mut tree, path, &mut |value| {
                Canonical::ids(class, value, id);
            });
        }
        hide_token(method, &mut tree);
        Canonical {
            places: &self.places,
            id,
        }
        .answer(method.method, &mut tree);
        tree
    }

    /// What may help against these differences.
    pub(super) fn advice(
        &self,
        method: &'static OpMethod,
        differences: &[Difference],
        given: &dyn Fn() -> String,
    ) -> Vec<String> {
        let advice = help::Advice {
            method,
            declarations: &self.places,
            ids: &self.ids,
            given,
        };
        let others = advice.other_records(differences);
        let of_one_record = differences
            .iter()
            .filter(|difference| !others.iter().any(|other| other.explains(difference)));
        let mut help = others.iter().map(ToString::to_string).collect::<Vec<_>>();
        help.extend(of_one_record.filter_map(|difference| advice.of(difference)));
        help.dedup();
        help
    }

    fn compare(
        &self,
        method: &'static OpMethod,
        first: &Answer,
        second: &Answer,
        given: &dyn Fn() -> String,
    ) -> Compared {
        if [first, second].into_iter().any(is_unexpected) {
            return Compared::Differ(unexpected(first, second));
        }
        let none = Rules::none();
        let rules = self
            .rules
            .rules
            .get(&(method.entity, method.method))
            .unwrap_or(&none);
        let verdict = compare(first, second, rules);
        let differences = &verdict.differences;
        let mut help = match &verdict.outcome {
            outcome if outcome.is_equal() => return Compared::Agree,
            CallOutcome::Inconclusive(Why::Unserializable) => {
                vec!["the answer's own `Serialize` fails, so nothing can be compared".to_owned()]
            }
            CallOutcome::Inconclusive(Why::Panicked) => {
                vec!["the answer's own `Serialize` panics, so nothing can be compared".to_owned()]
            }
            CallOutcome::Inconclusive(_) => return Compared::Transient,
            CallOutcome::UnsupportedInShadow => {
                vec!["one store says that it does not support the call; leave the call out of the strategy, or implement it".to_owned()]
            }
            CallOutcome::Order => match (first, second) {
                (Answer::Value(a), Answer::Value(b)) => vec![help::order(a, b, differences)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        help.extend(self.advice(method, differences, given));
        if let (Answer::Value(first), Answer::Value(second)) = (first, second) {
            help.extend(self.places.misnamed([first, second]));
        }
        help.dedup();
        Compared::Differ(found(first, second, differences, help))
    }
}

fn is_unexpected(answer: &Answer) -> bool {
    matches!(answer, Answer::Error(error) if error.class.kind == ErrorKind::Unexpected)
}

/// An error that no code expects is equal to nothing, and nothing excuses it.
fn unexpected(first: &Answer, second: &Answer) -> Found {
    let help = "`Unexpected` is equal to nothing, not even to itself: classify the error, or mend the store";
    found(first, second, &[], vec![help.to_owned()])
}

fn found(first: &Answer, second: &Answer, differences: &[Difference], help: Vec<String>) -> Found {
    let outcomes = [first, second].map(outcome_of);
    let presence = outcomes[0] != outcomes[1]
        || differences.iter().any(|difference| {
            is_missing(difference.primary.as_ref()) != is_missing(difference.secondary.as_ref())
        });
    let lists = [first, second]
        .into_iter()
        .any(|answer| matches!(answer, Answer::Value(tree) if tree.unwrapped().as_seq().is_some()));
    let places = places_of(differences);
    let places = if places.is_empty() && !lists {
        vec![outcomes.join(" | ")]
    } else if places.is_empty() {
        vec![String::new()]
    } else {
        places
    };
    let differences = if differences.is_empty() {
        let (first, second) = (first.to_tree(), second.to_tree());
        vec![format!("{}: {first} | {second}", help::WHOLE)]
    } else {
        differences.iter().map(help::shown).collect()
    };
    Found {
        differences,
        help,
        places,
        presence,
    }
}

/// Whether there is nothing, or an empty list.
fn is_missing(side: Option<&Tree>) -> bool {
    side.is_none_or(Tree::is_missing)
}

/// The fields that differ; none when the answers differ as a whole.
pub(super) fn places_of(differences: &[Difference]) -> Vec<String> {
    differences
        .iter()
        .filter(|difference| !difference.path.steps().is_empty())
        .map(|difference| help::shape(&difference.path))
        .collect()
}

/// Tokens are compared for presence only.
fn hide_token(method: &OpMethod, tree: &mut Tree) {
    if let Some(token) = &method.token {
        replace(tree, token.place.path, &mut canonical::presence);
    }
}
