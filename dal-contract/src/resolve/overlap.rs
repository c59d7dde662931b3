//! Whether items of two entities can have the same key.

use dal_traits::catalog::ColumnType;
use dal_traits::model::Expr;

use super::{ResolvedEntity, Rows};

/// One step of a key as a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Is(char),
    /// Any number of characters, of these.
    Any(Alphabet),
}

#[derive(Clone, Copy, PartialEq)]
enum Alphabet {
    Digits,
    All,
}

impl Alphabet {
    fn has(self, c: char) -> bool {
        self == Self::All || c.is_ascii_digit() || "-.".contains(c)
    }
}

/// Whether some item of one has the key of some item of the other, as far as the texts of the keys
/// say.
pub(super) fn can_be_equal(one: &ResolvedEntity, other: &ResolvedEntity, rows: &Rows) -> bool {
    let keys = |entity: &ResolvedEntity| {
        let sort = entity
            .sort_key
            .map_or_else(Vec::new, |sort| pattern(entity, sort, rows));
        (pattern(entity, entity.partition_key, rows), sort)
    };
    let (one, other) = (keys(one), keys(other));
    meet(&one.0, &other.0) && meet(&one.1, &other.1)
}

fn pattern(entity: &ResolvedEntity, place: usize, rows: &Rows) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(found) = entity.attributes.get(place) {
        add(&found.attribute.expr, entity.source, rows, &mut steps);
    }
    steps
}

fn add(expr: &Expr, table: usize, rows: &Rows, steps: &mut Vec<Step>) {
    match expr {
        Expr::Constant(text) => steps.extend(text.chars().map(Step::Is)),
        Expr::Template(parts) => {
            for part in parts {
                add(part, table, rows, steps);
            }
        }
        Expr::Column(column) => {
            let column_type = rows.column_at(table, *column).map(|c| &c.column_type);
            steps.push(Step::Any(alphabet(column_type)));
        }
        Expr::NumberFormat { .. } => steps.push(Step::Any(Alphabet::Digits)),
        _ => steps.push(Step::Any(Alphabet::All)),
    }
}

fn alphabet(column_type: Option<&ColumnType>) -> Alphabet {
    match column_type {
        Some(found) if found.is_exact_number() => Alphabet::Digits,
        _ => Alphabet::All,
    }
}

/// Whether one text fits both patterns: every pair of places that can be reached is looked at once.
fn meet(one: &[Step], other: &[Step]) -> bool {
    let width = other.len() + 1;
    let mut seen = vec![false; (one.len() + 1) * width];
    let mut next = vec![(0, 0)];
    while let Some((i, j)) = next.pop() {
        match seen.get_mut(i * width + j) {
            Some(place) if !*place => *place = true,
            _ => continue,
        }
        match (one.get(i), other.get(j)) {
            (None, None) => return true,
            (Some(Step::Is(a)), Some(Step::Is(b))) if a == b => next.push((i + 1, j + 1)),
            (Some(Step::Any(set)), Some(Step::Is(c))) => {
                next.push((i + 1, j));
                if set.has(*c) {
                    next.push((i, j + 1));
                }
            }
            (Some(Step::Is(c)), Some(Step::Any(set))) => {
                next.push((i, j + 1));
                if set.has(*c) {
                    next.push((i + 1, j));
                }
            }
            (Some(Step::Any(_)), _) => {
                next.push((i + 1, j));
                if other.get(j).is_some() {
                    next.push((i, j + 1));
                }
            }
            (None, Some(Step::Any(_))) => next.push((i, j + 1)),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `*` is any text, `9` any number.
    fn steps(text: &str) -> Vec<Step> {
        let step = |c| match c {
            '*' => Step::Any(Alphabet::All),
            '9' => Step::Any(Alphabet::Digits),
            c => Step::Is(c),
        };
        text.chars().map(step).collect()
    }

    #[test]
    fn patterns_meet_exactly_if_one_text_fits_both() {
        for (one, other, meets) in [
            ("USER#*", "USER#*", true),
            ("USER#*", "ORDER#*", false),
            ("PROFILE", "PREFERENCES", false),
            ("A#9", "A#9#B", false),
            ("A#*", "A#*#B", true),
            ("*#A", "*#B", false),
            ("*A", "A*", true),
            ("9", "12", true),
            ("9", "x", false),
            ("", "", true),
            ("", "*", true),
            ("", "x*", false),
        ] {
            assert_eq!(meet(&steps(one), &steps(other)), meets, "{one} {other}");
            assert_eq!(meet(&steps(other), &steps(one)), meets, "{other} {one}");
        }
    }
}
