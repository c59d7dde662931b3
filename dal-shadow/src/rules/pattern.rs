//! Patterns of paths, as rules and allow-lists write them.

use super::grammar::pattern_problem;
use crate::tree::Step;

/// A pattern of paths.
///
/// | written | matches |
/// |---|---|
/// | `created_at` | that field of the answer itself |
/// | `items[].price` | that field of every element of the list |
/// | `pair[0]` | the first element |
/// | `tags.red` | the value under that text of a map, or a field |
/// | `User.created_at` | the field wherever the struct `User` (its serde name) is |
/// | `[]` | every element of an answer that is a list or a map |
/// | nothing | the answer itself |
///
/// Options and newtypes are no part of a path. A struct with a flattened field reaches serde as a
/// map, so its name is unknown there: write the path from the answer instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Each,
    At(usize),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// With the reason, when the text is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(problem) = pattern_problem(text) {
            let problem = problem.replace("\nfix: ", "; ");
            return Err(format!("`{text}`: {problem}"));
        }
        let mut tokens = Vec::new();
        for part in text.split('.') {
            let (name, mut brackets) = part.split_at(part.find('[').unwrap_or(part.len()));
            if !name.is_empty() {
                tokens.push(Token::Name(name.to_owned()));
            }
            while let Some((inside, rest)) = brackets.split_once(']') {
                let index = inside.trim_start_matches('[').parse();
                tokens.push(index.map_or(Token::Each, Token::At));
                brackets = rest;
            }
        }
        Ok(Self {
            text: text.to_owned(),
            tokens,
        })
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether these steps, all of them, are what the pattern names.
    pub(crate) fn matches(&self, steps: &[Step]) -> bool {
        if whole(&self.tokens, steps) {
            return true;
        }
        let [Token::Name(owner), rest @ ..] = self.tokens.as_slice() else {
            return false;
        };
        // The struct may stand anywhere: what follows its name is the end of the path.
        steps.len().checked_sub(rest.len()).is_some_and(|start| {
            let end = steps.get(start..).unwrap_or_default();
            owned_by(end.first(), owner) && whole(rest, end)
        })
    }

    /// Whether the steps lead to what the pattern names or to a part of it.
    pub(crate) fn covers(&self, steps: &[Step]) -> bool {
        (0..=steps.len()).any(|end| self.matches(steps.get(..end).unwrap_or_default()))
    }
}

fn whole(tokens: &[Token], steps: &[Step]) -> bool {
    tokens.len() == steps.len()
        && tokens
            .iter()
            .zip(steps)
            .all(|(token, step)| one(token, step))
}

fn one(token: &Token, step: &Step) -> bool {
    match (token, step) {
        (Token::Name(wanted), Step::Field { name, .. } | Step::Variant { name, .. }) => {
            wanted == name
        }
        (Token::Name(wanted), Step::Key(key)) => key.as_str() == Some(wanted),
        (Token::Each, Step::Index(_) | Step::Key(_)) => true,
        (Token::At(wanted), Step::Index(index)) => wanted == index,
        _ => false,
    }
}

fn owned_by(step: Option<&Step>, wanted: &str) -> bool {
    match step {
        Some(Step::Field { owner, .. } | Step::Variant { owner, .. }) => *owner == wanted,
        _ => false,
    }
}
