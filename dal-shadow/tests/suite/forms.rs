//! Every form of trait that the attribute accepts, called through its wrapper.

#![deny(missing_docs)]
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::settings::no_rereads;
use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::{Class, Classify, ErrorKind, Harness, Phase, Totals, shadow};
use serde::Serialize;

async fn harness() -> Harness {
    Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .shadow_reads(no_rereads())
        .start()
        .await
        .unwrap()
}

async fn total(harness: &Harness) -> Totals {
    assert!(harness.drain(Duration::from_secs(5)).await);
    let total = harness.report().total();
    assert!(total.counts.adds_up() && total.counts.in_flight == 0);
    total
}

/// An error.
#[derive(Debug, PartialEq, thiserror::Error, Classify)]
pub enum Failure {
    /// Nothing there.
    #[error("nothing there")]
    #[classify(not_found)]
    Nothing,
    /// An input or output error.
    #[error("io: {0}")]
    #[classify(with = io)]
    Io(String),
    /// Only in builds that are never made.
    #[cfg(any())]
    #[error("never")]
    #[classify(limit)]
    Never,
}

fn io(_text: &String) -> Class {
    Class::new(ErrorKind::Unavailable)
}

/// Native futures, every form of argument, default bodies.
#[shadow(entity = "natives")]
pub trait Native: Send + Sync {
    /// By value.
    #[shadow(write, replay, key = key)]
    async fn put(&self, key: u64, value: Vec<String>) -> Result<(), Failure>;
    /// Borrowed text, optional text, a list of borrowed text, an optional reference.
    #[shadow(read)]
    async fn find(
        &self,
        key: &str,
        after: Option<&str>,
        any: &[&str],
        like: Option<&Row>,
        fixed: &'static str,
    ) -> Result<Vec<String>, Failure>;
    /// A future written out.
    #[shadow(read)]
    fn count(&self) -> impl Future<Output = Result<u64, Failure>> + Send;
    /// A default body.
    #[shadow(read)]
    async fn twice(&self) -> Result<u64, Failure> {
        Ok(self.count().await? * 2)
    }
    /// Left out of this build.
    #[cfg(any())]
    #[shadow(read)]
    async fn never(&self) -> Result<Missing, Failure>;
    /// After the one that is left out.
    #[shadow(read, unordered = "")]
    async fn tags(&self) -> Result<Vec<u64>, Failure>;
}

/// A row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its text.
    pub text: String,
}

struct Side {
    number: AtomicU64,
    reversed: bool,
}

impl Side {
    fn new(reversed: bool) -> Arc<Self> {
        let number = AtomicU64::new(0);
        Arc::new(Self { number, reversed })
    }
}

impl Native for Side {
    async fn put(&self, key: u64, value: Vec<String>) -> Result<(), Failure> {
        let more = u64::try_from(value.len()).unwrap();
        self.number.fetch_add(key + more, Ordering::SeqCst);
        Ok(())
    }

    async fn find(
        &self,
        key: &str,
        after: Option<&str>,
        any: &[&str],
        like: Option<&Row>,
        fixed: &'static str,
    ) -> Result<Vec<String>, Failure> {
        let like = like.map(|row| row.text.as_str());
        let texts = [Some(key), after, any.first().copied(), like, Some(fixed)];
        Ok(texts.into_iter().flatten().map(str::to_owned).collect())
    }

    async fn count(&self) -> Result<u64, Failure> {
        Ok(self.number.load(Ordering::SeqCst))
    }

    async fn tags(&self) -> Result<Vec<u64>, Failure> {
        let mut tags = vec![1, 2, 3];
        if self.reversed {
            tags.reverse();
        }
        Ok(tags)
    }
}

#[tokio::test]
async fn native_futures_every_argument_form_and_default_bodies() {
    let harness = harness().await;
    let both = ShadowNative::new(Side::new(false), Side::new(true), harness.clone());
    both.put(40, vec!["a".to_owned(), "b".to_owned()])
        .await
        .unwrap();
    total(&harness).await;
    assert_eq!(both.count().await, Ok(42));
    assert_eq!(both.twice().await, Ok(84));
    let row = Row {
        text: "d".to_owned(),
    };
    let found = both.find("a", Some("b"), &["c"], Some(&row), "e").await;
    assert_eq!(found.unwrap(), ["a", "b", "c", "d", "e"]);
    assert_eq!(both.tags().await.unwrap(), [1, 2, 3]);
    let total = total(&harness).await;
    assert_eq!(
        (total.counts.compared, total.counts.equal),
        (4, 4),
        "{total:?}"
    );
    assert_eq!(total.counts.acknowledged, 1);
    let report = harness.report();
    let names: Vec<_> = report.methods().map(|method| method.method).collect();
    assert_eq!(names, ["put", "find", "count", "twice", "tags"]);
    assert_eq!(report.rules.iter().map(|rule| rule.hits).sum::<u64>(), 1);
}

/// A generic trait with an associated error type.
#[shadow]
#[async_trait]
pub trait Store<K: Clone + Serialize + Send + Sync, V>: Send + Sync
where
    V: Clone + Send + Sync + Serialize,
{
    /// The error of this store.
    type Error: Classify + std::error::Error + Send;

    /// The value of a key.
    #[shadow(read)]
    async fn load(&self, key: &K) -> Result<Option<V>, Self::Error>;
    /// Keeps a value.
    #[shadow(write, replay, key = key)]
    async fn save(&self, key: K, value: V) -> Result<(), Self::Error>;
}

struct One<V>(std::sync::Mutex<Option<V>>);

#[async_trait]
impl<K: Clone + Serialize + Send + Sync + 'static, V> Store<K, V> for One<V>
where
    V: Clone + Send + Sync + Serialize,
{
    type Error = Failure;

    async fn load(&self, _key: &K) -> Result<Option<V>, Failure> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn save(&self, _key: K, value: V) -> Result<(), Failure> {
        *self.0.lock().unwrap() = Some(value);
        Ok(())
    }
}

#[tokio::test]
async fn generic_traits_with_associated_error_types() {
    let harness = harness().await;
    let one = || Arc::new(One(std::sync::Mutex::new(None::<u64>)));
    let both = ShadowStore::new(one(), one(), harness.clone());
    both.save(7_u8, 42).await.unwrap();
    total(&harness).await;
    assert_eq!(Store::<u8, u64>::load(&both, &7).await.unwrap(), Some(42));
    let total = total(&harness).await;
    assert_eq!((total.counts.equal, total.counts.acknowledged), (1, 1));
}

/// Anything goes wrong with this.
#[derive(Debug)]
pub struct Foreign;

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("foreign")
    }
}

fn read_foreign(_error: &Foreign) -> Class {
    Class::new(ErrorKind::NotFound)
}

fn rounded(tree: &mut dal_shadow::tree::Tree) {
    if let Some(cents) = tree.as_i128() {
        *tree = dal_shadow::tree::Tree::Int(cents / 100);
    }
}

/// A foreign error type, `dyn` on both sides, rules, a private trait.
#[shadow(classify = read_foreign)]
#[async_trait]
trait Foreigners: Send + Sync {
    /// An answer, or an error that is read by a function.
    #[shadow(read, ignore = "seen", normalize("cents" = rounded))]
    async fn price(&self, fails: bool) -> Result<Price, Foreign>;
    /// A mirror that takes what is inside an option, and an argument of the write.
    #[shadow(write, mirror = keep(result, note), key = note)]
    async fn make(&self, note: &str) -> Result<Option<u64>, Foreign>;
    /// Keeps exactly this.
    #[shadow(mirror)]
    async fn keep(&self, number: u64, note: &str) -> Result<(), Foreign>;
}

/// A price.
#[derive(Debug, Serialize)]
struct Price {
    cents: u64,
    seen: u64,
}

struct Foreigner {
    cents: u64,
    kept: std::sync::Mutex<Vec<(u64, String)>>,
}

#[async_trait]
impl Foreigners for Foreigner {
    async fn price(&self, fails: bool) -> Result<Price, Foreign> {
        let (cents, seen) = (self.cents, self.cents);
        if fails {
            Err(Foreign)
        } else {
            Ok(Price { cents, seen })
        }
    }

    async fn make(&self, note: &str) -> Result<Option<u64>, Foreign> {
        Ok((note != "none").then_some(self.cents))
    }

    async fn keep(&self, number: u64, note: &str) -> Result<(), Foreign> {
        self.kept.lock().unwrap().push((number, note.to_owned()));
        Ok(())
    }
}

#[tokio::test]
async fn foreign_errors_trait_objects_rules_and_mirrors_of_optional_answers() {
    let harness = harness().await;
    let side = |cents| {
        let kept = std::sync::Mutex::default();
        Arc::new(Foreigner { cents, kept })
    };
    let (mysql, dynamodb) = (side(101), side(199));
    let both: ShadowForeigners<dyn Foreigners> = ShadowForeigners::new(
        Arc::clone(&mysql) as _,
        Arc::clone(&dynamodb) as _,
        harness.clone(),
    );
    let price = both.price(false).await.unwrap();
    assert_eq!((price.cents, price.seen), (101, 101));
    assert!(both.price(true).await.is_err());
    assert_eq!(both.make("none").await.unwrap(), None);
    assert_eq!(both.make("a").await.unwrap(), Some(101));
    let total = total(&harness).await;
    assert_eq!(
        (total.counts.compared, total.counts.equal),
        (2, 2),
        "{total:?}"
    );
    assert_eq!(total.counts.acknowledged, 1);
    assert_eq!(*dynamodb.kept.lock().unwrap(), [(101, "a".to_owned())]);
    assert!(mysql.kept.lock().unwrap().is_empty());
    assert!(format!("{both:?}").contains("ShadowForeigners"));
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn futures_of_the_wrapper_are_send_and_can_be_spawned() {
    let harness = harness().await;
    let both = Arc::new(ShadowNative::new(
        Side::new(false),
        Side::new(false),
        harness,
    ));
    let spawned = tokio::spawn(is_send(async move { both.count().await }));
    assert_eq!(spawned.await.unwrap(), Ok(0));
}
