//! The harness: phases, policies and sinks of all wrappers of a service.

mod builder;
pub(crate) mod carry;
mod copy;
pub(crate) mod core;
pub(crate) mod counts;
pub(crate) mod entity;
pub(crate) mod evidence;
mod group;
mod latency;
pub(crate) mod may_step;
pub(crate) mod method;
pub(crate) mod policy;
mod public;
mod reconcile;
pub(crate) mod repairer;
mod report;
pub(crate) mod settings;
mod shut_down;
pub(crate) mod spec;
mod step;
mod step_error;
pub(crate) mod transfer;
pub(crate) mod unused;

pub use builder::HarnessBuilder;
pub use carry::Carrier;
pub use copy::RepairMark;
pub use counts::{Counts, WriteCounts};
pub use entity::EntityStatus;
pub use evidence::{Evidence, MethodEvidence};
pub use latency::{Latency, Percentiles};
pub use may_step::{MayStep, Reason};
pub use method::MethodReport;
pub use public::Harness;
pub use report::{EntityReport, Report, Totals};
pub use settings::{MethodSettings, Order, Repairs, SecondaryWrites, ShadowReads, Steps};
pub use step_error::StepError;
