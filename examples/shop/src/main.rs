//! The program `shop`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use shop::config::{Command, Shop};
use shop::error::RepoError;
use shop::{commands, serve, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    let shop = Shop::parse();
    match run(&shop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(shop: &Shop) -> Result<(), RepoError> {
    telemetry::start_logging(shop.json_log)?;
    match &shop.command {
        Command::Serve(options) => Ok(serve::serve(options).await?),
        Command::Schema(stores) => commands::create(stores).await,
        Command::Seed(options) => commands::fill(options).await,
        Command::Copy(options) => commands::copy(options).await,
    }
}

/// Writes the error and what it came from to standard error.
fn report(error: &RepoError) {
    let mut text = format!("shop: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let reason = inner.to_string();
        if !text.ends_with(&reason) {
            text = format!("{text}\n  because {reason}");
        }
        cause = inner.source();
    }
    let _ = writeln!(io::stderr(), "{text}");
}
