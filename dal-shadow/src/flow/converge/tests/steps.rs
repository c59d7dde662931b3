//! Every interleaving of a few writes, a read and steps of their group.

use super::model::{Explored, Plan, World, explore, plan};
use super::*;
use crate::phases::Store;

/// The other entity of the group.
const OTHER: EntityId = 1;

/// A checkout: it writes a record of each entity.
fn both() -> Plan {
    Plan {
        records: vec![of(ENTITY, 1), of(OTHER, 1)],
        ..plan(&[])
    }
}

/// A write of the other entity alone.
fn other() -> Plan {
    Plan {
        records: vec![of(OTHER, 1)],
        ..plan(&[])
    }
}

/// The hand-overs, and one way back.
const HAND_OVERS: [(Phase, Phase); 4] = [
    (Phase::ShadowRead, Phase::DynamoDbRead),
    (Phase::DynamoDbRead, Phase::DynamoDbLeads),
    (Phase::DynamoDbRead, Phase::ShadowRead),
    (Phase::DynamoDbLeads, Phase::DynamoDbRead),
];

/// Every way in which a step ends is met.
fn every_end(explored: &Explored) {
    for end in ["Done", "CallsUnderWay", "UnderWay", "Abandoned"] {
        let mut ends = explored.ends.iter();
        assert!(ends.any(|it| it.contains(end)), "{end}: {explored:?}");
    }
}

#[test]
fn a_step_beside_two_writes_of_one_record() {
    for (from, to) in HAND_OVERS {
        every_end(&explore(World::stepping(
            &[plan(&[1]), plan(&[1])],
            from,
            &[to],
        )));
    }
}

#[test]
fn a_step_beside_writes_of_two_entities() {
    for (from, to) in HAND_OVERS {
        every_end(&explore(World::stepping(&[both(), other()], from, &[to])));
    }
}

#[test]
fn a_step_beside_writes_that_fail_or_land_late() {
    for secondary in [SecondaryEnd::Failed, SecondaryEnd::Unknown] {
        let faulty = Plan {
            secondary,
            ..both()
        };
        for (from, to) in HAND_OVERS {
            let plans = std::slice::from_ref(&faulty);
            every_end(&explore(World::stepping(plans, from, &[to])));
        }
    }
}

#[test]
fn a_step_beside_a_write_whose_task_is_dropped() {
    let lost = Plan {
        lost_primary: true,
        ..both()
    };
    for (from, to) in HAND_OVERS {
        let plans = std::slice::from_ref(&lost);
        every_end(&explore(World::stepping(plans, from, &[to])));
    }
}

#[test]
fn two_steps_of_one_group_follow_one_another() {
    let steps = [Phase::DynamoDbRead, Phase::DynamoDbLeads];
    let explored = explore(World::stepping(&[both()], Phase::ShadowRead, &steps));
    let ended = |end: &str| explored.ends.contains(end);
    assert!(ended("dynamodb-read: Done") && ended("dynamodb-leads: Done"));
    assert!(ended("dynamodb-leads: NotAdjacent { from: ShadowRead }"));
}

fn asked(step: StepId, to: Phase) -> Event {
    Event::Step(StepEvent::Asked {
        step,
        entity: ENTITY,
        to,
        from: None,
        settled: false,
    })
}

fn ends(effects: &[Effect]) -> Option<&StepEnd> {
    effects.iter().find_map(|effect| match effect {
        Effect::Step(StepEffect::Ended { end, .. }) => Some(end),
        _ => None,
    })
}

#[test]
fn what_any_member_lacks_refuses_the_step_also_behind_the_closed_gates() {
    let (entity, phase, store) = (OTHER, Phase::ShadowRead, Store::DynamoDb);
    let mut machine = in_phase(phase, limits(), &[ENTITY, OTHER]);
    machine.repairable(OTHER, false);
    let why = Incomplete::NoRepair;
    let lacking = StepEnd::Incomplete {
        entity,
        phase,
        store,
        why,
    };
    machine.step(asked(1, Phase::DynamoDbRead));
    let effects = machine.step(Event::Marked {
        record: of(OTHER, 1),
    });
    let entities = vec![ENTITY, OTHER];
    let open = Effect::Step(StepEffect::Open { step: 1, entities });
    assert!(effects.contains(&open), "{effects:?}");
    assert_eq!(ends(&effects), Some(&lacking));
    let effects = machine.step(asked(2, Phase::DynamoDbRead));
    assert_eq!(ends(&effects), Some(&lacking));
    let times = machine.times_incomplete(OTHER, store);
    assert!(!machine.filled(OTHER, store, times - 1));
    assert!(machine.filled(OTHER, store, times));
    let effects = machine.step(asked(3, Phase::DynamoDbRead));
    assert_eq!(ends(&effects), None, "{effects:?}");
}

#[test]
fn a_group_that_grows_in_mid_step_closes_every_gate() {
    let mut machine = in_phase(Phase::ShadowRead, limits(), &[ENTITY]);
    machine.step(asked(1, Phase::DynamoDbRead));
    let entities = vec![ENTITY, OTHER];
    let effects = machine.step(Event::Joined {
        entities,
        agreed: true,
    });
    let closed = |effect: &Effect| match effect {
        Effect::Step(StepEffect::Close {
            entities, token, ..
        }) => Some((entities.clone(), *token)),
        _ => None,
    };
    let (entities, token) = effects.iter().find_map(closed).unwrap();
    assert_eq!(entities, [ENTITY, OTHER]);
    let step = 1;
    // What was said of the gates that were closed before is not of these.
    let stale = StepEvent::GatesEmpty {
        step,
        token: token - 1,
    };
    assert_eq!(machine.step(Event::Step(stale)), []);
    let stale = StepEvent::ClosedTooLong {
        step,
        token: token - 1,
    };
    assert_eq!(machine.step(Event::Step(stale)), []);
    machine.step(Event::Step(StepEvent::GatesEmpty { step, token }));
    for entity in [ENTITY, OTHER] {
        assert_eq!(machine.phase(entity), Some(Phase::DynamoDbRead));
    }
}

#[test]
fn the_end_of_an_earlier_pause_does_not_end_a_later_one() {
    let mut machine = in_phase(Phase::ShadowRead, limits(), &[ENTITY]);
    let step = 1;
    machine.step(asked(step, Phase::DynamoDbRead));
    let said = |machine: &mut Converge, event| machine.step(Event::Step(event));
    said(&mut machine, StepEvent::ClosedTooLong { step, token: 1 });
    said(&mut machine, StepEvent::PauseOver { step, token: 2 });
    said(&mut machine, StepEvent::ClosedTooLong { step, token: 3 });
    let early = said(&mut machine, StepEvent::PauseOver { step, token: 2 });
    assert_eq!(early, []);
    let closes = said(&mut machine, StepEvent::PauseOver { step, token: 4 });
    assert!(!closes.is_empty());
}

#[test]
fn entities_that_are_apart_step_only_to_a_phase_that_is_next_to_each() {
    let mut machine = in_phase(Phase::DualWrite, limits(), &[ENTITY]);
    let (entity, phase, lacks) = (OTHER, Phase::ShadowRead, Vec::new());
    machine.step(Event::PhaseGiven {
        entity,
        phase,
        lacks,
    });
    let entities = vec![ENTITY, OTHER];
    machine.step(Event::Joined {
        entities,
        agreed: true,
    });
    for (step, to) in [(1, Phase::DynamoDbRead), (2, Phase::MySqlOnly)] {
        let effects = machine.step(asked(step, to));
        assert!(matches!(ends(&effects), Some(StepEnd::Apart { .. })));
    }
    machine.step(asked(3, Phase::ShadowRead));
    let effects = machine.step(Event::Step(StepEvent::CallsLeft { step: 3 }));
    assert_eq!(ends(&effects), Some(&StepEnd::Done));
    assert_eq!(machine.phase(ENTITY), Some(Phase::ShadowRead));
}

#[test]
fn a_group_whose_members_are_written_first_in_different_stores_takes_no_write() {
    let mut machine = in_phase(Phase::DynamoDbRead, limits(), &[ENTITY]);
    let (entity, phase, lacks) = (OTHER, Phase::DynamoDbLeads, Vec::new());
    machine.step(Event::PhaseGiven {
        entity,
        phase,
        lacks,
    });
    let third = 2;
    let effects = machine.step(Event::Joined {
        entities: vec![third, ENTITY, OTHER],
        agreed: true,
    });
    let hold = Effect::Step(StepEffect::Hold {
        entities: vec![ENTITY, OTHER, third],
    });
    assert_eq!(effects.last(), Some(&hold));
    let opened = |effect: &Effect| match effect {
        Effect::Step(StepEffect::Begin { open, .. }) => *open,
        Effect::Step(StepEffect::Open { entities, .. }) => !entities.is_empty(),
        _ => false,
    };
    assert!(!effects.iter().any(opened), "{effects:?}");
    // A hand-over that has to pause, or is given up, opens no gate either.
    machine.step(asked(1, Phase::DynamoDbLeads));
    let step = 1;
    let late = StepEvent::ClosedTooLong { step, token: 1 };
    let paused = machine.step(Event::Step(late));
    assert!(!paused.iter().any(opened), "{paused:?}");
    machine.step(Event::Step(StepEvent::PauseOver { step, token: 2 }));
    machine.step(Event::Step(StepEvent::GatesEmpty { step, token: 3 }));
    for entity in [ENTITY, OTHER, third] {
        assert_eq!(machine.phase(entity), Some(Phase::DynamoDbLeads));
    }
}

#[test]
fn after_a_stop_no_gate_opens() {
    let mut machine = in_phase(Phase::ShadowRead, limits(), &[ENTITY]);
    machine.step(asked(1, Phase::DynamoDbRead));
    let effects = machine.step(Event::Stopped);
    assert_eq!(ends(&effects), Some(&StepEnd::Stopped));
    let entities = vec![ENTITY];
    let stop = Effect::Step(StepEffect::Hold { entities });
    assert_eq!(effects.last(), Some(&stop));
    let effects = machine.step(asked(2, Phase::DualWrite));
    assert_eq!(ends(&effects), Some(&StepEnd::Stopped));
}

#[test]
fn a_member_whose_records_were_written_to_one_store_beside_the_others_is_incomplete() {
    let mut machine = in_phase(Phase::MySqlOnly, limits(), &[ENTITY]);
    let (entity, phase, lacks) = (OTHER, Phase::DualWrite, Vec::new());
    machine.step(Event::PhaseGiven {
        entity,
        phase,
        lacks,
    });
    let entities = vec![ENTITY, OTHER];
    machine.step(Event::Joined {
        entities,
        agreed: true,
    });
    // Until the group is in one phase, its other member writes records of this one on MySQL alone.
    let mark = machine.times_incomplete(OTHER, Store::DynamoDb);
    machine.step(asked(1, Phase::DualWrite));
    machine.step(Event::Step(StepEvent::CallsLeft { step: 1 }));
    assert!(!machine.filled(OTHER, Store::DynamoDb, mark));
    let why = machine.why(OTHER, Store::DynamoDb);
    assert_eq!(why, Some(Incomplete::NeverFilled));
}
