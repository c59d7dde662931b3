//! What is not carried out, and says why.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use dal_memory::{MemoryBackend, Texts};
use dal_traits::catalog::{Catalog, ForeignKey, ReferenceAction, SourceTable, UniqueKey};
use dal_traits::model::{Entity, Expr, Model};
use dal_traits::op::{NextId, Op, Reply};
use dal_traits::store::Store;
use dal_traits::value::Value;
use dal_traits::{Capability, Cursor, Error, ErrorKind, OpCx, Result, Service};

use crate::{kind, refused, shop, shop_model, things_model, users, values};

#[tokio::test]
async fn an_entity_that_does_not_exist_names_those_that_do() {
    let parts = ["`Customers`", "Users, Products, Carts, Orders"];
    refused(shop().entity("Customers"), ErrorKind::Config, &parts);
    refused(users().field("colour"), ErrorKind::InvalidValue, &["email"]);
}

/// The shop with another catalog.
fn with_catalog(change: impl FnOnce(&mut Catalog)) -> Arc<Model> {
    let mut model = Model::clone(&shop_model());
    let mut catalog = Catalog::clone(&model.catalog);
    change(&mut catalog);
    model.catalog = Arc::new(catalog);
    Arc::new(model)
}

#[tokio::test]
async fn an_array_whose_rows_the_stores_would_not_keep_alike_is_not_supported() {
    type Change = fn(&mut Catalog);
    fn lines(catalog: &mut Catalog) -> &mut SourceTable {
        let mut tables = catalog.tables.iter_mut();
        tables.find(|table| table.name == "order_lines").unwrap()
    }
    fn key(columns: &[&str]) -> UniqueKey {
        UniqueKey {
            name: "another".to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            prefix: false,
        }
    }
    fn to_products(catalog: &mut Catalog, child: &str, parent: &str) {
        let mut tables = catalog.tables.iter_mut();
        let table = tables.find(|table| table.name == child).unwrap();
        table.foreign_keys.push(ForeignKey {
            name: "another".to_owned(),
            columns: vec!["product_id".to_owned()],
            parent: parent.to_owned(),
            parent_columns: vec!["id".to_owned()],
            on_delete: ReferenceAction::Restrict,
        });
    }
    fn hidden(catalog: &mut Catalog) {
        let mut column = lines(catalog).columns[3].clone();
        column.name = "note".to_owned();
        column.nullable = true;
        lines(catalog).columns.push(column);
    }
    let cases: [(Change, &str); 9] = [
        (
            |all| to_products(all, "order_lines", "products"),
            "its rows have the foreign key `another`",
        ),
        (
            |all| to_products(all, "cart_lines", "order_lines"),
            "`cart_lines` refers to its rows by the foreign key `another`",
        ),
        (
            |all| lines(all).unique_keys.push(key(&["product_id"])),
            "its unique key `another` is not made of the key of the record",
        ),
        (
            |all| {
                hidden(all);
                lines(all).unique_keys.push(key(&["order_id", "note"]));
            },
            "its unique key `another` is not made of the key of the record",
        ),
        (
            |all| {
                hidden(all);
                lines(all).unique_keys.push(key(&["order_id", "price"]));
            },
            "it does not show `note`, and has not exactly one unique key",
        ),
        (
            |all| {
                let expression = UniqueKey {
                    prefix: true,
                    ..key(&[])
                };
                lines(all).unique_keys.push(expression);
            },
            "its unique key `another` is over an expression",
        ),
        (
            |all| lines(all).columns[2].generated = true,
            "`quantity` is given by MySQL",
        ),
        (
            |all| lines(all).columns[1].column_type = "float".parse().unwrap(),
            "does not compare `product_id` by bytes",
        ),
        (
            |all| lines(all).columns[0].nullable = true,
            "`order_id` takes NULL",
        ),
    ];
    for (change, why) in cases {
        let store = Store::open(MemoryBackend::new(with_catalog(change)));
        let parts = ["`lines` is an array of rows of `order_lines`", why];
        refused(store.entity("Orders"), ErrorKind::Unsupported, &parts);
    }
}

#[tokio::test]
async fn rows_that_two_entities_show_as_their_own_are_not_supported() {
    let mut model = Model::clone(&shop_model());
    let mut other = Entity::clone(model.entity("Orders").unwrap());
    other.name = "Archive".to_owned();
    other.place = model.entities.len();
    model.entities.push(Arc::new(other));
    let store = Store::open(MemoryBackend::new(Arc::new(model)));
    for entity in ["Orders", "Archive"] {
        let parts = ["another array holds rows of `order_lines` too"];
        refused(store.entity(entity), ErrorKind::Unsupported, &parts);
    }
}

#[tokio::test]
async fn an_array_is_ordered_by_what_it_shows() {
    let model = with_catalog(|catalog| {
        let mut tables = catalog.tables.iter_mut();
        let lines = tables.find(|table| table.name == "order_lines").unwrap();
        let mut column = lines.columns[3].clone();
        column.name = "note".to_owned();
        column.nullable = true;
        lines.columns.push(column);
    });
    assert!(
        Store::open(MemoryBackend::new(model.clone()))
            .entity("Orders")
            .is_ok()
    );
    let model = changed(&model, "Orders", |orders| {
        let mut attributes = orders.attributes.iter_mut();
        let lines = attributes
            .find(|attribute| attribute.name == "lines")
            .unwrap();
        let Expr::Children(children) = &mut lines.expr else {
            unreachable!()
        };
        children.order[0].column = 4;
    });
    let orders = Store::open(MemoryBackend::new(model)).entity("Orders");
    let parts = ["`lines`", "a column that it does not show orders it"];
    refused(orders, ErrorKind::Unsupported, &parts);
}

#[tokio::test]
async fn only_the_foreign_key_of_owned_children_lets_their_record_be_deleted() {
    let store = Store::open(MemoryBackend::new(shop_model()));
    let orders = store.entity("Orders").unwrap();
    assert!(!orders.delete(1).await.unwrap());
    let another = with_catalog(|catalog| {
        let mut tables = catalog.tables.iter_mut();
        let carts = tables.find(|table| table.name == "cart_lines").unwrap();
        carts.foreign_keys.push(ForeignKey {
            name: "its_order".to_owned(),
            columns: vec!["product_id".to_owned()],
            parent: "orders".to_owned(),
            parent_columns: vec!["id".to_owned()],
            on_delete: ReferenceAction::Cascade,
        });
    });
    let orders = Store::open(MemoryBackend::new(another)).entity("Orders");
    let refused_delete = orders.unwrap().delete(1).await;
    refused(
        refused_delete,
        ErrorKind::Unsupported,
        &["its_order", "`cart_lines`"],
    );
}

/// The model with one entity changed.
fn changed(model: &Model, name: &str, change: impl FnOnce(&mut Entity)) -> Arc<Model> {
    let mut model = model.clone();
    let place = model.entity(name).unwrap().place;
    let mut entity = Entity::clone(&model.entities[place]);
    change(&mut entity);
    model.entities[place] = Arc::new(entity);
    Arc::new(model)
}

#[tokio::test]
async fn a_read_only_entity_is_read_and_says_why_it_is_not_written() {
    let model = changed(&shop_model(), "Users", |users| {
        users.read_only = vec!["it has a trigger".to_owned()];
    });
    let users = Store::open(MemoryBackend::new(model))
        .entity("Users")
        .unwrap();
    let parts = ["it has a trigger", "entity=Users"];
    let insert = users.insert(values! {email: "a", name: "a"}).await;
    refused(insert, ErrorKind::Unsupported, &parts);
    let put = users.put(values! {id: 1, email: "a", name: "a"}).await;
    refused(put, ErrorKind::Unsupported, &parts);
    let update = users.update(1).set("name", "b").await;
    refused(update, ErrorKind::Unsupported, &parts);
    refused(users.delete(1).await, ErrorKind::Unsupported, &parts);
    refused(users.next_id().await, ErrorKind::Unsupported, &parts);
    assert_eq!(users.get("id", values! {id: 1}).await.unwrap(), None);
}

/// The shop, whose table `child` refers to the users.
fn with_reference(child: &str) -> Arc<Model> {
    with_catalog(|catalog| {
        let mut tables = catalog.tables.iter_mut();
        let child = tables.find(|table| table.name == child).unwrap();
        child.foreign_keys = vec![ForeignKey {
            name: "its_user".to_owned(),
            columns: vec!["user_id".to_owned()],
            parent: "users".to_owned(),
            parent_columns: vec!["id".to_owned()],
            on_delete: ReferenceAction::Cascade,
        }];
    })
}

#[tokio::test]
async fn rows_that_others_refer_to_are_not_deleted_and_those_that_refer_are_not_used() {
    let store = Store::open(MemoryBackend::new(with_reference("cart_lines")));
    let users = store.entity("Users").unwrap();
    users.insert(values! {email: "a", name: "a"}).await.unwrap();
    let parts = ["its_user", "`cart_lines`", "operation=delete"];
    refused(users.delete(1).await, ErrorKind::Unsupported, &parts);
    let parts = ["its_user", "entity=Carts"];
    refused(store.entity("Carts"), ErrorKind::Unsupported, &parts);
}

#[tokio::test]
async fn an_id_beside_the_identity_is_not_supported() {
    let model = changed(&shop_model(), "Products", |products| {
        products.fields[6].auto_increment = true;
    });
    let store = Store::open(MemoryBackend::new(model.clone()));
    let parts = ["`stock`", "AUTO_INCREMENT"];
    refused(store.entity("Products"), ErrorKind::Unsupported, &parts);
    // Nor does the backend carry it out below the store.
    let memory = MemoryBackend::new(model.clone());
    let entity = model.entity("Products").unwrap().clone();
    let next_id = Op::NextId(NextId { entity });
    let next_id = memory.call(&OpCx::new(), next_id).await;
    refused(next_id, ErrorKind::Unsupported, &["`stock`"]);
}

#[tokio::test]
async fn another_collation_than_the_binary_one_needs_its_weights() {
    let collated = MemoryBackend::with_texts(things_model(), Texts::Collated);
    let store = Store::open(collated);
    let notes = store.entity("Notes").unwrap();
    let get = notes.get("id", values! {name: "a"}).await;
    refused(
        get,
        ErrorKind::Unsupported,
        &["utf8mb4_0900_ai_ci", "`name`"],
    );
    let things = store.entity("Things").unwrap();
    things.insert(values! {kind: "k"}).await.unwrap();
    let bytes = MemoryBackend::new(things_model());
    let notes = Store::open(bytes).entity("Notes").unwrap();
    notes.insert(values! {name: "a"}).await.unwrap();
    notes.insert(values! {name: "A"}).await.unwrap();
}

/// A backend that must not be called.
struct Declared(MemoryBackend, Capability);

#[async_trait]
impl Service for Declared {
    fn model(&self) -> &Arc<Model> {
        self.0.model()
    }

    fn capability(&self) -> &Capability {
        &self.1
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        match &op {
            Op::Query(query) => assert!(query.eventual),
            Op::Get(get) if get.entity.name == "Things" => assert!(get.eventual),
            _ => {}
        }
        self.0.call(cx, op).await
    }
}

#[tokio::test]
async fn what_a_backend_did_not_declare_is_refused_before_it_is_called() {
    let memory = MemoryBackend::new(shop_model());
    let capability = Capability {
        backend: "small",
        strong_indexes: false,
        max_record_bytes: Some(100),
        ..*memory.capability()
    };
    let store = Store::open(Declared(memory, capability));
    let products = store.entity("Products").unwrap();
    let query = || products.query("by_category").equal("category", "c");
    let parts = ["by_category", "backend=small", "operation=query"];
    refused(query().strong().await, ErrorKind::Unsupported, &parts);
    query().await.unwrap();
    query().eventual().await.unwrap();
    let users = store.entity("Users").unwrap();
    let get = users.get("users_email", values! {email: "a"});
    get.strong().await.unwrap();
    let given = |email: &str| values! {email: email.to_owned(), name: "a"};
    users.insert(given("a")).await.unwrap();
    let long = users.insert(given(&"a".repeat(100))).await;
    refused(long, ErrorKind::TooLarge, &["limit=100", "size="]);
    let long = users.put(values! {id: 1, email: "a".repeat(100), name: "a"});
    refused(long.await, ErrorKind::TooLarge, &["operation=put"]);

    let memory = MemoryBackend::new(things_model());
    let things = Store::open(Declared(memory, capability))
        .entity("Things")
        .unwrap();
    let get = || things.get("by_serial", values! {serial: 7});
    refused(get().strong().await, ErrorKind::Unsupported, &["by_serial"]);
    get().await.unwrap();
}

/// A backend that gives wrong replies.
struct Wrong(Arc<Model>, Capability);

#[async_trait]
impl Service for Wrong {
    fn model(&self) -> &Arc<Model> {
        &self.0
    }

    fn capability(&self) -> &Capability {
        &self.1
    }

    async fn call(&self, _cx: &OpCx, op: Op) -> Result<Reply> {
        match op {
            Op::Delete(_) => Err(Error::new(ErrorKind::Throttled, "too much")),
            _ => Ok(Reply::Id(1)),
        }
    }
}

#[tokio::test]
async fn an_empty_range_and_the_cursor_of_another_query_need_no_backend() {
    let capability = *MemoryBackend::new(shop_model()).capability();
    let store = Store::open(Wrong(shop_model(), capability));
    let products = store.entity("Products").unwrap();
    let books = || products.query("by_category").equal("category", "books");
    let [one, two] = [1, 2].map(Value::from);
    for range in [
        (Bound::Included(two.clone()), Bound::Included(one.clone())),
        (Bound::Included(one.clone()), Bound::Excluded(one.clone())),
        (Bound::Excluded(one.clone()), Bound::Included(one.clone())),
        (Bound::Excluded(one.clone()), Bound::Excluded(one.clone())),
    ] {
        let page = books().range("price", range).await.unwrap();
        assert!(page.records.is_empty() && page.next.is_none());
    }
    let one = (Bound::Included(one.clone()), Bound::Included(one));
    let asked = books().range("price", one).await;
    assert_eq!(kind(asked), ErrorKind::Unexpected);
    let other = Cursor {
        fingerprint: 1,
        position: Vec::new(),
    };
    let asked = books().after(other).await;
    assert_eq!(kind(asked), ErrorKind::InvalidCursor);
}

#[tokio::test]
async fn an_error_of_the_backend_says_once_where_it_happened() {
    let capability = *MemoryBackend::new(things_model()).capability();
    let store = Store::open(Wrong(things_model(), capability));
    let things = store.entity("Things").unwrap();
    let error = things.delete(1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "throttled: too much backend=memory operation=delete entity=Things"
    );
    assert_eq!(
        kind(things.update(1).set("level", 1).await),
        ErrorKind::Unexpected
    );
    assert_eq!(
        kind(things.insert(values! {kind: "k"}).await),
        ErrorKind::Unexpected
    );
}

#[tokio::test]
async fn the_entity_of_another_model_is_refused() {
    let memory = MemoryBackend::new(things_model());
    let shop = shop_model();
    let carts = shop.entity("Carts").unwrap().clone();
    let op = Op::NextId(NextId { entity: carts });
    let error = memory.call(&OpCx::new(), op).await;
    assert_eq!(kind(error), ErrorKind::Config);
}
