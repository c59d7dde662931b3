//! What a difference looks like that a forgotten declaration makes, and how places are named.

use dal_shadow::compare::{Difference, Path, Step};
use dal_shadow::ops::OpMethod;
use dal_shadow::tree::Tree;

use crate::check::declarations::Declarations;
use crate::check::id_map::{self, IdMap};

/// The answer itself, in words: its path is the empty text.
pub(super) const WHOLE: &str = "the answer itself (path \"\")";

/// A difference as it is shown.
pub(in crate::check) fn shown(difference: &Difference) -> String {
    if difference.path.steps().is_empty() {
        let side = |side: &Option<Tree>| {
            side.as_ref()
                .map_or_else(|| "absent".to_owned(), ToString::to_string)
        };
        let (first, second) = (side(&difference.primary), side(&difference.secondary));
        format!("{WHOLE}: {first} | {second}")
    } else {
        difference.to_string()
    }
}

/// A path without indices and keys, as an option of the attribute takes it: `items[].email`.
pub(super) fn shape(path: &Path) -> String {
    shape_of(path.steps())
}

fn shape_of(steps: &[Step]) -> String {
    let mut shape = String::new();
    for step in steps {
        let name = match step {
            Step::Field { name, .. } | Step::Variant { name, .. } => name,
            Step::Index(_) | Step::Key(_) => {
                shape.push_str("[]");
                continue;
            }
        };
        if !shape.is_empty() {
            shape.push('.');
        }
        shape.push_str(name);
    }
    shape
}

/// The same elements in another order: advice that names the list.
pub(super) fn order(first: &Tree, second: &Tree, differences: &[Difference]) -> String {
    match permuted(first, second, differences).as_deref() {
        Some("") => "the same elements in another order: if the order of the answer itself means nothing to the callers, write `unordered = \"\"` on the method; else, is a sort missing, or does one store order numbers as texts (1000 before 998)?".to_owned(),
        Some(list) => format!("the same elements in another order: if the order of `{list}` means nothing to the callers, write `unordered = \"{list}\"` on the method; else, is a sort missing, or does one store order numbers as texts (1000 before 998)?"),
        None => "the same elements in another order, in more than one list: is a sort missing in one of the stores?".to_owned(),
    }
}

/// The one list whose order is all that differs.
fn permuted(first: &Tree, second: &Tree, differences: &[Difference]) -> Option<String> {
    let steps = differences.first()?.path.steps();
    let lists = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match step {
            Step::Index(_) => steps.get(..at),
            _ => None,
        });
    lists.rev().find_map(|list| {
        let (mut first, mut second) = (first.clone(), second.clone());
        sort_at(&mut first, list);
        sort_at(&mut second, list);
        (first == second).then(|| shape_of(list))
    })
}

/// Sorts the lists at this place, whatever the indices and keys on the way to it.
fn sort_at(tree: &mut Tree, place: &[Step]) {
    if let Tree::Some(value) | Tree::Newtype { value, .. } = tree {
        return sort_at(value, place);
    }
    let Some((step, rest)) = place.split_first() else {
        if let Tree::Seq(items) = tree {
            items.sort();
        }
        return;
    };
    match (step, tree) {
        (Step::Field { name, .. }, Tree::Struct { fields, .. }) => {
            for (field, value) in fields {
                if field == name {
                    sort_at(value, rest);
                }
            }
        }
        (Step::Index(_), Tree::Seq(items)) => {
            for item in items {
                sort_at(item, rest);
            }
        }
        (Step::Key(_), Tree::Map(entries)) => {
            for (_, value) in entries {
                sort_at(value, rest);
            }
        }
        (Step::Variant { .. }, Tree::Variant { value, .. }) => sort_at(value, rest),
        _ => {}
    }
}

/// What is known when advice is given.
pub(super) struct Advice<'a> {
    pub(super) method: &'a OpMethod,
    pub(super) declarations: &'a Declarations,
    pub(super) ids: &'a IdMap,
    /// The text of all arguments so far.
    pub(super) given: &'a dyn Fn() -> String,
}

/// A place where the two answers hold different records, as their ids tell.
pub(super) struct OtherRecord<'a> {
    record: &'a [Step],
    text: String,
}

impl OtherRecord<'_> {
    /// Whether a difference is one of that record's other fields.
    pub(super) fn explains(&self, difference: &Difference) -> bool {
        difference.path.steps().starts_with(self.record) && !holds_an_unrelated_id(difference)
    }
}

impl std::fmt::Display for OtherRecord<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn holds_an_unrelated_id(difference: &Difference) -> bool {
    [&difference.primary, &difference.secondary]
        .into_iter()
        .flatten()
        .any(id_map::is_unrelated)
}

impl Advice<'_> {
    /// The records whose ids differ: what else differs in them needs no explanation.
    pub(super) fn other_records<'d>(&self, differences: &'d [Difference]) -> Vec<OtherRecord<'d>> {
        differences
            .iter()
            .filter(|difference| !holds_an_unrelated_id(difference))
            .filter_map(|difference| {
                let steps = difference.path.steps();
                let at = steps.iter().rposition(|step| match step {
                    Step::Field { owner, name } => self.declarations.field(owner, name).is_some(),
                    _ => false,
                })?;
                let (first, second) = (difference.primary.as_ref()?, difference.secondary.as_ref()?);
                let text = format!(
                    "`{}` is the id {first} in one answer and {second} in the other one, so these may be two records: look at the order, the page and the condition first",
                    difference.path
                );
                Some(OtherRecord {
                    record: steps.get(..at)?,
                    text,
                })
            })
            .collect()
    }

    /// What may help against a difference.
    pub(super) fn of(&self, difference: &Difference) -> Option<String> {
        let (first, second) = (difference.primary.as_ref()?, difference.secondary.as_ref()?);
        if id_map::is_unrelated(first) || id_map::is_unrelated(second) {
            return Some(format!(
                "`{}(..)` is an id that the other store has not given in this sequence: another record was returned, or an id was given again; does every mirror method also move its store's id generator past the id that it stores?",
                id_map::UNRELATED
            ));
        }
        let mut steps = difference.path.steps().iter().rev();
        let field = steps.find_map(|step| match step {
            Step::Field { owner, name } => Some((owner, name)),
            _ => None,
        });
        if let Some((owner, name)) = field
            && self.declarations.is_generated(owner, name)
        {
            return Some(format!(
                "`{owner}.{name}` is generated, and one store does not keep what the other one made: does the mirror method store it to the last digit? Cut times to what both stores keep (`DATETIME(6)`: microseconds)"
            ));
        }
        let place = field.map_or_else(
            || self.method.method.to_owned(),
            |(owner, name)| format!("{owner}.{name}"),
        );
        let repository = self.method.repository;
        if is_one_number(first, second) {
            return Some(format!(
                "`{place}` is the same number in both answers, written with another scale: rescale it where the item is read (`rescale(2)` for a DECIMAL(8,2)), as MySQL does"
            ));
        }
        let mut classes = self.ids.classes_of(first, second);
        // The class that the field is named after comes first.
        classes.sort_by_key(|class| !place.contains(*class));
        if let Some(class) = classes.first() {
            return Some(format!(
                "`{place}` holds an id of class `{class}` in each store: declare it with `ids({class} = \"{place}\")` on `{repository}`"
            ));
        }
        let times = [first, second].map(time_digits);
        let [Some(first), Some(second)] = times else {
            return None;
        };
        if is_given(&(self.given)(), [&first, &second]) {
            return Some(format!(
                "the time in `{place}` came from a caller, and one store does not keep it as it was given: look at its digits and its time zone"
            ));
        }
        // Only a field can be declared.
        field.is_some().then(|| {
            format!("if each store makes `{place}` by itself, declare it with `generated = \"{place}\"` on `{repository}`")
        })
    }
}

/// Whether two texts are one decimal number with other zeros at the end.
fn is_one_number(first: &Tree, second: &Tree) -> bool {
    let shortest = |tree: &Tree| {
        let text = tree.as_str()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = !whole.is_empty() && all(whole) && all(part);
        let sign = text.starts_with('-');
        is_number.then(|| {
            (
                sign,
                whole.to_owned(),
                part.trim_end_matches('0').to_owned(),
            )
        })
    };
    let first = shortest(first);
    first.is_some() && first == shortest(second)
}

/// The year, month, day and so on of a text that looks like a time.
fn time_digits(tree: &Tree) -> Option<Vec<u64>> {
    let text = tree.as_str()?;
    let year = text.get(..4)?.bytes().all(|digit| digit.is_ascii_digit());
    let digits = numbers(text);
    (text.len() >= 10 && year && text.get(4..5) == Some("-")).then_some(digits)
}

/// The numbers in a text, in their order.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// Whether the arguments hold one of these times, to the second: however `Debug` writes it.
fn is_given(arguments: &str, times: [&[u64]; 2]) -> bool {
    /// Year, month, day, hour, minute, second.
    const PARTS: usize = 6;
    let given = numbers(arguments);
    times.into_iter().any(|time| {
        let time = time.get(..PARTS).unwrap_or(time);
        given.windows(time.len().max(1)).any(|part| part == time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_whose_order_differs_is_named() {
        #[derive(serde::Serialize)]
        struct Shelf {
            books: Vec<Vec<u8>>,
        }
        let tree = |books: &[&[u8]]| {
            let books = books.iter().map(|tags| tags.to_vec()).collect();
            dal_shadow::tree::of(&Shelf { books }).unwrap()
        };
        let named = |first: &Tree, second: &Tree| {
            let none = dal_shadow::rules::Rules::none();
            let [a, b] =
                [first, second].map(|tree| dal_shadow::answer::Answer::Value(tree.clone()));
            let verdict = dal_shadow::compare::compare(&a, &b, &none);
            permuted(first, second, &verdict.differences)
        };
        let one = tree(&[&[1, 2], &[3]]);
        assert_eq!(
            named(&one, &tree(&[&[3], &[1, 2]])).as_deref(),
            Some("books")
        );
        assert_eq!(
            named(&one, &tree(&[&[2, 1], &[3]])).as_deref(),
            Some("books[]")
        );
        assert_eq!(named(&one, &tree(&[&[3], &[2, 1]])), None);
    }

    #[test]
    fn a_number_with_another_scale_is_one_number() {
        let text = |text: &str| Tree::Str(text.to_owned());
        for (first, second, is_one) in [
            ("404.30", "404.3", true),
            ("-5", "-5.00", true),
            ("5", "-5", false),
            ("1.5", "1.05", false),
            ("v1.0", "v1", false),
            ("", ".0", false),
        ] {
            assert_eq!(
                is_one_number(&text(first), &text(second)),
                is_one,
                "{first} {second}"
            );
        }
    }

    #[test]
    fn a_time_is_recognised_however_debug_writes_it() {
        let time = time_digits(&Tree::Str("2026-03-01T08:00:05.123Z".to_owned())).unwrap();
        let other = time_digits(&Tree::Str("2026-03-01T09:00:05.123Z".to_owned())).unwrap();
        for arguments in [
            "Book { at: 2026-03-01T08:00:05.123456Z }",
            "Book { at: 2026-03-01 8:00:05.123456 +00:00:00, id: h(0) }",
        ] {
            assert!(is_given(arguments, [&other, &time]), "{arguments}");
            assert!(!is_given(arguments, [&other, &other]), "{arguments}");
        }
        assert_eq!(time_digits(&Tree::Str("Ann".to_owned())), None);
    }
}
