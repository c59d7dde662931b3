//! The program `dal`.

#[cfg(feature = "kit")]
mod demo;
mod exit;
mod help;
#[cfg(feature = "kit")]
mod servers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for an application that moves from MySQL to DynamoDB.
///
/// `dal demo` shows the whole idea in ten seconds; `dal servers` gives you both databases.
#[derive(Parser)]
#[command(name = "dal", version, after_help = help::SHORT, after_long_help = help::LONG)]
struct Dal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare MySQL and DynamoDB on an online shop, with nothing to install or set first.
    ///
    /// Starts a private MySQL and an embedded DynamoDB, fills one and copies it to the other, and
    /// calls the shop's repositories through their shadowed traits for some seconds. Every read is
    /// made on both stores and compared; every write is made on both. The report says what was called,
    /// what was equal, and how long each store took.
    #[cfg(feature = "kit")]
    Demo(demo::Demo),
    /// A MySQL and a DynamoDB of your own, for tests and experiments.
    ///
    /// They run in the background until `dal servers down`, and lose their data then.
    #[cfg(feature = "kit")]
    Servers {
        #[command(subcommand)]
        command: servers::Servers,
    },
}

fn main() -> ExitCode {
    let dal = Dal::parse();
    match dal.command {
        #[cfg(feature = "kit")]
        Command::Demo(demo) => demo::run(&demo),
        #[cfg(feature = "kit")]
        Command::Servers { command } => servers::run(&command),
    }
}
