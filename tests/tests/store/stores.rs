//! Empty stores of a contract on each engine.

use std::sync::{Arc, LazyLock};

use dal_contract::{Mode, Sources, load};
use dal_dynamodb::DynamoDbBackend;
use dal_memory::MemoryBackend;
use dal_mysql::MySqlBackend;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime, verdict_dynamodb};
use dal_traits::catalog::Catalog;
use dal_traits::model::Model;
use dal_traits::store::Store;
use sqlx::Executor as _;

/// A contract, compiled, and the schema of its tables in MySQL.
pub struct Contract {
    pub model: Arc<Model>,
    pub schema: &'static str,
}

/// The contract of the shop.
pub static SHOP: LazyLock<Contract> = LazyLock::new(|| {
    compile(
        include_str!("../../../examples/shop/contract/migrationContract.json"),
        include_str!("../../../examples/shop/contract/catalog.json"),
        include_str!("../../../examples/shop/schema/mysql.sql"),
    )
});

/// A contract with a column of each type.
pub static TYPES: LazyLock<Contract> = LazyLock::new(|| {
    compile(
        include_str!("../../fixtures/types.contract.json"),
        include_str!("../../fixtures/types.catalog.json"),
        include_str!("../../fixtures/types.sql"),
    )
});

fn compile(contract: &str, catalog: &str, schema: &'static str) -> Contract {
    let catalog: Catalog = serde_json::from_str(catalog).unwrap();
    let sources = Sources {
        contract,
        sidecar: None,
    };
    let read = load(sources, Some(&catalog), Mode::Lenient);
    for entity in &read.entities {
        assert!(entity.loaded, "{}: {:#?}", entity.name, read.diagnostics);
    }
    Contract {
        model: Arc::new(read.model),
        schema,
    }
}

/// Every engine of the run, announced.
pub fn engines(suite: &str) -> Vec<Engine> {
    announce(
        suite,
        &[
            Engine::Memory,
            Engine::MySql,
            Engine::Embedded,
            Engine::Local,
        ],
    )
}

/// Runs a scenario on an empty store on every engine of the run.
pub fn on_every_store(contract: &Contract, scenario: impl AsyncFn(Store)) {
    for engine in engines("store") {
        eprintln!("on {engine:?}");
        runtime().block_on(async { scenario(fresh(engine, contract).await).await });
    }
}

/// An empty store on an engine.
pub async fn fresh(engine: Engine, contract: &Contract) -> Store {
    let model = contract.model.clone();
    match engine {
        Engine::Memory => Store::open(MemoryBackend::new(model)),
        Engine::MySql => {
            let url = servers::mysql().fresh_database().await.unwrap();
            let mysql = dal_mysql::connect(&url).await.unwrap();
            servers::mysql().drop_with(mysql.pool());
            mysql.pool().execute(contract.schema).await.unwrap();
            Store::open(MySqlBackend::new(&mysql, model))
        }
        Engine::Embedded | Engine::Local => {
            let server = if engine == Engine::Local {
                verdict_dynamodb()
            } else {
                servers::dynamodb(DynamoDbKind::Embedded)
            };
            let db = dal_dynamodb::from_client(&server.client());
            let prefix = server.fresh_prefix();
            let backend = DynamoDbBackend::new(db, model.clone()).table_prefix(&prefix);
            let backend = backend.dal_table(format!("{prefix}dal"));
            backend.provision().await.unwrap();
            let store = Store::open(backend);
            for entity in &model.entities {
                let mut fields = entity.identity.iter();
                if fields.any(|field| entity.fields[*field].auto_increment) {
                    store
                        .entity(&entity.name)
                        .unwrap()
                        .pass_id(0)
                        .await
                        .unwrap();
                }
            }
            store
        }
        other => panic!("{other:?} is not an engine of this suite"),
    }
}
