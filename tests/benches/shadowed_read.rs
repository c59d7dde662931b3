//! A read by primary key on real engines: bare sqlx, the shop's repository, and that repository behind
//! its wrapper in each phase that MySQL answers. The ratios are what counts: all of it in one run.

use std::time::Duration;

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase};
use dal_testkit::servers::{Engine, runtime};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::model::NewUser;
use shop::repos::UserRepository;
use tokio::runtime::Runtime;

fn repository(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    runtime: &Runtime,
    users: &dyn UserRepository,
    id: u64,
) {
    group.bench_function(name, |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| async { users.get(id).await.unwrap() });
    });
}

fn benches(criterion: &mut Criterion) {
    let runtime = runtime();
    let (mysql, dynamodb, id) = runtime.block_on(async {
        let db = fresh_mysql().await;
        let (dynamodb, table) = fresh_dynamodb(Engine::Embedded).await;
        let dynamodb = Repositories::dynamodb(&dynamodb, &table);
        let new = NewUser {
            email: "ann@x".to_owned(),
            name: "Ann".to_owned(),
        };
        let user = Repositories::mysql(&db).users.register(&new).await.unwrap();
        dynamodb.users.put_exact(&user).await.unwrap();
        (db, dynamodb, user.id)
    });
    let repositories = Repositories::mysql(&mysql);
    let mut group = criterion.benchmark_group("get a user by id");
    group.measurement_time(Duration::from_secs(8));
    group.bench_function("bare sqlx", |bencher| {
        bencher.to_async(runtime).iter(|| async {
            let query = "SELECT id, email, name, created_at FROM users WHERE id = ?";
            sqlx::query(query)
                .bind(id)
                .fetch_one(mysql.pool())
                .await
                .unwrap()
        });
    });
    repository(&mut group, "repository", runtime, &*repositories.users, id);
    for phase in [Phase::MySqlOnly, Phase::DualWrite, Phase::ShadowRead] {
        let harness = Harness::builder(Fixed::new(phase)).best_effort_writes();
        let harness = runtime.block_on(harness.start()).unwrap();
        let both = Repositories::shadowed(&repositories, &dynamodb, &harness);
        repository(&mut group, phase.as_str(), runtime, &*both.users, id);
        runtime.block_on(harness.drain(Duration::from_secs(10)));
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
