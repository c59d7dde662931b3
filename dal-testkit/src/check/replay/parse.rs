//! From the text of a derived `Debug` to Rust that makes the same value.
//!
//! `Debug` writes a `String` as a literal, a `Vec` as an array, a date without quotes. What is not
//! understood is left as it is: the reader sees it, and the compiler says where.

/// The Rust for what `Debug` wrote.
pub(super) fn rust(debug: &str) -> String {
    let mut reader = Reader { rest: debug };
    let mut text = reader.value();
    // Whatever is left was not understood.
    text.push_str(reader.rest);
    text
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self) -> String {
        self.spaces();
        match self.rest.chars().next() {
            Some('"') => format!("{}.into()", self.literal('"')),
            Some('\'') => self.literal('\''),
            Some('[') => format!("vec![{}]", self.list('[', ']').join(", ")),
            Some('(') => {
                let items = self.list('(', ')');
                let end = if items.len() == 1 { "," } else { "" };
                format!("({}{end})", items.join(", "))
            }
            Some('{') => self.map(),
            Some(_) => self.special().unwrap_or_else(|| self.named()),
            None => String::new(),
        }
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.spaces();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, end: usize) -> &str {
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// A text or a character with its quotes, as it stands.
    fn literal(&mut self, quote: char) -> String {
        let mut escaped = false;
        let end = self
            .rest
            .char_indices()
            .skip(1)
            .find(|(_, letter)| {
                let ends = *letter == quote && !escaped;
                escaped = *letter == '\\' && !escaped;
                ends
            })
            .map_or(self.rest.len(), |(at, letter)| at + letter.len_utf8());
        self.take(end).to_owned()
    }

    fn list(&mut self, open: char, close: char) -> Vec<String> {
        let mut items = Vec::new();
        self.eat(open);
        while !self.rest.is_empty() && !self.eat(close) {
            let before = self.rest.len();
            items.push(self.value());
            self.eat(',');
            if self.rest.len() == before {
                break;
            }
        }
        items
    }

    /// A map or a set.
    fn map(&mut self) -> String {
        let mut items = Vec::new();
        self.eat('{');
        while !self.rest.is_empty() && !self.eat('}') {
            let before = self.rest.len();
            let key = self.value();
            items.push(if self.eat(':') {
                format!("({key}, {})", self.value())
            } else {
                key
            });
            self.eat(',');
            if self.rest.len() == before {
                break;
            }
        }
        if items.is_empty() {
            "Default::default()".to_owned()
        } else {
            format!("[{}].into_iter().collect()", items.join(", "))
        }
    }

    /// Dates and uuids, which `Debug` writes without quotes.
    fn special(&mut self) -> Option<String> {
        let end = self
            .rest
            .find([',', ')', ']', '}'])
            .unwrap_or(self.rest.len());
        let text = self.rest.get(..end)?.trim_end().to_owned();
        let written = if is_uuid(&text) {
            format!("{text:?}.parse().unwrap()")
        } else if starts_with_date(&text) {
            if text.contains(' ') {
                format!("::time::macros::datetime!({text})")
            } else {
                format!("{text:?}.parse().unwrap()")
            }
        } else {
            return None;
        };
        self.take(text.len());
        Some(written)
    }

    /// A number, or a name with what stands behind it.
    fn named(&mut self) -> String {
        let end = self
            .rest
            .find([',', '(', ')', '[', ']', '{', '}', ' ', '"'])
            .unwrap_or(self.rest.len());
        let name = match self.take(end) {
            "NaN" => "f64::NAN",
            "inf" => "f64::INFINITY",
            "-inf" => "f64::NEG_INFINITY",
            name => name,
        }
        .to_owned();
        if self.rest.starts_with('(') {
            return format!("{name}({})", self.list('(', ')').join(", "));
        }
        if !name.is_empty() && self.rest.starts_with(" {") {
            self.eat('{');
            return format!("{name} {{ {} }}", self.fields().join(", "));
        }
        name
    }

    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while !self.rest.is_empty() && !self.eat('}') {
            let before = self.rest.len();
            let end = self.rest.find([':', '}']).unwrap_or(self.rest.len());
            let name = self.take(end).trim().to_owned();
            if self.eat(':') {
                fields.push(format!("{name}: {}", self.value()));
            } else {
                fields.push(name);
            }
            self.eat(',');
            if self.rest.len() == before {
                break;
            }
        }
        fields
    }
}

fn is_uuid(text: &str) -> bool {
    let parts = text.split('-').collect::<Vec<_>>();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.chars().all(|digit| digit.is_ascii_hexdigit()))
}

fn starts_with_date(text: &str) -> bool {
    let Some(date) = text.get(..10) else {
        return false;
    };
    date.chars().enumerate().all(|(at, letter)| match at {
        4 | 7 => letter == '-',
        _ => letter.is_ascii_digit(),
    })
}

#[cfg(test)]
mod tests {
    use super::rust;

    #[test]
    fn what_debug_writes_becomes_rust_that_makes_the_value() {
        for (debug, wanted) in [
            (
                r#"Op::A { name: "a\"b}", id: h(0) }"#,
                r#"Op::A { name: "a\"b}".into(), id: h(0) }"#,
            ),
            (
                "Op::B { at: 2024-01-02 3:04:05.006 +00:00:00, n: -5 }",
                r"Op::B { at: ::time::macros::datetime!(2024-01-02 3:04:05.006 +00:00:00), n: -5 }",
            ),
            (
                r"Op::C { list: [U(1), U(2)], none: None }",
                r"Op::C { list: vec![U(1), U(2)], none: None }",
            ),
            (
                r#"Op::D { m: {"a": 1}, s: {}, t: (1, 'x'), f: inf }"#,
                r#"Op::D { m: [("a".into(), 1)].into_iter().collect(), s: Default::default(), t: (1, 'x'), f: f64::INFINITY }"#,
            ),
            (
                r"Op::E { id: 67e55044-10b1-426f-9247-bb680e5fe0c8, x: Some(h(4)) }",
                r#"Op::E { id: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap(), x: Some(h(4)) }"#,
            ),
            (r"Op::F", r"Op::F"),
            (
                r#"S::U(Op::G { new: New { email: "", kind: Big } })"#,
                r#"S::U(Op::G { new: New { email: "".into(), kind: Big } })"#,
            ),
        ] {
            assert_eq!(rust(debug), wanted);
        }
    }
}
