//! Whether two stores gave the same answer, when each of them makes ids, times and tokens by itself.

mod canonical;

use std::collections::BTreeMap;
use std::sync::Arc;

use dal_shadow::answer::Answer;
use dal_shadow::compare::{Difference, Step, Verdict, Why, compare};
use dal_shadow::ops::{OpMethod, Place};
use dal_shadow::rules::{MethodRules, RuleSet, Rules};
use dal_shadow::tree::{Tree, find, replace};
use dal_traits::{ErrorKind, SystemClock};

use super::id_map::{self, IdMap};
use super::places::Places;
use canonical::Canonical;

/// What is known of the traits, the same for every sequence.
pub(super) struct TraitRules {
    places: Places,
    rules: BTreeMap<(&'static str, &'static str), Rules>,
}

impl TraitRules {
    /// Reads the traits' words.
    ///
    /// # Errors
    /// When a word names nothing.
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
            places: Places::declared(methods)?,
            rules,
        })
    }
}

/// Compares the answers of one sequence.
pub(super) struct Comparison<'a> {
    rules: &'a TraitRules,
    places: Places,
    pub(super) ids: IdMap,
}

/// What a comparison of two answers comes to.
pub(super) enum Compared {
    /// They agree.
    Agree,
    /// Nothing can be said, and nothing more of this sequence.
    Inconclusive,
    /// They do not agree.
    Differ {
        differences: Vec<String>,
        help: Vec<String>,
    },
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
    pub(super) fn independent(
        &mut self,
        method: &'static OpMethod,
        first: &Answer,
        second: &Answer,
    ) -> Compared {
        let (Answer::Value(a), Answer::Value(b)) = (first, second) else {
            return self.compare(method, first, second);
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
        self.compare(method, &Answer::Value(a), &Answer::Value(b))
    }

    /// Compares answers that must be the same to the last bit, ids and times included.
    pub(super) fn exact(
        &mut self,
        method: &'static OpMethod,
        first: &Answer,
        second: &Answer,
    ) -> Compared {
        let present = |answer: &Answer| match answer {
            Answer::Value(tree) => {
                let mut tree = tree.clone();
                hide_token(method, &mut tree);
                Answer::Value(tree)
            }
            other => other.clone(),
        };
        self.compare(method, &present(first), &present(second))
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

    fn compare(&self, method: &'static OpMethod, first: &Answer, second: &Answer) -> Compared {
        let none = Rules::none();
        let rules = self
            .rules
            .rules
            .get(&(method.entity, method.method))
            .unwrap_or(&none);
        let verdict = compare(first, second, rules);
        let mut help = Vec::new();
        match &verdict {
            Verdict::Equal | Verdict::EqualAfterRule(_) => return Compared::Agree,
            Verdict::Inconclusive(Why::Transient) => return Compared::Inconclusive,
            Verdict::Inconclusive(Why::Unserializable) => {
                return Compared::Differ {
                    differences: vec![format!(
                        "answer: {} | {}",
                        first.to_tree(),
                        second.to_tree()
                    )],
                    help: vec!["the answer's own `Serialize` fails, so nothing can be compared".to_owned()],
                };
            }
            Verdict::UnsupportedInShadow => {
                help.push("one store says that it does not support the call; leave the call out of the strategy, or implement it".to_owned());
                return Compared::Differ {
                    differences: vec![format!("answer: {} | {}", first.to_tree(), second.to_tree())],
                    help,
                };
            }
            Verdict::Order(_) => help.push("the same elements in another order: if the order says nothing, write `unordered = \"path\"` on the method".to_owned()),
            _ => {}
        }
        let both_unexpected = [first, second].iter().all(|answer| {
            matches!(answer, Answer::Error(error) if error.class.kind == ErrorKind::Unexpected)
        });
        if both_unexpected {
            help.push("`Unexpected` is equal to nothing, not even to itself: classify the error, or mend the store".to_owned());
        }
        for difference in verdict.differences() {
            self.help(method, difference, &mut help);
        }
        if let (Answer::Value(first), Answer::Value(second)) = (first, second) {
            help.extend(self.places.misnamed([first, second]));
        }
        help.dedup();
        Compared::Differ {
            differences: verdict
                .differences()
                .iter()
                .map(ToString::to_string)
                .collect(),
            help,
        }
    }

    /// What a difference looks like that a forgotten declaration makes.
    fn help(&self, method: &OpMethod, difference: &Difference, help: &mut Vec<String>) {
        let (Some(first), Some(second)) = (&difference.first, &difference.second) else {
            return;
        };
        if id_map::is_unrelated(first) || id_map::is_unrelated(second) {
            help.push(format!("`{}(..)` is an id that the other side gave to nobody in this sequence: another record was answered, or an id was given again; does every mirror method also move its store's id generator past the id that it stores?", id_map::UNRELATED));
            return;
        }
        let field = difference
            .path
            .steps()
            .iter()
            .rev()
            .find_map(|step| match step {
                Step::Field { owner, name } => Some((owner, name)),
                _ => None,
            });
        if let Some((owner, name)) = field
            && self.places.is_generated(owner, name)
        {
            help.push(format!("`{owner}.{name}` is generated, and what one store made is not what the other one kept: does the mirror method store it to the last digit? Cut times to what both stores keep (`DATETIME(6)`: microseconds)"));
            return;
        }
        let place = field.map_or_else(
            || method.method.to_owned(),
            |(owner, name)| format!("{owner}.{name}"),
        );
        let mut classes = self.ids.classes_of(first, second);
        // The class that the field is named after comes first.
        classes.sort_by_key(|class| !place.contains(*class));
        if let Some(class) = classes.first() {
            help.push(format!(
                "`{place}` holds an id of class `{class}` in each store: declare it with `ids({class} = \"{place}\")` on `{}`",
                method.repository
            ));
        } else if looks_like_time(first) && looks_like_time(second) {
            help.push(format!(
                "if each store makes `{place}` by itself, declare it with `generated = \"{place}\"` on `{}`",
                method.repository
            ));
        }
    }
}

/// Tokens are compared for presence only.
fn hide_token(method: &OpMethod, tree: &mut Tree) {
    if let Some(token) = &method.token {
        replace(tree, token.place.path, &mut canonical::presence);
    }
}

fn looks_like_time(tree: &Tree) -> bool {
    tree.as_str().is_some_and(|text| {
        text.len() >= 10
            && text.chars().take(4).all(|digit| digit.is_ascii_digit())
            && text.get(4..5) == Some("-")
    })
}
