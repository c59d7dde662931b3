//! The way of one call through a wrapper.

mod context;
mod eligible;
mod guarded;
mod key;
mod read;
mod secondary_write;
mod shadow_read;
mod ticket;
mod write;

pub use guarded::Repeatable;
pub use key::{Key, KeyOf};
pub use read::Sampled;
pub use ticket::{Engine, Ticket};
pub use write::Write;
