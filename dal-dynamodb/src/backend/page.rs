//! Pages: the one loop over the replies of Query and Scan.

use std::collections::HashMap;

use dal_traits::model::{PathKind, Projection};
use dal_traits::op::{Page, Query, Scan};
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};

use super::DynamoDbBackend;
use super::keys::{KeyCondition, Keys, key_condition, matches, unless_illegal};
use super::shape::Shape;
use crate::Item;

/// How many items are read at once at least when a filter drops some.
const FILTERED: usize = 100;

/// An index, as a query reads it.
struct Source<'a> {
    keys: Keys,
    index: Option<&'a str>,
    /// Whether what it holds is the whole record.
    is_whole: bool,
}

impl DynamoDbBackend {
    /// The page of a query over the table or an index.
    pub(super) async fn page(&self, shape: &Shape, query: &Query) -> Result<Page> {
        let limit = checked(query.limit)?;
        let source = self.source(shape, query)?;
        let position = query.position()?;
        let mut start = match &position {
            Some(position) => Some(start_key(shape, position, Some(source.keys))?),
            None => None,
        };
        let Some(condition) = unless_illegal(key_condition(shape, query, source.keys))? else {
            return Ok(Page::default());
        };
        let mut found = Vec::new();
        loop {
            let most = batch(limit, found.len(), query.filter.is_some());
            let (items, next) = self
                .query_once(shape, query, &source, &condition, start, most)
                .await?;
            for record in self.records(shape, &source, items).await? {
                if matches(query, &record) {
                    found.push(record);
                }
            }
            start = next;
            if start.is_none() || found.len() > limit {
                break;
            }
        }
        Ok(cut(found, limit, |record| query.cursor_behind(record)))
    }

    /// The page of a scan.
    pub(super) async fn scan_page(&self, shape: &Shape, scan: &Scan) -> Result<Page> {
        let limit = checked(scan.limit)?;
        let mut start = match scan.position()? {
            Some(position) => Some(start_key(shape, &position, None)?),
            None => None,
        };
        let mut found = Vec::new();
        loop {
            let most = batch(limit, found.len(), scan.filter.is_some());
            let reply = self
                .db
                .call("Scan", &shape.table, Idempotency::Read, || {
                    let request = self.db.client.scan().table_name(&shape.table);
                    let request = request.set_exclusive_start_key(start.clone());
                    request.consistent_read(true).limit(most).send()
                })
                .await?;
            for item in reply.items.unwrap_or_default() {
                if !shape.owns(&item)? {
                    continue;
                }
                let record = shape.record(&item)?;
                if scan
                    .filter
                    .as_ref()
                    .is_none_or(|filter| filter.holds(&record))
                {
                    found.push(record);
                }
            }
            start = reply.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || found.len() > limit {
                break;
            }
        }
        Ok(cut(found, limit, |record| scan.cursor_behind(record)))
    }

    fn source<'a>(&'a self, shape: &Shape, query: &Query) -> Result<Source<'a>> {
        let entity = &shape.entity;
        let path = entity.paths.get(query.path);
        let table = self.model.tables.get(entity.table);
        match path.map(|path| path.kind) {
            Some(PathKind::Table) => Ok(Source {
                keys: Keys {
                    partition: entity.partition_key,
                    sort: entity.sort_key,
                },
                index: None,
                is_whole: true,
            }),
            Some(PathKind::Index(place)) => {
                let keys = entity.index_keys.get(place).copied().flatten();
                let index = table.and_then(|table| table.indexes.get(place));
                let (Some(keys), Some(index)) = (keys, index) else {
                    return Err(no_path());
                };
                Ok(Source {
                    keys: Keys {
                        partition: keys.partition_key,
                        sort: keys.sort_key,
                    },
                    index: Some(&index.name),
                    is_whole: index.projection == Projection::All,
                })
            }
            _ => Err(no_path()),
        }
    }

    async fn query_once(
        &self,
        shape: &Shape,
        query: &Query,
        source: &Source<'_>,
        condition: &KeyCondition,
        start: Option<Item>,
        most: i32,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let texts = [condition.text.as_str()];
        // DynamoDB has no strong reads of indexes.
        let is_strong = source.index.is_none() && !query.eventual;
        let reply = self
            .db
            .call("Query", &shape.table, Idempotency::Read, || {
                let request = self.db.client.query().table_name(&shape.table);
                request
                    .set_index_name(source.index.map(str::to_owned))
                    .key_condition_expression(&condition.text)
                    .set_expression_attribute_names(condition.expression.names(&texts))
                    .set_expression_attribute_values(condition.expression.values(&texts))
                    .scan_index_forward(!query.backward)
                    .consistent_read(is_strong)
                    .set_exclusive_start_key(start.clone())
                    .limit(most)
                    .send()
            })
            .await?;
        let next = reply.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((reply.items.unwrap_or_default(), next))
    }

    /// The records of what was read, in its order. Entries of an index that does not hold whole
    /// records are completed from the table, by strong reads: an older copy than the entry would look
    /// as if the record had moved. Entries whose record is gone or has other keys by now are dropped.
    async fn records(
        &self,
        shape: &Shape,
        source: &Source<'_>,
        items: Vec<Item>,
    ) -> Result<Vec<Record>> {
        let mut own = Vec::new();
        for item in items {
            if shape.owns(&item)? {
                own.push(item);
            }
        }
        let items = own;
        if source.is_whole {
            return items.iter().map(|item| shape.record(item)).collect();
        }
        let keys = items.iter().map(|item| shape.key_in(item)).collect();
        let whole = self.db.batch_get(&shape.table, keys, true).await?;
        let by_key: HashMap<String, Item> = whole
            .into_iter()
            .map(|item| (key_text(shape, &item), item))
            .collect();
        let indexed = [Some(source.keys.partition), source.keys.sort];
        let is_in_place = |entry: &Item, whole: &Item| {
            let mut keys = indexed.iter().flatten().map(|place| shape.name(*place));
            keys.all(|name| entry.get(name) == whole.get(name))
        };
        items
            .iter()
            .filter_map(|entry| {
                let whole = by_key.get(&key_text(shape, entry))?;
                is_in_place(entry, whole).then(|| shape.record(whole))
            })
            .collect()
    }
}

/// The text of an item's key, the same for the same key: DynamoDB gives a number back in one form.
pub(super) fn key_text(shape: &Shape, item: &Item) -> String {
    let values = shape
        .key_attributes()
        .map(|place| item.get(shape.name(place)));
    format!("{:?}", values.collect::<Vec<_>>())
}

/// Where a page goes on.
fn start_key(shape: &Shape, position: &Record, index: Option<Keys>) -> Result<Item> {
    let of_index = index
        .into_iter()
        .flat_map(|keys| [Some(keys.partition), keys.sort]);
    let places = of_index.flatten().chain(shape.key_attributes());
    let mut key = Item::new();
    for place in places {
        let value = shape.attribute(position, place)?.ok_or_else(|| {
            let message = "the cursor does not place a record; begin without one";
            Error::new(ErrorKind::InvalidCursor, message)
        })?;
        key.insert(shape.name(place).to_owned(), value);
    }
    Ok(key)
}

/// The page, with where the next one begins when there is a further record.
fn cut(
    mut found: Vec<Record>,
    limit: usize,
    cursor: impl Fn(&Record) -> dal_traits::Cursor,
) -> Page {
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(cursor);
    Page {
        records: found,
        next,
    }
}

/// How many items are read next.
fn batch(limit: usize, found: usize, is_filtered: bool) -> i32 {
    let wanted = limit.saturating_sub(found).saturating_add(1);
    let wanted = if is_filtered {
        wanted.max(FILTERED)
    } else {
        wanted
    };
    i32::try_from(wanted).unwrap_or(i32::MAX)
}

fn checked(limit: u32) -> Result<usize> {
    match usize::try_from(limit) {
        Ok(0) | Err(_) => Err(Error::new(
            ErrorKind::InvalidValue,
            "a page has at least one record: give a limit of 1 or more",
        )),
        Ok(limit) => Ok(limit),
    }
}

fn no_path() -> Error {
    Error::new(ErrorKind::NoPath, "the entity has no such path on DynamoDB")
}
