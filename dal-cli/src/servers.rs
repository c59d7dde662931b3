//! `dal servers`: both databases for a person.
//!
//! A process of its own holds the servers between `up` and `down`, so that `up` returns at once and a
//! script can use what it printed. The servers end with that process, however it ends.

mod clean;
mod control;
mod hold;
mod report;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use dal_testkit::servers::{self, DynamoDbKind};

use crate::exit;

/// Where the holding process's address and log are, when not in the cache folder.
const STATE_FOLDER: &str = "DAL_STATE_DIR";

#[derive(Subcommand)]
pub enum Servers {
    /// Start both in the background, and say where they are; their data lives until `down`.
    ///
    /// The first start fetches what the machine does not have. When they run already, says where.
    /// With `DAL_MYSQL_URL` or `DAL_DYNAMODB_URL` set, that server is used as it is.
    Up {
        /// Write the addresses as one JSON object on standard output.
        #[arg(long)]
        json: bool,
        /// Which DynamoDB.
        #[arg(long, value_enum, default_value = "local")]
        dynamodb: Kind,
    },
    /// Say what runs; exit 1 when nothing does.
    Status {
        /// Write the addresses as one JSON object on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Stop both; their data goes with them.
    Down,
    /// Fetch what the servers need (MySQL's packages, DynamoDB Local's jars) into the cache folder.
    ///
    /// As root on Debian or Ubuntu, missing system packages (Java, Maven) are installed, too.
    Install,
    /// Drop the databases and tables that tests have left on servers that go on.
    ///
    /// Only names that begin with `dal_test_` are touched, on the servers of `DAL_MYSQL_URL` and
    /// `DAL_DYNAMODB_URL`, or else on those of `dal servers up`. Tests drop what they make; what a killed
    /// run left is dropped by a run that begins six hours later, or now by this command. Names tell
    /// their age.
    ///
    /// Exit code 0: done. 2: a server cannot be used, or refused.
    #[command(after_help = "Examples:\n  \
        dal servers clean --dry-run        name what is older than six hours\n  \
        dal servers clean --older-than 0   drop everything; no test may be running")]
    Clean(clean::Clean),
    /// What `up` starts: holds the servers until `down`.
    #[command(hide = true)]
    Hold {
        #[arg(long, value_enum)]
        dynamodb: Kind,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Kind {
    /// AWS's own DynamoDB Local (needs Java 17 and Maven, or a container engine).
    Local,
    /// The embedded engine: starts at once, keeps everything in memory.
    Embedded,
}

impl Kind {
    /// Its name on the command line.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Embedded => "embedded",
        }
    }
}

impl From<Kind> for DynamoDbKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Local => Self::Local,
            Kind::Embedded => Self::Embedded,
        }
    }
}

/// Exit 0 when done, 1 when `status` finds nothing, 2 when the servers cannot be used.
pub fn run(command: &Servers) -> ExitCode {
    servers::runtime()
        .block_on(act(command))
        .unwrap_or_else(|why| exit::could_not(&why))
}

async fn act(command: &Servers) -> Result<ExitCode, String> {
    match command {
        Servers::Up { json, dynamodb } => up::up(*dynamodb).await?.print(*json),
        Servers::Status { json } => {
            let Some(running) = control::running(&state_folder()?).await else {
                eprintln!("no servers are running; start them with: dal servers up");
                return Ok(exit::different());
            };
            let silent = running.silent().await;
            if !silent.is_empty() {
                return Err(format!(
                    "no answer from {}; run `dal servers down`, then `dal servers up`",
                    silent.join(" and ")
                ));
            }
            running.print(*json);
        }
        Servers::Down => {
            if control::stop(&state_folder()?).await? {
                println!("stopped MySQL and DynamoDB");
            } else {
                println!("no servers were running");
            }
        }
        Servers::Install => {
            let installed = tokio::task::spawn_blocking(servers::install).await;
            let installed = installed.map_err(|error| error.to_string())?;
            for line in installed.map_err(|error| error.to_string())? {
                println!("{line}");
            }
        }
        Servers::Clean(command) => clean::clean(command).await?,
        Servers::Hold { dynamodb } => hold::hold(*dynamodb).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of the holding process's address and log.
fn state_folder() -> Result<PathBuf, String> {
    match std::env::var_os(STATE_FOLDER) {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => servers::cache_folder().map_err(|error| error.to_string()),
    }
}
