//! The harness: phases, policies and sinks of all wrappers of a service.

mod builder;
pub(crate) mod carry;
pub(crate) mod completeness;
pub(crate) mod core;
pub(crate) mod entity;
pub(crate) mod evidence;
mod latency;
pub(crate) mod may_step;
pub(crate) mod method;
pub(crate) mod policy;
mod reconcile;
pub(crate) mod repairer;
mod report;
pub(crate) mod spec;
pub(crate) mod transfer;

pub use builder::{Harness, HarnessBuilder, RepairMark};
pub use carry::Carrier;
pub use entity::{EntityReport, EntityStatus, StepError};
pub use evidence::{Evidence, MethodEvidence};
pub use latency::{Latency, Percentiles};
pub use may_step::{MayStep, Reason};
pub use method::{MethodReport, WriteCounts};
pub use policy::Order;
pub use report::{Report, Totals};
