//! How the file looks: one line for each step, so that a review shows what was added.

use serde_json::Value;

/// The text of a file with these sequences.
pub(super) fn text(sequences: &[Value]) -> String {
    let sequences = sequences
        .iter()
        .map(|sequence| {
            let steps = sequence
                .as_array()
                .into_iter()
                .flatten()
                .map(|step| format!("    {step}"))
                .collect::<Vec<_>>();
            format!("  [\n{}\n  ]", steps.join(",\n"))
        })
        .collect::<Vec<_>>();
    format!("[\n{}\n]\n", sequences.join(",\n"))
}

/// The line, counted from 1, on which a sequence or one of its steps begins.
pub(super) fn line_of(text: &str, sequence: usize, step: Option<usize>) -> usize {
    let mut reader = Reader::default();
    for letter in text.chars() {
        if reader.is_at(sequence, step) && reader.begins(letter) {
            break;
        }
        reader.pass(letter);
    }
    reader.line + 1
}

/// Where a reader of JSON is.
#[derive(Default)]
struct Reader {
    line: usize,
    depth: usize,
    sequence: usize,
    step: usize,
    in_text: bool,
    escaped: bool,
}

impl Reader {
    fn is_at(&self, sequence: usize, step: Option<usize>) -> bool {
        self.sequence == sequence
            && match step {
                None => self.depth == 1,
                Some(step) => self.depth == 2 && self.step == step,
            }
    }

    fn begins(&self, letter: char) -> bool {
        !self.in_text && !letter.is_whitespace() && letter != ',' && letter != ']'
    }

    fn pass(&mut self, letter: char) {
        match letter {
            '\n' => self.line += 1,
            '"' if !self.escaped => self.in_text = !self.in_text,
            _ if self.in_text => {
                self.escaped = letter == '\\' && !self.escaped;
                return;
            }
            '[' | '{' => {
                self.depth += 1;
                if self.depth == 2 {
                    self.step = 0;
                }
            }
            ']' | '}' => self.depth = self.depth.saturating_sub(1),
            ',' if self.depth == 1 => self.sequence += 1,
            ',' if self.depth == 2 => self.step += 1,
            _ => {}
        }
        self.escaped = false;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_step_has_a_line_which_is_found_again() {
        let sequences = [
            json!([{"a": {"x": "[,\"\\"}}, {"to": "dual-write"}]),
            json!([]),
            json!([{"b": {"list": [1, [2, 3]], "y": {}}}, {"c": {}}]),
        ];
        let text = text(&sequences);
        let lines = text.lines().collect::<Vec<_>>();
        assert_eq!(
            serde_json::from_str::<Vec<Value>>(&text).unwrap(),
            sequences
        );
        for (sequence, step, wanted) in [
            (0, Some(0), "\"a\""),
            (0, Some(1), "\"to\""),
            (2, None, "["),
            (2, Some(0), "\"b\""),
            (2, Some(1), "\"c\""),
        ] {
            let line = line_of(&text, sequence, step);
            assert!(
                lines[line - 1].contains(wanted),
                "{sequence} {step:?}: {line}"
            );
        }
    }
}
