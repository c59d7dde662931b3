//! What a failure of `check` shows: the fault that was found first, its steps, its engines, and
//! advice that does not hide it.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::memory::{
    Defect, Memory, NewUser, Page, RepoError, ShadowUserRepository, User, UserRepository,
    UserRepositoryOp, good, user_ops, with,
};
use crate::regressions::file_of;
use async_trait::async_trait;
use dal_shadow::Classify;
use dal_shadow::ops::{Operation, SLOTS};
use dal_testkit::check::{Failure, FailureKind, Step, Strategy, check, h};
use serde::Serialize;

type Users = dyn UserRepository;

fn helps<O: dal_shadow::ops::Operation>(failure: &Failure<O>, with: &str) -> bool {
    failure.help.iter().any(|help| help.contains(with))
}

/// What a store does instead of looking a user up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Panics,
    Hangs,
    /// Returns a user who is not there.
    Ghost,
    /// Returns the user under another name.
    OtherName,
}

/// A method, and what it does.
type At = (&'static str, Wrong);

/// A store with two faults: one before anybody is registered, and another one once somebody is
/// registered and was looked up.
struct OtherFault {
    users: Memory,
    empty: At,
    used: At,
    registered: AtomicBool,
    got: AtomicBool,
}

impl OtherFault {
    fn new(empty: At, used: At) -> Self {
        Self {
            users: Memory::new(998, "d", Defect::None),
            empty,
            used,
            registered: AtomicBool::new(false),
            got: AtomicBool::new(false),
        }
    }

    /// What `method` returns, which should have returned `right`.
    async fn answer(&self, method: &str, right: Option<User>) -> Option<User> {
        let registered = self.registered.load(Ordering::Relaxed);
        let wrong = match (registered, self.got.load(Ordering::Relaxed)) {
            (false, _) if self.empty.0 == method => self.empty.1,
            (true, true) if self.used.0 == method => self.used.1,
            _ => return right,
        };
        let named = |user: User| User {
            name: "Eve".to_owned(),
            ..user
        };
        match wrong {
            Wrong::Panics => panic!("nobody is here"),
            Wrong::Hangs => std::future::pending().await,
            Wrong::OtherName => right.map(named),
            Wrong::Ghost => Some(User {
                id: 700,
                email: "ghost".to_owned(),
                name: "ghost".to_owned(),
                created_at: String::new(),
            }),
        }
    }
}

#[async_trait]
impl UserRepository for OtherFault {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        self.registered.store(true, Ordering::Relaxed);
        self.users.register(new).await
    }
    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        self.users.rename(id, name).await
    }
    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.users.remove(id).await
    }
    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        let right = self.users.get(id).await?;
        let answer = self.answer("get", right).await;
        let registered = self.registered.load(Ordering::Relaxed);
        self.got.fetch_or(registered, Ordering::Relaxed);
        Ok(answer)
    }
    async fn several(&self, ids: &[u64]) -> Result<Vec<User>, RepoError> {
        self.users.several(ids).await
    }
    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        let right = self.users.by_email(email).await?;
        Ok(self.answer("by_email", right).await)
    }
    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page, RepoError> {
        self.users.list(after, limit).await
    }
    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        self.users.put_exact(user).await
    }
    async fn ping(&self) -> Result<(), RepoError> {
        Ok(())
    }
}

/// Without the registration the same steps show another fault, and there are fewer of them: of
/// another kind, at another method, at another place.
#[test]
fn shrinking_keeps_to_the_fault_that_was_found() {
    use FailureKind::{Difference, TimedOut};
    for (used, email, kind, empty) in [
        (Wrong::Ghost, "nobody@x", Difference, ("get", Wrong::Panics)),
        (Wrong::Ghost, "nobody@x", Difference, ("get", Wrong::Hangs)),
        (Wrong::Ghost, "nobody@x", Difference, ("get", Wrong::Ghost)),
        (Wrong::Hangs, "ann@x", TimedOut, ("by_email", Wrong::Panics)),
        (
            Wrong::OtherName,
            "ann@x",
            Difference,
            ("by_email", Wrong::Ghost),
        ),
    ] {
        let dynamodb = move || {
            let users = OtherFault::new(empty, ("by_email", used));
            ready(Arc::new(users) as Arc<Users>)
        };
        let new = NewUser {
            email: "ann@x".to_owned(),
            name: "Ann".to_owned(),
        };
        let steps = vec![
            UserRepositoryOp::Register {
                new,
                binds_user: h(2),
            },
            UserRepositoryOp::Get { id: h(2) },
            UserRepositoryOp::ByEmail {
                email: email.to_owned(),
            },
        ];
        // Long enough for a busy machine, where no call has to be waited for.
        let hangs = [used, empty.1].contains(&Wrong::Hangs);
        let timeout = Duration::from_millis(if hangs { 250 } else { 10_000 });
        let failure = check(user_ops(), good, dynamodb)
            .sequences(0)
            .regressions(file_of(&steps).path())
            .call_timeout(timeout)
            .try_run()
            .unwrap_err();
        let what = format!("{used:?} {empty:?}: {failure}");
        assert_eq!(failure.kind, kind, "{what}");
        assert_eq!(failure.steps.len(), 3, "{what}");
        assert!(
            failure.summary.contains("`by_email` of ")
                && failure.summary.contains("(regression 1; fails 3 of 3)"),
            "{what}"
        );
        let other = |difference: &String| difference.starts_with("name: ");
        let is_name = failure.differences.iter().any(other);
        assert_eq!(is_name, used == Wrong::OtherName, "{what}");
        let text = failure.regression().unwrap();
        assert!(text.contains("\"binds_user\":0"), "{what}");
    }
}

#[test]
fn the_result_of_shrinking_is_confirmed_or_said_to_be_not_deterministic() {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let failure = check(user_ops(), good, with(Defect::GuardStays))
        .seed(1)
        .try_run()
        .unwrap_err();
    let confirmed = failure.confirmed.unwrap();
    assert_eq!((confirmed.failed, confirmed.of), (3, 3), "{failure}");
    assert!(failure.to_string().contains("fails 3 of 3"), "{failure}");

    let now_and_then = || {
        let defect = match MADE.fetch_add(1, Ordering::Relaxed) % 5 {
            4 => Defect::MissingGuard,
            _ => Defect::None,
        };
        ready(Arc::new(Memory::new(998, "d", defect)) as Arc<Users>)
    };
    // With some seeds the defect never comes again, which has a name of its own.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    let failure = (1..20)
        .filter_map(|seed| {
            check(user_ops(), good, now_and_then)
                .seed(seed)
                .parallel(1)
                .regressions(&file)
                .try_run()
                .err()
        })
        .find(|failure| failure.confirmed.is_some())
        .unwrap();
    assert!(
        !file.exists(),
        "what fails by chance is not kept: {failure}"
    );
    let confirmed = failure.confirmed.as_ref().unwrap();
    assert!(confirmed.failed < confirmed.of, "{failure}");
    assert!(failure.summary.contains("not deterministic"), "{failure}");
}

/// A slow machine: the call returns in time when it is made again.
#[test]
fn a_timeout_that_does_not_come_again_is_not_reproducible_and_explained() {
    static SLOW: AtomicBool = AtomicBool::new(true);
    let dynamodb = || async {
        if SLOW.swap(false, Ordering::Relaxed) {
            let hangs = ("get", Wrong::Hangs);
            return Arc::new(OtherFault::new(hangs, hangs)) as Arc<Users>;
        }
        Arc::new(Memory::new(998, "d", Defect::None)) as Arc<Users>
    };
    let steps = [UserRepositoryOp::Get { id: h(0) }];
    // The warm-up makes three stores, none of which may be the slow one.
    SLOW.store(false, Ordering::Relaxed);
    let made = AtomicU64::new(0);
    let failure = check(user_ops(), good, move || {
        SLOW.store(made.fetch_add(1, Ordering::Relaxed) == 3, Ordering::Relaxed);
        dynamodb()
    })
    .sequences(0)
    .regressions(file_of(&steps).path())
    .call_timeout(Duration::from_millis(100))
    .try_run()
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotReproducible, "{failure}");
    assert!(helps(&failure, ".call_timeout("), "{failure}");
}

#[test]
fn slots_are_numbered_by_their_first_use_and_used_only_where_they_are_bound() {
    for (defect, seeds) in [(Defect::GuardStays, 1..6), (Defect::ReusesIds, 1..6)] {
        for seed in seeds {
            let failure = check(user_ops(), good, with(defect))
                .seed(seed)
                .try_run()
                .unwrap_err();
            let shown = format!("{:?}", failure.steps);
            let used = shown.split("h(").skip(1).map(|rest| &rest[..1]);
            let mut next = 0;
            let numbers = used.map(|slot| slot.parse::<u8>().unwrap());
            for slot in numbers.filter(|slot| *slot < SLOTS) {
                assert!(slot <= next, "{defect:?}, seed {seed}: {shown}");
                next = next.max(slot + 1);
            }
            let mut bound = BTreeSet::new();
            for step in &failure.steps {
                let Step::Call(op) = step else { continue };
                for (class, slot) in op.uses().into_iter().filter(|(class, _)| *class == "user") {
                    let known = slot.never_existed() || bound.contains(&slot);
                    assert!(known, "{class} {slot:?}, {defect:?}, seed {seed}: {shown}");
                }
                bound.extend(op.creates());
            }
        }
    }
}

#[test]
fn a_failure_and_the_statistics_name_the_engines() {
    let failure = check(user_ops(), good, with(Defect::FoldsCase))
        .engines("MySQL 9.7", "DynamoDB Local")
        .seed(1)
        .try_run()
        .unwrap_err();
    let text = failure.to_string();
    for wanted in [
        "UserRepository on MySQL 9.7 and DynamoDB Local: `by_email`",
        "\n         returned Ok(User {",
        "  MySQL 9.7 returned Ok(null)",
        "  DynamoDB Local returned Ok(User {",
        "differs at the answer itself (path \"\"): ",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let statistics = check(user_ops(), good, with(Defect::None))
        .engines("MySQL 9.7", "DynamoDB Local")
        .sequences(10)
        .try_run()
        .unwrap();
    assert_eq!(
        statistics.name,
        "UserRepository on MySQL 9.7 and DynamoDB Local"
    );
}

#[test]
fn a_class_that_no_method_knows_is_refused_at_the_start() {
    let failure = check(user_ops(), good, good)
        .known("boook", [1])
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup, "{failure}");
    assert!(
        failure.summary.contains("`.known(\"boook\", ..)` names a class that no method takes or makes; there are `page`, `user`"),
        "{failure}"
    );
}

#[test]
fn shrinking_that_was_stopped_says_so() {
    let found = |time| {
        let check = check(user_ops(), good, with(Defect::GuardStays)).seed(1);
        check.shrink_time(time).try_run().unwrap_err()
    };
    let stopped = found(Duration::ZERO);
    let said = "making it shorter was stopped after 0 s";
    assert!(helps(&stopped, said), "{stopped}");
    let ended = found(Duration::from_mins(5));
    assert!(!helps(&ended, "was stopped"), "{ended}");
    assert!(stopped.steps.len() > ended.steps.len(), "{stopped}");
}

#[test]
fn an_unmet_floor_proposes_one_with_a_margin() {
    let failure = check(user_ops(), good, with(Defect::None))
        .sequences(40)
        .seed(1)
        .floor("rename", 100_000)
        .try_run()
        .unwrap_err();
    let count = failure.statistics.calls_of("rename");
    let proposal = format!(".floor(\"rename\", {})", count / 2);
    assert!(helps(&failure, &proposal), "{failure}");
}

#[derive(Clone, Debug, PartialEq, thiserror::Error, Classify)]
pub enum DiaryError {
    #[error("no such entry")]
    #[classify(not_found)]
    Nothing,
}

#[derive(Clone, Serialize)]
pub struct Entry {
    pub at: String,
    pub tags: Vec<String>,
}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait DiaryRepository: Send + Sync {
    #[shadow(write, replay, key = at)]
    async fn note(&self, at: &str) -> Result<Entry, DiaryError>;
    #[shadow(write, replay, key = all)]
    async fn stamp(&self) -> Result<Entry, DiaryError>;
    #[shadow(write, replay, key = all)]
    async fn stamped_at(&self) -> Result<String, DiaryError>;
    #[shadow(read)]
    async fn tags(&self) -> Result<Vec<String>, DiaryError>;
    #[shadow(read)]
    async fn tagged(&self) -> Result<Vec<Entry>, DiaryError>;
}

/// A store of which one method is wrong.
struct Diary(Option<&'static str>);

impl Diary {
    fn wrong(&self, method: &str) -> bool {
        self.0 == Some(method)
    }
    fn tags_of(&self, method: &str) -> Vec<String> {
        let mut tags = vec!["a".to_owned(), "b".to_owned()];
        if self.wrong(method) {
            tags.reverse();
        }
        tags
    }
    fn made(&self, method: &str) -> String {
        let second = if self.wrong(method) { "07" } else { "06" };
        format!("2026-01-02T03:04:{second}Z")
    }
}

#[async_trait]
impl DiaryRepository for Diary {
    async fn note(&self, at: &str) -> Result<Entry, DiaryError> {
        let at = if self.wrong("note") {
            at.replace("08:00:05", "08:00:00")
        } else {
            at.to_owned()
        };
        Ok(Entry { at, tags: vec![] })
    }
    async fn stamp(&self) -> Result<Entry, DiaryError> {
        Ok(Entry {
            at: self.made("stamp"),
            tags: vec![],
        })
    }
    async fn stamped_at(&self) -> Result<String, DiaryError> {
        Ok(self.made("stamped_at"))
    }
    async fn tags(&self) -> Result<Vec<String>, DiaryError> {
        Ok(self.tags_of("tags"))
    }
    async fn tagged(&self) -> Result<Vec<Entry>, DiaryError> {
        let at = "2026-01-01".to_owned();
        Ok(vec![Entry {
            at,
            tags: self.tags_of("tagged"),
        }])
    }
}

fn diary(wrong: &'static str) -> Box<Failure<DiaryRepositoryOp>> {
    let at = proptest_times().prop_map(str::to_owned);
    check(
        DiaryRepositoryArgs { at }.ops(),
        || ready(Arc::new(Diary(None))),
        move || ready(Arc::new(Diary(Some(wrong)))),
    )
    .seed(1)
    .try_run()
    .unwrap_err()
}

fn proptest_times() -> impl Strategy<Value = &'static str> {
    dal_testkit::check::proptest::sample::select(vec!["2026-03-01T08:00:05Z"])
}

#[test]
fn generated_is_not_advised_for_a_time_that_a_caller_gave() {
    let failure = diary("note");
    assert!(!helps(&failure, "generated"), "{failure}");
    assert!(
        helps(&failure, "the time in `Entry.at` came from a caller"),
        "{failure}"
    );
    let failure = diary("stamp");
    assert!(
        helps(&failure, "`generated = \"Entry.at\"` on `DiaryRepository`"),
        "{failure}"
    );
    // There is no field to declare.
    assert!(!helps(&diary("stamped_at"), "generated"));
}

#[test]
fn unordered_is_advised_with_the_path_of_the_list() {
    let failure = diary("tags");
    assert!(
        helps(&failure, "the order of the answer itself") && helps(&failure, "`unordered = \"\"`"),
        "{failure}"
    );
    assert!(helps(&diary("tagged"), "`unordered = \"[].tags\"`"));
    let failure = check(user_ops(), good, with(Defect::WrongOrder))
        .seed(1)
        .try_run()
        .unwrap_err();
    assert!(helps(&failure, "`unordered = \"items\"`"), "{failure}");
}

#[test]
fn a_record_that_was_there_from_the_start_is_said_to_be() {
    let filled = || async {
        let users = Memory::new(998, "d", Defect::None);
        let new = NewUser {
            email: "left@over".to_owned(),
            name: "Ann".to_owned(),
        };
        users.register(&new).await.unwrap();
        Arc::new(users) as Arc<Users>
    };
    let failure = check(user_ops(), good, filled)
        .seed(1)
        .try_run()
        .unwrap_err();
    assert!(
        failure.kind == FailureKind::NotFresh
            || failure.summary.contains("`list`")
                && helps(&failure, "nothing was written before this call"),
        "{failure}"
    );
}

#[test]
fn a_wrapper_that_cannot_be_made_is_a_fault_of_the_set_up() {
    let failure = check(user_ops(), good, good)
        .sequences(1)
        .seed(1)
        .try_run_through(
            |_: Arc<Users>, _: Arc<Users>, _| -> ShadowUserRepository<Users> {
                panic!("no wrapper")
            },
        )
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup, "{failure}");
    assert!(
        failure
            .summary
            .contains("what `run_through` was given panicked at ")
            && failure.summary.contains("no wrapper"),
        "{failure}"
    );
}
