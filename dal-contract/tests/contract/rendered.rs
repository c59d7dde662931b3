//! What a person sees.

use dal_contract::{Sources, render};

use crate::shop::CATALOG;

#[test]
fn a_finding_is_shown_with_its_text_underlined_what_was_understood_and_the_fix() {
    let contract = r#"{
  "tables": [
    {
      "table": "Users", "source_table": "users", "pk": "user_id",
      "attributes": [
        {"name": "email", "type": "S", "source_table": "users", "source_column": "mail"}
      ]
    }
  ]
}
"#;
    let read = crate::read(contract, Some(&CATALOG));
    let sources = Sources {
        contract,
        sidecar: None,
    };
    let shown = ["E-NO-COLUMN", "W-KEY-CONVENTION"].map(|code| {
        let found = read.diagnostics.iter().find(|found| found.code == code);
        found.unwrap().clone()
    });
    let shown = render(&shown, sources, "shop.json", "shop.dal.json");
    assert_eq!(shown, SHOWN, "{shown}");
}

const SHOWN: &str = r#"error[E-NO-COLUMN]: the table `users` has no column `mail`
 --> shop.json:6:82
  |
6 |         {"name": "email", "type": "S", "source_table": "users", "source_column": "mail"}
  |                                                                                  ^^^^^^ tables[0].attributes[0].source_column
  |
  = help: is `email` meant?

warning[W-KEY-CONVENTION]: `user_id` is neither an attribute nor a column of `users`
 --> shop.json:4:56
  |
4 |       "table": "Users", "source_table": "users", "pk": "user_id",
  |                                                        ^^^^^^^^^ tables[0].pk
  |
  = note: understood: `users.id`, the primary key
  = help: add an attribute `user_id` with the source column `id`

"#;
