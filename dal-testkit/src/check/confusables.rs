//! Texts that are nearly the same, which is where stores disagree.

use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy, Union};

/// One of `texts`, or something that a collation, a trim or a byte count could take for it: another
/// case, an accent (composed or not), a trailing or leading space, a tab, an emoji, nothing.
///
/// Half of the values are the texts themselves, so that calls meet; a failing value is simplified
/// towards the first text.
pub fn confusables(texts: &[&str]) -> BoxedStrategy<String> {
    let plain = texts
        .iter()
        .map(|text| (*text).to_owned())
        .collect::<Vec<_>>();
    let mut variants = vec![String::new()];
    for text in texts {
        for variant in variants_of(text) {
            if !plain.contains(&variant) && !variants.contains(&variant) {
                variants.push(variant);
            }
        }
    }
    if plain.is_empty() {
        return select(variants).boxed();
    }
    Union::new([select(plain).boxed(), select(variants).boxed()]).boxed()
}

fn variants_of(text: &str) -> [String; 9] {
    [
        text.to_uppercase(),
        text.to_lowercase(),
        capital(text),
        accented(text, composed),
        accented(text, |letter| {
            "aeiounAEIOUN"
                .contains(letter)
                .then(|| format!("{letter}\u{301}"))
        }),
        format!("{text} "),
        format!(" {text}"),
        format!("{text}\t"),
        format!("{text}😀"),
    ]
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The text with its first letter that can have an accent bearing one.
fn accented(text: &str, accent: impl Fn(char) -> Option<String>) -> String {
    let mut done = false;
    let mut result = String::new();
    for letter in text.chars() {
        match accent(letter).filter(|_| !done) {
            Some(with) => {
                result.push_str(&with);
                done = true;
            }
            None => result.push(letter),
        }
    }
    result
}

fn composed(letter: char) -> Option<String> {
    const PAIRS: [(char, char); 12] = [
        ('a', 'á'),
        ('e', 'é'),
        ('i', 'í'),
        ('o', 'ö'),
        ('u', 'ü'),
        ('n', 'ñ'),
        ('A', 'Á'),
        ('E', 'É'),
        ('I', 'Í'),
        ('O', 'Ö'),
        ('U', 'Ü'),
        ('N', 'Ñ'),
    ];
    PAIRS
        .iter()
        .find(|(plain, _)| *plain == letter)
        .map(|(_, with)| with.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_are_those_that_a_store_could_take_for_the_text() {
        let variants = variants_of("ann@x");
        for wanted in [
            "ANN@X",
            "Ann@x",
            "ánn@x",
            "a\u{301}nn@x",
            "ann@x ",
            "ann@x😀",
        ] {
            assert!(variants.iter().any(|variant| variant == wanted), "{wanted}");
        }
    }
}
