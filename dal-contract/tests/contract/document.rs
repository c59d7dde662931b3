//! `docs/diagnostics.md` has each code, in the order of the crate. `DAL_WRITE_DOCS=1` writes its
//! tables anew.

use std::fmt::Write as _;

use dal_contract::CODES;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/diagnostics.md");

fn table(prefix: char) -> String {
    let mut table = String::from("| code | meaning |\n|---|---|\n");
    for code in CODES.iter().filter(|code| code.name.starts_with(prefix)) {
        writeln!(table, "| `{}` | {} |", code.name, code.meaning).unwrap();
    }
    table
}

#[test]
fn the_document_lists_each_code() {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let mut written = text.clone();
    for prefix in ['E', 'W', 'I'] {
        let (begin, end) = (format!("<!-- codes {prefix} -->\n"), "<!-- end -->");
        let start = written.find(&begin).unwrap() + begin.len();
        let length = written[start..].find(end).unwrap();
        written.replace_range(start..start + length, &format!("\n{}\n", table(prefix)));
    }
    if std::env::var_os("DAL_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &written).unwrap();
        return;
    }
    assert_eq!(text, written, "DAL_WRITE_DOCS=1 writes the tables anew");
}

#[test]
fn each_code_the_document_explains_exists() {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let is_code = ["E-", "W-", "I-"]
            .iter()
            .any(|start| word.starts_with(start));
        if is_code && word.len() > 2 {
            assert!(CODES.iter().any(|code| code.name == word), "{word}");
        }
    }
}
