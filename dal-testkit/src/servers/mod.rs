//! MySQL and DynamoDB for tests and for the demo: found, started or fetched, and gone when their owner is.
//!
//! Every server runs under a small supervisor whose standard input is a pipe that its users hold: when
//! they end, however they end, the server is killed. A user is this process, or, of [`mysql`] and
//! [`dynamodb`], every process of one run of `cargo test` or `cargo nextest` (on Linux).

mod choose;
mod containers;
mod debian;
mod dynamodb;
mod engines;
mod jar;
mod mysql;
mod names;
mod place;
mod port;
mod process;
mod program;
mod readiness;
mod run;
mod runtime;
mod shared;
mod supervise;
mod system;
mod url;

use system::Consent;

pub use choose::ServersError;
pub use containers::container_images;
pub(crate) use dynamodb::verdict_kind;
pub use dynamodb::{DynamoDbKind, DynamoDbServer, dynamodb, try_dynamodb, verdict_dynamodb};
pub use engines::{Engine, announce, engines};
pub use mysql::{MySqlServer, mysql, try_mysql};
pub(crate) use runtime::on_runtime;
pub use runtime::runtime;

/// The folder where fetched programs are kept: `DAL_CACHE_DIR`, or the user's cache folder.
///
/// # Errors
/// When the environment names no such folder.
pub fn cache_folder() -> Result<std::path::PathBuf, ServersError> {
    place::cache().map_err(|why| ServersError::new("a cache folder", vec![why], place::CHOICES))
}

/// Fetches what the servers need into the user's cache folder, so that later starts work offline.
/// Installs missing system packages where it can (as root on Debian or Ubuntu). Blocks for minutes.
///
/// # Errors
/// [`ServersError`], naming what was tried and what to do.
pub fn install() -> Result<Vec<String>, ServersError> {
    let mut done = Vec::new();
    let mut tried = Vec::new();
    match debian::mysql_root(Consent::Given) {
        Ok(root) => done.push(format!("MySQL in {}", root.display())),
        Err(why) => tried.push(format!("MySQL from the operating system's packages: {why}")),
    }
    match jar::folder(Consent::Given) {
        Ok(folder) => done.push(format!("DynamoDB Local in {}", folder.display())),
        Err(why) => tried.push(format!("DynamoDB Local by Maven: {why}")),
    }
    if tried.is_empty() {
        Ok(done)
    } else {
        Err(ServersError::new(
            "the test servers",
            tried,
            INSTALL_CHOICES,
        ))
    }
}

const INSTALL_CHOICES: &str = "  - as root on Debian or Ubuntu, run `dal servers install` again: it installs what is missing
  - run the commands that are named above
  - use running servers: set DAL_MYSQL_URL and DAL_DYNAMODB_URL (`docker compose up -d --wait` starts both)";

/// Writes one line to the real standard error, which libtest does not capture.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let mut text = String::with_capacity(line.len() + 1);
    text.push_str(line);
    text.push('\n');
    let _ = std::io::stderr().write_all(text.as_bytes());
}
