//! Every interleaving of a few writes, on a model of the two stores.

use super::model::{Plan, Task, World, explore, plan};
use super::*;

#[test]
fn two_writes_of_one_record_converge_in_every_interleaving() {
    let explored = explore(World::new(&[plan(&[1]), plan(&[1])]));
    assert!(explored.states > 50, "{explored:?}");
    assert!(explored.transfers <= 3, "{explored:?}");
}

#[test]
fn three_writes_of_one_record_converge_in_every_interleaving() {
    let explored = explore(World::new(&[plan(&[1]), plan(&[1]), plan(&[1])]));
    assert!(explored.states > 500, "{explored:?}");
    assert!(explored.transfers <= 6, "{explored:?}");
}

#[test]
fn a_write_of_two_records_that_overlaps_one_of_them_converges() {
    explore(World::new(&[plan(&[1]), plan(&[1, 2]), plan(&[2])]));
}

#[test]
fn a_write_that_names_a_record_in_its_answer_overlaps_from_its_beginning() {
    let late = Plan {
        named: vec![record(2)],
        ..plan(&[1])
    };
    explore(World::new(&[late.clone(), plan(&[2])]));
    explore(World::new(&[late.clone(), plan(&[2]), plan(&[2])]));
    explore(World::new(&[late.clone(), late]));
}

#[test]
fn a_secondary_write_that_fails_or_lands_late_converges() {
    for end in [
        SecondaryEnd::Refused,
        SecondaryEnd::Failed,
        SecondaryEnd::Unknown,
    ] {
        let faulty = Plan {
            secondary: end,
            ..plan(&[1])
        };
        explore(World::new(&[faulty.clone(), plan(&[1])]));
        explore(World::new(&[plan(&[1, 2]), faulty.clone(), plan(&[2])]));
        explore(World::new(&[faulty.clone(), faulty]));
    }
}

#[test]
fn a_primary_write_of_unknown_effect_converges() {
    let lost = Plan {
        lost_primary: true,
        ..plan(&[1])
    };
    explore(World::new(&[lost.clone(), plan(&[1])]));
    explore(World::new(&[lost, plan(&[1, 2]), plan(&[2])]));
}

#[test]
fn writes_that_do_not_overlap_need_no_transfer() {
    let mut world = World::new(&[plan(&[1]), plan(&[1]), plan(&[2])]);
    for write in 0..3 {
        world.runs(&[Task::Begin(write), Task::Make(write), Task::End(write)]);
    }
    assert_eq!(explore(world).transfers, 0);
}

#[test]
fn writes_that_the_primary_refuses_converge_and_keep_no_record_dirty() {
    let refused = Plan {
        refused: true,
        ..plan(&[1])
    };
    let faulty = Plan {
        secondary: SecondaryEnd::Failed,
        ..plan(&[1])
    };
    explore(World::new(&[refused.clone(), plan(&[1])]));
    explore(World::new(&[refused.clone(), faulty.clone()]));
    explore(World::new(&[refused.clone(), plan(&[1, 2]), faulty]));
    // A stream of them, each overlapping the next one, does not hold a transfer up.
    let mut machine = in_phase(Phase::DualWrite, limits(), &[ENTITY]);
    let began = |call| Event::Began {
        call,
        entity: ENTITY,
        records: vec![record(1)],
        bulk: false,
        names_more: Vec::new(),
    };
    let ended = |call| Event::PrimaryEnded {
        call,
        end: PrimaryEnd::Nothing,
    };
    machine.step(Event::Marked { record: record(1) });
    machine.step(began(1));
    let (record, end) = (record(1), TransferEnd::Done);
    machine.step(Event::TransferEnded { record, end });
    machine.step(ended(1));
    assert_eq!(machine.standing(ENTITY).dirty, 0);
    machine.step(began(2));
    machine.step(ended(2));
    assert!(machine.is_at_rest());
}
