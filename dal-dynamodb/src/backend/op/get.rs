//! Get: by the table's key, through a guard, or by the first entry of an index.

use std::ops::Bound;

use dal_traits::model::PathKind;
use dal_traits::op::{Get, Query, Reply};
use dal_traits::{Error, ErrorKind, Record, Result};

use super::super::DynamoDbBackend;
use super::super::keys::unless_illegal;
use super::super::shape::Shape;

impl DynamoDbBackend {
    pub(in super::super) async fn get(&self, get: &Get) -> Result<Reply> {
        let shape = self.shape(&get.entity)?;
        let path = get.entity.paths.get(get.path);
        let path = path.filter(|path| path.unique && path.equal.len() == get.key.len());
        let path = path.ok_or_else(|| {
            let message = "get wants all fields of a path that finds at most one record";
            Error::new(ErrorKind::NoPath, message)
        })?;
        let record = match path.kind {
            PathKind::Guard => match shape.index_path(&path.equal).filter(|_| get.eventual) {
                Some(index) => self.first(shape, get, index).await?,
                None => self.through_guard(shape, get, &path.equal).await?,
            },
            PathKind::Table if is_whole_key(shape, &path.equal) => {
                let known = shape.partial(path.equal.iter().copied().zip(&get.key));
                match unless_illegal(shape.key(&known))? {
                    Some(key) => {
                        let found = self.get_item(&shape.table, &key, !get.eventual).await?;
                        found.map(|item| shape.record(&item)).transpose()?
                    }
                    None => None,
                }
            }
            PathKind::Table | PathKind::Index(_) => self.first(shape, get, get.path).await?,
        };
        // The key of the item may be made of fewer fields than the path has.
        let is_it = |record: &Record| record.values_at(&path.equal) == get.key;
        Ok(Reply::Record(record.filter(is_it)))
    }

    async fn through_guard(
        &self,
        shape: &Shape,
        get: &Get,
        fields: &[usize],
    ) -> Result<Option<Record>> {
        let unique = shape.guarded(fields).ok_or_else(|| {
            let message = "the entity has no guard for the path";
            Error::new(ErrorKind::NoPath, message)
        })?;
        let item = self.find_by_guard(shape, unique, &get.key).await?;
        item.map(|item| shape.record(&item)).transpose()
    }

    /// The first record of a path.
    async fn first(&self, shape: &Shape, get: &Get, path: usize) -> Result<Option<Record>> {
        // The path of the index may have the fields in another order.
        let (asked, served) = (get.entity.paths.get(get.path), get.entity.paths.get(path));
        let (Some(asked), Some(served)) = (asked, served) else {
            return Ok(None);
        };
        let known = shape.partial(asked.equal.iter().copied().zip(&get.key));
        let query = Query {
            entity: get.entity.clone(),
            path,
            key: known.values_at(&served.equal),
            range: (Bound::Unbounded, Bound::Unbounded),
            filter: None,
            backward: false,
            limit: 1,
            after: None,
            eventual: get.eventual,
        };
        let page = self.page(shape, &query).await?;
        Ok(page.records.into_iter().next())
    }
}

/// Whether the fields give the whole key of the table.
fn is_whole_key(shape: &Shape, fields: &[usize]) -> bool {
    let mut inputs = shape.key_attributes().flat_map(|place| shape.inputs(place));
    inputs.all(|field| fields.contains(field))
}
