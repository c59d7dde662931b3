//! One step of a sequence.

use std::fmt;

use dal_shadow::ops::Operation;

use super::Phase;

/// A step of a sequence: a call, or a change of the phase (through the wrapper only).
#[derive(Clone)]
pub enum Step<O> {
    /// A call.
    Call(O),
    /// Every entity goes to this phase, by adjacent steps.
    To(Phase),
}

impl<O> From<O> for Step<O> {
    fn from(call: O) -> Self {
        Self::Call(call)
    }
}

impl<O: Operation> fmt::Debug for Step<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.fmt(f),
            Self::To(phase) => write!(f, "To({phase:?})"),
        }
    }
}
