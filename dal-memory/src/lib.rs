//! The reference backend of `Store`.
