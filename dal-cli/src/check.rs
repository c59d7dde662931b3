//! `dal check`: is a migration contract understood, and if not, where and why?

mod report;
mod text;

use std::process::ExitCode;

use clap::Args;
use dal_contract::{Contract, Mode, Severity, load};

use crate::contract::ContractOptions;
use crate::exit;
use crate::format::Format;

/// Below the help.
pub const EXAMPLE: &str = "\
Example:
  dal check migrationContract.json                       what can be said without MySQL
  dal catalog --mysql mysql://shop@127.0.0.1/shop > catalog.json
  dal check migrationContract.json --catalog catalog.json
  dal check migrationContract.json --catalog catalog.json --entity Orders --format json

A finding looks like this:
  error[E-NO-COLUMN]: the table `users` has no column `mail`
   --> migrationContract.json:9:71
    |
  9 | …\"source_table\": \"users\", \"source_column\": \"mail\"}
    |                                             ^^^^^^ tables[0].attributes[1].source_column
    |
    = help: is `email` meant?

docs/diagnostics.md lists the codes, docs/contract.md says what is read.";

#[derive(Args)]
pub struct CheckOptions {
    #[command(flatten)]
    files: ContractOptions,
    /// Look at this entity alone: `Users`, `UserData.USER`, or all of the table `UserData`.
    #[arg(long)]
    entity: Option<String>,
    /// Refuse what is only a warning otherwise.
    #[arg(long)]
    strict: bool,
    /// How to write the result.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// What a check found, narrowed to what was asked for.
struct Checked {
    contract: Contract,
    /// The places of the entities that were asked for.
    entities: Vec<usize>,
    /// The places of the diagnostics that concern them.
    diagnostics: Vec<usize>,
    has_catalog: bool,
}

/// Exit code 0 when every entity is loaded, 1 when one is refused, 2 when the check could not run.
pub fn run(options: &CheckOptions) -> ExitCode {
    match check(options) {
        Ok(code) => code,
        Err(why) => exit::could_not(&why),
    }
}

fn check(options: &CheckOptions) -> Result<ExitCode, String> {
    let texts = options.files.read()?;
    let sources = texts.sources();
    let mode = if options.strict {
        Mode::Strict
    } else {
        Mode::Lenient
    };
    let checked = narrowed(
        load(sources, texts.catalog.as_ref(), mode),
        options.entity.as_deref(),
        texts.catalog.is_some(),
    )?;
    match options.format {
        Format::Json => println!("{}", serde_json::json!(report::report(&checked))),
        Format::Human => print!(
            "{}",
            text::text(
                &checked,
                sources,
                &options.files.contract.display().to_string(),
                &texts.sidecar_path.display().to_string(),
            )
        ),
    }
    let outcomes = checked
        .entities
        .iter()
        .filter_map(|e| checked.contract.entities.get(*e));
    let is_refused = outcomes.clone().any(|outcome| !outcome.loaded)
        || checked
            .found()
            .any(|found| found.severity == Severity::Error);
    Ok(if is_refused {
        exit::different()
    } else {
        ExitCode::SUCCESS
    })
}

impl Checked {
    fn found(&self) -> impl Iterator<Item = &dal_contract::Diagnostic> {
        let places = self.diagnostics.iter();
        places.filter_map(|place| self.contract.diagnostics.get(*place))
    }
}

fn narrowed(
    contract: Contract,
    entity: Option<&str>,
    has_catalog: bool,
) -> Result<Checked, String> {
    let Some(name) = entity else {
        return Ok(Checked {
            entities: (0..contract.entities.len()).collect(),
            diagnostics: (0..contract.diagnostics.len()).collect(),
            contract,
            has_catalog,
        });
    };
    let outcomes = contract.entities.iter().enumerate();
    let entities: Vec<usize> = outcomes
        .filter(|(_, outcome)| {
            let short = outcome.name.rsplit_once('.').map_or("", |(_, short)| short);
            [outcome.name.as_str(), &outcome.table, short].contains(&name)
        })
        .map(|(place, _)| place)
        .collect();
    if entities.is_empty() {
        let known: Vec<_> = contract
            .entities
            .iter()
            .map(|outcome| outcome.name.as_str())
            .collect();
        return Err(format!(
            "the contract has no entity `{name}`; it has: {}",
            known.join(", ")
        ));
    }
    let outcomes = entities
        .iter()
        .filter_map(|place| contract.entities.get(*place));
    let mut diagnostics: Vec<usize> = outcomes
        .flat_map(|outcome| outcome.diagnostics.iter().copied())
        .collect();
    diagnostics.sort_unstable();
    diagnostics.dedup();
    Ok(Checked {
        contract,
        entities,
        diagnostics,
        has_catalog,
    })
}
