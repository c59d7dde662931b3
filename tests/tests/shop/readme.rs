//! The README's snippets: compiled, run where they test something, and the same there as here.

mod staging {
    include!("../../snippets/staging.rs");
}
mod switch {
    include!("../../snippets/switch.rs");
}

use dal_shadow::Phase;
use dal_shadow::source::Fixed;
use dal_testkit::servers::{Engine, runtime};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::dynamodb::DynamoUsers;
use shop::mysql::MySqlUsers;

mod property {
    use dal_testkit::servers::{Engine, announce};

    include!("../../snippets/stores.rs");

    #[test]
    fn engines() {
        announce("readme", &[Engine::MySql, Engine::Embedded]);
    }

    include!("../../snippets/property.rs");
}

#[test]
fn each_snippet_stands_in_the_readme_and_has_at_most_25_lines() {
    let readme = include_str!("../../../README.md");
    let guide = include_str!("../../../docs/testing-your-traits.md");
    let stores = include_str!("../../snippets/stores.rs");
    assert!(guide.contains(stores), "not in the guide:\n{stores}");
    for snippet in [
        include_str!("../../snippets/switch.rs"),
        include_str!("../../snippets/staging.rs"),
        include_str!("../../snippets/property.rs"),
    ] {
        assert!(snippet.lines().count() <= 25, "{snippet}");
        assert!(readme.contains(snippet), "not in the README:\n{snippet}");
    }
}

#[tokio::test]
async fn the_harness_of_the_staging_snippet_starts_and_is_not_ready_without_traffic() {
    let before = std::env::current_dir().unwrap();
    let harness = staging::harness(Fixed::new(Phase::ShadowRead))
        .await
        .unwrap();
    assert!(!staging::may_dynamodb_answer(&harness).may);
    drop(harness);
    std::fs::remove_file(before.join("differences.jsonl")).unwrap();
}

#[test]
fn the_switch_snippet_gives_the_trait_that_the_application_has() {
    // Without the file it refuses to start, and says which one it looked for.
    let error = runtime().block_on(async {
        let mysql = MySqlUsers::new(fresh_mysql().await);
        let (db, table) = fresh_dynamodb(Engine::Embedded).await;
        let users = switch::users(mysql, DynamoUsers::new(db, &table)).await;
        users.err().map(|error| error.to_string())
    });
    assert!(error.is_some_and(|error| error.contains("phases.json")));
}
