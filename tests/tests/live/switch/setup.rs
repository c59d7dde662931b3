//! A running shop on both stores, whose phases the test steers from outside.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_shadow::Phase;
use dal_shadow::source::{OpenFeaturePhases, WatchedFile};
use dal_testkit::servers::Engine;
use serde_json::{Value, json};
use shop::Repositories;
use shop::contents::Contents;
use shop::flags;
use shop::http::App;
use shop::shadow::{Policy, Shadow};

use dal_tests::http::{Client, Running};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};

/// The shop's entities.
pub const ENTITIES: [&str; 4] = ["user", "product", "cart", "order"];
/// Those that a checkout writes together step together.
const GROUPS: [&[&str]; 2] = [&["user"], &["product", "cart", "order"]];
/// How often the sources are read.
const EVERY: Duration = Duration::from_millis(40);
/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What says the phases.
#[derive(Clone, Copy, Debug)]
pub enum By {
    File,
    OpenFeature,
}

/// Where phases are written down for the shop.
#[derive(Clone, Debug)]
pub struct Steering {
    pub by: By,
    pub path: PathBuf,
}

impl Steering {
    pub fn new(by: By, folder: &Path) -> Self {
        let path = folder.join("phases.json");
        Self { by, path }
    }

    /// Writes the phases of all entities, at once. Every step is forced: the probes' records differ
    /// between the stores, so no step forward could have its evidence.
    pub fn set(&self, phases: &[(&str, Phase)]) {
        let text: Value = match self.by {
            By::File => phases
                .iter()
                .map(|(entity, phase)| ((*entity).to_owned(), json!(format!("{phase}!"))))
                .collect(),
            By::OpenFeature => {
                let flags: Value = phases
                    .iter()
                    .map(|(entity, phase)| {
                        let flag = json!({
                            "state": "ENABLED",
                            "variants": {"now": format!("{phase}!")},
                            "defaultVariant": "now",
                        });
                        (format!("dal.phase.{entity}"), flag)
                    })
                    .collect();
                json!({"flags": flags})
            }
        };
        self.write(&text.to_string());
    }

    /// Puts any text in place of the phases.
    pub fn write(&self, text: &str) {
        let aside = self.path.with_extension("new");
        std::fs::write(&aside, text).unwrap();
        std::fs::rename(aside, &self.path).unwrap();
    }

    pub fn lose(&self) {
        std::fs::remove_file(&self.path).unwrap();
    }

    /// A harness of its own that follows this steering.
    pub async fn shadow(&self, policy: Policy) -> dal_traits::Result<Shadow> {
        match self.by {
            By::File => Shadow::start(WatchedFile::new(&self.path).every(EVERY), policy).await,
            By::OpenFeature => {
                let client = flags::client(&self.path).await;
                let source = OpenFeaturePhases::new(client, flags::PHASES).every(EVERY);
                Shadow::start(source, policy).await
            }
        }
    }
}

/// The two stores by themselves.
pub struct Stores {
    pub mysql: MySql,
    pub dynamodb: DynamoDb,
    pub table: String,
    pub on_mysql: Repositories,
    pub on_dynamodb: Repositories,
}

impl Stores {
    pub async fn fresh(engine: Engine) -> Self {
        let mysql = fresh_mysql().await;
        let (dynamodb, table) = fresh_dynamodb(engine).await;
        Self {
            on_mysql: Repositories::mysql(&mysql),
            on_dynamodb: Repositories::dynamodb(&dynamodb, &table),
            mysql,
            dynamodb,
            table,
        }
    }

    pub async fn contents(&self) -> (Contents, Contents) {
        let mysql = Contents::of_mysql(&self.mysql).await.unwrap();
        let dynamodb = Contents::of_dynamodb(&self.dynamodb, &self.table).await;
        (mysql, dynamodb.unwrap())
    }

    /// Opens the shop with these phases in force.
    pub async fn open(&self, shadow: &Shadow) -> Running {
        Running::start(App {
            shop: Repositories::shadowed(&self.on_mysql, &self.on_dynamodb, &shadow.harness),
            shadow: Some(shadow.clone()),
            metrics: shop::telemetry::metrics().unwrap(),
            timeout: Duration::from_secs(10),
        })
        .await
    }
}

/// A step that the shop took: from when it could be in force, and from when it was acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub entity: &'static str,
    pub phase: Phase,
    pub asked: Instant,
    pub acknowledged: Instant,
}

/// The phases of a running shop, moved from outside.
pub struct Driver {
    steering: Steering,
    client: Client,
    phases: [(&'static str, Phase); 4],
    pub taken: Vec<Taken>,
}

impl Driver {
    pub fn new(steering: Steering, client: Client, phase: Phase) -> Self {
        let phases = ENTITIES.map(|entity| (entity, phase));
        Self {
            steering,
            client,
            phases,
            taken: Vec::new(),
        }
    }

    /// Moves each group to `phase`, one after the other, each until its step is acknowledged.
    pub async fn all_to(&mut self, phase: Phase) {
        for group in GROUPS {
            let asked = Instant::now();
            for (entity, in_force) in &mut self.phases {
                if group.contains(entity) {
                    *in_force = phase;
                }
            }
            self.steering.set(&self.phases);
            self.group_to(group, phase, asked).await;
        }
    }

    async fn group_to(&mut self, group: &[&'static str], phase: Phase, asked: Instant) {
        for entity in group {
            while !self.is_in(entity, phase).await {
                assert!(
                    asked.elapsed() < PATIENCE,
                    "{entity} did not get to {phase}: {}",
                    self.client.get("/shadow/status").await.body
                );
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.taken.push(Taken {
                entity,
                phase,
                asked,
                acknowledged: Instant::now(),
            });
        }
    }

    /// Whether the running shop says that the step is acknowledged.
    async fn is_in(&self, entity: &str, phase: Phase) -> bool {
        let status = self.client.get("/shadow/status").await.json();
        let mut entities = status.as_array().unwrap().iter();
        let found = entities.find(|status| status["entity"] == entity).unwrap();
        found["phase"] == phase.as_str() && found["stepping"].is_null()
    }
}
