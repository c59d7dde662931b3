//! AWS's own DynamoDB Local, fetched by Maven.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::system::Consent;
use super::{place, system};

/// The first version with index keys of several attributes.
pub(super) const VERSION: &str = "3.3.1";

/// Modules of the version that 3.3.1 names which cannot be found; this one can.
const FOUND: &str = "2.41.0";
const PINNED: [&str; 4] = [
    "cognitoidentity",
    "cognitoidentityprovider",
    "pinpoint",
    "dynamodb-enhanced",
];

/// The folder with the jars and the native library; fetched when absent.
pub(super) fn folder(consent: Consent) -> Result<PathBuf, String> {
    java(consent)?;
    place::installed(&format!("dynamodb-local-{VERSION}"), |folder| {
        system::need("mvn", "maven", consent)?;
        let work = tempfile::tempdir().map_err(|e| e.to_string())?;
        let pom = work.path().join("pom.xml");
        std::fs::write(&pom, project()).map_err(|e| e.to_string())?;
        let mut output = std::ffi::OsString::from("-DoutputDirectory=");
        output.push(folder);
        system::output(
            Command::new("mvn")
                .args(["-q", "-B", "--strict-checksums", "-f"])
                .arg(&pom)
                .arg("dependency:copy-dependencies")
                .arg(output),
            Duration::from_mins(15),
        )
        .map(drop)
    })
}

/// Java 17 or later.
fn java(consent: Consent) -> Result<(), String> {
    system::need("java", "openjdk-17-jre-headless", consent)?;
    let text = system::output(
        Command::new("java").arg("--version"),
        Duration::from_secs(30),
    )?;
    let major = text
        .split_whitespace()
        .nth(1)
        .and_then(|v| v.split(['.', '-', '+']).next())
        .and_then(|v| v.parse::<u32>().ok());
    match major {
        Some(17..) => Ok(()),
        _ => Err(format!(
            "`java` is older than 17 ({}); run: apt-get install -y openjdk-17-jre-headless",
            text.lines().next().unwrap_or_default()
        )),
    }
}

fn project() -> String {
    let pin = |name: &str| {
        format!(
            "<dependency><groupId>software.amazon.awssdk</groupId><artifactId>{name}</artifactId><version>{FOUND}</version></dependency>"
        )
    };
    let pins = PINNED.map(pin).concat();
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>dal</groupId><artifactId>dynamodb-local</artifactId><version>1</version>\
         <dependencyManagement><dependencies>{pins}</dependencies></dependencyManagement>\
         <dependencies><dependency><groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId><version>{VERSION}</version></dependency></dependencies></project>\n"
    )
}
