//! What a call waits for and what it may do: the gate, write queues with dirty records and fences,
//! the circuit breaker and sampling.

pub(crate) mod breaker;
pub(crate) mod converge;
pub(crate) mod gate;
mod gates;
pub(crate) mod record_key;
pub(crate) mod sampling;
mod steps;
pub(crate) mod writes;
