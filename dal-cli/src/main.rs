//! The program `dal`.

mod exit;
#[cfg(feature = "kit")]
mod servers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for an application that moves from MySQL to DynamoDB.
#[derive(Parser)]
#[command(name = "dal", version)]
struct Dal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A MySQL and a DynamoDB of your own, for tests and experiments.
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
        Command::Servers { command } => servers::run(&command),
    }
}
