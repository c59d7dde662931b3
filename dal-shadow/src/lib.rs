#![doc = include_str!("../README.md")]

extern crate self as dal_shadow;

pub mod answer;
mod breaker;
pub mod compare;
pub mod diff;
mod engine;
mod entity;
mod gate;
mod harness;
mod if_ops;
mod judge;
mod latency;
mod method;
#[cfg(feature = "ops")]
pub mod ops;
mod pages;
mod phase;
mod policy;
mod queue;
pub mod record;
pub mod redact;
mod remember;
mod report;
pub mod rules;
mod sample;
mod second;
mod setting;
mod shadow_call;
mod shared;
pub mod sink;
pub mod source;
mod spec;
pub mod tree;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use answer::Answer;
pub use dal_macros::{Classify, shadow};
pub use dal_traits::{Class, Classify, Effect, Error, ErrorKind, OpCx, Retry};
pub use entity::{EntityReport, EntityStatus, StepError};
pub use harness::{Harness, HarnessBuilder};
pub use latency::{Latency, Percentiles};
pub use method::{MethodReport, SecondWrites};
pub use phase::{Flags, Phase, Plan, Second, Store, Verb, plan};
pub use policy::Order;
pub use redact::Redaction;
pub use report::{Report, Totals};
pub use setting::{EVERY_OTHER, Phases, Setting};
pub use source::PhaseSource;

/// Runs the example of `dal-macros`, which cannot depend on this crate.
#[cfg(doctest)]
#[doc = include_str!("../../dal-macros/README.md")]
struct MacrosReadme;
