//! The cost of a snapshot and of a comparison: a record of 20 fields.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dal_shadow::answer::Answer;
use dal_shadow::compare::compare;
use dal_shadow::rules::Rules;
use serde::Serialize;

#[derive(Clone, Serialize)]
struct Wide {
    id: u64,
    email: String,
    name: String,
    street: String,
    city: String,
    zip: String,
    country: String,
    phone: Option<String>,
    fax: Option<String>,
    age: u8,
    score: f64,
    balance: i64,
    active: bool,
    verified: bool,
    created_at: String,
    updated_at: String,
    logins: u32,
    locale: String,
    notes: String,
    version: u64,
}

fn wide() -> Wide {
    let text = |text: &str| text.to_owned();
    Wide {
        id: 42,
        email: text("ann@example.com"),
        name: text("Ann Example"),
        street: text("1 Main Street"),
        city: text("Springfield"),
        zip: text("12345"),
        country: text("NL"),
        phone: Some(text("+31 20 000 0000")),
        fax: None,
        age: 41,
        score: 0.75,
        balance: -1250,
        active: true,
        verified: false,
        created_at: text("2025-01-02 03:04:05"),
        updated_at: text("2025-01-02 03:04:05"),
        logins: 7,
        locale: text("nl_NL"),
        notes: text("a note of some length, as people write them"),
        version: 3,
    }
}

fn benches(criterion: &mut Criterion) {
    let rules = Rules::none();
    let (value, same) = (wide(), Answer::value(&wide()));
    let first = Answer::value(&value);
    let other = Answer::value(&Wide {
        version: 4,
        ..wide()
    });
    criterion.bench_function("snapshot of 20 fields", |bencher| {
        bencher.iter(|| Answer::value(black_box(&value)));
    });
    criterion.bench_function("compare 20 equal fields", |bencher| {
        bencher.iter(|| compare(black_box(&first), black_box(&same), &rules));
    });
    criterion.bench_function("compare 20 fields, one different", |bencher| {
        bencher.iter(|| compare(black_box(&first), black_box(&other), &rules));
    });
}

criterion_group!(all, benches);
criterion_main!(all);
