//! The running shop goes from MySQL to DynamoDB and back under load, group by group, without a
//! failed request; and it keeps the last accepted phases when their source is gone.

mod probes;
mod setup;
mod shoppers;

use std::time::{Duration, Instant};

use dal_shadow::{MethodReport, Phase, Reason};
use dal_testkit::servers::{Engine, announce, runtime};
use probes::Probes;
use serde_json::json;
use setup::{By, Driver, ENTITIES, Steering, Stores};
use shop::shadow::{Policy, Shadow};
use shoppers::Shoppers;

use super::machine;

const SUITE: &str = "live_switch";
/// How long each phase lasts at least once every entity is in it.
const STAY: Duration = Duration::from_millis(250);
/// Longer than a busy machine takes for a round of every shopper.
const PATIENCE: Duration = Duration::from_mins(2);
/// The lists that only shoppers read.
const LISTS: [(&str, &str); 4] = [
    ("user", "by_email"),
    ("product", "by_seller"),
    ("cart", "lines"),
    ("order", "of_user"),
];
/// What a run asks for at least.
const REQUESTS: u64 = 200;

/// Whether MySQL and `engine` are part of this run.
fn has(engine: Engine) -> bool {
    announce(SUITE, &[Engine::MySql, engine]).len() == 2
}

fn every_entity(phase: Phase) -> [(&'static str, Phase); 4] {
    ENTITIES.map(|entity| (entity, phase))
}

#[test]
fn by_file_the_shop_moves_to_dynamodb_local_and_back_without_a_failed_request() {
    if has(Engine::Local) {
        let _machine = machine::shared();
        runtime().block_on(there_and_back(Engine::Local, By::File));
    }
}

#[test]
fn by_openfeature_the_shop_moves_to_embedded_dynamodb_and_back_without_a_failed_request() {
    if has(Engine::Embedded) {
        let _machine = machine::shared();
        runtime().block_on(there_and_back(Engine::Embedded, By::OpenFeature));
    }
}

async fn there_and_back(engine: Engine, by: By) {
    let stores = Stores::fresh(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let steering = Steering::new(by, folder.path());
    steering.set(&every_entity(Phase::MySqlOnly));
    let shadow = steering.shadow(Policy::default()).await.unwrap();
    let running = stores.open(&shadow).await;
    let mut driver = Driver::new(steering, running.client, Phase::MySqlOnly);
    probes::place(&stores).await;
    let shoppers = Shoppers::start(running.client, 4);
    let probes = Probes::start(running.client);
    tokio::time::sleep(STAY).await;

    driver.all_to(Phase::DualWrite).await;
    copy_beside_traffic(&stores, &shadow).await;
    for phase in [Phase::ShadowRead, Phase::DynamoDbRead, Phase::DynamoDbLeads] {
        driver.all_to(phase).await;
        tokio::time::sleep(STAY).await;
    }
    until(|| {
        lists(&shadow)
            .iter()
            .all(|counts| counts.counts.compared > 0)
    })
    .await;
    shoppers
        .while_writes_wait(are_equal(&stores, &shadow))
        .await;
    nothing_of_the_shoppers_differed(&shadow);
    only_the_probes_speak_against(&shadow, Phase::DynamoDbOnly);
    driver.all_to(Phase::DynamoDbOnly).await;
    tokio::time::sleep(STAY).await;

    driver.all_to(Phase::DynamoDbLeads).await;
    copy_beside_traffic(&stores, &shadow).await;
    for phase in [Phase::DynamoDbRead, Phase::ShadowRead, Phase::DualWrite] {
        driver.all_to(phase).await;
        tokio::time::sleep(STAY).await;
    }
    shoppers
        .while_writes_wait(are_equal(&stores, &shadow))
        .await;
    driver.all_to(Phase::MySqlOnly).await;
    tokio::time::sleep(STAY).await;
    until(|| shoppers.requests() > REQUESTS).await;

    let checked = probes.check(&driver.taken).await;
    let (requests, wrong) = shoppers.stop().await;
    assert_eq!(wrong, Vec::<String>::new(), "of {requests} requests");
    let ended = running.stop().await;
    assert!(ended.answered && ended.drained, "{ended:?}");
    eprintln!("{by:?} on {engine:?}: {requests} requests, {checked} checked by probes");
    assert!(requests > REQUESTS && checked > 300, "{requests} {checked}");
}

/// Fills the store that is written second, while the shoppers go on.
async fn copy_beside_traffic(stores: &Stores, shadow: &Shadow) {
    let (mysql, dynamodb) = (&stores.mysql, &stores.dynamodb);
    let shadow = shadow.clone().between(mysql, dynamodb, &stores.table);
    shadow.repair().await.unwrap();
    probes::place(stores).await;
}

/// Says that both stores hold the same: they are as each test made them.
fn hold_the_same(shadow: &Shadow) {
    for entity in ENTITIES {
        let mark = shadow.harness.repairing(entity).unwrap();
        assert!(shadow.harness.repaired(&mark).unwrap());
    }
}

/// Nothing that a shopper did is on one store only.
async fn are_equal(stores: &Stores, shadow: &Shadow) {
    let drained = shadow.harness.drain(Duration::from_secs(10)).await;
    assert!(drained, "{:?}", shadow.harness.status());
    let (mysql, dynamodb) = stores.contents().await;
    let (mysql, dynamodb) = (probes::without(mysql), probes::without(dynamodb));
    assert!(!mysql.orders.is_empty());
    assert_eq!(mysql.users, dynamodb.users);
    assert_eq!(mysql.products, dynamodb.products);
    assert_eq!(mysql.lines, dynamodb.lines);
    assert_eq!(mysql.orders, dynamodb.orders);
}

/// The counts of the lists that only shoppers read.
fn lists(shadow: &Shadow) -> Vec<MethodReport> {
    let report = shadow.harness.report();
    let counts = |(entity, method): (&str, &str)| {
        let mut entities = report.entities.iter();
        let of_entity = entities
            .find(|report| report.status.entity == entity)
            .unwrap();
        let mut methods = of_entity.methods.iter();
        methods.find(|it| it.method == method).unwrap().clone()
    };
    LISTS.map(counts).to_vec()
}

/// They were compared, and were equal.
fn nothing_of_the_shoppers_differed(shadow: &Shadow) {
    for counts in lists(shadow) {
        assert!(counts.counts.compared > 0, "{counts:?}");
        assert_eq!(
            counts.counts.different,
            0,
            "{counts:?} {:?}",
            shadow.found.records()
        );
    }
}

/// The steps are forced past the probes' differences, and past no difference of a list that only
/// shoppers read.
fn only_the_probes_speak_against(shadow: &Shadow, to: Phase) {
    let mut by_probes = 0;
    for (entity, list) in LISTS {
        let may = shadow.harness.may_step(entity, to);
        for reason in &may.reasons {
            if let Reason::Different { method, .. } = reason {
                assert_ne!(*method, list, "{may}");
                by_probes += 1;
            }
        }
    }
    assert!(by_probes > 0);
}

/// Lets the shoppers go on until it is so.
async fn until(is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(
            Instant::now() < end,
            "the shoppers are too slow, or have stopped"
        );
        tokio::time::sleep(STAY).await;
    }
}

/// A shop in which customers are in shadow-read, and which remembers.
struct Outage {
    stores: Stores,
    steering: Steering,
    remembering: Policy,
    _folder: tempfile::TempDir,
}

impl Outage {
    async fn new(by: By) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let steering = Steering::new(by, folder.path());
        steering.set(&every_entity(Phase::ShadowRead));
        let stores = Stores::fresh(Engine::Embedded).await;
        probes::place(&stores).await;

        let remembering = Policy {
            remember: Some(folder.path().join("remembered.json")),
            start_timeout: Duration::from_millis(300),
            ..Policy::default()
        };
        Self {
            stores,
            steering,
            remembering,
            _folder: folder,
        }
    }

    async fn start(&self) -> dal_traits::Result<Shadow> {
        self.steering.shadow(self.remembering.clone()).await
    }

    /// Whether a shop with this shadow still runs as in shadow-read: MySQL answers and is written.
    async fn is_in_shadow_read(&self, shadow: &Shadow) -> bool {
        let running = self.stores.open(shadow).await;
        let client = running.client;
        let phases = shadow.harness.status();
        let user = client.get("/users/3").await.json();
        let written = client
            .put("/users/2/name", json!({"name": "probe written"}))
            .await;
        assert!(running.stop().await.answered);
        phases
            .iter()
            .all(|status| status.phase == Some(Phase::ShadowRead))
            && user["name"] == "probe mysql"
            && written.status == 404
    }
}

/// Long enough for every source to be read again, several times.
async fn some_readings() {
    tokio::time::sleep(Duration::from_millis(250)).await;
}

fn during_an_outage(by: By, scenario: impl AsyncFn(Outage)) {
    if has(Engine::Embedded) {
        let _machine = machine::shared();
        runtime().block_on(async {
            scenario(Outage::new(by).await).await;
        });
    }
}

async fn last_phases_stay(outage: Outage) {
    let shadow = outage.start().await.unwrap();
    assert!(outage.is_in_shadow_read(&shadow).await);
    let source = &outage.steering;

    source.lose();
    some_readings().await;
    assert!(outage.is_in_shadow_read(&shadow).await);
    assert!(shadow.harness.report().problem.is_some());

    for garbage in [
        "",
        "{\"user\": ",
        "{\"user\": \"mysql\", \"*\": \"mysql-only\"}",
    ] {
        source.write(garbage);
        some_readings().await;
        assert!(outage.is_in_shadow_read(&shadow).await, "{garbage}");
        assert!(shadow.harness.report().problem.is_some(), "{garbage}");
    }
    // Readable again, and a jump over two phases.
    source.set(&every_entity(Phase::DynamoDbOnly));
    some_readings().await;
    assert!(outage.is_in_shadow_read(&shadow).await);
    let refused = |shadow: &Shadow| {
        let status = shadow.harness.status();
        status.iter().all(|status| status.problem.is_some())
    };
    assert!(refused(&shadow));

    hold_the_same(&shadow);
    source.set(&every_entity(Phase::DynamoDbRead));
    some_readings().await;
    let status = shadow.harness.status();
    assert!(
        status
            .iter()
            .all(|status| status.phase == Some(Phase::DynamoDbRead)),
        "{status:?}"
    );
    assert_eq!(shadow.harness.report().problem, None);
}

#[test]
fn a_file_that_is_lost_or_garbage_leaves_the_last_accepted_phases() {
    during_an_outage(By::File, last_phases_stay);
}

#[test]
fn flags_that_are_lost_or_garbage_leave_the_last_accepted_phases() {
    during_an_outage(By::OpenFeature, last_phases_stay);
}

async fn a_restart_remembers(outage: Outage) {
    let before = outage.start().await.unwrap();
    assert!(outage.is_in_shadow_read(&before).await);
    drop(before);

    outage.steering.lose();
    let after = outage.start().await.unwrap();
    assert!(outage.is_in_shadow_read(&after).await);
    assert!(after.harness.report().problem.is_some());
    drop(after);

    outage.steering.write("garbage");
    let after = outage.start().await.unwrap();
    assert!(outage.is_in_shadow_read(&after).await);
}

#[test]
fn a_restart_without_the_file_goes_on_with_the_last_accepted_phases() {
    during_an_outage(By::File, a_restart_remembers);
}

#[test]
fn a_restart_without_the_flags_goes_on_with_the_last_accepted_phases() {
    during_an_outage(By::OpenFeature, a_restart_remembers);
}

#[test]
fn a_start_with_no_phases_at_all_is_refused() {
    for by in [By::File, By::OpenFeature] {
        during_an_outage(by, async |outage| {
            outage.steering.lose();
            let refused = outage.start().await.err().unwrap();
            assert!(!refused.to_string().is_empty());
            outage.steering.write("garbage");
            assert!(outage.start().await.is_err());
        });
    }
}
