//! The entity's default name.

use syn::Ident;

/// `UserRepository` → `user`, `OrderLines` → `order_lines`.
pub fn entity(trait_name: &Ident) -> String {
    let snake = snake_case(&trait_name.to_string());
    match snake.strip_suffix("_repository") {
        Some(short) if !short.is_empty() => short.to_owned(),
        _ => snake,
    }
}

/// `UserRepository` → `user_repository`; a run of capitals stays one word (`SQLUsers` → `sql_users`).
pub fn snake_case(name: &str) -> String {
    let letters = name.chars().collect::<Vec<_>>();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().copied().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                *before != '_'
                    && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_named_like_its_trait_without_repository() {
        let name = |text: &str| entity(&Ident::new(text, proc_macro2::Span::call_site()));
        assert_eq!(name("UserRepository"), "user");
        assert_eq!(name("OrderLines"), "order_lines");
        assert_eq!(name("Repository"), "repository");
        assert_eq!(name("SQLUsers"), "sql_users");
        assert_eq!(name("Users"), "users");
    }
}
