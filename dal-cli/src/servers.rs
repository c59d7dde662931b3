//! `dal servers`: both databases for a person.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use dal_testkit::servers::{self, DynamoDbKind};

#[derive(Subcommand)]
pub enum Servers {
    /// Start both and keep them until Ctrl-C; their data goes with them.
    Up {
        /// Write the addresses as one JSON object on standard output.
        #[arg(long)]
        json: bool,
        /// Which DynamoDB.
        #[arg(long, value_enum, default_value = "local")]
        dynamodb: Kind,
    },
    /// Fetch what the servers need (MySQL's packages, DynamoDB Local's jars) into the cache folder.
    Install,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Kind {
    /// AWS's own DynamoDB Local.
    Local,
    /// The embedded engine: starts at once, keeps everything in memory.
    Embedded,
}

/// Exit 0 when done, 2 when the servers cannot be had.
pub fn run(command: &Servers) -> ExitCode {
    let outcome = match command {
        Servers::Up { json, dynamodb } => up(*json, *dynamodb),
        Servers::Install => servers::install().map_err(|e| e.to_string()).map(|lines| {
            for line in lines {
                println!("{line}");
            }
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("dal: {why}");
            ExitCode::from(2)
        }
    }
}

fn up(json: bool, kind: Kind) -> Result<(), String> {
    let mysql = servers::try_mysql().map_err(ToString::to_string)?;
    let dynamodb = servers::try_dynamodb(match kind {
        Kind::Local => DynamoDbKind::Local,
        Kind::Embedded => DynamoDbKind::Embedded,
    })
    .map_err(ToString::to_string)?;
    if json {
        println!(
            "{}",
            serde_json::json!({
                "mysql": { "url": mysql.url(), "version": mysql.version() },
                "dynamodb": {
                    "endpoint": dynamodb.endpoint(),
                    "kind": dynamodb.kind().to_string(),
                    "version": dynamodb.version(),
                },
            })
        );
    } else {
        println!("MySQL {}: {}", mysql.version(), mysql.url());
        println!(
            "{} {}: {}",
            dynamodb.kind(),
            dynamodb.version(),
            dynamodb.endpoint()
        );
    }
    eprintln!("Ctrl-C stops both.");
    servers::runtime()
        .block_on(tokio::signal::ctrl_c())
        .map_err(|error| format!("cannot wait for Ctrl-C: {error}"))
}
