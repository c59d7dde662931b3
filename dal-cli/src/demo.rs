//! `dal demo`: the main job, on databases that it brings along.
//!
//! A private MySQL and an embedded DynamoDB, the shop's tables on both, its records copied from one to
//! the other; then workers call the shop's repositories through their shadowed traits, and both stores'
//! answers are compared, call by call.

mod deck;
mod findings;
mod floors;
mod plan;
mod print;
mod progress;
mod report;
mod run;
mod stage;
mod work;
mod worker;

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dal_testkit::servers;
use shop::defect::Defect;

use crate::exit;
use report::Verdict;
use run::Run;

/// The defect that `--plant` alone plants: three digits of a time are lost.
const SUBTLE: &str = "coarse-time";

#[derive(Args)]
pub struct Demo {
    /// How long the workers call, in seconds. A slow machine goes on until enough was compared, for
    /// at most six times as long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// How many workers call at the same time; each changes only records of its own.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=99))]
    workers: u32,
    /// What the workers call follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many customers are copied before, with half as many products and as many orders.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    users: u32,
    /// Plant a defect into the DynamoDB code, and find it: missing-guard, overwrite, first-page-only,
    /// wrong-order, update-creates, lost-lines, negative-stock, float-numbers, coarse-time,
    /// swallowed-failure.
    #[arg(long, value_name = "DEFECT", num_args = 0..=1, default_missing_value = SUBTLE)]
    plant: Option<Defect>,
    /// Write the whole report as JSON into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Exit 0 when all answers were equal, 1 when some differed, 2 when it could not run or compared too
/// little to say.
pub fn run(demo: &Demo) -> ExitCode {
    servers::runtime()
        .block_on(play(demo))
        .unwrap_or_else(|why| exit::could_not(&why))
}

async fn play(demo: &Demo) -> Result<ExitCode, String> {
    let json = demo.json.as_ref();
    let json = json.map(|path| create(path).map(|file| (path, file)));
    let json = json.transpose()?;
    let run = Run::of(demo).await?;
    let report = run.play(demo).await?;
    report.print();
    if let Some((path, file)) = json {
        serde_json::to_writer_pretty(file, &report)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(match report.verdict() {
        Verdict::Equal => ExitCode::SUCCESS,
        Verdict::Different => exit::different(),
        Verdict::Unsaid(why) => exit::could_not(&why),
    })
}

/// Before ten seconds of work are lost because of a typing error.
fn create(path: &PathBuf) -> Result<File, String> {
    File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
