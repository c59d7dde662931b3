//! How results are written to standard output.

use clap::ValueEnum;

/// For a person or for a program.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text.
    Human,
    /// One JSON object.
    Json,
}
