//! Servers in containers, where a container engine runs.
//!
//! `testcontainers` starts them. Docker's own client is called for two things. It removes a container
//! after this process was killed, which only another process can do. And it is asked first whether
//! its engine and the images are there: a container that `testcontainers` starts on an engine that
//! the client does not reach would never be removed.

use std::process::Command;
use std::time::Duration;

use testcontainers_modules::dynamodb_local::DynamoDb;
use testcontainers_modules::mysql::Mysql;
use testcontainers_modules::testcontainers::runners::AsyncRunner;
use testcontainers_modules::testcontainers::{
    ContainerAsync, Image, ImageExt, TestcontainersError,
};

use super::run::Turn;
use super::supervise::Supervised;
use super::{jar, runtime, system};

/// The tags that `compose.yml` names too; the module's own are old.
const MYSQL_TAG: &str = "8.4";
/// See [`MYSQL_TAG`]. The image of the same version as the jar.
const DYNAMODB_TAG: &str = jar::VERSION;

const PULL_LIMIT: Duration = Duration::from_mins(5);
const START_LIMIT: Duration = Duration::from_mins(2);

/// MySQL and its `host:port`.
pub(super) fn mysql(pull: bool, turn: Option<&Turn>) -> Result<(Supervised, String), String> {
    image_or_pull("mysql", MYSQL_TAG, pull)?;
    run(Mysql::default(), MYSQL_TAG, 3306, turn)
}

/// `DynamoDB` Local, its `host:port`, and its version.
pub(super) fn dynamodb(
    pull: bool,
    turn: Option<&Turn>,
) -> Result<(Supervised, String, String), String> {
    image_or_pull("amazon/dynamodb-local", DYNAMODB_TAG, pull)?;
    let (remover, address) = run(DynamoDb::default(), DYNAMODB_TAG, 8000, turn)?;
    Ok((remover, address, format!("{DYNAMODB_TAG} (container)")))
}

/// The version of the engine. A machine can have Docker's client and no engine.
fn engine() -> Result<String, String> {
    system::output(
        Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]),
        Duration::from_secs(10),
    )
    .map_err(|why| format!("no container engine answers ({why})"))
}

/// Checks that servers can run in containers here: an engine runs, and both images are here or can
/// be pulled. Returns the engine's version.
///
/// # Errors
/// The reason, in one line.
pub fn container_images() -> Result<String, String> {
    let version = engine()?;
    image_or_pull("mysql", MYSQL_TAG, true)?;
    image_or_pull("amazon/dynamodb-local", DYNAMODB_TAG, true)?;
    Ok(version.trim().to_owned())
}

fn image_or_pull(name: &str, tag: &str, pull: bool) -> Result<(), String> {
    engine()?;
    let image = format!("{name}:{tag}");
    let here = system::output(
        Command::new("docker").args(["image", "inspect", "--format", "{{.Id}}", &image]),
        Duration::from_secs(20),
    );
    match here {
        Ok(_) => Ok(()),
        Err(_) if !pull => Err(format!("the image {image} is not here")),
        Err(_) => {
            super::say(&format!("dal: pulling the image {image}"));
            system::output(
                Command::new("docker").args(["pull", "-q", &image]),
                PULL_LIMIT,
            )
            .map(drop)
        }
    }
}

/// Starts a container and returns its `host:port`, and what removes it when this process or its run
/// ends, however it ends. On an error the remover is dropped, which removes the half-started
/// container.
fn run<I>(
    image: I,
    tag: &str,
    port: u16,
    turn: Option<&Turn>,
) -> Result<(Supervised, String), String>
where
    I: Image + Send + Sync + 'static,
{
    let name = format!(
        "dal-test-{}-{:06x}",
        std::process::id(),
        fastrand::u32(..0x0100_0000)
    );
    let folder = tempfile::Builder::new()
        .prefix("dal-container.")
        .tempdir()
        .map_err(|e| e.to_string())?
        .keep();
    let remover = Supervised::remove_container(&name, &folder, turn.map(Turn::run))?;
    let request = image
        .with_tag(tag)
        .with_container_name(name)
        .with_startup_timeout(START_LIMIT);
    let address = runtime::block_on(async move {
        let container: ContainerAsync<I> = request.start().await?;
        let host = container.get_host().await?;
        let port = container.get_host_port_ipv4(port).await?;
        // From here on the remover removes it: a destructor would not run for a static.
        std::mem::forget(container);
        Ok::<_, TestcontainersError>(format!("{host}:{port}"))
    })?
    .map_err(|e| e.to_string())?;
    Ok((remover, address))
}
