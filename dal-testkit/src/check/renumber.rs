//! Slots as what they were bound to, in the order of their first use.

use std::collections::{BTreeMap, BTreeSet};

use dal_shadow::ops::{Operation, SLOTS, Slot, h};

use super::Step;
use super::fault::Earlier;

/// The same steps with the slots of each class numbered `h(0)`, `h(1)` and so on by first use;
/// `None` where they are already. A use of a slot that is not bound takes the nearest one, so these
/// steps may do something else: they have to be run.
pub(super) fn renumbered<O: Operation>(steps: &[Step<O>]) -> Option<Vec<Step<O>>> {
    let mut numbers: BTreeMap<(&'static str, Slot), Slot> = BTreeMap::new();
    let mut next: BTreeMap<&'static str, u8> = BTreeMap::new();
    changed(steps, |_, _, class, slot| {
        *numbers.entry((class, slot)).or_insert_with(|| {
            let next = next.entry(class).or_default();
            *next += 1;
            h(*next - 1)
        })
    })
}

/// The same steps with each use of a slot named after what it got: the slot that was bound, or
/// `h(4)`, the id that never existed, where none was. `None` where they are so already. Classes that
/// no method creates stay as they are.
pub(super) fn resolved<O: Operation>(
    steps: &[Step<O>],
    earlier: &[Earlier],
) -> Option<Vec<Step<O>>> {
    let failed = |at| {
        earlier
            .iter()
            .any(|known| known.step == at && !known.is_value)
    };
    let mut bound: Vec<BTreeMap<&'static str, BTreeSet<Slot>>> = Vec::new();
    let mut now: BTreeMap<&'static str, BTreeSet<Slot>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        bound.push(now.clone());
        if let (Step::Call(op), false) = (step, failed(at)) {
            let classes = op.method().creates.iter().map(|made| made.class);
            for (class, slot) in classes.zip(op.creates()) {
                now.entry(class).or_default().insert(slot);
            }
        }
    }
    let created: BTreeSet<_> = O::methods()
        .iter()
        .flat_map(|method| method.creates.iter().map(|made| made.class))
        .collect();
    changed(steps, |at, is_use, class, slot| {
        if !is_use || !created.contains(class) {
            return slot;
        }
        let bound = bound.get(at).and_then(|bound| bound.get(class));
        let got = |slot: &Slot| bound.is_some_and(|bound| bound.contains(slot));
        slot.nearest().find(got).unwrap_or(h(SLOTS))
    })
}

/// The steps with other slots, given the step, whether it uses the slot or binds it, and the class;
/// `None` where that changes nothing.
fn changed<O: Operation>(
    steps: &[Step<O>],
    mut rename: impl FnMut(usize, bool, &'static str, Slot) -> Slot,
) -> Option<Vec<Step<O>>> {
    let mut changed = false;
    let mut steps = steps.to_vec();
    for (at, step) in steps.iter_mut().enumerate() {
        let Step::Call(op) = step else { continue };
        // The slots that a call uses come before those that it binds.
        let uses = op.uses().len();
        for (position, (class, slot)) in op.slots_mut().into_iter().enumerate() {
            if !slot.never_existed() {
                let renamed = rename(at, position < uses, class, *slot);
                changed |= renamed != *slot;
                *slot = renamed;
            }
        }
    }
    changed.then_some(steps)
}
