//! `dal servers clean`: what tests have left on servers that go on.

use std::time::Duration;

use clap::Args;
use dal_testkit::servers::{DynamoDbServer, MySqlServer};
use serde::Serialize;

use super::{control, state_folder};

#[derive(Args)]
pub struct Clean {
    /// Drop what is older than this many hours; 0 drops what a test may be using just now.
    #[arg(long, default_value_t = 6, value_name = "HOURS")]
    older_than: u64,
    /// Only name what would be dropped.
    #[arg(long)]
    dry_run: bool,
    /// Write what was dropped as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// In the shape that `--json` prints.
#[derive(Default, Serialize)]
struct Dropped {
    dry_run: bool,
    databases: Vec<String>,
    tables: Vec<String>,
}

pub(super) async fn clean(command: &Clean) -> Result<(), String> {
    let (mysql, dynamodb) = addresses().await?;
    let is_old = |age: Option<Duration>| {
        let hours = Duration::from_secs(command.older_than.saturating_mul(3600));
        // A name without an age was not made by this version: nothing is known to use it.
        age.is_none_or(|age| age >= hours)
    };
    let mut dropped = Dropped {
        dry_run: command.dry_run,
        ..Dropped::default()
    };
    if let Some(url) = mysql {
        let server = blocking(move || MySqlServer::at(&url)).await?;
        let all = server.test_databases().await.map_err(|e| e.to_string())?;
        for (name, _) in all.into_iter().filter(|(_, age)| is_old(*age)) {
            if !command.dry_run {
                let done = server.drop_database(&name).await;
                done.map_err(|error| format!("{name}: {error}"))?;
            }
            dropped.databases.push(name);
        }
    }
    if let Some(endpoint) = dynamodb {
        let server = blocking(move || DynamoDbServer::at(&endpoint)).await?;
        let all = server.test_tables().await?;
        for (name, _) in all.into_iter().filter(|(_, age)| is_old(*age)) {
            if !command.dry_run {
                let done = server.delete_table(&name).await;
                done.map_err(|error| format!("{name}: {error}"))?;
            }
            dropped.tables.push(name);
        }
    }
    dropped.print(command.json);
    Ok(())
}

/// The servers that were given, or those of `dal servers up`.
async fn addresses() -> Result<(Option<String>, Option<String>), String> {
    let given = |name: &str| std::env::var(name).ok();
    let (mut mysql, mut dynamodb) = (given("DAL_MYSQL_URL"), given("DAL_DYNAMODB_URL"));
    if mysql.is_none() && dynamodb.is_none() {
        let Some(running) = control::running(&state_folder()?).await else {
            return Err(
                "no servers to clean: set DAL_MYSQL_URL or DAL_DYNAMODB_URL, or start servers with \
                 `dal servers up` (the private ones of a test run lose their data with it)"
                    .to_owned(),
            );
        };
        (mysql, dynamodb) = running.addresses();
    }
    Ok((mysql, dynamodb))
}

/// Looking at a server blocks.
async fn blocking<T, E>(look: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, String>
where
    T: Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let looked = tokio::task::spawn_blocking(look).await;
    looked
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())
}

impl Dropped {
    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::json!(self));
            return;
        }
        for (what, names) in [("database", &self.databases), ("table", &self.tables)] {
            for name in names {
                println!("{what} {name}");
            }
        }
        println!(
            "{} databases and {} tables {}",
            self.databases.len(),
            self.tables.len(),
            if self.dry_run {
                "would be dropped"
            } else {
                "dropped"
            }
        );
    }
}
