//! One step of a sequence.

use std::fmt;

use dal_shadow::ops::Operation;

use super::Phase;

/// A step of a sequence: a call, or what happens through the wrapper only: a change of the phase, or
/// of how the secondary store gets what is written.
#[derive(Clone)]
pub enum Step<O> {
    /// A call.
    Call(O),
    /// Every entity goes to this phase, by adjacent steps.
    To(Phase),
    /// From here on no secondary write is made: transfers bring the records that each call names.
    OnlyTransfers,
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
            Self::OnlyTransfers => f.write_str("OnlyTransfers"),
        }
    }
}
