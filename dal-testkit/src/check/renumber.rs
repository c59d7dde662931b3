//! Slots in the order of their first use.

use std::collections::BTreeMap;

use dal_shadow::ops::{Operation, Slot, h};

use super::Step;

/// The same steps with the slots of each class numbered `h(0)`, `h(1)` and so on by first use;
/// `None` where they are already. A use of a slot that is not bound takes the nearest one, so these
/// steps may do something else: they have to be run.
pub(super) fn renumbered<O: Operation>(steps: &[Step<O>]) -> Option<Vec<Step<O>>> {
    let mut numbers: BTreeMap<(&'static str, Slot), Slot> = BTreeMap::new();
    let mut next: BTreeMap<&'static str, u8> = BTreeMap::new();
    let mut changed = false;
    let mut steps = steps.to_vec();
    for step in &mut steps {
        let Step::Call(op) = step else { continue };
        for (class, slot) in op.slots_mut() {
            if slot.never_existed() {
                continue;
            }
            let number = *numbers.entry((class, *slot)).or_insert_with(|| {
                let next = next.entry(class).or_default();
                *next += 1;
                h(*next - 1)
            });
            changed |= number != *slot;
            *slot = number;
        }
    }
    changed.then_some(steps)
}
