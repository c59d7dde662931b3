//! MySQL for dal, on `sqlx`: the reading of its errors, the session rules, and calls that are
//! traced, measured and repeated by the retry rules. Useful to hand-written code as it is.
//!
//! ```no_run
//! use dal_traits::{ErrorKind, Idempotency};
//!
//! # async fn f() -> dal_traits::Result<()> {
//! let db = dal_mysql::connect("mysql://shop@localhost/shop").await?;
//! let added = db
//!     .statement("INSERT", "users", Idempotency::None, || async {
//!         sqlx::query("INSERT INTO users (email) VALUES (?)")
//!             .bind("ann@example.com")
//!             .execute(db.pool())
//!             .await
//!     })
//!     .await;
//! match added {
//!     Ok(done) => println!("id {}", done.last_insert_id()),
//!     Err(e) if e.kind() == ErrorKind::UniqueViolation => println!("taken: {e}"),
//!     Err(e) => return Err(e),
//! }
//! # Ok(()) }
//! ```
//!
//! Code that keeps sqlx's error in its own uses [`classify`]:
//! `#[classify(with = dal_mysql::classify)] Db(#[from] sqlx::Error)`.

mod error;
mod handle;
mod native;
mod release;
mod session;

pub use dal_traits::telemetry::describe_metrics;
pub use error::{classify, error};
pub use handle::{MySql, connect, from_pool};
pub use native::Native;
pub use release::release;
pub use session::{SESSION_RULES, connect_options, pool_options, verify};
