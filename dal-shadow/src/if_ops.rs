//! What is generated for property tests exists only with the feature `ops` of this crate, whatever
//! the features of the crate that the trait is in.

/// Keeps what `#[shadow(ops)]` generates.
#[cfg(feature = "ops")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_ops {
    ($($item:tt)*) => { $($item)* };
}

/// Drops what `#[shadow(ops)]` generates.
#[cfg(not(feature = "ops"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_ops {
    ($($item:tt)*) => {};
}
