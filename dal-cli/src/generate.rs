//! `dal generate`: code that follows from a contract.

mod names;
mod rust;
mod types;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dal_contract::{Mode, load};
use similar::TextDiff;

use crate::contract::ContractOptions;
use crate::exit;

/// Below the help.
pub const EXAMPLE: &str = "\
Example:
  dal generate rust migrationContract.json --catalog catalog.json --output src/records.rs
  dal generate rust migrationContract.json --catalog catalog.json --output src/records.rs --check

The second line is for CI: it writes nothing, and ends with 1 when the file is not what the contract
and the schema come to.";

#[derive(Subcommand)]
pub enum Generate {
    /// Structs for dal's `Store`: records, new records, and the keys of each path.
    ///
    /// One module for each entity: `Row` is what is read, `New` what is added, `Whole` what `put`
    /// takes, and `ById`, `ByUsersEmail`, .. find records by a path. Write structs of your own beside
    /// them where you need fewer or other fields; `Store::verify` compares both kinds with the model.
    ///
    /// Exit code 0: written, or up to date. 1: `--check`, and the file is stale. 2: could not run.
    #[command(after_help = EXAMPLE)]
    Rust(RustOptions),
}

#[derive(Args)]
pub struct RustOptions {
    #[command(flatten)]
    files: ContractOptions,
    /// The file to write; standard output without it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing: is the file up to date?
    #[arg(long, requires = "output")]
    check: bool,
}

/// Exit code 0 when it is written or up to date, 1 when the file is stale, 2 when it could not run.
pub fn run(command: &Generate) -> ExitCode {
    let Generate::Rust(options) = command;
    match generate(options) {
        Ok(code) => code,
        Err(why) => exit::could_not(&why),
    }
}

fn generate(options: &RustOptions) -> Result<ExitCode, String> {
    let texts = options.files.read()?;
    let Some(catalog) = &texts.catalog else {
        return Err(
            "the types of the fields are those of MySQL's columns: give `--catalog FILE` (`dal \
             catalog --mysql URL` writes it) or `--mysql URL`"
                .to_owned(),
        );
    };
    let contract = load(texts.sources(), Some(catalog), Mode::Lenient);
    for outcome in contract.entities.iter().filter(|outcome| !outcome.loaded) {
        eprintln!(
            "dal: `{}` is not loaded and has no code; `dal check` says why",
            outcome.name
        );
    }
    let code = rust::code(&contract.model);
    let Some(path) = &options.output else {
        print!("{code}");
        return Ok(ExitCode::SUCCESS);
    };
    let shown = path.display();
    if !options.check {
        std::fs::write(path, code).map_err(|error| format!("{shown}: {error}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let present = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    if present == code {
        return Ok(ExitCode::SUCCESS);
    }
    let diff = TextDiff::from_lines(&present, &code);
    let mut diff = diff.unified_diff();
    print!(
        "{}",
        diff.header(&shown.to_string(), "what the contract comes to")
    );
    eprintln!("dal: {shown} is stale: run the same command without `--check`");
    Ok(exit::different())
}
