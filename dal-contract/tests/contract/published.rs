//! The published examples of the format, where they are: beside the repository, in
//! `shared/data/contracts`, or in the folder that `DAL_CONTRACTS` names. They are not part of it.

use std::io::Write as _;
use std::path::PathBuf;

use dal_contract::{EntityOutcome, describe};
use dal_traits::catalog::Catalog;
use dal_traits::model::Model;

fn folder() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/contracts");
    let named = std::env::var_os("DAL_CONTRACTS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| beside.into());
    let found = folder.is_dir();
    if !found {
        let _ = writeln!(
            std::io::stderr(),
            "dal-contract: published: NOT TESTED: no published contracts (DAL_CONTRACTS names them)"
        );
    }
    found.then_some(folder)
}

#[test]
fn what_is_built_loads_and_the_rest_is_named() {
    let Some(folder) = folder() else { return };
    let catalog: Catalog =
        serde_json::from_str(include_str!("../fixtures/published.catalog.json")).unwrap();
    // Each file, whether it loads with writes, and the errors that must be among those found.
    let expected: [(&str, bool, &[&str]); 13] = [
        ("pattern-01-self-join.fragment", true, &[]),
        ("pattern-02-foreign-key-join.fragment", true, &[]),
        (
            "pattern-03-multi-column-join.fragment",
            false,
            &["E-NOT-BUILT"],
        ),
        (
            "pattern-04-conditional-join.fragment",
            false,
            &["E-NOT-BUILT"],
        ),
        ("pattern-05-chain-join.fragment", false, &["E-NOT-BUILT"]),
        ("pattern-06-lookup-table-join.fragment", true, &[]),
        (
            "pattern-07-json-construction.fragment",
            false,
            &["E-NOT-BUILT"],
        ),
        ("pattern-08-multi-entity-table.fragment", true, &[]),
        (
            "pattern-09-calculated-fields.fragment",
            false,
            &["E-NOT-BUILT"],
        ),
        ("pattern-10-time-based-partitioning.fragment", true, &[]),
        ("legacy-object-map-users.fragment", false, &["E-SHAPE-B"]),
        ("legacy-top-level-array-template", false, &["E-SHAPE-B"]),
        ("ddb-query-plan-unique-isbn.fragment", false, &["E-SHAPE"]),
    ];
    for (name, loads, errors) in expected {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let read = crate::read(&text, Some(&catalog));
        let codes = crate::codes(&read);
        let found: Vec<_> = codes.iter().filter(|code| code.starts_with('E')).collect();
        if loads {
            assert!(found.is_empty(), "{name}: {:#?}", read.diagnostics);
            assert!(read.entities.iter().all(|entity| entity.loaded), "{name}");
        } else {
            for error in errors {
                assert!(codes.contains(error), "{name}: {:#?}", read.diagnostics);
            }
            assert!(read.model.entities.is_empty(), "{name}");
        }
        // Without a catalog what is built is understood too.
        let outcomes = crate::read(&text, None).entities;
        let understood = |entity: &EntityOutcome| entity.loaded == loads;
        assert!(outcomes.iter().all(understood), "{name}: {outcomes:#?}");
    }
}

#[test]
fn keys_are_what_the_patterns_mean() {
    let Some(folder) = folder() else { return };
    let catalog: Catalog =
        serde_json::from_str(include_str!("../fixtures/published.catalog.json")).unwrap();
    let model = |name: &str| -> Model {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        crate::read(&text, Some(&catalog)).model
    };
    let key = |model: &Model, entity: &str| {
        let entity = model.entity(entity).unwrap();
        let of = |place: usize| {
            describe(
                &entity.attributes[place].expr,
                entity.source,
                &model.catalog,
            )
        };
        (of(entity.partition_key), entity.sort_key.map(of))
    };
    let two = model("pattern-02-foreign-key-join.fragment.json");
    assert_eq!(key(&two, "Products"), ("id".to_owned(), None));
    let six = model("pattern-06-lookup-table-join.fragment.json");
    let tag = "(tags.name by tag_id)".to_owned();
    assert_eq!(
        key(&six, "ProductTags"),
        ("product_id".to_owned(), Some(tag))
    );
    let eight = model("pattern-08-multi-entity-table.fragment.json");
    let user = (
        r#""USER#" + id"#.to_owned(),
        Some(r#""PROFILE""#.to_owned()),
    );
    assert_eq!(key(&eight, "UserData.USER"), user);
    let preferences = (
        r#""USER#" + user_id"#.to_owned(),
        Some(r#""PREFERENCES""#.to_owned()),
    );
    assert_eq!(key(&eight, "UserData.USER_PREFERENCES"), preferences);
    let ten = model("pattern-10-time-based-partitioning.fragment.json");
    let sort = r##"created_at as YYYY-MM-DD + "#" + activity_id"##.to_owned();
    assert_eq!(
        key(&ten, "UserActivity"),
        ("user_id".to_owned(), Some(sort))
    );
}
