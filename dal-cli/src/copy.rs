//! `dal copy`: the rows of MySQL become the items of a contract.

mod entity;
mod found;
mod progress;
mod state;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use dal_contract::{Mode, load};
use dal_dynamodb::{DuplicateValue, DynamoDbBackend, ItemKey};
use dal_mysql::MySqlBackend;
use dal_traits::model::{Entity, Model};
use dal_traits::store::{Store, unsupported};
use serde_json::json;

use crate::contract::Texts;
use crate::exit;
use crate::format::Format;
use entity::Copy;
use found::{Counts, Sink};
use state::State;

/// Below the help.
pub const EXAMPLE: &str = "\
Example:
  dal copy migrationContract.json --mysql mysql://shop@db/shop --table-prefix prod_ --state copy.json

It is for stores that nothing writes meanwhile. To copy beside traffic, use `Harness::repair_record`
in the process that serves (docs/adoption.md). DynamoDB is found as the AWS SDK finds it: region,
credentials and endpoint from the environment or a profile.";

#[derive(Args)]
pub struct CopyOptions {
    /// The contract.
    contract: PathBuf,
    /// Where the rows are: mysql://user:password@host:port/database
    #[arg(long, value_name = "URL")]
    mysql: String,
    /// MySQL's schema as `dal catalog` prints it; read from the server without it.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// The address of an emulator, such as <http://127.0.0.1:8000>
    #[arg(long, value_name = "URL")]
    dynamodb: Option<String>,
    /// What the names of the tables begin with.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    table_prefix: String,
    /// dal's own table, for guards and counters.
    #[arg(long, value_name = "NAME", default_value = "dal")]
    dal_table: String,
    /// Make the tables that are missing, paid by request, and compare those that exist.
    #[arg(long)]
    create_tables: bool,
    /// First write the guards that items of other programs lack. Two items with one value are listed.
    #[arg(long)]
    guards: bool,
    /// Copy this entity alone.
    #[arg(long)]
    entity: Option<String>,
    /// How many rows are under way at once.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    parallel: u16,
    /// Keep in this file how far the copy is; the same command goes on from there.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How to write the result. `json`: one object a line, the report last.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Exit code 0 when every row has its item, 1 when one has none or another one, 2 when it could not run
/// to its end.
pub fn run(options: &CopyOptions) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string());
    // Before the runtime: reading the schema starts one of its own.
    let texts = Texts::read(
        &options.contract,
        options.catalog.as_deref(),
        Some(&options.mysql),
    );
    let copied = texts.and_then(|texts| runtime?.block_on(copy(options, &texts)));
    match copied {
        Ok(code) => code,
        Err(why) => exit::could_not(&why),
    }
}

async fn copy(options: &CopyOptions, texts: &Texts) -> Result<ExitCode, String> {
    let contract = load(texts.sources(), texts.catalog.as_ref(), Mode::Lenient);
    let refused: Vec<_> = contract
        .entities
        .iter()
        .filter(|outcome| !outcome.loaded)
        .map(|outcome| {
            (
                outcome.name.clone(),
                "it is not loaded; `dal check` says why".to_owned(),
            )
        })
        .collect();
    let model = Arc::new(contract.model);
    let shown = |error: dal_traits::Error| error.to_string();
    let db = dal_mysql::connect(&options.mysql).await.map_err(shown)?;
    let mysql = Arc::new(MySqlBackend::new(&db, model.clone()));
    let client = dal_dynamodb::connect(options.dynamodb.as_deref()).await;
    let backend = DynamoDbBackend::new(client, model.clone())
        .table_prefix(options.table_prefix.as_str())
        .dal_table(options.dal_table.as_str());
    let by_a_backend: HashMap<&str, &str> = mysql
        .refused()
        .chain(backend.refused())
        .map(|(entity, reason)| (entity.name.as_str(), reason))
        .collect();
    let (entities, not_copied) = chosen(&model, refused, &by_a_backend, options.entity.as_deref())?;
    if options.create_tables {
        backend.provision().await.map_err(shown)?;
    }
    if options.guards {
        let filled = backend.fill_guards().await.map_err(shown)?;
        if !filled.duplicates.is_empty() {
            return Err(twins(&filled.duplicates));
        }
    }
    let dynamodb = Store::open(backend);

    let mut state = State::open(
        options.state.as_deref(),
        &[
            database(&options.mysql),
            options.dynamodb.as_deref().unwrap_or_default(),
            &options.table_prefix,
            &options.dal_table,
        ],
        texts.sources(),
    )?;
    let stop = stops_on_ctrl_c();
    let sink = Sink::new(options.format);
    let mut all = Counts::default();
    let mut reports = Vec::new();
    for entity in &entities {
        let copy = Copy {
            entity: entity.clone(),
            mysql: mysql.clone(),
            dynamodb: dynamodb.entity(&entity.name).map_err(shown)?,
            parallel: usize::from(options.parallel),
            sink: &sink,
            stop: &stop,
        };
        let counts = copy.run(&mut state).await?;
        sink.entity(&entity.name, &counts);
        reports.push(json!({"entity": entity.name, "counts": counts}));
        all.add(&counts);
    }
    state.finish()?;
    mysql.close().await;
    db.pool().close().await;
    for (name, reason) in &not_copied {
        sink.not_copied(name, reason);
    }
    let without: Vec<_> = not_copied
        .iter()
        .map(|(entity, reason)| json!({"entity": entity, "reason": reason}))
        .collect();
    sink.report(&all, &json!({"entities": reports, "not_copied": without}));
    let complete = all.is_complete() && not_copied.is_empty();
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        exit::different()
    })
}

/// Items that have the same value of a unique key.
fn twins(duplicates: &[DuplicateValue]) -> String {
    let key = |key: &ItemKey| {
        let parts = key.get().iter().map(|(name, value)| {
            let text = value.as_s().or_else(|_| value.as_n());
            format!("{name} {}", text.map_or("?", String::as_str))
        });
        let mut parts: Vec<_> = parts.collect();
        parts.sort();
        parts.join(", ")
    };
    let line = |twins: &DuplicateValue| {
        let [one, other] = &twins.items;
        let (entity, constraint) = (&twins.entity, &twins.constraint);
        format!(
            "\n  `{entity}`, `{constraint}`: {}; {}",
            key(one),
            key(other)
        )
    };
    let lines: Vec<_> = duplicates.iter().map(line).collect();
    let lines = lines.concat();
    format!("items have the same value of a unique key; make them differ, and copy again:{lines}")
}

/// What a URL says of the database, without user, password and options.
fn database(url: &str) -> &str {
    let (_, address) = url.rsplit_once("//").unwrap_or(("", url));
    let (_, address) = address.rsplit_once('@').unwrap_or(("", address));
    address.split('?').next().unwrap_or_default()
}

type NotCopied = Vec<(String, String)>;

/// The entities to copy, and the others with the reason.
fn chosen(
    model: &Model,
    refused: NotCopied,
    by_a_backend: &HashMap<&str, &str>,
    name: Option<&str>,
) -> Result<(Vec<Arc<Entity>>, NotCopied), String> {
    let is_asked = |entity: &str| name.is_none_or(|name| name == entity);
    let mut entities = Vec::new();
    let mut not_copied: NotCopied = refused;
    not_copied.retain(|(entity, _)| is_asked(entity));
    for entity in model
        .entities
        .iter()
        .filter(|entity| is_asked(&entity.name))
    {
        let read_only = || entity.read_only.first().cloned();
        let by_a_backend = || Some((*by_a_backend.get(entity.name.as_str())?).to_owned());
        let why = unsupported(model, entity).or_else(read_only);
        match why.or_else(by_a_backend) {
            None => entities.push(entity.clone()),
            Some(reason) => not_copied.push((entity.name.clone(), reason)),
        }
    }
    if let (Some(name), true, true) = (name, entities.is_empty(), not_copied.is_empty()) {
        let names: Vec<_> = model.entities.iter().map(|e| e.name.as_str()).collect();
        let names = names.join(", ");
        return Err(format!(
            "the contract has no entity `{name}`; it has: {names}"
        ));
    }
    Ok((entities, not_copied))
}

/// True once Ctrl-C was pressed; the second time ends the program.
fn stops_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let heard = stop.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if heard.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("dal: stopping behind the rows that are under way; once more ends at once");
        }
    });
    stop
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn a_database_is_the_same_with_another_password() {
        for url in [
            "mysql://shop:one@db:3306/shop?ssl-mode=REQUIRED",
            "mysql://admin:t@wo@db:3306/shop",
            "mysql://db:3306/shop",
        ] {
            assert_eq!(database(url), "db:3306/shop");
        }
    }
}
