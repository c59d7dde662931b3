//! The harness: phases, policies and sinks of all wrappers of a service.

mod builder;
pub(crate) mod carry;
pub(crate) mod completeness;
mod copy;
pub(crate) mod core;
pub(crate) mod counts;
pub(crate) mod entity;
pub(crate) mod evidence;
mod latency;
pub(crate) mod may_step;
pub(crate) mod method;
pub(crate) mod policy;
mod public;
mod reconcile;
pub(crate) mod repairer;
mod report;
pub(crate) mod settings;
pub(crate) mod spec;
pub(crate) mod transfer;
pub(crate) mod unused;

pub use builder::HarnessBuilder;
pub use carry::Carrier;
pub use copy::RepairMark;
pub use counts::{Counts, WriteCounts};
pub use entity::{EntityStatus, StepError};
pub use evidence::{Evidence, MethodEvidence};
pub use latency::{Latency, Percentiles};
pub use may_step::{MayStep, Reason};
pub use method::MethodReport;
pub use public::Harness;
pub use report::{EntityReport, Report, Totals};
pub use settings::{MethodSettings, Order, Repairs, SecondaryWrites, ShadowReads, Steps};
