//! Writes of records with their children, in one transaction.

use dal_traits::op::{self, Change, Op, Reply, Step};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};
use sqlx::mysql::MySqlConnection;

use super::array::Array;
use super::replace;
use crate::backend::MySqlBackend;
use crate::backend::op::delete::Delete;
use crate::backend::op::insert::Insert;
use crate::backend::op::put::Put;
use crate::backend::op::update::Update;
use crate::backend::run::{commit, finds};
use crate::backend::sql::Statement;
use crate::backend::table::Table;

/// A write of a record and of rows that are its children, ready to be sent.
pub(in crate::backend) struct Write<'a> {
    table: &'a Table,
    operation: &'static str,
    own: Own<'a>,
    /// Whether it is a transaction of its own.
    is_alone: bool,
    /// What becomes of the arrays that are written.
    arrays: Vec<(&'a Array, &'a [Vec<Value>])>,
}

/// The write of the record's own row. It locks the row before any of the children is written.
enum Own<'a> {
    Insert(Insert<'a>),
    Put(Put<'a>, Vec<Value>),
    Update(Update<'a>, &'a [Value]),
    Delete {
        lock: Statement,
        delete: Delete<'a>,
        asked: &'a op::Delete,
    },
}

impl<'a> Write<'a> {
    /// The write that an operation asks for; none when it writes no children.
    pub(in crate::backend) fn of(table: &'a Table, op: &'a Op) -> Result<Option<Self>> {
        if table.arrays.is_empty() {
            return Ok(None);
        }
        match op {
            Op::Insert(insert) => Self::insert(table, &insert.record),
            Op::Put(put) => Self::put(table, &put.record).map(Some),
            Op::Update(update) => Self::update(table, update),
            Op::Delete(delete) => Self::delete(table, delete).map(Some),
            _ => Ok(None),
        }
    }

    /// The write that a step asks for; none when it writes no children.
    pub(in crate::backend) fn of_step(table: &'a Table, step: &'a Step) -> Result<Option<Self>> {
        if table.arrays.is_empty() {
            return Ok(None);
        }
        let write = match step {
            Step::Insert(insert) => Self::insert(table, &insert.record),
            Step::Put(put) => Self::put(table, &put.record).map(Some),
            Step::Update(update) => Self::update(table, update),
            Step::Delete(delete) => Self::delete(table, delete).map(Some),
            _ => Ok(None),
        };
        Ok(write?.map(|write| Self {
            is_alone: false,
            ..write
        }))
    }

    fn insert(table: &'a Table, record: &'a Record) -> Result<Option<Self>> {
        let arrays = of_record(table, record);
        if arrays.iter().all(|(_, elements)| elements.is_empty()) {
            return Ok(None);
        }
        Ok(Some(Self {
            table,
            operation: "INSERT",
            is_alone: true,
            own: Own::Insert(Insert::new(table, record)?),
            arrays,
        }))
    }

    fn put(table: &'a Table, record: &'a Record) -> Result<Self> {
        Ok(Self {
            table,
            operation: "INSERT",
            is_alone: true,
            own: Own::Put(Put::new(table, record)?, record.identity()),
            arrays: of_record(table, record),
        })
    }

    fn update(table: &'a Table, update: &'a op::Update) -> Result<Option<Self>> {
        let mut arrays = Vec::new();
        for change in &update.changes {
            let array = table.arrays.iter().find(|a| a.field == change.field());
            match (array, change) {
                (None, _) => {}
                (Some(array), Change::Set(_, value)) => arrays.push((array, elements(value))),
                (Some(_), Change::Add(..)) => {
                    let message = "an array is set as a whole";
                    return Err(Error::new(ErrorKind::InvalidValue, message));
                }
            }
        }
        if arrays.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            table,
            operation: "UPDATE",
            is_alone: true,
            own: Own::Update(Update::new(table, update)?, &update.identity),
            arrays,
        }))
    }

    fn delete(table: &'a Table, delete: &'a op::Delete) -> Result<Self> {
        let (text, identity) = (&table.texts.locked, &delete.identity);
        Ok(Self {
            table,
            operation: "DELETE",
            is_alone: true,
            own: Own::Delete {
                delete: Delete::new(table, delete)?,
                lock: Statement::new(text, table.identified(identity))?,
                asked: delete,
            },
            arrays: table.arrays.iter().map(|array| (array, &[][..])).collect(),
        })
    }

    /// Carries it out in a transaction of its own.
    pub(in crate::backend) async fn alone(&self, backend: &MySqlBackend) -> Result<Reply> {
        let Self {
            table, operation, ..
        } = *self;
        backend
            .unit(operation, table, Idempotency::None, || async move {
                let mut transaction = backend.begin(operation, table).await?;
                let reply = self.on(&mut transaction).await?;
                commit(transaction, operation, table).await?;
                Ok(reply)
            })
            .await
    }

    /// Carries it out in a transaction.
    pub(in crate::backend) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        match &self.own {
            Own::Insert(insert) => {
                let reply = insert.on(connection).await?;
                if let Reply::Inserted(record) = &reply {
                    let identity = record.identity();
                    for (array, elements) in &self.arrays {
                        replace::insert(connection, array, &identity, elements).await?;
                    }
                }
                Ok(reply)
            }
            Own::Put(put, identity) => {
                let reply = put.on(connection).await?;
                self.replace(connection, identity).await?;
                Ok(reply)
            }
            Own::Update(update, identity) => {
                let reply = update.on(connection).await?;
                self.replace(connection, identity).await?;
                Ok(reply)
            }
            Own::Delete {
                lock,
                delete,
                asked,
            } => {
                if !finds(connection, self.table, lock).await? {
                    // Not sent at all: a record that came since has children that would stay.
                    return delete.of_missing();
                }
                // First, for a foreign key that does not cascade; a condition that fails undoes it
                // with the transaction.
                for (array, _) in &self.arrays {
                    replace::delete(connection, array, &asked.identity).await?;
                }
                delete.on(connection).await
            }
        }
    }

    async fn replace(&self, connection: &mut MySqlConnection, identity: &[Value]) -> Result<()> {
        for (array, elements) in &self.arrays {
            replace::replace(connection, array, identity, elements, self.is_alone).await?;
        }
        Ok(())
    }
}

fn of_record<'a>(table: &'a Table, record: &'a Record) -> Vec<(&'a Array, &'a [Vec<Value>])> {
    let arrays = table.arrays.iter();
    arrays
        .map(|array| (array, elements(record.value(array.field))))
        .collect()
}

/// The elements of an array.
fn elements(value: &Value) -> &[Vec<Value>] {
    match value {
        Value::Rows(rows) => rows,
        _ => &[],
    }
}
