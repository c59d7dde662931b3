//! A shop to begin with: invented customers, products, carts and orders, always the same.

use dal_mysql::MySql;
use dal_traits::Idempotency;
use sqlx::{MySql as Dialect, QueryBuilder};
use time::PrimitiveDateTime;
use time::macros::datetime;

use crate::error::RepoError;

/// Rows in one statement.
const ROWS: usize = 500;
/// When the invented shop opened.
const OPENED: PrimitiveDateTime = datetime!(2024-02-29 23:59:59.999_999);
/// The categories of the invented products.
pub(crate) const CATEGORIES: [&str; 6] = ["books", "Books", "garden", "music", "café", "toys"];
/// The sellers of the invented products.
pub(crate) const SELLERS: [&str; 4] = ["Ada & Co.", "ada & co.", "Zoë", "zoe"];

/// How much to invent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Customers, with ids from 1; every second one has two lines in the cart.
    pub users: u64,
    /// Products, with ids from 1.
    pub products: u64,
    /// Orders of two lines, with ids from 1, dealt to the customers in turn.
    pub orders: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            users: 1_000,
            products: 500,
            orders: 1_000,
        }
    }
}

/// Fills empty tables, which [`crate::schema::create_mysql`] made, in one transaction.
///
/// # Errors
/// [`RepoError::Invalid`] for orders or carts without products or users to have them;
/// [`RepoError::Store`], also when the tables are not empty.
pub async fn fill_mysql(db: &MySql, size: Size) -> Result<(), RepoError> {
    if size.products < 2 || size.users == 0 {
        return Err(RepoError::Invalid("size"));
    }
    let filling = db.statement("INSERT", "shop", Idempotency::None, || async {
        let mut tx = db.pool().begin().await?;
        for mut statement in statements(size) {
            statement.build().execute(&mut *tx).await?;
        }
        tx.commit().await
    });
    Box::pin(filling).await?;
    Ok(())
}

/// The e-mail of an invented customer.
pub(crate) fn user_email(id: u64) -> String {
    format!("{}@example.com", user_name(id))
}

/// The name of an invented customer.
pub(crate) fn user_name(id: u64) -> String {
    format!("user{id:05}")
}

fn statements(size: Size) -> Vec<QueryBuilder<Dialect>> {
    let mut all = insert(
        "users (id, email, name, created_at)",
        1..=size.users,
        |row, id| {
            row.push_bind(id)
                .push_bind(user_email(id))
                .push_bind(user_name(id))
                .push_bind(moment(id));
        },
    );
    all.extend(insert(
        "products (id, seller, category, name, description, price, stock)",
        1..=size.products,
        |row, id| {
            row.push_bind(id)
                .push_bind(pick(&SELLERS, id))
                .push_bind(pick(&CATEGORIES, id / 3))
                .push_bind(format!("product {id}"))
                .push_bind(format!("What product {id} is, in a few words.\n"))
                .push_bind(price(id))
                .push_bind(1_000_u32);
        },
    ));
    let carts = (1..=size.users).filter(|user| user % 2 == 0);
    all.extend(insert(
        "cart_lines (user_id, product_id, quantity)",
        carts.flat_map(|user| [(user, 0), (user, 1)]),
        |row, (user, line)| {
            row.push_bind(user)
                .push_bind((user + line) % size.products + 1)
                .push_bind(line + 1);
        },
    ));
    let product = move |order: u64, line: u64| (order * 7 + line) % size.products + 1;
    all.extend(insert(
        "orders (id, user_id, placed_at, total)",
        1..=size.orders,
        move |row, id| {
            row.push_bind(id)
                .push_bind(id % size.users + 1)
                .push_bind(moment(id / 2))
                .push_bind(price(product(id, 0)) + price(product(id, 1)) * 2);
        },
    ));
    all.extend(insert(
        "order_lines (order_id, product_id, quantity, price)",
        (1..=size.orders).flat_map(|order| [(order, 0), (order, 1)]),
        move |row, (order, line)| {
            row.push_bind(order)
                .push_bind(product(order, line))
                .push_bind(line + 1)
                .push_bind(price(product(order, line)));
        },
    ));
    all
}

fn insert<T>(
    into: &str,
    rows: impl Iterator<Item = T>,
    values: impl Fn(&mut sqlx::query_builder::Separated<'_, Dialect, &'static str>, T),
) -> Vec<QueryBuilder<Dialect>> {
    let mut rows = rows.peekable();
    let mut statements = Vec::new();
    while rows.peek().is_some() {
        let mut statement = QueryBuilder::new(format!("INSERT INTO {into} "));
        statement.push_values(rows.by_ref().take(ROWS), |mut row, record| {
            values(&mut row, record);
        });
        statements.push(statement);
    }
    statements
}

/// Several records share a price, so that lists have ties.
fn price(product: u64) -> u64 {
    product % 50 * 100 + 99
}

fn pick(texts: &[&'static str], number: u64) -> &'static str {
    usize::try_from(number)
        .ok()
        .and_then(|number| texts.iter().cycle().nth(number % texts.len()))
        .copied()
        .unwrap_or_default()
}

/// A moment some minutes after the opening; every microsecond counts.
fn moment(number: u64) -> PrimitiveDateTime {
    let minutes = i64::try_from(number).unwrap_or_default();
    OPENED + time::Duration::minutes(minutes) + time::Duration::microseconds(minutes % 3)
}
