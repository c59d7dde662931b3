//! What the suites in `tests/` share: empty stores of the shop, a running shop with an HTTP client, and
//! helpers that put one test on every store.

pub mod http;
pub mod stores;
