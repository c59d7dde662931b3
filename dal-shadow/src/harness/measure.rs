//! What is measured of a harness, under the names of its metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, Weak};

use crate::findings::measure::{Measure, Measured, Measurement};
use crate::harness::core::Core;
use crate::harness::counts::WriteCounts;
use crate::harness::entity::EntityStatus;
use crate::harness::method::Method;
use crate::phases::{Store, Verb};

const STORES: [Store; 2] = [Store::MySql, Store::DynamoDb];

/// What was counted at the last measurement.
#[derive(Default)]
struct Before {
    /// By the address of its specification: two traits of one entity may name a method alike.
    methods: BTreeMap<usize, (WriteCounts, u64)>,
    transfers: BTreeMap<String, (u64, u64)>,
}

/// Measures the harness, as long as it is there.
pub(super) fn measure(core: Weak<Core>) -> Measure {
    let before = Mutex::new(Before::default());
    Box::new(move || {
        let Some(core) = core.upgrade() else {
            return Vec::new();
        };
        let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for store in STORES {
            let attributes = vec![("dal.store", store.as_str().to_owned())];
            let open = core.breaker(store).is_open();
            gauge(
                &mut all,
                "dal.shadow.breaker.open",
                &attributes,
                f64::from(u8::from(open)),
            );
        }
        for status in core.status() {
            let last = before.transfers.entry(status.entity.clone()).or_default();
            of_entity(&mut all, &status, last);
            let entity = core.known().entities.get(&status.entity).cloned();
            for method in entity.iter().flat_map(|entity| entity.methods()) {
                let address = std::ptr::from_ref(method.spec).addr();
                let last = before.methods.entry(address).or_default();
                of_method(&mut all, &method, last);
            }
        }
        all
    })
}

type Attributes = [(&'static str, String)];

fn of_entity(all: &mut Vec<Measurement>, status: &EntityStatus, last: &mut (u64, u64)) {
    let entity = ("dal.entity", status.entity.clone());
    let own = [entity.clone()];
    let phase = status.phase.map_or(-1.0, |phase| f64::from(phase.number()));
    gauge(all, "dal.shadow.phase", &own, phase);
    gauge(all, "dal.shadow.epoch", &own, number(status.epoch));
    for (name, count) in [
        ("dal.shadow.secondary_writes.pending", status.pending),
        ("dal.shadow.records.dirty", status.dirty),
        ("dal.shadow.records.parked", status.parked),
    ] {
        gauge(
            all,
            name,
            &own,
            number(u64::try_from(count).unwrap_or(u64::MAX)),
        );
    }
    for store in STORES {
        let attributes = [entity.clone(), ("dal.store", store.as_str().to_owned())];
        let incomplete = status.incomplete.contains_key(store.as_str());
        gauge(
            all,
            "dal.shadow.incomplete",
            &attributes,
            f64::from(u8::from(incomplete)),
        );
    }
    let now = (status.transferred, status.failed_transfers);
    let (done, failed) = (now.0.saturating_sub(last.0), now.1.saturating_sub(last.1));
    *last = now;
    for (result, times) in [("done", done), ("failed", failed)] {
        let attributes = [entity.clone(), ("dal.result", result.to_owned())];
        count(all, "dal.shadow.transfers", &attributes, times);
    }
}

fn of_method(all: &mut Vec<Measurement>, method: &Method, last: &mut (WriteCounts, u64)) {
    let report = method.report();
    let now = (report.secondary_writes, report.fenced);
    let (writes, fenced) = (now.0.since(&last.0), now.1.saturating_sub(last.1));
    *last = now;
    let own = [
        ("dal.entity", method.spec.entity.to_owned()),
        ("dal.method", method.spec.method.to_owned()),
    ];
    let with = |key, value: &str| {
        let [entity, method] = own.clone();
        [entity, method, (key, value.to_owned())]
    };
    if method.spec.verb == Verb::Read {
        count(all, "dal.shadow.reads.fenced", &own, fenced);
    } else {
        for (result, times) in [
            ("applied", writes.applied),
            ("refused", writes.refused),
            ("failed", writes.failed),
            ("transferred", writes.transferred),
            ("lost", writes.lost),
        ] {
            count(
                all,
                "dal.shadow.secondary_writes",
                &with("dal.result", result),
                times,
            );
        }
        for (name, times) in [
            ("dal.shadow.secondary_writes.retries", writes.retried),
            ("dal.shadow.secondary_writes.late", writes.late),
            ("dal.shadow.primary_writes.unknown", writes.unknown),
        ] {
            count(all, name, &own, times);
        }
    }
    for store in STORES {
        let new = method.new_latencies(store).into_iter();
        all.push(Measurement {
            name: "dal.shadow.operation.duration",
            attributes: with("dal.store", store.as_str()).into(),
            value: Measured::Seconds(new.map(|(us, times)| (number(us) / 1e6, times)).collect()),
        });
    }
}

fn gauge(all: &mut Vec<Measurement>, name: &'static str, attributes: &Attributes, value: f64) {
    let attributes = attributes.to_vec();
    let value = Measured::Gauge(value);
    all.push(Measurement {
        name,
        attributes,
        value,
    });
}

fn count(all: &mut Vec<Measurement>, name: &'static str, attributes: &Attributes, times: u64) {
    let attributes = attributes.to_vec();
    let value = Measured::Count(times);
    all.push(Measurement {
        name,
        attributes,
        value,
    });
}

#[expect(clippy::cast_precision_loss, reason = "metrics are doubles")]
const fn number(count: u64) -> f64 {
    count as f64
}
