//! Tables are made when they are missing, and compared when they are there.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use dal_traits::ErrorKind;

use super::{PLACES, SHOP, Stage, on_each};

#[test]
fn tables_are_made_once_with_their_indexes_and_dals_own() {
    on_each(&SHOP, async |stage| {
        stage.backend().provision().await.unwrap();
        let described = stage
            .client
            .describe_table()
            .table_name(stage.table("Products"));
        let table = described.send().await.unwrap().table.unwrap();
        let indexes = table.global_secondary_indexes();
        assert_eq!(indexes.len(), 2);
        let seller = indexes
            .iter()
            .find(|i| i.index_name() == Some("by_seller"))
            .unwrap();
        let projection = seller.projection().unwrap();
        assert_eq!(projection.projection_type(), Some(&ProjectionType::Include));
        assert_eq!(projection.non_key_attributes(), ["name"]);
        let described = stage.client.describe_table().table_name(stage.table("dal"));
        described.send().await.unwrap();
    });
    on_each(&PLACES, async |stage| {
        stage.backend().provision().await.unwrap();
        // No table for an entity that is not carried out.
        let described = stage
            .client
            .describe_table()
            .table_name(stage.table("Folders"));
        described.send().await.unwrap_err();
    });
}

#[test]
fn a_table_that_differs_is_refused_with_the_difference() {
    on_each(&SHOP, async |stage| {
        for (case, names) in [
            ("type", "the key is id (S) instead of id (N)"),
            ("sort", "the key is id (N), sk (N) instead of id (N)"),
            ("missing", "the index `by_seller` is missing"),
            (
                "index",
                "the key of the index `by_category` is category (S) instead of category (S), price (N)",
            ),
            (
                "projection",
                "the index `by_category` projects KEYS_ONLY instead of ALL",
            ),
        ] {
            let prefix = format!("{}{case}_", stage.prefix);
            let other = Stage {
                prefix,
                client: stage.client.clone(),
                faults: stage.faults.clone(),
                model: stage.model.clone(),
            };
            create(&other, case).await;
            let error = other.backend().provision().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            assert!(error.to_string().contains(names), "{error}");
        }
    });
}

async fn create(stage: &Stage, case: &str) {
    let of = |name: &str, held: ScalarAttributeType| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(held).build().unwrap()
    };
    let key = |name: &str, key_type: KeyType| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(key_type).build().unwrap()
    };
    let index = |name: &str, keys: &[&str], projection: ProjectionType| {
        let mut index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .projection(Projection::builder().projection_type(projection).build());
        for (name, key_type) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            index = index.key_schema(key(name, key_type));
        }
        index.build().unwrap()
    };
    let (s, n) = (ScalarAttributeType::S, ScalarAttributeType::N);
    let id = if case == "type" { s.clone() } else { n.clone() };
    let mut request = stage
        .client
        .create_table()
        .table_name(stage.table("Products"))
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(of("id", id))
        .attribute_definitions(of("category", s))
        .key_schema(key("id", KeyType::Hash));
    let mut keys = vec!["category"];
    if case == "sort" {
        request = request.attribute_definitions(of("sk", n.clone()));
        request = request.key_schema(key("sk", KeyType::Range));
    }
    if case != "index" {
        request = request.attribute_definitions(of("price", n));
        keys.push("price");
    }
    let projection = if case == "projection" {
        ProjectionType::KeysOnly
    } else {
        ProjectionType::All
    };
    let request = request.global_secondary_indexes(index("by_category", &keys, projection));
    request.send().await.unwrap();
}
