//! Users on MySQL.

use async_trait::async_trait;
use dal_mysql::MySql;
use dal_traits::Idempotency;
use sqlx::mysql::MySqlConnection;
use time::PrimitiveDateTime;

use super::{column, contents, exists, failed, look_ahead, refused_by, uncommitted, utc};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{NewUser, Page, User, page_size, text};
use crate::repos::UserRepository;

/// [`UserRepository`] on the table `users`.
#[derive(Clone, Debug)]
pub struct MySqlUsers {
    db: MySql,
}

pub(super) type Row = (u64, String, String, PrimitiveDateTime);

pub(super) fn user((id, email, name, created_at): Row) -> User {
    User {
        id,
        email,
        name,
        created_at: utc(created_at),
    }
}

/// Says which unique key refused.
fn taken(error: RepoError) -> RepoError {
    if refused_by(&error, "users_email") {
        RepoError::EmailTaken
    } else if refused_by(&error, "users_name") {
        RepoError::NameTaken
    } else {
        error
    }
}

impl MySqlUsers {
    /// Users in the database of `db`, whose tables [`crate::schema::create_mysql`] made.
    pub const fn new(db: MySql) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UserRepository for MySqlUsers {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        new.check()?;
        self.db
            .unit("INSERT", "users", Idempotency::None, || async {
                let failed = failed("INSERT", "users");
                let mut tx = self.db.begin().await.map_err(&failed)?;
                let id = sqlx::query("INSERT INTO users (email, name) VALUES (?, ?)")
                    .bind(&new.email)
                    .bind(&new.name)
                    .execute(&mut *tx)
                    .await
                    .map_err(&failed)
                    .map_err(taken)?
                    .last_insert_id();
                let row =
                    sqlx::query_as("SELECT id, email, name, created_at FROM users WHERE id = ?")
                        .bind(id)
                        .fetch_one(&mut *tx)
                        .await
                        .map_err(&failed)?;
                tx.commit().await.map_err(uncommitted("users"))?;
                Ok(user(row))
            })
            .await
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        text("name", name)?;
        let done = self
            .db
            .statement("UPDATE", "users", Idempotency::ByToken, || async {
                sqlx::query("UPDATE users SET name = ? WHERE id = ?")
                    .bind(name)
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await
            .map_err(|error| taken(error.into()))?;
        // sqlx counts matched rows, not changed ones.
        if done.rows_affected() == 0 {
            return Err(RepoError::NoSuchUser);
        }
        Ok(())
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        let done = self
            .db
            .statement("DELETE", "users", Idempotency::None, || async {
                sqlx::query("DELETE FROM users WHERE id = ?")
                    .bind(id)
                    .execute(self.db.pool())
                    .await
            })
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        let row = self
            .db
            .statement("SELECT", "users", Idempotency::Read, || async {
                sqlx::query_as("SELECT id, email, name, created_at FROM users WHERE id = ?")
                    .bind(id)
                    .fetch_optional(self.db.pool())
                    .await
            })
            .await?;
        Ok(row.map(user))
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        let row = self
            .db
            .statement("SELECT", "users", Idempotency::Read, || async {
                sqlx::query_as("SELECT id, email, name, created_at FROM users WHERE email = ?")
                    .bind(email)
                    .fetch_optional(self.db.pool())
                    .await
            })
            .await?;
        Ok(row.map(user))
    }

    async fn by_name(&self, name: &str) -> Result<Option<User>, RepoError> {
        let row = self
            .db
            .statement("SELECT", "users", Idempotency::Read, || async {
                sqlx::query_as("SELECT id, email, name, created_at FROM users WHERE name = ?")
                    .bind(name)
                    .fetch_optional(self.db.pool())
                    .await
            })
            .await?;
        Ok(row.map(user))
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page<User>, RepoError> {
        let limit = page_size(limit)?;
        // No name is empty, so all of them come after the empty text.
        let after = after.map_or(Ok(String::new()), |after| cursor::text(List::Users, after))?;
        let rows: Vec<Row> = self
            .db
            .statement("SELECT", "users", Idempotency::Read, || async {
                sqlx::query_as(
                    "SELECT id, email, name, created_at FROM users \
                     WHERE name > ? ORDER BY name LIMIT ?",
                )
                .bind(&after)
                .bind(look_ahead(limit))
                .fetch_all(self.db.pool())
                .await
            })
            .await?;
        let users = rows.into_iter().map(user).collect();
        Ok(Page::cut(users, limit, |user: &User| {
            cursor::after_text(List::Users, &user.name)
        }))
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        self.db
            .unit("INSERT", "users", Idempotency::ByToken, || async {
                let failed = failed("INSERT", "users");
                let mut tx = self.db.begin().await.map_err(&failed)?;
                // Not `ON DUPLICATE KEY UPDATE`: that would change the row that has the e-mail.
                if !update(&mut tx, user).await?
                    && let Err(error) = insert(&mut tx, user).await
                {
                    // Another put of this id came in between.
                    if !exists(&error) {
                        return Err(error);
                    }
                    update(&mut tx, user).await?;
                }
                tx.commit().await.map_err(uncommitted("users"))
            })
            .await
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        contents::pass_id(&self.db, "users", id).await
    }
}

async fn update(connection: &mut MySqlConnection, user: &User) -> Result<bool, RepoError> {
    let done = sqlx::query("UPDATE users SET email = ?, name = ?, created_at = ? WHERE id = ?")
        .bind(&user.email)
        .bind(&user.name)
        .bind(column(user.created_at))
        .bind(user.id)
        .execute(connection)
        .await
        .map_err(failed("UPDATE", "users"))
        .map_err(taken)?;
    Ok(done.rows_affected() > 0)
}

async fn insert(connection: &mut MySqlConnection, user: &User) -> Result<(), RepoError> {
    sqlx::query("INSERT INTO users (id, email, name, created_at) VALUES (?, ?, ?, ?)")
        .bind(user.id)
        .bind(&user.email)
        .bind(&user.name)
        .bind(column(user.created_at))
        .execute(connection)
        .await
        .map_err(failed("INSERT", "users"))
        .map_err(taken)?;
    Ok(())
}
