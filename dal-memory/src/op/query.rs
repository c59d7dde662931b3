//! The records of a path, and every record.

use std::cmp::Ordering;
use std::ops::Bound;

use dal_traits::condition::Condition;
use dal_traits::op::{Page, Query, Reply, Scan};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};

use crate::key::key;
use crate::place::{Place, Placing};
use crate::rows::Table;

pub(super) fn query(table: &Table, query: &Query) -> Result<Reply> {
    let placing = Placing::of_path(&query.entity, query.path);
    let matches = |record: &Record| {
        is_found(record, query.path, &query.key)
            && is_within(record, query)
            && fulfils(record, query.filter.as_ref())
    };
    let after = query.position()?;
    let mut found = placed(table, &placing, matches)?;
    if query.backward {
        found.reverse();
    }
    if let Some(after) = after {
        let after = position(&placing, &after)?;
        let behind = if query.backward {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        found.retain(|(place, _)| place.cmp(&after) == behind);
    }
    Ok(page(found, query.limit, |last| query.cursor_behind(last)))
}

pub(super) fn scan(table: &Table, scan: &Scan) -> Result<Reply> {
    let placing = Placing::of_table(&scan.entity);
    let matches = |record: &Record| fulfils(record, scan.filter.as_ref());
    let after = scan.position()?;
    let mut found = placed(table, &placing, matches)?;
    if let Some(after) = after {
        let after = position(&placing, &after)?;
        found.retain(|(place, _)| *place > after);
    }
    Ok(page(found, scan.limit, |last| scan.cursor_behind(last)))
}

/// The place of a cursor, whose record need not exist any more.
fn position(placing: &Placing, after: &Record) -> Result<Place> {
    if let Ok(Some(place)) = placing.place(after) {
        return Ok(place);
    }
    let message = "the cursor has no place on the path: give back the `next` of a page";
    Err(Error::new(ErrorKind::InvalidCursor, message))
}

fn fulfils(record: &Record, filter: Option<&Condition>) -> bool {
    filter.is_none_or(|filter| filter.holds(record))
}

/// The records that match and are on the path, in its order.
fn placed<'a>(
    table: &'a Table,
    placing: &Placing,
    matches: impl Fn(&Record) -> bool,
) -> Result<Vec<(Place, &'a Record)>> {
    let mut found = Vec::new();
    for record in table.all().filter(|record| matches(record)) {
        if let Some(place) = placing.place(record)? {
            found.push((place, record));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// As many records as a page takes, and a cursor when there are more.
fn page(
    found: Vec<(Place, &Record)>,
    limit: u32,
    cursor: impl Fn(&Record) -> dal_traits::Cursor,
) -> Reply {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    let records = found.into_iter().take(limit);
    let records: Vec<Record> = records.map(|(_, record)| record.clone()).collect();
    let next = records.last().filter(|_| has_more).map(cursor);
    Reply::Page(Page { records, next })
}

/// Whether the record has the values of a key in the fields of a path: a NULL equals nothing.
pub(super) fn is_found(record: &Record, path: usize, values: &[Value]) -> bool {
    let Some(path) = record.entity().paths.get(path) else {
        return false;
    };
    let fields = path.equal.iter().chain(&path.sort).take(values.len());
    let own = key(fields.map(|field| record.value(*field)));
    own.is_some() && own == key(values)
}

/// Whether the sort field behind the key is within the range.
fn is_within(record: &Record, query: &Query) -> bool {
    let range = (query.range.0.as_ref(), query.range.1.as_ref());
    if matches!(range, (Bound::Unbounded, Bound::Unbounded)) {
        return true;
    }
    let path = query.entity.paths.get(query.path);
    let field = path.and_then(|path| {
        let behind = query.key.len().checked_sub(path.equal.len())?;
        path.sort.get(behind)
    });
    let Some(value) = field.map(|field| record.value(*field)) else {
        return false;
    };
    let least = match range.0 {
        Bound::Included(least) => is_one_of(value, least, &[Ordering::Greater, Ordering::Equal]),
        Bound::Excluded(least) => is_one_of(value, least, &[Ordering::Greater]),
        Bound::Unbounded => true,
    };
    let greatest = match range.1 {
        Bound::Included(greatest) => is_one_of(value, greatest, &[Ordering::Less, Ordering::Equal]),
        Bound::Excluded(greatest) => is_one_of(value, greatest, &[Ordering::Less]),
        Bound::Unbounded => true,
    };
    !value.is_null() && least && greatest
}

fn is_one_of(value: &Value, bound: &Value, orders: &[Ordering]) -> bool {
    value
        .order(bound)
        .is_some_and(|order| orders.contains(&order))
}
