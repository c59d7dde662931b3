//! Users on `Store`.

use std::ops::Bound;

use async_trait::async_trait;
use dal_traits::store::{EntityStore, Store, TypedStore};
use dal_traits::{Error, ErrorKind};

use super::records::users::{ById, ByName, ByUsersEmail, ByUsersName, New, Row, Whole};
use super::{look_ahead, utc};
use crate::cursor::{self, List};
use crate::error::RepoError;
use crate::model::{NewUser, Page, User, page_size, text};
use crate::repos::UserRepository;

/// [`UserRepository`] on a `Store` of the shop's contract.
#[derive(Clone, Debug)]
pub struct StoreUsers {
    store: TypedStore,
    entity: EntityStore,
}

type Shapes<'a> = (
    (Row, New<'a>, Whole<'a>),
    (ById, ByUsersEmail<'a>, ByUsersName<'a>, ByName<'a>),
);

impl StoreUsers {
    /// Users in `store`.
    ///
    /// # Errors
    /// When the store's model is not the shop's.
    pub fn new(store: Store) -> Result<Self, Error> {
        Ok(Self {
            entity: store.entity("Users")?,
            store: store.verify::<Shapes<'_>>()?,
        })
    }
}

fn user(row: Row) -> User {
    User {
        id: row.id,
        email: row.email,
        name: row.name,
        created_at: row.created_at.assume_utc(),
    }
}

/// The error of the shop for one of `Store`.
fn refused(error: Error) -> RepoError {
    match (error.kind(), error.class().constraint.as_deref()) {
        (ErrorKind::NotFound, _) => RepoError::NoSuchUser,
        (ErrorKind::UniqueViolation, Some("users_email")) => RepoError::EmailTaken,
        (ErrorKind::UniqueViolation, Some("users_name")) => RepoError::NameTaken,
        _ => error.into(),
    }
}

#[async_trait]
impl UserRepository for StoreUsers {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        new.check()?;
        let row = self.store.insert(New {
            email: &new.email,
            name: &new.name,
        });
        Ok(user(row.await.map_err(refused)?))
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        text("name", name)?;
        let renamed = self.store.update::<Row>(id).set(Row::NAME, name);
        renamed.await.map_err(refused)
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.store.delete::<Row>(id).await.map_err(refused)
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        Ok(self.store.get(ById { id }).await?.map(user))
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        Ok(self.store.get(ByUsersEmail { email }).await?.map(user))
    }

    async fn by_name(&self, name: &str) -> Result<Option<User>, RepoError> {
        Ok(self.store.get(ByUsersName { name }).await?.map(user))
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page<User>, RepoError> {
        let limit = page_size(limit)?;
        let after = after
            .map(|after| cursor::text(List::Users, after))
            .transpose()?;
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let page = self
            .store
            .query(ByName {
                name: (from, Bound::Unbounded),
            })
            .limit(look_ahead(limit))
            .await?;
        let users = page.records.into_iter().map(user).collect();
        Ok(Page::cut(users, limit, |user: &User| {
            cursor::after_text(List::Users, &user.name)
        }))
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        let exact = Whole {
            id: user.id,
            email: &user.email,
            name: &user.name,
            created_at: utc(user.created_at),
        };
        self.store.put(exact).await.map_err(refused)
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        Ok(self.entity.pass_id(id.into()).await?)
    }
}
