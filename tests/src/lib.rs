//! The suites that run on the real engines live in `tests/`; this crate has no code of its own.
