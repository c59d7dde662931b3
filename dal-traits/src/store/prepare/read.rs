//! Reads.

use std::ops::Bound;

use super::super::plan::Plan;
use super::condition::{bound, fitted};
use super::path::{self, key_of, no_path};
use super::values::{field, legal, sought_identity};
use crate::condition::Condition;
use crate::cursor::Cursor;
use crate::model::AccessPath;
use crate::op::{Get, GetMany, Query, Scan};
use crate::value::Value;
use crate::{Error, ErrorKind, Record, Result};

/// What a value is between.
pub(crate) type Range = (Bound<Value>, Bound<Value>);

/// Whether a reply must see the latest writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Where the path can.
    #[default]
    Default,
    /// It must.
    Strong,
    /// It need not.
    Eventual,
}

/// What a caller asks a path for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) given: Vec<(usize, Value)>,
    pub(crate) ranges: Vec<(usize, Range)>,
    pub(crate) filter: Option<Condition>,
    pub(crate) backward: bool,
    pub(crate) limit: u32,
    pub(crate) after: Option<Cursor>,
    pub(crate) consistency: Consistency,
}

impl Asked {
    /// Everything of a path, a page of 100 records at a time.
    pub(crate) const fn new() -> Self {
        Self {
            given: Vec::new(),
            ranges: Vec::new(),
            filter: None,
            backward: false,
            limit: 100,
            after: None,
            consistency: Consistency::Default,
        }
    }
}

/// A record by a path that is unique. None when no record can have the key.
pub(crate) fn get(
    plan: &Plan,
    place: usize,
    given: Vec<(usize, Value)>,
    consistency: Consistency,
) -> Result<Option<Get>> {
    let path = path::at(plan, place)?;
    if !path.unique {
        return Err(no_path(
            &plan.entity,
            format!("`{}` may find several records: query it", path.name),
        ));
    }
    let Some(mut key) = key_of(plan, path, given)? else {
        return Ok(None);
    };
    key.truncate(path.equal.len());
    Ok(Some(Get {
        entity: plan.entity.clone(),
        path: place,
        key,
        eventual: is_eventual(path, consistency),
    }))
}

/// Records by their identities, and which of those records can have.
pub(crate) fn get_many(plan: &Plan, keys: Vec<Vec<Value>>) -> Result<(GetMany, Vec<bool>)> {
    let keys = keys.into_iter().map(|key| sought_identity(plan, key));
    let keys: Vec<Option<Vec<Value>>> = keys.collect::<Result<_>>()?;
    let possible = keys.iter().map(Option::is_some).collect();
    let get_many = GetMany {
        entity: plan.entity.clone(),
        keys: keys.into_iter().flatten().collect(),
    };
    Ok((get_many, possible))
}

/// The records that were found, with none for each identity that no record can have.
pub(crate) fn in_order(found: Vec<Option<Record>>, possible: &[bool]) -> Vec<Option<Record>> {
    let mut found = found.into_iter();
    let one = |possible: &bool| if *possible { found.next()? } else { None };
    possible.iter().map(one).collect()
}

/// The records of a path. None when no record can have the key, or no value is within the range.
pub(crate) fn query(plan: &Plan, place: usize, asked: Asked) -> Result<Option<Query>> {
    let path = path::at(plan, place)?;
    let given = asked.given.len();
    let key = key_of(plan, path, asked.given)?;
    let range = range(plan, place, path, given, asked.ranges)?;
    let filter = asked.filter.map(|filter| fitted(plan, filter));
    let (filter, limit) = (filter.transpose()?, limit(asked.limit)?);
    let Some(key) = key else {
        return Ok(None);
    };
    let query = Query {
        entity: plan.entity.clone(),
        path: place,
        key,
        filter,
        backward: asked.backward,
        limit,
        after: asked.after,
        eventual: is_eventual(path, asked.consistency),
        range: range.clone(),
    };
    query.position()?;
    Ok((!is_empty(&range)).then_some(query))
}

/// Every record.
pub(crate) fn scan(
    plan: &Plan,
    filter: Option<Condition>,
    most: u32,
    after: Option<Cursor>,
) -> Result<Scan> {
    let scan = Scan {
        entity: plan.entity.clone(),
        filter: filter.map(|filter| fitted(plan, filter)).transpose()?,
        limit: limit(most)?,
        after,
    };
    scan.position()?;
    Ok(scan)
}

/// Strong is the default where the path has it.
fn is_eventual(path: &AccessPath, consistency: Consistency) -> bool {
    match consistency {
        Consistency::Default => !path.is_strong(),
        Consistency::Strong => false,
        Consistency::Eventual => true,
    }
}

fn limit(limit: u32) -> Result<u32> {
    if limit == 0 {
        let message = "the limit is 0: ask for at least one record";
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    Ok(limit)
}

/// The one range, which is of the sort field behind those that are given.
fn range(
    plan: &Plan,
    place: usize,
    path: &AccessPath,
    given: usize,
    ranges: Vec<(usize, Range)>,
) -> Result<Range> {
    let mut ranges = ranges.into_iter();
    let Some((place_behind, (least, greatest))) = ranges.next() else {
        return Ok((Bound::Unbounded, Bound::Unbounded));
    };
    if ranges.next().is_some() {
        let message = format!("`{}` takes one range", path.name);
        return Err(no_path(&plan.entity, message));
    }
    let field = field(plan, place_behind)?;
    let behind = given.saturating_sub(path.equal.len());
    if path.sort.get(behind) != Some(&place_behind) {
        let message = format!(
            "`{}` takes a range of the field behind those that are given, and `{}` is not that one",
            path.name, field.name
        );
        return Err(no_path(&plan.entity, message));
    }
    let kept = plan.ranges.get(place).and_then(|kept| kept.get(behind));
    if kept != Some(&true) {
        let message = format!(
            "`{}` takes no range of `{}`: its sort key does not keep the order of the values",
            path.name, field.name
        );
        return Err(no_path(&plan.entity, message));
    }
    let fit = |end: Bound<Value>| -> Result<Bound<Value>> {
        let fit = |value| {
            let value = bound(field, value)?;
            legal(plan, [(place_behind, &value)])?;
            Ok(value)
        };
        Ok(match end {
            Bound::Included(value) => Bound::Included(fit(value)?),
            Bound::Excluded(value) => Bound::Excluded(fit(value)?),
            Bound::Unbounded => Bound::Unbounded,
        })
    };
    Ok((fit(least)?, fit(greatest)?))
}

fn is_empty(range: &Range) -> bool {
    let (least, greatest, both) = match range {
        (Bound::Included(least), Bound::Included(greatest)) => (least, greatest, true),
        (
            Bound::Included(least) | Bound::Excluded(least),
            Bound::Included(greatest) | Bound::Excluded(greatest),
        ) => (least, greatest, false),
        _ => return false,
    };
    match least.order(greatest) {
        Some(std::cmp::Ordering::Greater) => true,
        Some(std::cmp::Ordering::Equal) => !both,
        _ => false,
    }
}
