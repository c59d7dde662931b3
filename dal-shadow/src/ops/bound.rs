//! What the slots of one store are bound to.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::deserialize::from_tree;
use super::slot::Slot;
use crate::answer::Answer;
use crate::tree::{self, Tree};
use serde::Serialize;

/// The ids and tokens that one store has given so far, by class and slot.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    slots: BTreeMap<&'static str, BTreeMap<Slot, Tree>>,
    tokens: BTreeSet<&'static str>,
    next: Option<(&'static str, Tree)>,
    /// What mirror methods have been given, by method. Shared by the clones of one store's slots.
    mirrored: Arc<Mutex<BTreeMap<&'static str, Vec<Mirrored>>>>,
}

/// The arguments of a mirror method, as one store made them.
type Mirrored = Arc<dyn Any + Send + Sync>;

/// A handle that cannot be given the type that a method takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandleError {
    /// The class.
    pub class: &'static str,
    /// The type that was asked for.
    pub wanted: &'static str,
    /// Why not.
    pub reason: String,
}

impl std::fmt::Display for HandleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a handle of class `{}` cannot be read as `{}`: {}",
            self.class, self.wanted, self.reason
        )
    }
}

impl std::error::Error for HandleError {}

impl Bound {
    /// No slot is bound; `tokens` are the classes of page tokens.
    pub fn new(tokens: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            tokens: tokens.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Binds a slot; the id that never existed stays what it is.
    pub fn bind(&mut self, class: &'static str, slot: Slot, id: Tree) {
        if !slot.never_existed() {
            self.slots.entry(class).or_default().insert(slot, id);
        }
    }

    /// Forgets what a slot is bound to.
    pub fn unbind(&mut self, class: &'static str, slot: Slot) {
        if let Some(slots) = self.slots.get_mut(class) {
            slots.remove(&slot);
        }
    }

    /// Forgets every token of a class.
    pub fn unbind_all(&mut self, class: &'static str) {
        self.slots.remove(class);
    }

    /// Keeps what a mirror method gets after a write, so that it can be put again later. For
    /// generated code.
    pub fn keep<T: Send + Sync + 'static>(&self, mirror: &'static str, arguments: T) {
        let mut mirrored = self.mirrored.lock().unwrap_or_else(PoisonError::into_inner);
        mirrored
            .entry(mirror)
            .or_default()
            .push(Arc::new(arguments));
    }

    /// Whether anything has been kept for a mirror method. For generated code.
    pub fn has_kept(&self, mirror: &str) -> bool {
        let mirrored = self.mirrored.lock().unwrap_or_else(PoisonError::into_inner);
        mirrored.contains_key(mirror)
    }

    /// What was kept for a mirror method so many writes ago, or the oldest. For generated code.
    ///
    /// # Errors
    /// When nothing has been kept.
    pub fn kept<T: Send + Sync + 'static>(
        &self,
        mirror: &'static str,
        back: Slot,
    ) -> Result<Arc<T>, HandleError> {
        let mirrored = self.mirrored.lock().unwrap_or_else(PoisonError::into_inner);
        mirrored
            .get(mirror)
            .and_then(|all| all.iter().rev().nth(back.back()).or_else(|| all.first()))
            .and_then(|arguments| Arc::clone(arguments).downcast().ok())
            .ok_or_else(|| HandleError {
                class: mirror,
                wanted: std::any::type_name::<T>(),
                reason: "no write has succeeded yet whose answer this mirror method gets"
                    .to_owned(),
            })
    }

    /// The next call continues after this token, whatever its own argument says.
    #[must_use]
    pub fn continuing(&self, class: &'static str, token: Tree) -> Self {
        Self {
            next: Some((class, token)),
            ..self.clone()
        }
    }

    /// What a use of this slot gets: what it is bound to, or the nearest one.
    pub fn get(&self, class: &str, slot: Slot) -> Option<&Tree> {
        if slot.never_existed() {
            return None;
        }
        let slots = self.slots.get(class)?;
        slot.nearest().find_map(|slot| slots.get(&slot))
    }

    /// The id in a slot, as the type that a method takes. For generated code.
    ///
    /// # Errors
    /// When the id has another type.
    pub fn one<T: DeserializeOwned>(
        &self,
        class: &'static str,
        slot: Slot,
    ) -> Result<T, HandleError> {
        if let Some((continued, token)) = &self.next
            && *continued == class
        {
            return read(class, token);
        }
        match self.get(class, slot) {
            Some(id) => read(class, id),
            None => never_existed(class),
        }
    }

    /// The id in a slot, or nothing: for an optional handle. A page token that no store has given
    /// yet is nothing: the first page. For generated code.
    ///
    /// # Errors
    /// When the id has another type.
    pub fn optional<T: DeserializeOwned>(
        &self,
        class: &'static str,
        slot: Option<Slot>,
    ) -> Result<Option<T>, HandleError> {
        let continued = self.next.as_ref().is_some_and(|(next, _)| *next == class);
        match slot {
            _ if continued => self.one(class, slot.unwrap_or(super::h(0))).map(Some),
            None => Ok(None),
            Some(slot)
                if self.tokens.contains(class)
                    && !slot.never_existed()
                    && self.get(class, slot).is_none() =>
            {
                Ok(None)
            }
            Some(slot) => self.one(class, slot).map(Some),
        }
    }

    /// The ids in some slots. For generated code.
    ///
    /// # Errors
    /// When an id has another type.
    pub fn many<T: DeserializeOwned>(
        &self,
        class: &'static str,
        slots: &[Slot],
    ) -> Result<Vec<T>, HandleError> {
        slots.iter().map(|slot| self.one(class, *slot)).collect()
    }
}

/// Puts the id of a slot at a place inside an argument; an absent one (`None`) stays absent. For
/// generated code.
///
/// # Errors
/// When the id has another type.
pub fn put<T: DeserializeOwned + Serialize>(
    bound: &Bound,
    class: &'static str,
    slot: Slot,
    place: &mut T,
) -> Result<(), HandleError> {
    if !matches!(tree::of(place), Ok(Tree::Null)) {
        *place = bound.one(class, slot)?;
    }
    Ok(())
}

/// Refuses a page token that is in the field of the Rust struct and not in the answer as serde
/// writes it, under another name: it would never be given back. For generated code.
///
/// # Errors
/// With the fields that there are.
pub fn token_is_named<T: Serialize>(
    answer: &Answer,
    class: &'static str,
    field: &str,
    token: &T,
) -> Result<(), HandleError> {
    let Answer::Value(answer) = answer else {
        return Ok(());
    };
    match tree::misplaced(answer, field) {
        Some(why) if !matches!(tree::of(token), Ok(Tree::Null)) => Err(HandleError {
            class,
            wanted: std::any::type_name::<T>(),
            reason: format!(
                "the answer has one in its field `{field}`, which has another name there ({why}); write that name in quotes: `token({class} = \"..\")`"
            ),
        }),
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(class: &'static str, id: &Tree) -> Result<T, HandleError> {
    from_tree(id).map_err(|reason| HandleError {
        class,
        wanted: std::any::type_name::<T>(),
        reason: reason.to_string(),
    })
}

/// An id that no store has given: the first of these that the type accepts.
fn never_existed<T: DeserializeOwned>(class: &'static str) -> Result<T, HandleError> {
    const NUMBERS: [i128; 3] = [2_000_000_011, 32_003, 113];
    const TEXTS: [&str; 2] = [
        "4be0643f-1d98-473b-97cd-ca98a65347dd",
        "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    ];
    let numbers = NUMBERS.iter().map(|number| Tree::Int(*number));
    let texts = TEXTS.iter().map(|text| Tree::Str((*text).to_owned()));
    numbers
        .chain(texts)
        .find_map(|id| from_tree(&id).ok())
        .ok_or_else(|| HandleError {
            class,
            wanted: std::any::type_name::<T>(),
            reason: "no id that never existed can be made of a number or a text; `.known(..)` ids keep slots bound, and the type needs `Deserialize` from what `Serialize` writes".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::h;
    use super::*;

    #[test]
    fn a_use_takes_its_slot_or_the_nearest_bound_one() {
        let mut bound = Bound::new([]);
        bound.bind("user", h(1), Tree::Int(10));
        bound.bind("user", h(3), Tree::Int(30));
        bound.bind("user", h(4), Tree::Int(40));
        assert_eq!(bound.one::<u64>("user", h(1)), Ok(10));
        assert_eq!(bound.one::<u64>("user", h(0)), Ok(10));
        assert_eq!(bound.one::<u64>("user", h(2)), Ok(10));
        assert_eq!(bound.one::<u64>("user", h(3)), Ok(30));
        assert_eq!(bound.one::<u64>("user", h(9)), Ok(2_000_000_011));
        assert_eq!(bound.one::<u16>("book", h(0)), Ok(32_003));
        assert!(bound.one::<String>("user", h(1)).is_err());
    }

    #[test]
    fn a_token_that_nobody_gave_is_the_first_page() {
        let mut bound = Bound::new(["page"]);
        assert_eq!(bound.optional::<String>("page", Some(h(2))), Ok(None));
        assert_eq!(
            bound.optional::<u64>("user", Some(h(2))),
            Ok(Some(2_000_000_011))
        );
        bound.bind("page", h(0), Tree::Str("t".to_owned()));
        assert_eq!(
            bound.optional::<String>("page", Some(h(2))),
            Ok(Some("t".to_owned()))
        );
        assert_eq!(bound.optional::<String>("page", None), Ok(None));
        let next = bound.continuing("page", Tree::Str("n".to_owned()));
        assert_eq!(
            next.optional::<String>("page", None),
            Ok(Some("n".to_owned()))
        );
    }

    #[test]
    fn an_absent_handle_inside_an_argument_stays_absent() {
        let mut bound = Bound::new([]);
        bound.bind("user", h(0), Tree::Int(10));
        let (mut some, mut none) = (Some(1_u64), None::<u64>);
        put(&bound, "user", h(0), &mut some).unwrap();
        put(&bound, "user", h(0), &mut none).unwrap();
        assert_eq!((some, none), (Some(10), None));
    }
}
