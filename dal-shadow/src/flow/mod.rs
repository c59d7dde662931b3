//! What a call waits for and what it may do: the gate, the write queue, the circuit breaker and
//! sampling.

pub(crate) mod breaker;
pub(crate) mod gate;
pub(crate) mod queue;
pub(crate) mod sampling;
