//! Words of the attribute that name the wrong place: what the check says of them.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use dal_shadow::Classify;
use dal_testkit::check::{Failure, FailureKind, Strategy, check, confusables};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, thiserror::Error, Classify)]
pub enum DeskError {
    #[error("no such card")]
    #[classify(not_found)]
    Nothing,
}

#[derive(Serialize)]
pub struct Card {
    pub holder: u64,
    pub printed_at: String,
}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait MistypedIdRepository: Send + Sync {
    #[shadow(write, replay, key = result.holder, creates(member = "holdr"))]
    async fn issue(&self, name: &str) -> Result<Card, DeskError>;
}

#[dal_shadow::shadow(ops, generated = "Card.printed_on")]
#[async_trait]
pub trait MistypedTimeRepository: Send + Sync {
    #[shadow(write, replay, creates(member = holder))]
    async fn issue(&self, name: &str) -> Result<Card, DeskError>;
}

#[dal_shadow::shadow(ops, generated = "Card.printed_at")]
#[async_trait]
pub trait DeskRepository: Send + Sync {
    #[shadow(write, replay, creates(member = holder))]
    async fn issue(&self, name: &str) -> Result<Card, DeskError>;
    #[shadow(read)]
    async fn card(&self, #[handle(member)] id: u64) -> Result<Card, DeskError>;
}

#[derive(Serialize)]
pub struct Cards {
    pub items: Vec<u64>,
    #[serde(rename = "nextPage")]
    pub next: Option<u64>,
}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait RenamedTokenRepository: Send + Sync {
    #[shadow(read, token(page = next))]
    async fn cards(&self, #[handle(page)] after: Option<u64>) -> Result<Cards, DeskError>;
}

#[derive(Serialize)]
pub struct Seat {
    pub number: u64,
}

#[dal_shadow::shadow(ops, ids(seat = "Seat.number"))]
#[async_trait]
pub trait SeatRepository: Send + Sync {
    #[shadow(read)]
    async fn seat(&self, #[handle(seat)] number: u64) -> Result<Seat, DeskError>;
}

/// All of them. One that is wrong shows other people's cards.
struct Desk {
    next: AtomicU64,
    printed_at: &'static str,
    wrong: bool,
}

impl Desk {
    fn print(&self, holder: u64) -> Card {
        Card {
            holder,
            printed_at: self.printed_at.to_owned(),
        }
    }
}

#[async_trait]
impl MistypedIdRepository for Desk {
    async fn issue(&self, _name: &str) -> Result<Card, DeskError> {
        Ok(self.print(self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

#[async_trait]
impl MistypedTimeRepository for Desk {
    async fn issue(&self, name: &str) -> Result<Card, DeskError> {
        MistypedIdRepository::issue(self, name).await
    }
}

#[async_trait]
impl DeskRepository for Desk {
    async fn issue(&self, name: &str) -> Result<Card, DeskError> {
        MistypedIdRepository::issue(self, name).await
    }

    async fn card(&self, id: u64) -> Result<Card, DeskError> {
        let holder = if self.wrong { id + 500 } else { id };
        match self.next.load(Ordering::Relaxed) {
            next if id < next => Ok(self.print(holder)),
            _ => Err(DeskError::Nothing),
        }
    }
}

#[async_trait]
impl RenamedTokenRepository for Desk {
    async fn cards(&self, after: Option<u64>) -> Result<Cards, DeskError> {
        let first = after.unwrap_or_default();
        Ok(Cards {
            items: vec![first],
            next: (first < 3).then_some(first + 1),
        })
    }
}

/// A wrong one takes 8 for 9 and 9 for 8, everywhere.
#[async_trait]
impl SeatRepository for Desk {
    async fn seat(&self, number: u64) -> Result<Seat, DeskError> {
        match number {
            8 | 9 if self.wrong => Ok(Seat {
                number: 17 - number,
            }),
            8 | 9 => Ok(Seat { number }),
            _ => Err(DeskError::Nothing),
        }
    }
}

fn desk(first: u64, printed_at: &'static str, wrong: bool) -> Arc<Desk> {
    Arc::new(Desk {
        next: AtomicU64::new(first),
        printed_at,
        wrong,
    })
}

fn mysql() -> std::future::Ready<Arc<Desk>> {
    ready(desk(8, "2026-01-01", false))
}

fn dynamodb() -> std::future::Ready<Arc<Desk>> {
    ready(desk(998, "2026-01-02", true))
}

fn names() -> impl Strategy<Value = String> {
    confusables(&["Ann"])
}

#[test]
fn a_place_that_the_answer_does_not_have_is_refused_with_what_it_has() {
    let calls = MistypedIdRepositoryArgs { name: names() }.ops();
    let failure = check(calls, mysql, dynamodb).try_run().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup, "{failure}");
    assert!(
        failure.summary.contains(
            "`creates(member = holdr)` on `issue`: `Card` has no `holdr`, as serde names fields; it has `holder`, `printed_at`"
        ),
        "{failure}"
    );
}

/// Otherwise no page but the first would ever be read.
#[test]
fn a_token_whose_field_serde_renames_is_refused_with_what_the_answer_has() {
    let failure = check(RenamedTokenRepositoryArgs {}.ops(), mysql, dynamodb)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup, "{failure}");
    assert!(
        failure.summary.contains(
            "`Cards` has no `next`, as serde names fields; it has `items`, `nextPage`); write that name in quotes: `token(page = \"..\")`"
        ),
        "{failure}"
    );
}

/// Otherwise they would be related as they are first seen, and every answer would agree.
#[test]
fn ids_that_are_known_are_the_same_on_both_stores() {
    let failure = check(SeatRepositoryArgs {}.ops(), mysql, dynamodb)
        .known("seat", [8, 9])
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
    assert_eq!(failure.steps.len(), 1, "{failure}");
}

#[test]
fn a_declared_field_that_is_mistyped_is_named_beside_the_difference() {
    let calls = MistypedTimeRepositoryArgs { name: names() }.ops();
    let failure = check(calls, mysql, dynamodb).try_run().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
    assert!(
        helps(
            &failure,
            "`generated` names `Card.printed_on`, and `Card` has no such field here; it has `holder`, `printed_at`"
        ),
        "{failure}"
    );
}

#[test]
fn an_id_of_nobody_is_explained() {
    let calls = DeskRepositoryArgs { name: names() }.ops();
    let failure = check(calls, mysql, dynamodb).try_run().unwrap_err();
    assert!(failure.differences[0].contains("unrelated("), "{failure}");
    assert!(
        helps(&failure, "has not given in this sequence"),
        "{failure}"
    );
    let text = failure.to_string();
    assert!(
        text.contains("MySQL returned") && text.contains("DynamoDB returned"),
        "{text}"
    );
    assert!(
        text.contains("regression: to run this sequence first from now on"),
        "{text}"
    );
}

fn helps<O: dal_shadow::ops::Operation>(failure: &Failure<O>, with: &str) -> bool {
    failure.help.iter().any(|help| help.contains(with))
}
