//! The cost of the wrapper itself: two stores that do nothing.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, shadow};

type Never = std::convert::Infallible;

#[shadow]
trait Noop: Send + Sync {
    #[shadow(read, key = id)]
    async fn read(&self, id: u64) -> Result<u64, Never>;
    #[shadow(write, replay, key = id)]
    async fn write(&self, id: u64) -> Result<(), Never>;
}

struct Nothing;

impl Noop for Nothing {
    async fn read(&self, id: u64) -> Result<u64, Never> {
        Ok(id)
    }

    async fn write(&self, _id: u64) -> Result<(), Never> {
        Ok(())
    }
}

fn benches(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let started = runtime.block_on(Harness::builder(Fixed::new(Phase::MySqlOnly)).start());
    let Ok(harness) = started else { return };
    let bare = Nothing;
    let wrapped = ShadowNoop::new(Arc::new(Nothing), Arc::new(Nothing), harness);
    let mut group = criterion.benchmark_group("switch");
    group.bench_function("bare", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(|| async { black_box(bare.read(black_box(7)).await) });
    });
    group.bench_function("read, mysql-only", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(|| async { black_box(wrapped.read(black_box(7)).await) });
    });
    group.bench_function("write, mysql-only", |bencher| {
        bencher
            .to_async(&runtime)
            .iter(|| async { black_box(wrapped.write(black_box(7)).await) });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
