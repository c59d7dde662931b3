//! All that the shop keeps in MySQL.

use dal_mysql::MySql;
use dal_traits::{Error, ErrorKind, Idempotency};
use sqlx::AssertSqlSafe;

use super::orders::{self, orders};
use super::{carts, products, users};
use crate::contents::{Contents, Newest};
use crate::error::RepoError;

/// The tables whose ids MySQL makes.
const TABLES: [&str; 3] = ["users", "products", "orders"];

/// Reads everything.
pub(crate) async fn read(db: &MySql) -> Result<Contents, RepoError> {
    let rows = db
        .statement("SELECT", "users", Idempotency::Read, || async {
            sqlx::query_as("SELECT id, email, name, created_at FROM users ORDER BY id")
                .fetch_all(db.pool())
                .await
        })
        .await?;
    let users = rows.into_iter().map(users::user).collect();
    let rows = db
        .statement("SELECT", "products", Idempotency::Read, || async {
            sqlx::query_as(
                "SELECT id, seller, category, name, price, stock, description \
                 FROM products ORDER BY id",
            )
            .fetch_all(db.pool())
            .await
        })
        .await?;
    let products = rows.into_iter().map(products::product).collect();
    let rows = db
        .statement("SELECT", "cart_lines", Idempotency::Read, || async {
            sqlx::query_as(
                "SELECT user_id, product_id, quantity FROM cart_lines ORDER BY user_id, product_id",
            )
            .fetch_all(db.pool())
            .await
        })
        .await?;
    let lines = rows.into_iter().map(carts::line).collect();
    let rows: Vec<orders::Row> = db
        .statement("SELECT", "orders", Idempotency::Read, || async {
            sqlx::query_as(
                "SELECT o.id, o.user_id, o.placed_at, o.total, l.product_id, l.quantity, l.price \
                 FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id \
                 ORDER BY o.id, l.product_id",
            )
            .fetch_all(db.pool())
            .await
        })
        .await?;
    let [newest_user, newest_product, newest_order] = newest(db).await?;
    Ok(Contents {
        users,
        products,
        lines,
        orders: orders(rows),
        newest: Newest {
            user: newest_user,
            product: newest_product,
            order: newest_order,
        },
    })
}

/// The newest id that each of [`TABLES`] gave out, also when its row is gone again: what `MAX(id)`
/// does not say.
async fn newest(db: &MySql) -> Result<[u64; 3], RepoError> {
    let mut newest = [0; 3];
    for (newest, table) in newest.iter_mut().zip(TABLES) {
        *newest = next(db, table).await?.saturating_sub(1);
    }
    Ok(newest)
}

/// The next id of a table.
async fn next(db: &MySql, table: &'static str) -> Result<u64, RepoError> {
    // Not from information_schema, whose values are by default up to a day old.
    let (_, definition): (String, String) = db
        .statement("SHOW CREATE TABLE", table, Idempotency::Read, || async {
            sqlx::query_as(AssertSqlSafe(format!("SHOW CREATE TABLE {table}")))
                .fetch_one(db.pool())
                .await
        })
        .await?;
    next_id(&definition).ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the next id of a table cannot be read")
            .backend("mysql")
            .entity(table)
            .into()
    })
}

/// The next id of a table by its definition, which says nothing when it is the first.
fn next_id(definition: &str) -> Option<u64> {
    // The options of the table follow its last bracket.
    let (_, options) = definition.rsplit_once(')')?;
    let Some((_, rest)) = options.split_once(" AUTO_INCREMENT=") else {
        return Some(1);
    };
    rest.split(' ').next()?.parse().ok()
}

/// Moves the tables' next ids past `newest`; never back.
pub(crate) async fn pass(db: &MySql, newest: Newest) -> Result<(), RepoError> {
    for (table, id) in TABLES
        .into_iter()
        .zip([newest.user, newest.product, newest.order])
    {
        set_next_id(db, table, id).await?;
    }
    Ok(())
}

/// Moves the next id of a table past `id`, where it is not past it already.
pub(super) async fn pass_id(db: &MySql, table: &'static str, id: u64) -> Result<(), RepoError> {
    if next(db, table).await? > id {
        return Ok(());
    }
    let past = id.checked_add(1).ok_or_else(|| no_further_id(table))?;
    db.statement("ALTER TABLE", table, Idempotency::ByToken, || {
        Box::pin(async {
            // One at a time: two of them could move it back. The lock ends with its connection.
            let mut connection = db.pool().acquire().await?;
            connection.close_on_drop();
            let locked: Option<i64> =
                sqlx::query_scalar("SELECT GET_LOCK(LEFT(CONCAT(?, '.', DATABASE()), 64), 10)")
                    .bind(table)
                    .fetch_one(&mut *connection)
                    .await?;
            if locked != Some(1) {
                return Err(sqlx::Error::PoolTimedOut);
            }
            let (_, definition): (String, String) =
                sqlx::query_as(AssertSqlSafe(format!("SHOW CREATE TABLE {table}")))
                    .fetch_one(&mut *connection)
                    .await?;
            if next_id(&definition).is_some_and(|next| next < past) {
                let change = format!("ALTER TABLE {table} AUTO_INCREMENT = {past}");
                sqlx::query(AssertSqlSafe(change))
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(())
}

fn no_further_id(table: &'static str) -> Error {
    Error::new(ErrorKind::Limit, "there is no further id").entity(table)
}

async fn set_next_id(db: &MySql, table: &'static str, id: u64) -> Result<(), RepoError> {
    let next = id.checked_add(1).ok_or_else(|| no_further_id(table))?;
    db.statement("ALTER TABLE", table, Idempotency::ByToken, || async {
        let change = format!("ALTER TABLE {table} AUTO_INCREMENT = {next}");
        sqlx::query(AssertSqlSafe(change)).execute(db.pool()).await
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::next_id;

    #[test]
    fn the_next_id_is_read_from_the_options_of_the_table() {
        let table = "CREATE TABLE `t` (`id` int COMMENT ' AUTO_INCREMENT=9 ')";
        assert_eq!(
            next_id(&format!("{table} ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT")),
            Some(42)
        );
        assert_eq!(next_id(&format!("{table} ENGINE=InnoDB DEFAULT")), Some(1));
    }
}
