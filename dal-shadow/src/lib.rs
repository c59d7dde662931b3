#![doc = include_str!("../README.md")]

extern crate self as dal_shadow;

mod call;
pub mod compare;
mod findings;
mod flow;
mod harness;
mod if_ops;
#[cfg(feature = "ops")]
pub mod ops;
mod phases;
pub mod rules;
pub mod tree;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use compare::render as diff;
pub use dal_macros::{Classify, shadow};
pub use dal_traits::{Class, Classify, Effect, Error, ErrorKind, OpCx, Retry};
pub use findings::delivery::SinkReport;
pub use findings::redact::Redaction;
pub use findings::{record, redact, sink};
pub use flow::converge::Incomplete;
pub use harness::{
    Carrier, Counts, EntityReport, EntityStatus, Evidence, Harness, HarnessBuilder, Latency,
    MayStep, MethodEvidence, MethodReport, MethodSettings, Order, Percentiles, Reason, RepairMark,
    Repairs, Report, SecondaryWrites, ShadowReads, StepError, Steps, Totals, WriteCounts,
};
pub use phases::{
    EVERY_OTHER, Flags, Phase, Phases, Plan, SecondaryRole, Setting, Store, Verb, plan, source,
};
pub use source::PhaseSource;
pub use tree::answer::{self, Answer};

/// Runs the example of `dal-macros`, which cannot depend on this crate.
#[cfg(doctest)]
#[doc = include_str!("../../dal-macros/README.md")]
struct MacrosReadme;
