//! Several writes that happen together or not at all.

use dal_traits::Result;
use dal_traits::model::Entity;
use dal_traits::op::{Reply, Step, Transact};

use super::{delete, insert, unsupported, update};
use crate::Prepared;
use crate::rows::{Rows, Table};

/// Carries the steps out one after the other on a copy of the rows, until one is refused.
pub(crate) fn transact<'a>(
    prepared: impl Fn(&Entity) -> Result<&'a Prepared>,
    rows: &mut Rows,
    mut transact: Transact,
) -> Result<Reply> {
    let mut copy = rows.clone();
    let done = carry_out(prepared, &mut copy, &mut transact);
    rows.end(copy, done.is_ok());
    done.map(Reply::Transacted)
}

fn carry_out<'a>(
    prepared: impl Fn(&Entity) -> Result<&'a Prepared>,
    rows: &mut Rows,
    transact: &mut Transact,
) -> Result<Vec<Reply>> {
    let mut replies = Vec::with_capacity(transact.steps.len());
    for (place, step) in transact.steps.iter().enumerate() {
        let entity = step.entity();
        let reply = prepared(entity).and_then(|of| write(of, rows.of(entity), step.clone()));
        replies.push(reply.map_err(|error| step.refused(place + 1, error))?);
    }
    // The id of a new record may be the one that another step names.
    transact.check_inserted(&replies)?;
    Ok(replies)
}

fn write(prepared: &Prepared, table: &mut Table, step: Step) -> Result<Reply> {
    match step {
        Step::Insert(insert) => insert::insert(table, insert),
        Step::Put(put) => insert::put(table, put),
        Step::Update(update) => update::update(prepared, table, update),
        Step::Delete(delete) => delete::delete(table, &delete),
        Step::Check(check) => update::check(table, &check),
        _ => Err(unsupported()),
    }
}
