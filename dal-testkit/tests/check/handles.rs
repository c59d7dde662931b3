//! Ids of several classes, inside arguments and answers, across traits; page tokens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dal_testkit::check::{
    Failure, FailureKind, Just, Strategy, check, confusables, group, proptest::prop_oneof,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, dal_shadow::Classify)]
pub enum ShopError {
    #[error("no such thing")]
    #[classify(not_found)]
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BookId(pub u64);

#[derive(Clone, Debug, Serialize)]
pub struct Loan {
    pub number: u64,
    pub member: u64,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub book_id: BookId,
    pub days: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewLoan {
    pub member: u64,
    pub guarantor: Option<u64>,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Books {
    pub items: Vec<(BookId, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait MemberRepository: Send + Sync {
    #[shadow(write, replay, creates(member))]
    async fn join(&self, name: &str) -> Result<u64, ShopError>;
    #[shadow(read)]
    async fn name_of(&self, #[handle(member)] id: u64) -> Result<Option<String>, ShopError>;
}

#[dal_shadow::shadow(ops, ids(member = "Loan.member"), ids(member = "borrowers"))]
#[async_trait]
pub trait LoanRepository: Send + Sync {
    #[shadow(write, replay, creates(book))]
    async fn buy(&self, title: String) -> Result<BookId, ShopError>;
    #[shadow(write, replay, creates(loan = number))]
    async fn lend(
        &self,
        #[handle(member = member, member = guarantor, book = "lines[].book_id")] new: &NewLoan,
    ) -> Result<Loan, ShopError>;
    #[shadow(read)]
    async fn loan(&self, #[handle(loan)] number: u64) -> Result<Option<Loan>, ShopError>;
    #[shadow(read)]
    async fn borrowers(&self, #[handle(book)] book: BookId) -> Result<Vec<u64>, ShopError>;
    #[shadow(read, token(page = next, drain = items))]
    async fn books(&self, #[handle(page)] after: Option<u64>) -> Result<Books, ShopError>;
}

/// The same without the declarations.
#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait ForgetfulRepository: Send + Sync {
    #[shadow(write, replay, creates(member))]
    async fn join(&self, name: &str) -> Result<u64, ShopError>;
    #[shadow(read)]
    async fn card(&self, #[handle(member)] id: u64) -> Result<Card, ShopError>;
    #[shadow(read)]
    async fn newest(&self) -> Result<Option<u64>, ShopError>;
}

#[derive(Serialize)]
pub struct Card {
    pub holder: u64,
    pub printed_at: &'static str,
}

/// Both traits in memory.
pub struct Library {
    first: u64,
    page: usize,
    wrong: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    members: BTreeMap<u64, String>,
    books: BTreeMap<BookId, String>,
    loans: BTreeMap<u64, Loan>,
}

impl Library {
    fn new(first: u64, page: usize, wrong: bool) -> Self {
        Self {
            first,
            page,
            wrong,
            state: Mutex::default(),
        }
    }

    fn id(&self, count: usize) -> u64 {
        self.first + count as u64
    }
}

#[async_trait]
impl MemberRepository for Library {
    async fn join(&self, name: &str) -> Result<u64, ShopError> {
        let mut state = self.state.lock().unwrap();
        let id = self.id(state.members.len());
        state.members.insert(id, name.to_owned());
        Ok(id)
    }

    async fn name_of(&self, id: u64) -> Result<Option<String>, ShopError> {
        Ok(self.state.lock().unwrap().members.get(&id).cloned())
    }
}

#[async_trait]
impl ForgetfulRepository for Library {
    async fn join(&self, name: &str) -> Result<u64, ShopError> {
        MemberRepository::join(self, name).await
    }

    async fn card(&self, id: u64) -> Result<Card, ShopError> {
        let printed_at = if self.first == 8 {
            "2026-01-01"
        } else {
            "2026-01-02"
        };
        match self.state.lock().unwrap().members.get(&id) {
            Some(_) if self.wrong => Ok(Card {
                holder: self.first,
                printed_at,
            }),
            Some(_) => Ok(Card {
                holder: id,
                printed_at: "2026-01-01",
            }),
            None => Err(ShopError::Nothing),
        }
    }

    async fn newest(&self) -> Result<Option<u64>, ShopError> {
        Ok(None)
    }
}

#[async_trait]
impl LoanRepository for Library {
    async fn buy(&self, title: String) -> Result<BookId, ShopError> {
        let mut state = self.state.lock().unwrap();
        let id = BookId(self.id(state.books.len()) * 10);
        state.books.insert(id, title);
        Ok(id)
    }

    async fn lend(&self, new: &NewLoan) -> Result<Loan, ShopError> {
        let mut state = self.state.lock().unwrap();
        let known = state.members.contains_key(&new.member)
            && new
                .guarantor
                .is_none_or(|member| state.members.contains_key(&member))
            && new
                .lines
                .iter()
                .all(|line| state.books.contains_key(&line.book_id));
        if !known {
            return Err(ShopError::Nothing);
        }
        let mut lines = new.lines.clone();
        if self.wrong && lines.len() > 1 {
            lines.pop();
        }
        let number = self.id(state.loans.len());
        let loan = Loan {
            number,
            member: new.member,
            lines,
        };
        state.loans.insert(number, loan.clone());
        Ok(loan)
    }

    async fn loan(&self, number: u64) -> Result<Option<Loan>, ShopError> {
        Ok(self.state.lock().unwrap().loans.get(&number).cloned())
    }

    async fn borrowers(&self, book: BookId) -> Result<Vec<u64>, ShopError> {
        let state = self.state.lock().unwrap();
        let lent = |loan: &&Loan| loan.lines.iter().any(|line| line.book_id == book);
        Ok(state
            .loans
            .values()
            .filter(lent)
            .map(|loan| loan.member)
            .collect())
    }

    async fn books(&self, after: Option<u64>) -> Result<Books, ShopError> {
        let state = self.state.lock().unwrap();
        let from = BookId(after.map_or(0, |after| after + 1));
        let mut rest = state
            .books
            .range(from..)
            .map(|(id, title)| (*id, title.clone()));
        let items: Vec<_> = rest.by_ref().take(self.page).collect();
        let next = rest.next().and(items.last()).map(|(id, _)| id.0);
        Ok(Books { items, next })
    }
}

pub struct Shop {
    members: Arc<dyn MemberRepository>,
    loans: Arc<dyn LoanRepository>,
}

group! {
    /// Calls of the library.
    pub enum ShopOp for Shop {
        Members(MemberRepositoryOp) = members,
        Loans(LoanRepositoryOp) = loans,
    }
}

fn shop(
    first: u64,
    page: usize,
    wrong: bool,
) -> impl Fn() -> std::future::Ready<Arc<Shop>> + Send + Sync {
    move || {
        let library = Arc::new(Library::new(first, page, wrong));
        std::future::ready(Arc::new(Shop {
            members: Arc::clone(&library) as _,
            loans: library,
        }))
    }
}

fn member_ops() -> impl Strategy<Value = MemberRepositoryOp> {
    MemberRepositoryArgs {
        name: confusables(&["Ann"]),
    }
    .ops()
}

fn loan_ops() -> impl Strategy<Value = LoanRepositoryOp> {
    let line = (1_u8..9).prop_map(|days| Line {
        book_id: BookId(0),
        days,
    });
    let lines = dal_testkit::check::proptest::collection::vec(line, 0..4);
    let guarantor = prop_oneof![Just(None), Just(Some(0))];
    let new = (lines, guarantor).prop_map(|(lines, guarantor)| NewLoan {
        member: 0,
        guarantor,
        lines,
    });
    LoanRepositoryArgs {
        title: confusables(&["Emma"]),
        new,
    }
    .ops()
}

fn shop_ops() -> impl Strategy<Value = ShopOp> {
    prop_oneof![
        member_ops().prop_map(ShopOp::Members),
        loan_ops().prop_map(ShopOp::Loans)
    ]
}

#[test]
fn ids_inside_arguments_and_answers_are_related_across_traits() {
    let statistics = check(shop_ops(), shop(8, 100, false), shop(998, 100, false))
        .sequences(200)
        .floor("loan.lend", 100)
        .floor("member.join", 100)
        .try_run()
        .unwrap();
    let lent = &statistics.methods["loan.lend"];
    let refused: u64 = lent.errors.values().sum();
    assert!(lent.calls - refused > 100, "{statistics}");
}

#[test]
fn pages_that_are_cut_differently_are_compared_as_a_whole() {
    check(shop_ops(), shop(8, 2, false), shop(998, 3, false))
        .sequences(200)
        .floor("books", 100)
        .run();
}

#[test]
fn pages_that_are_cut_differently_pass_through_the_wrapper() {
    let seeded = |page| {
        move || async move {
            let library = Library::new(8, page, false);
            MemberRepository::join(&library, "Ann").await.unwrap();
            Arc::new(library)
        }
    };
    check(loan_ops(), seeded(2), seeded(3))
        .known("member", [8_u64])
        .sequences(100)
        .floor("books", 100)
        .run_through(ShadowLoanRepository::new);
}

#[test]
fn a_lost_line_is_found_and_the_sequence_names_both_traits() {
    let failure = check(shop_ops(), shop(8, 9, false), shop(998, 9, true))
        .sequences(300)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference);
    assert!(failure.steps.len() <= 3, "{failure}");
    let text = failure.regression().unwrap();
    assert!(text.contains("{\"Loans\":{\"lend\":{"), "{text}");
    assert!(text.contains("\"new_book\":["), "{text}");
}

#[test]
fn sequences_of_several_traits_are_read_from_a_file() {
    let file = "tests/check/inc/library.regressions.json";
    check(shop_ops(), shop(8, 9, false), shop(998, 9, false))
        .sequences(0)
        .regressions(file)
        .run();
    let failure = check(shop_ops(), shop(8, 9, false), shop(998, 9, true))
        .sequences(0)
        .regressions(file)
        .try_run()
        .unwrap_err();
    assert!(failure.summary.contains("regression 2"), "{failure}");
}

fn forgetful(
    first: u64,
    wrong: bool,
) -> impl Fn() -> std::future::Ready<Arc<Library>> + Send + Sync {
    move || std::future::ready(Arc::new(Library::new(first, 9, wrong)))
}

fn forgetful_failure(wrong: bool) -> Box<Failure<ForgetfulRepositoryOp>> {
    let ops = ForgetfulRepositoryArgs {
        name: confusables(&["Ann"]),
    }
    .ops();
    check(ops, forgetful(8, wrong), forgetful(98, wrong))
        .sequences(50)
        .try_run()
        .unwrap_err()
}

#[test]
fn a_forgotten_declaration_is_a_difference_whose_help_names_it() {
    let failure = forgetful_failure(false);
    assert!(failure.steps.len() <= 2, "{failure}");
    assert!(
        failure
            .help
            .iter()
            .any(|help| help.contains("ids(member = \"Card.holder\")")),
        "{failure}"
    );
}

#[test]
fn a_forgotten_time_is_a_difference_whose_help_names_it() {
    let failure = forgetful_failure(true);
    assert!(
        failure
            .help
            .iter()
            .any(|help| help.contains("generated = \"Card.printed_at\"")),
        "{failure}"
    );
}

#[test]
fn a_class_that_nobody_makes_is_refused_unless_its_ids_are_known() {
    let alone = || std::future::ready(Arc::new(Library::new(8, 9, false)));
    let failure = check(loan_ops(), alone, alone).try_run().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup);
    assert!(
        failure.summary.contains(".known(\"member\", [..])"),
        "{failure}"
    );
    let seeded = || async {
        let library = Library::new(8, 9, false);
        MemberRepository::join(&library, "Ann").await.unwrap();
        Arc::new(library)
    };
    let statistics = check(loan_ops(), seeded, seeded)
        .known("member", [8_u64])
        .sequences(50)
        .try_run()
        .unwrap();
    let lent = &statistics.methods["loan.lend"];
    assert!(
        lent.errors.values().sum::<u64>() < lent.calls,
        "{statistics}"
    );
}
