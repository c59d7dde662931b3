//! Which store answers and which is written first: the table, the settings and where they come
//! from.

mod checkpoint;
mod setting;
pub mod source;
mod table;

pub(crate) use checkpoint::{Checkpoint, Remembered};
pub use setting::{EVERY_OTHER, Phases, Setting};
pub use table::{Flags, Phase, Plan, SecondaryRole, Store, Verb, plan};
