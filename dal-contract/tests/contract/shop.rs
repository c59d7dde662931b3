//! The contract of a shop: users, products, carts, and orders with their lines.

use std::sync::LazyLock;

use dal_contract::{Mode, Sources, describe, load};
use dal_traits::catalog::Catalog;
use dal_traits::model::{
    AccessPath, AttributeType, Compare, Entity, Expr, FieldSource, Model, PathKind, PathOrder,
    Projection,
};

use crate::{codes, read};

pub const CONTRACT: &str = include_str!("../fixtures/shop.json");
pub static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| serde_json::from_str(include_str!("../fixtures/shop.catalog.json")).unwrap());

fn model() -> Model {
    let read = read(CONTRACT, Some(&CATALOG));
    assert!(
        read.entities.iter().all(|entity| entity.loaded),
        "{:#?}",
        read.diagnostics
    );
    read.model
}

fn fields(entity: &Entity) -> Vec<&str> {
    entity
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect()
}

fn named<'a>(entity: &'a Entity, places: &[usize]) -> Vec<&'a str> {
    places
        .iter()
        .map(|place| entity.fields[*place].name.as_str())
        .collect()
}

fn path<'a>(entity: &'a Entity, name: &str) -> &'a AccessPath {
    entity.paths.iter().find(|path| path.name == name).unwrap()
}

#[test]
fn every_entity_loads_and_can_be_written() {
    let read = read(CONTRACT, Some(&CATALOG));
    let known = ["I-GUARD", "W-KEY-EMPTY", "W-NUMERIC-STRING-SORT", "W-ORDER"];
    for code in codes(&read) {
        assert!(known.contains(&code), "{:#?}", read.diagnostics);
    }
    let model = model();
    assert_eq!(model.entities.len(), 4);
    for entity in &model.entities {
        assert_eq!(entity.read_only, [""; 0], "{}", entity.name);
    }
}

#[test]
fn columns_are_fields_and_the_primary_key_is_the_identity() {
    let model = model();
    let users = model.entity("Users").unwrap();
    assert_eq!(fields(users), ["id", "email", "name", "created_at"]);
    assert_eq!(named(users, &users.identity), ["id"]);
    assert_eq!(users.fields[1].source, FieldSource::Column(1));
    assert!(users.fields[1].sensitive && !users.fields[2].sensitive);
    assert_eq!(users.fields[1].compare, Compare::Column);
    let carts = model.entity("Carts").unwrap();
    assert_eq!(named(carts, &carts.identity), ["user_id", "product_id"]);
    let range = carts.fields[2].range.as_ref().unwrap();
    assert_eq!(range.least, Some(("1".to_owned(), true)));
    assert_eq!(range.greatest, Some(("1000".to_owned(), true)));
}

#[test]
fn lines_of_an_order_are_its_children() {
    let model = model();
    let orders = model.entity("Orders").unwrap();
    let lines = orders
        .fields
        .iter()
        .find(|field| field.name == "lines")
        .unwrap();
    assert_eq!(lines.source, FieldSource::Children);
    let attribute = &orders.attributes[lines.attribute];
    assert_eq!(attribute.attribute_type, AttributeType::L);
    let Expr::Children(children) = &attribute.expr else {
        panic!("{attribute:?}");
    };
    assert_eq!(model.catalog.tables[children.table].name, "order_lines");
    assert_eq!(children.on, [(0, 0)]);
    let members: Vec<_> = children
        .members
        .iter()
        .map(|(name, column)| (name.as_str(), *column))
        .collect();
    assert_eq!(members, [("product_id", 1), ("quantity", 2), ("price", 3)]);
    assert_eq!(children.order[0].column, 1);
    assert!(!children.order[0].descending);
    let text = describe(&attribute.expr, orders.source, &model.catalog);
    assert_eq!(text, "array of order_lines (product_id, quantity, price)");
}

#[test]
fn paths_are_strong_by_the_tables_key_and_by_guards_and_eventual_by_indexes() {
    let model = model();
    let users = model.entity("Users").unwrap();
    let kinds: Vec<_> = users
        .paths
        .iter()
        .map(|path| (path.name.as_str(), path.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("id", PathKind::Table),
            ("users_email", PathKind::Guard),
            ("users_name", PathKind::Guard)
        ]
    );
    assert!(
        users
            .paths
            .iter()
            .all(|path| path.is_strong() && path.unique && path.total)
    );
    assert_eq!(path(users, "users_email").aliases, ["sign-in"]);

    let products = model.entity("Products").unwrap();
    let by_category = path(products, "by_category");
    assert_eq!(by_category.kind, PathKind::Index(0));
    assert_eq!(named(products, &by_category.equal), ["category"]);
    assert_eq!(named(products, &by_category.sort), ["price"]);
    assert!(!by_category.is_strong() && !by_category.unique && !by_category.total);
    assert_eq!(by_category.order, PathOrder::Same);
    assert_eq!(by_category.aliases, ["browse"]);
    assert!(path(products, "by_seller").total);
    let indexes = &model.tables[products.table].indexes;
    assert_eq!(
        indexes[1].projection,
        Projection::Include(vec!["name".to_owned()])
    );

    let carts = model.entity("Carts").unwrap();
    let of_user = path(carts, "Carts");
    assert_eq!(named(carts, &of_user.equal), ["user_id"]);
    assert_eq!(named(carts, &of_user.sort), ["product_id"]);
    assert!(of_user.is_strong() && of_user.total);

    let orders = model.entity("Orders").unwrap();
    let by_user = path(orders, "by_user");
    assert_eq!(named(orders, &by_user.sort), ["placed_at", "id"]);
    // The id is text behind the moment.
    assert_eq!(by_user.order, PathOrder::Encoded);
    let sort = orders.index_keys[0].unwrap().sort_key.unwrap();
    let text = describe(&orders.attributes[sort].expr, orders.source, &model.catalog);
    assert_eq!(text, r##"placed_at + "#" + id"##);
}

#[test]
fn an_index_with_a_constant_key_lists_every_record() {
    let contract = CONTRACT
        .replacen(
            r#""pk": "id","#,
            r#""pk": "id", "gsis": [{"index_name": "by_name", "pk": "list", "sk": "name"}],"#,
            1,
        )
        .replacen(
            r#""attributes": ["#,
            r#""attributes": [{"name": "list", "type": "S", "source_table": "users",
                "transformation": {"type": "static", "value": "USERS"}},"#,
            1,
        )
        .replacen(
            r#"{"id": "user", "given": ["id"]},"#,
            r#"{"id": "user", "given": ["id"]}, {"id": "all", "given": [], "order": ["name"]},"#,
            1,
        );
    let read = read(&contract, Some(&CATALOG));
    let users = read.model.entity("Users").unwrap();
    let by_name = path(users, "by_name");
    assert_eq!(by_name.equal, [0; 0], "{:#?}", read.diagnostics);
    assert_eq!(named(users, &by_name.sort), ["name"]);
    assert_eq!(by_name.aliases, ["all"]);
    assert!(by_name.total && !by_name.unique);
}

#[test]
fn without_a_catalog_everything_that_needs_none_is_checked() {
    let contract = CONTRACT.replace("\"sk\": \"product_id\"", "\"sk\": \"\"");
    let found = read(&contract, None);
    assert_eq!(codes(&found), ["E-MEMBER-VALUE"]);
    let loaded: Vec<_> = found.entities.iter().map(|entity| entity.loaded).collect();
    assert_eq!(loaded, [true, true, false, true]);
    assert_eq!(codes(&read(CONTRACT, None)), [""; 0]);
}

#[test]
fn in_strict_mode_a_warning_refuses() {
    let sources = Sources {
        contract: CONTRACT,
        sidecar: None,
    };
    let read = load(sources, Some(&CATALOG), Mode::Strict);
    let loaded: Vec<_> = read
        .entities
        .iter()
        .map(|entity| (entity.name.as_str(), entity.loaded))
        .collect();
    assert_eq!(
        loaded,
        [
            ("Users", true),
            ("Products", false),
            ("Carts", true),
            ("Orders", false)
        ]
    );
}

#[test]
fn a_sidecar_says_what_the_contract_may_not() {
    let sidecar = r#"{
        "x-dal": {"references": "declare"},
        "tables": {
            "Orders": {"x-dal": {"order": {"by_user": "column"}}},
            "Users": {"attributes": {"name": {"x-dal": {"compare": "exact", "sensitive": true}}}}
        }
    }"#;
    let sources = Sources {
        contract: CONTRACT,
        sidecar: Some(sidecar),
    };
    let read = load(sources, Some(&CATALOG), Mode::Lenient);
    assert!(
        !codes(&read).contains(&"W-ORDER"),
        "{:#?}",
        read.diagnostics
    );
    let users = read.model.entity("Users").unwrap();
    assert_eq!(users.fields[2].compare, Compare::Exact);
    assert!(users.fields[2].sensitive);
    assert_eq!(users.references, dal_traits::model::References::Declare);
    let orders = read.model.entity("Orders").unwrap();
    assert_eq!(path(orders, "by_user").order, PathOrder::Column);
}
