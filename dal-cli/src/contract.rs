//! The files that a contract is read from.

use std::path::{Path, PathBuf};

use clap::Args;
use dal_contract::Sources;
use dal_traits::catalog::Catalog;

use crate::catalog;

/// Where the contract and MySQL's schema are.
#[derive(Args)]
pub struct ContractOptions {
    /// The contract.
    pub contract: PathBuf,
    /// MySQL's schema, as `dal catalog` prints it.
    #[arg(long, value_name = "FILE", conflicts_with = "mysql")]
    catalog: Option<PathBuf>,
    /// Read the schema from this server: mysql://user:password@host:port/database
    #[arg(long, value_name = "URL")]
    mysql: Option<String>,
}

/// What was read.
pub struct Texts {
    contract: String,
    /// Beside the contract: `CONTRACT.dal.json`.
    pub sidecar_path: PathBuf,
    sidecar: Option<String>,
    pub catalog: Option<Catalog>,
}

impl ContractOptions {
    /// Reads the contract, the sidecar if there is one, and the schema if it is named.
    ///
    /// # Errors
    /// What cannot be read, and why.
    pub fn read(&self) -> Result<Texts, String> {
        Texts::read(
            &self.contract,
            self.catalog.as_deref(),
            self.mysql.as_deref(),
        )
    }
}

impl Texts {
    /// Reads the contract, the sidecar if there is one, and the schema from a file or a server.
    ///
    /// # Errors
    /// What cannot be read, and why.
    pub fn read(
        contract: &Path,
        catalog: Option<&Path>,
        mysql: Option<&str>,
    ) -> Result<Self, String> {
        let sidecar_path = contract.with_extension("dal.json");
        let contract = read(contract)?;
        let sidecar = match std::fs::read_to_string(&sidecar_path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", sidecar_path.display())),
        };
        let catalog = match (catalog, mysql) {
            (Some(path), _) => Some(catalog_of(path)?),
            (_, Some(url)) => Some(catalog::read(url)?),
            _ => None,
        };
        Ok(Self {
            contract,
            sidecar_path,
            sidecar,
            catalog,
        })
    }

    pub fn sources(&self) -> Sources<'_> {
        Sources {
            contract: &self.contract,
            sidecar: self.sidecar.as_deref(),
        }
    }
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
