//! Single events, and what is done about them.

use super::*;
use crate::phases::Store;

/// A write of these records, made on the primary store.
fn made(machine: &mut Converge, call: u64, keys: &[u128]) -> Vec<Effect> {
    machine.step(Event::Began {
        call,
        records: keys.iter().copied().map(record).collect(),
        entity: ENTITY,
        bulk: false,
        names_more: Vec::new(),
    });
    let end = PrimaryEnd::Made { named: Vec::new() };
    machine.step(Event::PrimaryEnded { call, end })
}

/// A step that no call holds up.
fn stepped(machine: &mut Converge, step: StepId, to: Phase) -> Vec<Effect> {
    let effects = machine.step(Event::Step(StepEvent::Asked {
        step,
        entity: ENTITY,
        to,
        from: None,
        settled: false,
    }));
    machine.step(Event::Step(StepEvent::CallsLeft { step }));
    assert_eq!(machine.phase(ENTITY), Some(to));
    effects
}

fn repairing() -> Converge {
    in_phase(Phase::DualWrite, limits(), &[ENTITY])
}

#[test]
fn a_record_does_not_wait_for_another_one() {
    let mut machine = repairing();
    let mut write = |call: u64, key: u128| {
        machine.step(Event::Began {
            call,
            records: vec![record(key)],
            entity: ENTITY,
            bulk: false,
            names_more: Vec::new(),
        });
        machine.step(Event::PrimaryEnded {
            call,
            end: PrimaryEnd::Made { named: Vec::new() },
        })
    };
    assert_eq!(write(1, 1), [Effect::Write { call: 1 }]);
    assert_eq!(write(2, 1), []); // behind the first one
    assert_eq!(write(3, 2), [Effect::Write { call: 3 }]);
}

#[test]
fn a_refused_write_waits_for_those_before_it_and_is_sent_once_more() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[2]);
    let refused = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Refused,
    };
    let waits = machine.step(refused(2));
    assert!(matches!(waits[..], [Effect::Later { .. }]), "{waits:?}");
    let end = SecondaryEnd::Made;
    let effects = machine.step(Event::SecondaryEnded { call: 1, end });
    assert!(effects.contains(&Effect::Write { call: 2 }), "{effects:?}");
    let effects = machine.step(refused(2));
    let transfer = Effect::Transfer { record: record(2) };
    assert!(effects.contains(&transfer), "{effects:?}");
}

#[test]
fn writes_that_wait_behind_a_failed_one_are_dropped_for_one_transfer() {
    let mut machine = repairing();
    for call in 1..=5 {
        made(&mut machine, call, &[1]);
    }
    let end = SecondaryEnd::Failed;
    let effects = machine.step(Event::SecondaryEnded { call: 1, end });
    let dropped = effects.iter().filter(|e| matches!(e, Effect::Drop { .. }));
    assert_eq!(dropped.count(), 4);
    let transfers = effects
        .iter()
        .filter(|e| matches!(e, Effect::Transfer { .. }));
    assert_eq!(transfers.count(), 1);
}

#[test]
fn what_does_not_fit_into_the_queue_is_transferred() {
    let few = Limits {
        queued: 2,
        ..limits()
    };
    let mut machine = in_phase(Phase::DualWrite, few, &[ENTITY]);
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[2]);
    let effects = made(&mut machine, 3, &[3]);
    assert!(effects.contains(&Effect::Drop { call: 3 }));
    assert!(effects.contains(&Effect::Transfer { record: record(3) }));
}

#[test]
fn a_record_is_fenced_while_an_acknowledged_write_of_it_is_not_applied() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    assert!(!machine.is_fenced(record(1)));
    machine.step(Event::Acknowledged { call: 1 });
    assert!(machine.is_fenced(record(1)) && machine.is_any_fenced(ENTITY));
    let end = SecondaryEnd::Failed;
    machine.step(Event::SecondaryEnded { call: 1, end });
    assert!(machine.is_fenced(record(1)) && machine.is_any_fenced(ENTITY));
    machine.step(Event::TransferEnded {
        record: record(1),
        end: TransferEnd::Done,
    });
    assert!(!machine.is_fenced(record(1)) && !machine.is_any_fenced(ENTITY));
}

#[test]
fn without_repair_the_entity_is_incomplete_and_writes_go_on() {
    let mut machine = repairing();
    machine.repairable(ENTITY, false);
    made(&mut machine, 1, &[1]);
    let end = SecondaryEnd::Failed;
    machine.step(Event::SecondaryEnded { call: 1, end });
    let why = machine.why(ENTITY, Store::DynamoDb);
    assert_eq!(why, Some(Incomplete::NoRepair));
    assert_eq!(made(&mut machine, 2, &[1]), [Effect::Write { call: 2 }]);
}

#[test]
fn a_write_of_the_whole_entity_is_a_barrier_for_secondary_writes() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    machine.step(Event::Began {
        call: 2,
        records: Vec::new(),
        entity: ENTITY,
        bulk: true,
        names_more: Vec::new(),
    });
    let end = PrimaryEnd::Made { named: Vec::new() };
    assert_eq!(machine.step(Event::PrimaryEnded { call: 2, end }), []);
    assert_eq!(made(&mut machine, 3, &[3]), []);
    let made = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Made,
    };
    assert!(machine.step(made(1)).contains(&Effect::Write { call: 2 }));
    assert!(machine.step(made(2)).contains(&Effect::Write { call: 3 }));
}

#[test]
fn every_record_is_fenced_while_the_secondary_store_is_incomplete_and_the_primary_one_is_not() {
    let mut machine = in_phase(Phase::DynamoDbRead, limits(), &[ENTITY]);
    let fenced = |machine: &Converge| {
        let fenced = machine.is_fenced(record(1));
        assert_eq!(machine.is_any_fenced(ENTITY), fenced);
        assert_eq!(machine.is_behind(ENTITY), fenced);
        fenced
    };
    assert!(!fenced(&machine) && !machine.is_any_incomplete());
    // The same reason twice, and another entity: it is complete again after one copy.
    for (entity, why) in [
        (ENTITY, Incomplete::NeverFilled),
        (ENTITY, Incomplete::Overflow),
        (ENTITY + 1, Incomplete::NeverFilled),
    ] {
        machine.lacks(entity, Store::DynamoDb, why);
        assert!(fenced(&machine));
    }
    let times = machine.times_incomplete(ENTITY, Store::DynamoDb);
    assert!(machine.filled(ENTITY, Store::DynamoDb, times));
    assert!(!fenced(&machine) && machine.is_any_incomplete());
    assert!(machine.filled(ENTITY + 1, Store::DynamoDb, 1));
    assert!(!machine.is_any_incomplete());
    // Where both may lack something, the phase decides.
    machine.lacks(ENTITY, Store::DynamoDb, Incomplete::NeverFilled);
    machine.lacks(ENTITY, Store::MySql, Incomplete::NeverFilled);
    assert!(!fenced(&machine));
}

#[test]
fn a_store_that_is_given_up_leaves_nothing_waiting() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[1]);
    let end = SecondaryEnd::Failed;
    machine.step(Event::SecondaryEnded { call: 1, end });
    made(&mut machine, 3, &[2]);
    made(&mut machine, 4, &[2]);
    let effects = stepped(&mut machine, 1, Phase::MySqlOnly);
    assert!(effects.contains(&Effect::Drop { call: 4 }));
    let standing = machine.standing(ENTITY);
    assert_eq!((standing.dirty, standing.pending), (0, 1));
    // What was still running there may end as it likes: nothing can be dirty on a store that is not
    // written, until it is written again.
    let refused = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Failed,
    };
    machine.step(refused(3));
    let standing = machine.standing(ENTITY);
    assert_eq!((standing.dirty, standing.pending), (0, 0));
    stepped(&mut machine, 2, Phase::DualWrite);
    made(&mut machine, 5, &[3]);
    machine.step(refused(5));
    assert_eq!(machine.standing(ENTITY).dirty, 1);
}

#[test]
fn a_transfer_that_began_before_the_record_was_marked_proves_nothing() {
    let mut machine = repairing();
    let again = Effect::Transfer { record: record(1) };
    let marked = Event::Marked { record: record(1) };
    let done = Event::TransferEnded {
        record: record(1),
        end: TransferEnd::Done,
    };
    // It reads, and MySQL is written alone before it ends.
    assert!(machine.step(marked.clone()).contains(&again));
    stepped(&mut machine, 1, Phase::MySqlOnly);
    stepped(&mut machine, 2, Phase::DualWrite);
    assert_eq!(machine.step(marked.clone()), []);
    assert!(machine.step(done.clone()).contains(&again));
    machine.step(done.clone());
    assert!(machine.is_at_rest());
    // The same when it waits for a write that may yet be made.
    machine.step(marked.clone());
    machine.step(Event::Began {
        call: 1,
        records: vec![record(1)],
        entity: ENTITY,
        bulk: false,
        names_more: Vec::new(),
    });
    machine.step(done.clone());
    machine.step(marked);
    let end = PrimaryEnd::Nothing;
    let effects = machine.step(Event::PrimaryEnded { call: 1, end });
    assert!(effects.contains(&again), "{effects:?}");
    machine.step(done);
    assert!(machine.is_at_rest());
}

#[test]
fn an_effect_that_may_land_late_is_not_forgotten_while_the_store_is_not_written() {
    let mut machine = repairing();
    let mut late = Vec::new();
    let mut take = |effects: Vec<Effect>| {
        late.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Later { event, .. } if matches!(event, Event::LateDue { .. }) => Some(event),
            _ => None,
        }));
    };
    let unknown = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Unknown,
    };
    let done = |key| Event::TransferEnded {
        record: record(key),
        end: TransferEnd::Done,
    };
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[2]);
    take(machine.step(unknown(1)));
    machine.step(done(1));
    stepped(&mut machine, 1, Phase::MySqlOnly);
    take(machine.step(unknown(2)));
    assert_eq!(machine.standing(ENTITY), Standing::default());
    stepped(&mut machine, 2, Phase::DualWrite);
    // What a copy does now may be undone by it.
    for key in [1, 2] {
        machine.step(Event::Marked {
            record: record(key),
        });
        machine.step(done(key));
    }
    assert_eq!(machine.standing(ENTITY).dirty, 2);
    for due in late {
        let effects = machine.step(due);
        let transfers = |effect: &&Effect| matches!(effect, Effect::Transfer { .. });
        assert_eq!(effects.iter().filter(transfers).count(), 1, "{effects:?}");
    }
    machine.step(done(1));
    machine.step(done(2));
    assert!(machine.is_at_rest());
    // Nothing is transferred to a store that is not written.
    made(&mut machine, 3, &[1]);
    let effects = machine.step(unknown(3));
    machine.step(done(1));
    stepped(&mut machine, 3, Phase::MySqlOnly);
    for effect in effects {
        if let Effect::Later { event, .. } = effect {
            assert!(
                !machine
                    .step(event)
                    .contains(&Effect::Transfer { record: record(1) })
            );
        }
    }
    assert!(machine.is_at_rest());
}
