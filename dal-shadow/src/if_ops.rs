//! The switch between a test build, which has the operations of a trait, and a production build,
//! which has not. A feature of this crate decides, and only this crate can ask for it.

/// Emits its argument with the feature `ops`, nothing without it. For generated code.
#[cfg(feature = "ops")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_ops {
    ($($items:item)*) => { $($items)* };
}

/// Emits its argument with the feature `ops`, nothing without it. For generated code.
#[cfg(not(feature = "ops"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_ops {
    ($($items:item)*) => {};
}
