//! The command line of the program `shop`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::seed::Size;

const TOUR: &str = "\
A tour, with servers from `dal servers up` in another terminal; put in the addresses that it prints:

  export SHOP_MYSQL_URL=mysql://root@127.0.0.1:3306/shop    # with a database, here `shop`
  export SHOP_DYNAMODB=http://127.0.0.1:8000      # leave it out for AWS itself
  shop schema                                     # tables on both stores
  shop seed                                       # an invented shop in MySQL
  echo '{\"*\": \"mysql-only\"}' > phases.json
  shop serve --phases phases.json &
  curl -s localhost:8080/users?limit=2

Then move an entity (user, product, cart, order; * is every other one) by changing the file, one
step at a time: mysql-only, dual-write, shadow-read, dynamodb-read, dynamodb-leads, dynamodb-only.
Run `shop copy` once they are in dual-write, while no client writes. `/shadow` shows the phases and what
was compared, `/shadow/differences` what differed.";

/// An online shop that runs on MySQL and on DynamoDB, and moves from one to the other while it
/// runs.
#[derive(Debug, Parser)]
#[command(name = "shop", version, after_long_help = TOUR)]
pub struct Shop {
    /// Write events as JSON; `RUST_LOG` selects them.
    #[arg(long, global = true)]
    pub json_log: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answers HTTP requests until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Creates the database and the tables on both stores; what exists stays as it is.
    Schema(Stores),
    /// Fills MySQL's empty tables with an invented shop.
    Seed(Seed),
    /// Makes DynamoDB equal to MySQL through the repositories' mirror methods, while no client
    /// writes.
    Copy(Copy),
}

/// Both stores.
#[derive(Clone, Debug, Args)]
pub struct Stores {
    /// MySQL.
    #[command(flatten)]
    pub mysql: MySqlArgs,
    /// DynamoDB.
    #[command(flatten)]
    pub dynamodb: DynamoDbArgs,
}

/// Where MySQL is.
#[derive(Clone, Debug, Args)]
pub struct MySqlArgs {
    /// MySQL, as `mysql://user:password@host:3306/database`.
    #[arg(
        long = "mysql",
        env = "SHOP_MYSQL_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub url: Option<String>,
}

/// Where DynamoDB is.
#[derive(Clone, Debug, Args)]
pub struct DynamoDbArgs {
    /// A DynamoDB emulator, as `http://127.0.0.1:8000`; it is given made-up credentials. Without
    /// it: AWS, by the SDK's usual credentials and region.
    #[arg(long = "dynamodb", env = "SHOP_DYNAMODB", value_name = "URL")]
    pub emulator: Option<String>,
    /// The table on DynamoDB.
    #[arg(long, env = "SHOP_TABLE", default_value = "shop", value_name = "NAME")]
    pub table: String,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The stores.
    #[command(flatten)]
    pub stores: Stores,
    /// Where phases come from.
    #[command(flatten)]
    pub source: Source,
    /// The address to listen on.
    #[arg(long, env = "SHOP_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The timeout of a request, which is then answered with 504.
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Duration,
    /// At a stop: how long in-flight requests, and then secondary writes, may still take.
    #[arg(long, default_value = "20", value_name = "SECONDS", value_parser = seconds)]
    pub grace: Duration,
    /// Keeps the last accepted phases in this file, so that the shop starts without their source.
    #[arg(long, env = "SHOP_REMEMBER", value_name = "FILE")]
    pub remember: Option<PathBuf>,
    /// At the start: how long to wait for a source of phases that cannot be read.
    #[arg(long, default_value = "5", value_name = "SECONDS", value_parser = seconds)]
    pub start_timeout: Duration,
    /// Appends what differed to this file, as lines of JSON without the values.
    #[arg(long, value_name = "FILE")]
    pub differences: Option<PathBuf>,
    /// Every write waits for the secondary one, so that a read that moves sees every write.
    #[arg(long)]
    pub await_secondary_writes: bool,
}

/// Which store is primary: by phases from a source, or one store alone.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Source {
    /// Phases from a JSON file that is watched: {"user": "shadow-read@5", "*": "mysql-only"}.
    #[arg(long, env = "SHOP_PHASES", value_name = "FILE")]
    pub phases: Option<PathBuf>,
    /// Phases from OpenFeature: the flags dal.phase.user, .product, .cart and .order. The provider
    /// of this example reads them from a file in flagd's format; put your own in its place.
    #[arg(long, env = "SHOP_FLAGS", value_name = "FILE")]
    pub flags: Option<PathBuf>,
    /// One store alone, as before the move or after it.
    #[arg(long, value_name = "STORE")]
    pub only: Option<OneStore>,
}

/// A store by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OneStore {
    /// MySQL.
    #[value(name = "mysql")]
    MySql,
    /// DynamoDB.
    #[value(name = "dynamodb")]
    DynamoDb,
}

/// Options of `seed`.
#[derive(Debug, Args)]
pub struct Seed {
    /// MySQL.
    #[command(flatten)]
    pub mysql: MySqlArgs,
    /// Customers.
    #[arg(long, default_value_t = Size::default().users)]
    pub users: u64,
    /// Products.
    #[arg(long, default_value_t = Size::default().products)]
    pub products: u64,
    /// Orders.
    #[arg(long, default_value_t = Size::default().orders)]
    pub orders: u64,
}

/// Options of `copy`.
#[derive(Debug, Args)]
pub struct Copy {
    /// The stores.
    #[command(flatten)]
    pub stores: Stores,
    /// The other way: makes MySQL equal to DynamoDB.
    #[arg(long)]
    pub back: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_serve_wants_exactly_one_source() {
        Shop::command().debug_assert();
        let parse = |words: &str| Shop::try_parse_from(words.split(' '));
        assert!(parse("shop serve").is_err());
        assert!(parse("shop serve --only mysql --phases p.json").is_err());
        assert!(parse("shop serve --phases p.json --timeout 0.5").is_ok());
        assert!(parse("shop serve --only dynamodb --timeout soon").is_err());
    }
}
