//! Pages: the one loop over the replies of Query and Scan.

use std::collections::HashMap;

use dal_traits::model::{PathKind, Projection};
use dal_traits::op::{Page, Query, Scan};
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};

use super::DynamoDbBackend;
use super::keys::{KeyCondition, Keys, key_condition, matches, unless_illegal};
use super::reading::Reading;
use super::shape::Shape;
use crate::Item;

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
        let mut page = Reading::new(limit, query.filter.is_some(), self.read_budget);
        let behind = |record: &Record| query.cursor_behind(record);
        loop {
            let (items, next) = self
                .query_once(shape, query, &source, &condition, start, page.most())
                .await?;
            let read = items.len();
            let records = self.records(shape, &source, items).await?;
            page.take(read, records, |record| matches(query, record));
            start = next;
            if start.is_none() || page.is_full() {
                return Ok(page.end(behind));
            }
            if page.is_exhausted() {
                return Err(page.exceeded(behind));
            }
        }
    }

    /// The page of a scan.
    pub(super) async fn scan_page(&self, shape: &Shape, scan: &Scan) -> Result<Page> {
        let limit = checked(scan.limit)?;
        let mut start = match scan.position()? {
            Some(position) => Some(start_key(shape, &position, None)?),
            None => None,
        };
        let filter = scan.filter.as_ref();
        let mut page = Reading::new(limit, filter.is_some(), self.read_budget);
        let behind = |record: &Record| scan.cursor_behind(record);
        loop {
            let most = page.most();
            let reply = self
                .db
                .call("Scan", &shape.table, Idempotency::Read, || {
                    let request = self.db.client.scan().table_name(&shape.table);
                    let request = request.set_exclusive_start_key(start.clone());
                    request.consistent_read(true).limit(most).send()
                })
                .await?;
            let items = reply.items.unwrap_or_default();
            let read = items.len();
            let records = owned(shape, items)?;
            let records = records.iter().map(|item| shape.record(item));
            page.take(read, records.collect::<Result<_>>()?, |record| {
                filter.is_none_or(|filter| filter.holds(record))
            });
            start = reply.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || page.is_full() {
                return Ok(page.end(behind));
            }
            if page.is_exhausted() {
                return Err(page.exceeded(behind));
            }
        }
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
        let items = owned(shape, items)?;
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

/// Those of the items that are of the entity.
fn owned(shape: &Shape, items: Vec<Item>) -> Result<Vec<Item>> {
    let mut own = Vec::new();
    for item in items {
        if shape.owns(&item)? {
            own.push(item);
        }
    }
    Ok(own)
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
