//! What the program `shop` does besides serving.

use std::io::{self, Write};

use dal_traits::{Error, ErrorKind};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Copy, Seed, Stores};
use crate::contents::Contents;
use crate::copy::{dynamodb_to_mysql_watched, mysql_to_dynamodb_watched};
use crate::error::RepoError;
use crate::seed::Size;
use crate::{connect, schema, seed};

/// Creates the database and the tables on both stores.
///
/// # Errors
/// As [`schema::create_database`], [`schema::create_mysql`] and [`schema::create_dynamodb`].
pub async fn create(stores: &Stores) -> Result<(), RepoError> {
    if let Some(url) = &stores.mysql.url {
        schema::create_database(url).await?;
    }
    schema::create_mysql(&connect::mysql(&stores.mysql).await?).await?;
    say("MySQL has the shop's tables");
    let table = &stores.dynamodb.table;
    schema::create_dynamodb(&connect::dynamodb(&stores.dynamodb).await, table).await?;
    say(&format!("DynamoDB has the table `{table}`"));
    Ok(())
}

/// Fills MySQL with an invented shop.
///
/// # Errors
/// As [`seed::fill_mysql`].
pub async fn fill(options: &Seed) -> Result<(), RepoError> {
    let size = Size {
        users: options.users,
        products: options.products,
        orders: options.orders,
    };
    seed::fill_mysql(&connect::mysql(&options.mysql).await?, size).await?;
    say(&format!(
        "MySQL has {} users, {} products and {} orders",
        size.users, size.products, size.orders
    ));
    Ok(())
}

/// Copies one store to the other, and reads both again.
///
/// # Errors
/// [`RepoError::Store`] when a store failed, and with [`ErrorKind::Conflict`] when the two still
/// differ because a client wrote meanwhile.
pub async fn copy(options: &Copy) -> Result<(), RepoError> {
    let mysql = connect::mysql(&options.stores.mysql).await?;
    let dynamodb = connect::dynamodb(&options.stores.dynamodb).await;
    let table = &options.stores.dynamodb.table;
    let bar = bar();
    let progress = |done: usize, of: usize| {
        bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    };
    let copied = if options.back {
        dynamodb_to_mysql_watched(&dynamodb, table, &mysql, &progress).await
    } else {
        mysql_to_dynamodb_watched(&mysql, &dynamodb, table, &progress).await
    };
    bar.finish_and_clear();
    let copied = copied?;
    say(&format!(
        "put {}, removed {}, equal before {}",
        copied.put, copied.removed, copied.equal
    ));

    let contents = Contents::of_mysql(&mysql).await?;
    if !contents.has_same_records(&Contents::of_dynamodb(&dynamodb, table).await?) {
        let differ =
            "the stores still differ: a client wrote meanwhile; copy again while no client writes";
        return Err(Error::new(ErrorKind::Conflict, differ).into());
    }
    say(&format!(
        "both stores have the same {} records",
        contents.len()
    ));
    Ok(())
}

/// A bar on standard error, when that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} records, {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

/// Writes a line to standard output; a closed one ends nothing.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
