//! The state machine in a model of the two stores, and by single events.

mod events;
mod interleavings;
mod model;
mod steps;

use super::*;

const ENTITY: EntityId = 0;

fn limits() -> Limits {
    Limits {
        queued: 64,
        dirty: 64,
        refused_wait: Duration::from_secs(1),
        late_effect: Duration::from_mins(1),
        pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(30),
        parked_after: 3,
        step_deadline: Duration::from_secs(10),
        closed_at_most: Duration::from_millis(250),
        step_pause: Duration::from_millis(50),
        hold_the_same: true,
    }
}

fn of(entity: EntityId, key: u128) -> RecordId {
    RecordId { entity, key }
}

fn record(key: u128) -> RecordId {
    of(ENTITY, key)
}

/// A machine whose entities are in this phase, hold the same in both stores and can be repaired.
fn in_phase(phase: Phase, limits: Limits, entities: &[EntityId]) -> Converge {
    let mut machine = Converge::new(limits);
    for entity in entities {
        let (entity, lacks) = (*entity, Vec::new());
        machine.repairable(entity, true);
        machine.step(Event::PhaseGiven {
            entity,
            phase,
            lacks,
        });
    }
    let entities = entities.to_vec();
    machine.step(Event::Joined {
        entities,
        agreed: true,
    });
    machine
}
