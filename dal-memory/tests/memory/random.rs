//! Random operations, against the obvious model: a list of records.

use dal_traits::condition::Condition;
use dal_traits::store::{EntityStore, QueryRequest, Store};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record};
use proptest::prelude::*;
use time::macros::datetime;

use crate::{int, things_model};

#[derive(Clone, Debug)]
struct Given {
    kind: u8,
    code: Option<u8>,
    owner: Option<u8>,
    cents: Option<i32>,
    small: Option<i8>,
    minute: u8,
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Option<u8>, Given),
    Put(u8, Given),
    Code(u8, Option<u8>, Guess),
    Cents(u8, Option<i32>, Guess),
    Owner(u8, Option<u8>, Guess),
    Add(u8, i8, Option<u8>, Guess),
    Delete(u8, Guess),
    PassId(u8),
    ByCode(u8, u8),
    ByKind(u8, Option<(i32, i32)>, Paging),
    ByOwner(u8, Option<u8>, Paging),
}

/// What a write is made conditional on.
type Guess = Option<(bool, i8)>;

/// Backward, limit, and the least `small` that is let through.
type Paging = (bool, u32, Option<i8>);

#[derive(Clone, Debug)]
struct Thing {
    id: u8,
    of: Given,
}

/// The obvious model.
#[derive(Default)]
struct Plain {
    things: Vec<Thing>,
    last: u8,
}

impl Plain {
    fn find(&self, id: u8) -> Option<usize> {
        self.things.iter().position(|thing| thing.id == id)
    }

    fn is_taken(&self, thing: &Thing) -> bool {
        thing.of.code.is_some()
            && self.things.iter().any(|other| {
                other.id != thing.id
                    && (other.of.kind, other.of.code) == (thing.of.kind, thing.of.code)
            })
    }

    fn insert(&mut self, id: Option<u8>, of: Given) -> Result<u8, ErrorKind> {
        let id = if let Some(id) = id {
            id
        } else {
            self.last = self.last.checked_add(1).ok_or(ErrorKind::Limit)?;
            self.last
        };
        if self.find(id).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        let thing = Thing { id, of };
        if self.is_taken(&thing) {
            return Err(ErrorKind::UniqueViolation);
        }
        self.things.push(thing);
        self.last = self.last.max(id);
        Ok(id)
    }

    fn put(&mut self, id: u8, of: Given) -> Result<(), ErrorKind> {
        let thing = Thing { id, of };
        if self.is_taken(&thing) {
            return Err(ErrorKind::UniqueViolation);
        }
        self.things.retain(|other| other.id != id);
        self.things.push(thing);
        self.last = self.last.max(id);
        Ok(())
    }

    fn update(
        &mut self,
        id: u8,
        guess: Guess,
        change: impl FnOnce(&mut Given) -> Result<(), ErrorKind>,
    ) -> Result<(), ErrorKind> {
        let at = self.find(id).ok_or(ErrorKind::NotFound)?;
        let mut thing = self.things[at].clone();
        if !fulfils(&thing, guess) {
            return Err(ErrorKind::ConditionFailed);
        }
        change(&mut thing.of)?;
        if self.is_taken(&thing) {
            return Err(ErrorKind::UniqueViolation);
        }
        self.things[at] = thing;
        Ok(())
    }

    fn delete(&mut self, id: u8, guess: Guess) -> Result<bool, ErrorKind> {
        let Some(at) = self.find(id) else {
            return if guess.is_some() {
                Err(ErrorKind::NotFound)
            } else {
                Ok(false)
            };
        };
        if !fulfils(&self.things[at], guess) {
            return Err(ErrorKind::ConditionFailed);
        }
        self.things.remove(at);
        Ok(true)
    }

    fn path<K: Ord>(
        &self,
        paging: Paging,
        is_on: impl Fn(&Thing) -> bool,
        order: impl Fn(&Thing) -> K,
    ) -> Vec<u8> {
        let (backward, _, least) = paging;
        let passes = |thing: &&Thing| least.is_none_or(|least| thing.of.small >= Some(least));
        let mut found: Vec<_> = self
            .things
            .iter()
            .filter(|t| is_on(t))
            .filter(passes)
            .collect();
        found.sort_by_key(|thing| order(thing));
        if backward {
            found.reverse();
        }
        found.iter().map(|thing| thing.id).collect()
    }
}

fn fulfils(thing: &Thing, guess: Guess) -> bool {
    match guess {
        None => true,
        Some((is_equal, small)) => (thing.of.small == Some(small)) == is_equal,
    }
}

fn text(letter: u8) -> String {
    char::from(b'a' + letter).to_string()
}

fn amount(cents: i32) -> Value {
    Value::Decimal(bigdecimal::BigDecimal::new(cents.into(), 2))
}

fn moment(minute: u8) -> Value {
    Value::DateTime(
        datetime!(2025-01-02 03:00:00)
            .replace_minute(minute)
            .unwrap(),
    )
}

fn named(id: Option<u8>, of: &Given) -> Vec<(&'static str, Value)> {
    vec![
        ("id", id.into()),
        ("kind", text(of.kind).into()),
        ("code", of.code.map(text).into()),
        ("owner", of.owner.map(text).into()),
        ("amount", of.cents.map_or(Value::Null, amount)),
        ("small", of.small.into()),
        ("at", moment(of.minute)),
    ]
}

fn condition(things: &EntityStore, guess: Guess) -> Option<Condition> {
    let (is_equal, value) = guess?;
    let equal = things.field("small").unwrap().eq(value);
    Some(if is_equal {
        equal
    } else {
        Condition::Not(Box::new(equal))
    })
}

fn kinds<T>(result: Result<T, Error>) -> Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

/// The ids of all pages, each page full but the last.
async fn drained(things: &EntityStore, request: QueryRequest, paging: Paging) -> Vec<u8> {
    let (backward, limit, least) = paging;
    let mut request = request.limit(limit);
    if backward {
        request = request.backward();
    }
    if let Some(least) = least {
        request = request.filter(things.field("small").unwrap().ge(least));
    }
    let mut pages = request.pages();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        let is_full = page.records.len() == usize::try_from(limit).unwrap();
        assert!(is_full || page.next.is_none());
        assert!(!page.records.is_empty() || all.is_empty());
        all.extend(page.records.iter().map(id_of));
    }
    all
}

fn id_of(record: &Record) -> u8 {
    u8::try_from(int(record, "id")).unwrap()
}

async fn run(things: &EntityStore, plain: &mut Plain, step: Step) {
    let update = |id: u8, guess| {
        let update = things.update(id);
        match condition(things, guess) {
            Some(condition) => update.when(condition),
            None => update,
        }
    };
    match step {
        Step::Insert(id, of) => {
            let inserted = things.insert(named(id, &of)).await;
            let inserted = kinds(inserted).map(|record| id_of(&record));
            assert_eq!(inserted, plain.insert(id, of));
        }
        Step::Put(id, of) => {
            let put = things.put(named(Some(id), &of)).await;
            assert_eq!(kinds(put), plain.put(id, of));
        }
        Step::Code(id, code, guess) => {
            let updated = update(id, guess).set("code", code.map(text)).await;
            let expected = plain.update(id, guess, |of| {
                of.code = code;
                Ok(())
            });
            assert_eq!(kinds(updated), expected);
        }
        Step::Cents(id, cents, guess) => {
            let value = cents.map_or(Value::Null, amount);
            let updated = update(id, guess).set("amount", value).await;
            let expected = plain.update(id, guess, |of| {
                of.cents = cents;
                Ok(())
            });
            assert_eq!(kinds(updated), expected);
        }
        Step::Owner(id, owner, guess) => {
            let updated = update(id, guess).set("owner", owner.map(text)).await;
            let expected = plain.update(id, guess, |of| {
                of.owner = owner;
                Ok(())
            });
            assert_eq!(kinds(updated), expected);
        }
        Step::Add(id, delta, code, guess) => {
            let updated = update(id, guess)
                .add("small", delta)
                .set("code", code.map(text))
                .await;
            let expected = plain.update(id, guess, |of| {
                of.code = code;
                if let Some(small) = &mut of.small {
                    *small = small.checked_add(delta).ok_or(ErrorKind::InvalidValue)?;
                }
                Ok(())
            });
            assert_eq!(kinds(updated), expected);
        }
        Step::Delete(id, guess) => {
            let delete = things.delete(id);
            let deleted = match condition(things, guess) {
                Some(condition) => delete.when(condition).await,
                None => delete.await,
            };
            assert_eq!(kinds(deleted), plain.delete(id, guess));
        }
        Step::PassId(id) => {
            things.pass_id(id.into()).await.unwrap();
            plain.last = plain.last.max(id);
        }
        read => run_read(things, plain, read).await,
    }
}

async fn run_read(things: &EntityStore, plain: &Plain, step: Step) {
    match step {
        Step::ByCode(kind, code) => {
            let key = [("kind", text(kind).into()), ("code", text(code).into())];
            let found = things.get("things_code", key).await.unwrap();
            let mut all = plain.things.iter();
            let expected = all.find(|t| (t.of.kind, t.of.code) == (kind, Some(code)));
            assert_eq!(found.as_ref().map(id_of), expected.map(|thing| thing.id));
        }
        Step::ByKind(kind, range, paging) => {
            let mut request = things.query("by_kind").equal("kind", text(kind));
            if let Some((least, greatest)) = range {
                request = request.range("amount", amount(least)..amount(greatest));
            }
            let is_on = |thing: &Thing| {
                thing.of.kind == kind
                    && thing.of.cents.is_some_and(|cents| {
                        range.is_none_or(|(least, greatest)| (least..greatest).contains(&cents))
                    })
            };
            let expected = plain.path(paging, is_on, |thing| (thing.of.cents, thing.id));
            assert_eq!(drained(things, request, paging).await, expected);
        }
        Step::ByOwner(owner, minute, paging) => {
            let mut request = things.query("by_owner").equal("owner", text(owner));
            if let Some(minute) = minute {
                request = request.range("at", moment(minute)..);
            }
            let is_on = |thing: &Thing| {
                thing.of.owner == Some(owner)
                    && minute.is_none_or(|minute| thing.of.minute >= minute)
            };
            // The id is text behind the moment.
            let order = |thing: &Thing| (thing.of.minute, thing.id.to_string());
            let expected = plain.path(paging, is_on, order);
            assert_eq!(drained(things, request, paging).await, expected);
        }
        write => panic!("{write:?}"),
    }
}

fn given() -> impl Strategy<Value = Given> {
    let small = proptest::option::of(prop_oneof![-2..3_i8, Just(i8::MIN), Just(i8::MAX)]);
    let cents = proptest::option::of(-3..3_i32);
    let letter = || proptest::option::of(0..3_u8);
    (0..2_u8, letter(), letter(), cents, small, 0..3_u8).prop_map(
        |(kind, code, owner, cents, small, minute)| Given {
            kind,
            code,
            owner,
            cents,
            small,
            minute,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0..14_u8;
    let letter = || proptest::option::of(0..3_u8);
    let guess = || proptest::option::of((any::<bool>(), -1..2_i8));
    let paging = || (any::<bool>(), 1..4_u32, proptest::option::of(-1..2_i8));
    let cents = proptest::option::of(-3..3_i32);
    let range = proptest::option::of((-3..3_i32, -2..4_i32));
    prop_oneof![
        4 => (proptest::option::of(id()), given()).prop_map(|(id, of)| Step::Insert(id, of)),
        2 => (id(), given()).prop_map(|(id, of)| Step::Put(id, of)),
        2 => (id(), letter(), guess()).prop_map(|(id, code, g)| Step::Code(id, code, g)),
        1 => (id(), cents, guess()).prop_map(|(id, cents, g)| Step::Cents(id, cents, g)),
        1 => (id(), letter(), guess()).prop_map(|(id, owner, g)| Step::Owner(id, owner, g)),
        2 => (id(), prop_oneof![-1..2_i8, Just(100)], letter(), guess())
            .prop_map(|(id, delta, code, g)| Step::Add(id, delta, code, g)),
        2 => (id(), guess()).prop_map(|(id, g)| Step::Delete(id, g)),
        1 => (0..20_u8).prop_map(Step::PassId),
        2 => (0..2_u8, 0..3_u8).prop_map(|(kind, code)| Step::ByCode(kind, code)),
        2 => (0..2_u8, range, paging()).prop_map(|(k, range, p)| Step::ByKind(k, range, p)),
        2 => (0..3_u8, proptest::option::of(0..3_u8), paging())
            .prop_map(|(owner, minute, p)| Step::ByOwner(owner, minute, p)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_backend_agrees_with_a_list_of_records(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Store::open(dal_memory::MemoryBackend::new(things_model()));
        let things = store.entity("Things").unwrap();
        let mut plain = Plain::default();
        runtime.block_on(async {
            for step in steps {
                run(&things, &mut plain, step).await;
            }
        });
    }
}
