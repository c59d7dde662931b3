//! `dal catalog`: MySQL's schema as data.

use std::process::ExitCode;

use clap::Args;
use dal_traits::catalog::Catalog;

use crate::exit;

/// Below the help.
pub const EXAMPLE: &str = "\
Example:
  dal catalog --mysql mysql://shop:secret@127.0.0.1/shop > catalog.json
  dal check migrationContract.json --catalog catalog.json";

#[derive(Args)]
pub struct CatalogOptions {
    /// The database: mysql://user:password@host:port/database
    #[arg(long, value_name = "URL")]
    mysql: String,
}

/// Exit code 0 when the catalog is printed, 2 when MySQL cannot be read.
pub fn run(options: &CatalogOptions) -> ExitCode {
    let printed = read(&options.mysql)
        .and_then(|found| serde_json::to_string_pretty(&found).map_err(|error| error.to_string()));
    match printed {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => exit::could_not(&why),
    }
}

/// Reads the schema of a live server.
pub fn read(url: &str) -> Result<Catalog, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime
        .block_on(dal_mysql::catalog(url))
        .map_err(|error| error.to_string())
}
