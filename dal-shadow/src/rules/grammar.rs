//! What can be written as a path: the one grammar, read by the compiler where an attribute holds a
//! path, and at run time where a rule given as data does.

/// Why a text is not a pattern of paths (`items[].price`, `pair[0]`); nothing when it is one.
pub const fn pattern_problem(text: &str) -> Option<&'static str> {
    let mut rest = text.as_bytes();
    let mut before = Before::Start;
    while let [byte, after @ ..] = rest {
        rest = after;
        before = match (*byte, before) {
            (b'.', Before::Start | Before::Dot) | (b'[', Before::Dot) => return Some(EMPTY_NAME),
            (b'.', _) => Before::Dot,
            (b'[', _) => match closed(after) {
                Some(behind) => {
                    rest = behind;
                    Before::Bracket
                }
                None => return Some(BRACKETS),
            },
            (b']', _) => return Some(BRACKETS),
            (b'?', _) => return Some(OPTION),
            (_, Before::Bracket) => return Some(BEHIND_BRACKETS),
            _ => Before::Name,
        };
    }
    match before {
        Before::Dot => Some(EMPTY_NAME),
        _ => None,
    }
}

/// Why a text is not a place in an answer (`id`, `listed.id`, `0`); nothing when it is one.
pub const fn place_problem(text: &str) -> Option<&'static str> {
    match pattern_problem(text) {
        None if contains(text, b'[') => Some(LIST),
        problem => problem,
    }
}

/// Why a text is not a field of a type (`User.created_at`); nothing when it is one.
pub const fn field_problem(text: &str) -> Option<&'static str> {
    match place_problem(text) {
        None if dots(text) != 1 => Some(TYPE_AND_FIELD),
        problem => problem,
    }
}

/// What stands before a byte.
#[derive(Clone, Copy)]
enum Before {
    Start,
    Dot,
    Name,
    Bracket,
}

const EMPTY_NAME: &str = "the path has an empty name\nfix: join names with single dots: `page.items[].price`; an empty text is the answer itself";
const BRACKETS: &str = "brackets in a path hold nothing or an index, and are closed\nfix: write `items[].price` for every element, `pair[0]` for the first one";
const BEHIND_BRACKETS: &str =
    "a name in a path follows a dot\nfix: write `items[].price`, with a dot behind the bracket";
const OPTION: &str =
    "options are not part of a path\nfix: leave the `?` out: `delivery.user` is read inside `Some`";
const LIST: &str = "a place in an answer is one value, not one in every element of a list\nfix: write fields joined by dots, such as `listed.id`; an answer that is a list of ids needs no path";
const TYPE_AND_FIELD: &str = "this names a field of a type\nfix: write the type and the field as serde names them: `User.created_at`";

/// What follows the closing bracket, when it closes nothing or an index of at most nine digits.
const fn closed(mut rest: &[u8]) -> Option<&[u8]> {
    let mut digits = 0;
    while let [byte, after @ ..] = rest {
        match *byte {
            b']' => return Some(after),
            b'0'..=b'9' if digits < 9 => digits += 1,
            _ => return None,
        }
        rest = after;
    }
    None
}

const fn contains(text: &str, wanted: u8) -> bool {
    count(text, wanted) > 0
}

const fn dots(text: &str) -> usize {
    count(text, b'.')
}

const fn count(text: &str, wanted: u8) -> usize {
    let mut rest = text.as_bytes();
    let mut count = 0;
    while let [byte, after @ ..] = rest {
        if *byte == wanted {
            count += 1;
        }
        rest = after;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_places_and_fields_are_told_from_what_cannot_be_read() {
        for pattern in [
            "",
            "id",
            "items[].price",
            "pair[0]",
            "[]",
            "[][1].x",
            "a.b.c",
            "kebab-case",
            "größe",
        ] {
            assert_eq!(pattern_problem(pattern), None, "{pattern}");
        }
        for (broken, problem) in [
            ("items[.x", BRACKETS),
            ("items[", BRACKETS),
            ("items]", BRACKETS),
            ("items[-1]", BRACKETS),
            ("items[+1]", BRACKETS),
            ("items[9999999999]", BRACKETS),
            ("items[]x", BEHIND_BRACKETS),
            ("a..b", EMPTY_NAME),
            (".a", EMPTY_NAME),
            ("a.", EMPTY_NAME),
            ("a.[]", EMPTY_NAME),
            ("delivery?.user", OPTION),
        ] {
            assert_eq!(pattern_problem(broken), Some(problem), "{broken}");
            assert_eq!(place_problem(broken), Some(problem), "{broken}");
            assert_eq!(field_problem(broken), Some(problem), "{broken}");
        }
        assert_eq!(place_problem("listed.id"), None);
        assert_eq!(place_problem("items[].id"), Some(LIST));
        assert_eq!(field_problem("User.created_at"), None);
        for broken in ["", "created_at", "a.b.c"] {
            assert_eq!(field_problem(broken), Some(TYPE_AND_FIELD), "{broken}");
        }
    }
}
