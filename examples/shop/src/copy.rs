//! Makes one store equal to the other, through the mirror methods.
//!
//! For a shop to which no client writes meanwhile: what is written to the source between reading
//! and putting a record is lost in the copy. The copy holds everything in memory at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};

use crate::Repositories;
use crate::contents::Contents;
use crate::error::RepoError;
use crate::{dynamodb, mysql};

/// Records written at the same time.
const AT_ONCE: usize = 8;

/// What a copy did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Records put into the target.
    pub put: usize,
    /// Records removed from the target: gone from the source, or in the way of a put.
    pub removed: usize,
    /// Records that were equal already.
    pub equal: usize,
}

/// Is told, while a copy runs, how many of the records that change are done, and how many there
/// are.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Makes DynamoDB equal to MySQL and moves its counters past MySQL's newest ids: past what MySQL
/// ever gave out, not past what is there, or an id would be given to a second record.
///
/// # Errors
/// [`RepoError::Store`]. What was copied by then stays; copy again.
pub async fn mysql_to_dynamodb(
    from: &MySql,
    to: &DynamoDb,
    table: &str,
) -> Result<Copied, RepoError> {
    mysql_to_dynamodb_watched(from, to, table, &|_, _| {}).await
}

/// The same, telling how far it is.
///
/// # Errors
/// As [`mysql_to_dynamodb`].
pub async fn mysql_to_dynamodb_watched(
    from: &MySql,
    to: &DynamoDb,
    table: &str,
    progress: Progress<'_>,
) -> Result<Copied, RepoError> {
    let want = Contents::of_mysql(from).await?;
    let have = Contents::of_dynamodb(to, table).await?;
    let copied = level(&Repositories::dynamodb(to, table), &have, &want, progress).await?;
    dynamodb::contents::pass(to, table, want.newest).await?;
    Ok(copied)
}

/// Puts what is in MySQL into repositories that are empty, and moves their ids past MySQL's newest.
///
/// # Errors
/// As [`mysql_to_dynamodb`].
pub async fn mysql_to_empty(from: &MySql, to: &Repositories) -> Result<Copied, RepoError> {
    let want = Contents::of_mysql(from).await?;
    to.users.pass_id(want.newest.user).await?;
    to.products.pass_id(want.newest.product).await?;
    to.orders.pass_id(want.newest.order).await?;
    level(to, &Contents::default(), &want, &|_, _| {}).await
}

/// Makes MySQL equal to DynamoDB, the way back.
///
/// # Errors
/// As [`mysql_to_dynamodb`].
pub async fn dynamodb_to_mysql(
    from: &DynamoDb,
    table: &str,
    to: &MySql,
) -> Result<Copied, RepoError> {
    dynamodb_to_mysql_watched(from, table, to, &|_, _| {}).await
}

/// The same, telling how far it is.
///
/// # Errors
/// As [`mysql_to_dynamodb`].
pub async fn dynamodb_to_mysql_watched(
    from: &DynamoDb,
    table: &str,
    to: &MySql,
    progress: Progress<'_>,
) -> Result<Copied, RepoError> {
    let want = Contents::of_dynamodb(from, table).await?;
    let have = Contents::of_mysql(to).await?;
    let copied = level(&Repositories::mysql(to), &have, &want, progress).await?;
    mysql::contents::pass(to, want.newest).await?;
    Ok(copied)
}

/// Removes from `to`, which has `have`, what is too much or different, then puts what is missing.
async fn level(
    to: &Repositories,
    have: &Contents,
    want: &Contents,
    progress: Progress<'_>,
) -> Result<Copied, RepoError> {
    let users = CopySteps::between(&have.users, &want.users, |user| user.id);
    let products = CopySteps::between(&have.products, &want.products, |product| product.listed.id);
    let lines = CopySteps::between(&have.lines, &want.lines, |l| (l.user_id, l.product_id));
    let orders = CopySteps::between(&have.orders, &want.orders, |order| order.id);
    let put = users.put.len() + products.put.len() + lines.put.len() + orders.put.len();
    let removed =
        users.remove.len() + products.remove.len() + lines.remove.len() + orders.remove.len();
    let count = Count::to(put + removed, progress);

    // Also of users that change: their old e-mail may be the new one of another.
    for user in &users.remove {
        count.one(to.users.remove(user.id).await)?;
    }
    for product in &products.remove {
        count.one(to.products.remove(product.listed.id).await)?;
    }
    for line in &lines.remove {
        count.one(to.carts.remove(line.user_id, line.product_id).await)?;
    }
    for order in &orders.remove {
        count.one(to.orders.remove(order.id).await)?;
    }

    let users = users.put.iter().map(|user| to.users.put_exact(user));
    at_once(users, &count).await?;
    let products = products.put.iter().map(|it| to.products.put_exact(it));
    at_once(products, &count).await?;
    let lines = lines.put.iter().map(|line| to.carts.put_exact(line));
    at_once(lines, &count).await?;
    let orders = orders.put.iter().map(|order| to.orders.put_exact(order));
    at_once(orders, &count).await?;

    Ok(Copied {
        put,
        removed,
        equal: want.len() - put,
    })
}

/// Boxed futures in a list: a stream of closures over references would not be `Send`.
async fn at_once<'a>(
    puts: impl Iterator<Item = BoxFuture<'a, Result<(), RepoError>>>,
    count: &Count<'_>,
) -> Result<(), RepoError> {
    let puts: Vec<_> = puts.collect();
    let mut done = stream::iter(puts).buffer_unordered(AT_ONCE);
    while let Some(put) = done.next().await {
        count.one(put)?;
    }
    Ok(())
}

/// Counts records that are done.
struct Count<'a> {
    done: AtomicUsize,
    of: usize,
    progress: Progress<'a>,
}

impl<'a> Count<'a> {
    fn to(of: usize, progress: Progress<'a>) -> Self {
        progress(0, of);
        let done = AtomicUsize::new(0);
        Self { done, of, progress }
    }

    fn one<T>(&self, done: Result<T, RepoError>) -> Result<(), RepoError> {
        done?;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(done, self.of);
        Ok(())
    }
}

/// What makes one list equal to another.
struct CopySteps<'a, T> {
    remove: Vec<&'a T>,
    put: Vec<&'a T>,
}

impl<'a, T: PartialEq> CopySteps<'a, T> {
    fn between<K: Hash + Eq>(have: &'a [T], want: &'a [T], key: impl Fn(&T) -> K) -> Self {
        let wanted: HashMap<K, &T> = want.iter().map(|record| (key(record), record)).collect();
        let had: HashMap<K, &T> = have.iter().map(|record| (key(record), record)).collect();
        Self {
            remove: have
                .iter()
                .filter(|record| wanted.get(&key(record)) != Some(record))
                .collect(),
            put: want
                .iter()
                .filter(|record| had.get(&key(record)) != Some(record))
                .collect(),
        }
    }
}
