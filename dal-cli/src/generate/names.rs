//! Names of Rust for those of a contract and of MySQL.

use std::collections::BTreeSet;

/// Words that no name can be, not even as `r#…`.
const NEVER: [&str; 4] = ["crate", "self", "super", "_"];

/// `created_at` for `createdAt`, `user_data_user` for `UserData.USER`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut previous = '_';
    let mut rest = name.chars().peekable();
    while let Some(next) = rest.next() {
        if next.is_ascii_alphanumeric() {
            let begins = next.is_ascii_uppercase()
                && (previous.is_ascii_lowercase()
                    || previous.is_ascii_digit()
                    || (previous.is_ascii_uppercase()
                        && rest.peek().is_some_and(char::is_ascii_lowercase)));
            if begins && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.push(next.to_ascii_lowercase());
        } else if !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        previous = next;
    }
    let snake = snake.trim_end_matches('_');
    match snake.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{snake}"),
        Some(_) if NEVER.contains(&snake) => format!("{snake}_"),
        Some(_) => snake.to_owned(),
    }
}

/// `ByCategory` for `by_category`, `ById` for `id`.
pub fn path(name: &str) -> String {
    let snake = snake(name);
    format!("By{}", camel(snake.strip_prefix("by_").unwrap_or(&snake)))
}

/// `LinesElement` for the array `lines`.
pub fn element(name: &str) -> String {
    format!("{}Element", camel(&snake(name)))
}

fn camel(snake: &str) -> String {
    let words = snake.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

/// The name as an identifier: keywords are escaped.
pub fn identifier(snake: &str) -> String {
    if syn::parse_str::<syn::Ident>(snake).is_ok() {
        snake.to_owned()
    } else {
        format!("r#{snake}")
    }
}

/// The name, or with a number behind it when it is taken.
pub fn unique(taken: &mut BTreeSet<String>, name: String) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut all = std::iter::once(name.clone()).chain(numbered);
    let free = all.find(|name| taken.insert(name.clone()));
    free.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_rust() {
        for (name, expected) in [
            ("created_at", "created_at"),
            ("createdAt", "created_at"),
            ("UserData.USER", "user_data_user"),
            ("HTTPServer", "http_server"),
            ("price#id", "price_id"),
            ("2nd", "n2nd"),
            ("self", "self_"),
            ("Größe", "gr_e"),
            ("—", "unnamed"),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
        assert_eq!(path("by_category"), "ByCategory");
        assert_eq!(path("users_email"), "ByUsersEmail");
        assert_eq!(path("id"), "ById");
        assert_eq!(element("order_lines"), "OrderLinesElement");
        assert_eq!(identifier("type"), "r#type");
        assert_eq!(identifier("name"), "name");
        let mut taken = BTreeSet::new();
        let mut twice = || unique(&mut taken, "a".to_owned());
        assert_eq!([twice(), twice()], ["a", "a_2"]);
    }
}
