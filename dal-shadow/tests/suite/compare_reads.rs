//! What a shadow read comes to, once both stores were read again: through the wrapper.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::{Classify, Harness, MethodReport, Phase, ShadowReads, shadow};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Book {
    pub name: String,
    pub seen: u64,
    pub tags: Vec<String>,
}

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("later")]
    #[classify(throttled)]
    Later,
}

#[derive(Clone, Debug)]
pub struct Query {
    pub limit: usize,
    pub from: Cursor,
}

#[derive(Clone, Debug)]
pub struct Cursor {
    pub after: Option<String>,
}

#[derive(Serialize)]
pub struct Page {
    pub items: Vec<u64>,
    pub next: Option<String>,
}

#[shadow]
#[async_trait]
pub trait Shelf: Send + Sync {
    #[shadow(read, ignore = "seen", unordered = "tags")]
    async fn book(&self, id: u64) -> Result<Book, Failure>;
    #[shadow(read)]
    async fn find(&self, id: u64) -> Result<Option<Book>, Failure>;
    #[shadow(read, token(page = next))]
    async fn list(&self, #[handle(page = "from.after")] query: &Query) -> Result<Page, Failure>;
    #[shadow(read)]
    async fn list_more(&self, #[handle(page)] after: String) -> Result<Page, Failure>;
    #[shadow(read)]
    async fn list_any(
        &self,
        #[handle(page = "[].after")] all: &[Cursor],
        #[handle(page = "?.after?")] one: Option<&Cursor>,
        #[handle(page = "1")] pair: (u8, Option<String>),
    ) -> Result<Page, Failure>;
    #[shadow(write, replay, key = id)]
    async fn touch(&self, id: u64) -> Result<(), Failure>;
}

/// The answer of the n-th call of `book`.
type Books = fn(u64) -> Result<Book, Failure>;

struct Side {
    book: Books,
    calls: AtomicU64,
}

#[async_trait]
impl Shelf for Side {
    async fn book(&self, _id: u64) -> Result<Book, Failure> {
        (self.book)(self.calls.fetch_add(1, Ordering::SeqCst))
    }

    async fn find(&self, _id: u64) -> Result<Option<Book>, Failure> {
        Ok(None)
    }

    async fn list(&self, query: &Query) -> Result<Page, Failure> {
        self.list_more(query.from.after.clone().unwrap_or_default())
            .await
    }

    async fn list_more(&self, _after: String) -> Result<Page, Failure> {
        Ok(Page {
            items: vec![1, 2],
            next: Some("token".to_owned()),
        })
    }

    async fn list_any(
        &self,
        _all: &[Cursor],
        _one: Option<&Cursor>,
        _pair: (u8, Option<String>),
    ) -> Result<Page, Failure> {
        self.list_more(String::new()).await
    }

    async fn touch(&self, _id: u64) -> Result<(), Failure> {
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is what the method returns")]
fn book(name: &str, seen: u64, tags: &[&str]) -> Result<Book, Failure> {
    Ok(Book {
        name: name.to_owned(),
        seen,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    })
}

struct Setup {
    harness: Harness,
    mysql: Arc<Side>,
    shelf: ShadowShelf<Side>,
}

impl Setup {
    async fn new(mysql: Books, dynamodb: Books) -> Self {
        let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
            .best_effort_writes()
            .shadow_reads(ShadowReads {
                reread_pause: Duration::from_millis(1),
                ..ShadowReads::default()
            })
            .start()
            .await
            .unwrap();
        let side = |book| {
            let calls = AtomicU64::new(0);
            Arc::new(Side { book, calls })
        };
        let (mysql, dynamodb) = (side(mysql), side(dynamodb));
        let shelf = ShadowShelf::new(Arc::clone(&mysql), dynamodb, harness.clone());
        Self {
            harness,
            mysql,
            shelf,
        }
    }

    async fn counts(&self, method: &str) -> MethodReport {
        assert!(self.harness.drain(Duration::from_secs(10)).await);
        let report = self.harness.report();
        assert!(report.total().counts.adds_up());
        let found = report.methods().find(|found| found.method == method);
        found.unwrap().clone()
    }
}

/// The outcomes of 20 reads, one after the other.
async fn twenty(mysql: Books, dynamodb: Books) -> MethodReport {
    let setup = Setup::new(mysql, dynamodb).await;
    for id in 0..20 {
        // Both outcomes are the caller's own business.
        let _answer = setup.shelf.book(id).await;
        setup.counts("book").await;
    }
    let counts = setup.counts("book").await;
    eprintln!("{:?}", counts.outcomes);
    counts
}

fn assert_all(counts: &MethodReport, outcome: &str) {
    assert_eq!(counts.outcomes.get(outcome), Some(&20), "{counts:?}");
}

#[tokio::test]
async fn a_wrong_name_beside_a_clock_that_is_ignored_is_different() {
    let counts = twenty(|n| book("ann", n, &[]), |n| book("bob", n + 7, &[])).await;
    assert_all(&counts, "different");
}

#[tokio::test]
async fn a_wrong_name_beside_a_list_whose_order_means_nothing_is_different() {
    let turned: Books = |n| book("ann", 0, if n % 2 == 0 { &["a", "b"] } else { &["b", "a"] });
    let counts = twenty(turned, |_| book("bob", 0, &["a", "b"])).await;
    assert_all(&counts, "different");
}

#[tokio::test]
async fn a_secondary_that_is_wrong_in_a_new_way_each_time_is_different() {
    let counts = twenty(
        |_| book("ann", 0, &[]),
        |n| book(&format!("wrong {n}"), 0, &[]),
    )
    .await;
    assert_all(&counts, "different");
    assert_eq!(counts.paths.get("name"), Some(&20));
}

#[tokio::test]
async fn a_failure_that_stays_is_a_difference_and_one_that_passes_is_not() {
    let counts = twenty(|_| book("ann", 0, &[]), |_| Err(Failure::Later)).await;
    assert_all(&counts, "error_class");
    let ends = counts.ends.get("a value | throttled Later");
    assert_eq!(ends, Some(&20), "{counts:?}");
    // Every third look: the first of each read fails, the second one succeeds.
    let passes: Books = |n| {
        if n % 2 == 0 {
            Err(Failure::Later)
        } else {
            book("ann", 0, &[])
        }
    };
    let counts = twenty(|_| book("ann", 0, &[]), passes).await;
    assert_all(&counts, "inconclusive");
    assert_eq!(counts.reasons.get("transient"), Some(&20));
}

#[tokio::test]
async fn a_secondary_that_fails_is_read_again_alone() {
    let setup = Setup::new(|_| book("ann", 0, &[]), |_| Err(Failure::Later)).await;
    setup.shelf.book(1).await.unwrap();
    assert_eq!(setup.counts("book").await.counts.different, 1);
    assert_eq!(setup.mysql.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_page_token_inside_a_struct_does_not_go_to_the_other_store() {
    let none: Books = |_| book("ann", 0, &[]);
    let setup = Setup::new(none, none).await;
    let query = |after: Option<&str>| Query {
        limit: 2,
        from: Cursor {
            after: after.map(str::to_owned),
        },
    };
    setup.shelf.list(&query(None)).await.unwrap();
    setup.shelf.list(&query(Some("mysql:2"))).await.unwrap();
    let list = setup.counts("list").await;
    eprintln!("{:?}", list.outcomes);
    assert_eq!(
        (list.counts.compared, list.counts.equal),
        (1, 1),
        "{list:?}"
    );
    assert_eq!(list.outcomes.get("unsupported_in_shadow"), Some(&1));
    // In a list, in an option, in a tuple.
    let cursor = |after: Option<&str>| Cursor {
        after: after.map(str::to_owned),
    };
    let (none, some) = (cursor(None), cursor(Some("mysql:2")));
    let list = [none.clone(), some.clone()];
    let any = async |all: &[Cursor], one: Option<&Cursor>, second: Option<&str>| {
        let pair = (1, second.map(str::to_owned));
        setup.shelf.list_any(all, one, pair).await.unwrap();
        let counts = setup.counts("list_any").await;
        counts.outcomes.get("unsupported_in_shadow").copied()
    };
    assert_eq!(any(&list[..1], Some(&none), None).await, None);
    assert_eq!(any(&[], None, None).await, None);
    assert_eq!(any(&list, None, None).await, Some(1));
    assert_eq!(any(&[], Some(&some), None).await, Some(2));
    assert_eq!(any(&[], None, Some("mysql:2")).await, Some(3));
    // Another method that takes the token.
    setup.shelf.list_more("mysql:2".to_owned()).await.unwrap();
    let more = setup.counts("list_more").await;
    assert_eq!(more.outcomes.get("unsupported_in_shadow"), Some(&1));
}

#[tokio::test]
async fn acknowledgements_and_nothing_against_nothing_are_not_counted_as_compared() {
    let none: Books = |_| book("ann", 0, &[]);
    let setup = Setup::new(none, none).await;
    for id in 0..20 {
        setup.shelf.touch(id).await.unwrap();
        setup.shelf.find(id).await.unwrap();
    }
    for method in ["touch", "find"] {
        let counts = setup.counts(method).await;
        eprintln!("{method}: {:?}", counts.outcomes);
        assert_eq!(
            (counts.counts.compared, counts.counts.equal),
            (0, 0),
            "{counts:?}"
        );
        assert_eq!(counts.counts.acknowledged, 20);
        assert_all(&counts, "acknowledged");
    }
}
