#![doc = include_str!("../README.md")]

mod catalog;
mod check;
mod contract;
mod copy;
#[cfg(feature = "kit")]
mod demo;
mod differences;
mod exit;
mod format;
mod generate;
mod help;
mod phase;
#[cfg(feature = "kit")]
mod servers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for an application that moves from MySQL to DynamoDB.
///
/// `dal check` reads a migrationContract.json; `dal phase` and `dal differences` are for operators;
/// `dal demo` shows the whole idea in ten
/// seconds; `dal servers` gives you both databases.
#[derive(Parser)]
#[command(name = "dal", version, after_help = help::SHORT, after_long_help = help::LONG)]
struct Dal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print MySQL's schema as `catalog.json`, for `dal check --catalog` and for the repository.
    ///
    /// Reads tables, columns, keys, foreign keys, CHECK constraints and the names of triggers. It
    /// changes nothing, and reads no rows.
    ///
    /// Exit code 0: printed. 2: MySQL cannot be read.
    #[command(after_help = catalog::EXAMPLE)]
    Catalog(catalog::CatalogOptions),
    /// Is a migrationContract.json understood, and if not, where and why?
    ///
    /// Prints each finding with its code, place, meaning and fix, and then each entity: loaded or not,
    /// its table, keys and access paths. What is wrong refuses the entity that it stands in; the
    /// others load. `CONTRACT.dal.json` beside the contract is read too, if it is there.
    ///
    /// Exit code 0: every entity is loaded. 1: at least one is refused. 2: could not run.
    #[command(after_help = check::EXAMPLE)]
    Check(check::CheckOptions),
    /// Copy the rows of MySQL to the items of a contract.
    ///
    /// Reads each entity in the order of its primary key, and puts an item only where there is none;
    /// guards of unique keys and counters of ids are made with them. A row that no item can hold, and
    /// an item that is another one, are listed with their key, and never dropped or overwritten.
    ///
    /// Exit code 0: each row has its item. 1: some have none, or another one. 2: it could not run to
    /// its end; the same command goes on.
    #[command(after_help = copy::EXAMPLE)]
    Copy(copy::CopyOptions),
    /// Compare MySQL and DynamoDB on an online shop, with nothing to install or set first.
    ///
    /// Starts a private MySQL and an embedded DynamoDB, fills one and copies it to the other, and
    /// calls the shop's repositories through their shadowed traits for some seconds. Every read is
    /// made on both stores and compared; every write is made on both. The report says what was called,
    /// what was equal, and how long each store took.
    #[cfg(feature = "kit")]
    Demo(shop::demo::Options),
    /// Summarise the differences that a running application wrote with `JsonLinesSink`.
    ///
    /// Prints each defect once: entity, method, outcome, the paths that differ, the fingerprint, how
    /// often at least, and when first and last. Lines that cannot be read are counted.
    ///
    /// Exit code 0: no finding. 1: findings. 2: a file cannot be read, or is not of this sink.
    Differences(differences::Differences),
    /// Write code that follows from a contract.
    Generate {
        #[command(subcommand)]
        command: generate::Generate,
    },
    /// Look at a phase file before it is put in force.
    Phase {
        #[command(subcommand)]
        command: phase::Phase,
    },
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
    match Dal::parse().command {
        Command::Catalog(options) => catalog::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Copy(options) => copy::run(&options),
        #[cfg(feature = "kit")]
        Command::Demo(options) => demo::run(&options),
        Command::Differences(files) => differences::run(&files),
        Command::Generate { command } => generate::run(&command),
        Command::Phase { command } => phase::run(&command),
        #[cfg(feature = "kit")]
        Command::Servers { command } => servers::run(&command),
    }
}
