//! What `dal demo` runs: both stores with the shop in them, and workers who call it.
//!
//! A private MySQL and an embedded DynamoDB are started and filled, the records are copied from one
//! to the other, and the workers call the repositories through their shadowed traits. The calls
//! come from the traits' own strategies (`UserRepositoryOp` and so on), and the harness compares
//! the answers of both stores, call by call.

mod calls;
mod findings;
mod floors;
mod progress;
mod report;
mod run;
mod stores;
mod text;
mod worker;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

pub use report::Verdict;
use run::Run;

use crate::defect::Defect;

/// The defect that `--plant` alone plants: three digits of a time are lost.
const SUBTLE: &str = "coarse-time";

/// Two implementations of the shop's repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
pub enum Pair {
    /// sqlx against the SDK.
    #[value(name = "sqlx:sdk")]
    #[serde(rename = "sqlx:sdk")]
    Sdk,
    /// sqlx against dal's `Store` on DynamoDB.
    #[value(name = "sqlx:store")]
    #[serde(rename = "sqlx:store")]
    Store,
}

/// The options of `dal demo`.
#[derive(Args, Debug)]
pub struct Options {
    /// How long the workers call, in seconds. On a slow machine they go on until enough calls were
    /// compared, for at most six times as long, or a minute.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// How many workers call at the same time. Each changes only records of its own.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub workers: u32,
    /// The seed of the workers' calls: the same seed draws the same calls.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many customers to copy first, with half as many products and as many orders.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    pub users: u32,
    /// Which two implementations are compared. `sqlx:sdk`: written by hand on MySQL and on DynamoDB, as
    /// in a team that shadows traits of its own. `sqlx:store`: written by hand on MySQL, and dal's
    /// `Store` on DynamoDB, as a migration contract says.
    #[arg(long, value_enum, default_value = "sqlx:sdk")]
    pub pair: Pair,
    /// Plant a defect in the DynamoDB code and find it: missing-guard, overwrite, first-page-only,
    /// wrong-order, update-creates, lost-lines, negative-stock, float-numbers, coarse-time or
    /// swallowed-failure.
    #[arg(long, value_name = "DEFECT", num_args = 0..=1, default_missing_value = SUBTLE)]
    pub plant: Option<Defect>,
    /// Write the whole report as JSON to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the demo, prints its report, and returns the verdict.
///
/// # Errors
/// When a server cannot be started, the stores cannot be filled, or the report cannot be written;
/// the text says why.
pub async fn run(options: &Options) -> Result<Verdict, String> {
    if let (Pair::Store, Some(defect)) = (options.pair, options.plant)
        && !defect.is_of_store()
    {
        let all = Defect::ALL
            .into_iter()
            .filter(|defect| defect.is_of_store());
        let names: Vec<_> = all.map(Defect::as_str).collect();
        return Err(format!(
            "`{defect}` is planted in code that is written by hand: with `--pair sqlx:store`, name one \
             of {}",
            names.join(", ")
        ));
    }
    let json = options.json.as_deref();
    let json = json.map(|path| create(path).map(|file| (path, file)));
    let json = json.transpose()?;
    let report = Run::prepare(options)
        .await?
        .call_and_report(options)
        .await?;
    println!("{report}");
    if let Some((path, file)) = json {
        serde_json::to_writer_pretty(file, &report)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(report.verdict)
}

/// Opens the file before the run: a mistyped path costs no run.
fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
