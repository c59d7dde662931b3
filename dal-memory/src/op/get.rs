//! One record, and several by identity.

use dal_traits::Result;
use dal_traits::op::{Get, GetMany, Reply};

use super::query::is_found;
use crate::place::Placing;
use crate::rows::Table;

pub(super) fn get(table: &Table, get: &Get) -> Result<Reply> {
    let placing = Placing::of_path(&get.entity, get.path);
    for record in table.all() {
        if is_found(record, get.path, &get.key) && placing.place(record)?.is_some() {
            return Ok(Reply::Record(Some(record.clone())));
        }
    }
    Ok(Reply::Record(None))
}

pub(super) fn get_many(table: &Table, get_many: &GetMany) -> Reply {
    let keys = get_many.keys.iter();
    Reply::Records(keys.map(|key| table.get(key).cloned()).collect())
}
