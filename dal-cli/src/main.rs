#![doc = include_str!("../README.md")]

#[cfg(feature = "kit")]
mod demo;
#[cfg(feature = "kit")]
mod exit;
#[cfg(feature = "kit")]
mod help;
#[cfg(feature = "kit")]
mod servers;

use std::process::ExitCode;

#[cfg(feature = "kit")]
use clap::{Parser, Subcommand};

/// Tools for an application that moves from MySQL to DynamoDB.
///
/// `dal demo` shows the whole idea in ten seconds; `dal servers` gives you both databases.
#[cfg(feature = "kit")]
#[derive(Parser)]
#[command(name = "dal", version, after_help = help::SHORT, after_long_help = help::LONG)]
struct Dal {
    #[command(subcommand)]
    command: Command,
}

#[cfg(feature = "kit")]
#[derive(Subcommand)]
enum Command {
    /// Compare MySQL and DynamoDB on an online shop, with nothing to install or set first.
    ///
    /// Starts a private MySQL and an embedded DynamoDB, fills one and copies it to the other, and
    /// calls the shop's repositories through their shadowed traits for some seconds. Every read is
    /// made on both stores and compared; every write is made on both. The report says what was called,
    /// what was equal, and how long each store took.
    Demo(shop::demo::Options),
    /// A MySQL and a DynamoDB of your own, for tests and experiments.
    ///
    /// They run in the background until `dal servers down`, and lose their data then.
    Servers {
        #[command(subcommand)]
        command: servers::Servers,
    },
}

#[cfg(feature = "kit")]
fn main() -> ExitCode {
    match Dal::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Servers { command } => servers::run(&command),
    }
}

/// Both commands bring servers along.
#[cfg(not(feature = "kit"))]
fn main() -> ExitCode {
    eprintln!("dal: built without the feature `kit`, which has every command");
    ExitCode::from(2)
}
