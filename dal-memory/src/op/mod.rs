//! The operations, one file for each kind.

mod change;
mod delete;
mod get;
mod insert;
mod query;
mod transact;
mod update;

use dal_traits::op::{Op, Reply};
use dal_traits::{Error, ErrorKind, Result};

use crate::Prepared;
use crate::rows::Table;

pub(crate) use transact::transact;

/// Carries out one operation on the rows of its table.
pub(crate) fn call(prepared: &Prepared, table: &mut Table, op: Op) -> Result<Reply> {
    match op {
        Op::Get(get) => get::get(table, &get),
        Op::GetMany(get_many) => Ok(get::get_many(table, &get_many)),
        Op::Query(query) => query::query(table, &query),
        Op::Scan(scan) => query::scan(table, &scan),
        Op::Insert(insert) => insert::insert(table, insert),
        Op::Put(put) => insert::put(table, put),
        Op::Update(update) => update::update(prepared, table, update),
        Op::Delete(delete) => delete::delete(table, &delete),
        Op::NextId(next) => table.next_id(&next.entity).map(Reply::Id),
        Op::PassId(pass) => {
            table.pass_id(pass.id);
            Ok(Reply::Done)
        }
        _ => Err(unsupported()),
    }
}

pub(crate) fn unsupported() -> Error {
    Error::new(ErrorKind::Unsupported, "the operation is not supported")
}
