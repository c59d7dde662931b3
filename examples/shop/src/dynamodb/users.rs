//! Users on DynamoDB: the user, a guard for the e-mail, and a guard for the name that is the list
//! too.

use async_trait::async_trait;
use dal_dynamodb::{DynamoDb, Item, Role};
use dal_traits::{Error, ErrorKind, OpCx};
use time::OffsetDateTime;

use super::item::{n, number, s, t, text, time};
use super::table::{Counter, Expression, Query, Range, Table, absent, item, key};
use super::{PLANS, overtaken};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{self, NewUser, Page, User, moment, page_size};
use crate::repos::UserRepository;

/// [`UserRepository`] in the shop's table.
#[derive(Clone, Debug)]
pub struct DynamoUsers {
    table: Table,
}

const EMAIL: &str = "users_email";
const NAME: &str = "users_name";
const NAMES: &str = "NAMES";

fn user_key(id: u64) -> Item {
    key(format!("USER#{id}"), "#")
}

fn email_key(email: &str) -> Item {
    key(format!("EMAIL#{email}"), "#")
}

fn name_key(name: &str) -> Item {
    key(NAMES, name)
}

fn with_user(key: Item, user: &User) -> Result<Item, RepoError> {
    Ok(item(
        key,
        [
            ("id", n(user.id)),
            ("email", s(&user.email)),
            ("name", s(&user.name)),
            ("created_at", t(user.created_at)?),
        ],
    ))
}

pub(super) fn user(item: &Item) -> Result<User, RepoError> {
    Ok(User {
        id: number(item, "id")?,
        email: text(item, "email")?,
        name: text(item, "name")?,
        created_at: time(item, "created_at")?,
    })
}

/// Says which guard refused.
fn taken(error: Error) -> RepoError {
    match error.class().constraint.as_deref() {
        Some(EMAIL) => RepoError::EmailTaken,
        Some(NAME) => RepoError::NameTaken,
        _ => error.into(),
    }
}

/// The condition that the user was not changed since it was read.
fn unchanged(old: &User) -> Expression {
    Expression {
        condition: Some("#email = :old_email AND #name = :old_name"),
        names: &["email", "name"],
        values: vec![("old_email", s(&old.email)), ("old_name", s(&old.name))],
        ..Expression::default()
    }
}

/// The condition that a guard is free, or this user's already.
fn free_or_of(id: u64) -> Expression {
    Expression {
        condition: Some("attribute_not_exists(#pk) OR #id = :id"),
        names: &["pk", "id"],
        values: vec![("id", n(id))],
        ..Expression::default()
    }
}

impl DynamoUsers {
    /// Users in `table`, which [`crate::schema::create_dynamodb`] made.
    pub fn new(db: DynamoDb, table: impl Into<String>) -> Self {
        let name = table.into();
        Self {
            table: Table { db, name },
        }
    }

    /// Moves the id counter: the next user gets `first`, or a greater id.
    ///
    /// # Errors
    /// DynamoDB's own.
    pub async fn begin_ids(&self, first: u64) -> Result<(), RepoError> {
        self.table
            .pass_id(Counter::Users, first.saturating_sub(1))
            .await
    }

    async fn find(&self, key: Item) -> Result<Option<User>, RepoError> {
        self.table.get(key).await?.as_ref().map(user).transpose()
    }

    /// Writes the user over `old` with its guards.
    async fn replace(&self, old: Option<&User>, new: &User) -> Result<(), Error> {
        let plan = self.plan(old, new).map_err(|error| match error {
            RepoError::Store(error) => error,
            other => Error::new(ErrorKind::InvalidValue, other.to_string()),
        })?;
        self.table.transact(plan).await
    }

    fn plan(
        &self,
        old: Option<&User>,
        new: &User,
    ) -> Result<Vec<(aws_sdk_dynamodb::types::TransactWriteItem, Role)>, RepoError> {
        let (condition, role) = old.map_or_else(
            || (absent(), Role::Insert),
            |old| (unchanged(old), Role::Condition),
        );
        let email = item(email_key(&new.email), [("id", n(new.id))]);
        let mut plan = vec![
            (
                self.table
                    .putting(with_user(user_key(new.id), new)?, &condition)?,
                role,
            ),
            (
                self.table.putting(email, &free_or_of(new.id))?,
                Role::unique(EMAIL),
            ),
            (
                self.table
                    .putting(with_user(name_key(&new.name), new)?, &free_or_of(new.id))?,
                Role::unique(NAME),
            ),
        ];
        let free = Expression::default();
        if let Some(old) = old.filter(|old| old.email != new.email) {
            let guard = self.table.deleting(email_key(&old.email), &free)?;
            plan.push((guard, Role::Condition));
        }
        if let Some(old) = old.filter(|old| old.name != new.name) {
            let guard = self.table.deleting(name_key(&old.name), &free)?;
            plan.push((guard, Role::Condition));
        }
        Ok(plan)
    }
}

#[async_trait]
impl UserRepository for DynamoUsers {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        new.check()?;
        let user = User {
            id: self.table.next_id(Counter::Users).await?,
            email: new.email.clone(),
            name: new.name.clone(),
            created_at: moment(OffsetDateTime::from(OpCx::current().now()))?,
        };
        self.replace(None, &user).await.map_err(taken)?;
        Ok(user)
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        model::text("name", name)?;
        for _ in 0..PLANS {
            let old = self
                .find(user_key(id))
                .await?
                .ok_or(RepoError::NoSuchUser)?;
            let new = User {
                name: name.to_owned(),
                ..old.clone()
            };
            match self.replace(Some(&old), &new).await {
                Err(error) if error.kind() == ErrorKind::ConditionFailed => {}
                done => return done.map_err(taken),
            }
        }
        Err(overtaken("rename", "users"))
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        for _ in 0..PLANS {
            let Some(old) = self.find(user_key(id)).await? else {
                return Ok(false);
            };
            let free = Expression::default();
            let plan = vec![
                (
                    self.table.deleting(user_key(id), &unchanged(&old))?,
                    Role::Condition,
                ),
                (
                    self.table.deleting(email_key(&old.email), &free)?,
                    Role::Condition,
                ),
                (
                    self.table.deleting(name_key(&old.name), &free)?,
                    Role::Condition,
                ),
            ];
            match self.table.transact(plan).await {
                Err(error) if error.kind() == ErrorKind::ConditionFailed => {}
                done => return done.map(|()| true).map_err(RepoError::from),
            }
        }
        Err(overtaken("remove", "users"))
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        self.find(user_key(id)).await
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        // A text that no user can have is not looked up: DynamoDB refuses keys that are too long.
        if model::text("email", email).is_err() {
            return Ok(None);
        }
        let Some(guard) = self.table.get(email_key(email)).await? else {
            return Ok(None);
        };
        let user = self.find(user_key(number(&guard, "id")?)).await?;
        Ok(user.filter(|user| user.email == email))
    }

    async fn by_name(&self, name: &str) -> Result<Option<User>, RepoError> {
        if model::text("name", name).is_err() {
            return Ok(None);
        }
        self.find(name_key(name)).await
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page<User>, RepoError> {
        let limit = page_size(limit)?;
        let range = match after {
            None => Range::All,
            Some(after) => Range::After(cursor::text(List::Users, after)?),
        };
        let items = self
            .table
            .query(Query {
                index: None,
                partition: NAMES.to_owned(),
                range,
                most: limit + 1,
            })
            .await?;
        let users = items.iter().map(user).collect::<Result<_, _>>()?;
        Ok(Page::cut(users, limit, |user: &User| {
            cursor::after_text(List::Users, &user.name)
        }))
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Users, user.id).await?;
        for _ in 0..PLANS {
            let old = self.find(user_key(user.id)).await?;
            match self.replace(old.as_ref(), user).await {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConditionFailed | ErrorKind::AlreadyExists
                    ) => {}
                done => return done.map_err(taken),
            }
        }
        Err(overtaken("put_exact", "users"))
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        self.table.pass_id(Counter::Users, id).await
    }
}
