//! `dal check`: is a migration contract understood, and if not, where and why?

mod report;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use dal_contract::{Contract, Mode, Severity, Sources, load};
use dal_traits::catalog::Catalog;

use crate::format::Format;
use crate::{catalog, exit};

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
    /// The contract.
    contract: PathBuf,
    /// MySQL's schema, as `dal catalog` prints it.
    #[arg(long, value_name = "FILE", conflicts_with = "mysql")]
    catalog: Option<PathBuf>,
    /// Read the schema from this server: mysql://user:password@host:port/database
    #[arg(long, value_name = "URL")]
    mysql: Option<String>,
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
    let contract = read(&options.contract)?;
    let sidecar_path = options.contract.with_extension("dal.json");
    let sidecar = match std::fs::read_to_string(&sidecar_path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{}: {error}", sidecar_path.display())),
    };
    let known = match (&options.catalog, &options.mysql) {
        (Some(path), _) => Some(catalog_of(path)?),
        (_, Some(url)) => Some(catalog::read(url)?),
        _ => None,
    };
    let sources = Sources {
        contract: &contract,
        sidecar: sidecar.as_deref(),
    };
    let mode = if options.strict {
        Mode::Strict
    } else {
        Mode::Lenient
    };
    let checked = narrowed(
        load(sources, known.as_ref(), mode),
        options.entity.as_deref(),
        known.is_some(),
    )?;
    match options.format {
        Format::Json => println!("{}", serde_json::json!(report::report(&checked))),
        Format::Human => print!(
            "{}",
            text::text(
                &checked,
                sources,
                &options.contract.display().to_string(),
                &sidecar_path.display().to_string(),
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

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn catalog_of(path: &Path) -> Result<Catalog, String> {
    serde_json::from_str(&read(path)?).map_err(|error| {
        format!(
            "{}: {error}; `dal catalog --mysql URL` writes such a file",
            path.display()
        )
    })
}
