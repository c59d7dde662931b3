//! Patterns of paths, as rules and allow-lists write them.

use crate::compare::Step;

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
        let mut tokens = Vec::new();
        if text.is_empty() {
            return Ok(Self {
                text: String::new(),
                tokens,
            });
        }
        for (place, part) in text.split('.').enumerate() {
            let (name, brackets) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            if !name.is_empty() {
                tokens.push(Token::Name(name.to_owned()));
            } else if place > 0 || brackets.is_empty() {
                return Err(format!("`{text}` has an empty name"));
            }
            brackets_into(&mut tokens, brackets)
                .ok_or_else(|| format!("`{text}`: brackets hold nothing or an index"))?;
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

fn brackets_into(tokens: &mut Vec<Token>, mut brackets: &str) -> Option<()> {
    while !brackets.is_empty() {
        let (inside, rest) = brackets.strip_prefix('[')?.split_once(']')?;
        tokens.push(if inside.is_empty() {
            Token::Each
        } else {
            Token::At(inside.parse().ok()?)
        });
        brackets = rest;
    }
    Some(())
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
