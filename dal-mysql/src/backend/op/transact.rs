//! Several writes that happen together or not at all: one transaction on one connection.
//!
//! The steps are carried out, and judged, in the order of the list. Where that is not the order of
//! the identities, the rows are locked in that order first, so that two transactions about the same
//! rows do not wait for each other.

use dal_traits::op::{Reply, Step, Transact};
use dal_traits::{Error, ErrorKind, Idempotency, Result};
use sqlx::mysql::MySqlConnection;

use super::check::Check;
use super::delete::Delete;
use super::insert::Insert;
use super::put::Put;
use super::update::Update;
use crate::backend::run::{commit, finds};
use crate::backend::sql::Statement;
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, children};

const TRANSACTION: &str = "TRANSACTION";

/// A step that is ready to be sent.
enum Planned<'a> {
    Insert(Insert<'a>),
    Put(Put<'a>),
    Update(Update<'a>),
    Delete(Delete<'a>),
    Check(Check<'a>),
    /// A write of a record with its children.
    Children(children::Write<'a>),
}

/// The lock of a row.
struct Lock<'a> {
    /// Rows are locked in the order of these.
    row: Vec<u8>,
    /// The place of its step.
    place: usize,
    table: &'a Table,
    statement: Statement,
}

pub(in crate::backend) async fn run(backend: &MySqlBackend, transact: &Transact) -> Result<Reply> {
    let refused = |place: usize, error: Error| match transact.steps.get(place) {
        // A lock, a lost link, a limit: nothing is wrong with the step.
        Some(_) if error.class().is_transient() => error,
        Some(step) => step.refused(place + 1, error),
        None => error,
    };
    let mut planned = Vec::with_capacity(transact.steps.len());
    let mut locks = Vec::new();
    let mut first = None;
    for (place, step) in transact.steps.iter().enumerate() {
        let table = backend.table(step.entity());
        let table = table.map_err(|error| refused(place, error))?;
        planned.push(Planned::new(table, step).map_err(|error| refused(place, error))?);
        locks.extend(Lock::new(table, step, place).map_err(|error| refused(place, error))?);
        first = first.or(Some(table));
    }
    let Some(table) = first else {
        return Ok(Reply::Transacted(Vec::new()));
    };
    if locks.is_sorted_by(|one, other| one.row < other.row) {
        locks.clear();
    }
    locks.sort_by(|one, other| one.row.cmp(&other.row));
    let (planned, locks) = (&planned, &locks);
    let replies = backend
        .unit(TRANSACTION, table, Idempotency::None, || async move {
            let mut transaction = backend.begin(TRANSACTION, table).await?;
            for lock in locks {
                let locked = finds(&mut transaction, lock.table, &lock.statement).await;
                locked.map_err(|error| refused(lock.place, error))?;
            }
            let mut replies = Vec::with_capacity(planned.len());
            for (place, step) in planned.iter().enumerate() {
                let reply = step.on(&mut transaction).await;
                replies.push(reply.map_err(|error| refused(place, error))?);
            }
            // The id of a new record may be the one that another step names.
            transact.clone().check_inserted(&replies)?;
            commit(transaction, TRANSACTION, table).await?;
            Ok(replies)
        })
        .await?;
    Ok(Reply::Transacted(replies))
}

impl<'a> Planned<'a> {
    fn new(table: &'a Table, step: &'a Step) -> Result<Self> {
        if let Some(write) = children::Write::of_step(table, step)? {
            return Ok(Self::Children(write));
        }
        match step {
            Step::Insert(insert) => Insert::new(table, &insert.record).map(Self::Insert),
            Step::Put(put) => Put::new(table, &put.record).map(Self::Put),
            Step::Update(update) => Update::new(table, update).map(Self::Update),
            Step::Delete(delete) => Delete::new(table, delete).map(Self::Delete),
            Step::Check(check) => Check::new(table, check).map(Self::Check),
            _ => {
                let message = "this step is not built for MySQL";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        match self {
            Self::Insert(insert) => insert.on(connection).await,
            Self::Put(put) => put.on(connection).await,
            Self::Update(update) => update.on(connection).await,
            Self::Delete(delete) => delete.on(connection).await,
            Self::Check(check) => check.on(connection).await,
            Self::Children(write) => write.on(connection).await,
        }
    }
}

impl<'a> Lock<'a> {
    /// The lock of a row that should exist; an insert locks its own.
    fn new(table: &'a Table, step: &Step, place: usize) -> Result<Option<Self>> {
        let text = match step {
            Step::Insert(_) => return Ok(None),
            Step::Check(_) => &table.texts.shared,
            _ => &table.texts.locked,
        };
        let (Some(row), Some(identity)) = (step.record_key(), step.identity()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            row,
            place,
            table,
            statement: Statement::new(text, table.identified(&identity))?,
        }))
    }
}
