//! What needs the machine for itself: the running shop under load, and times at the 99th percentile.

mod machine;
mod never_hurts;
mod switch;
