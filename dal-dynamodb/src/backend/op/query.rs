//! Query and scan.

use dal_traits::model::PathKind;
use dal_traits::op::{Page, Query, Reply, Scan};
use dal_traits::{Error, ErrorKind, Result};

use super::super::DynamoDbBackend;
use super::super::keys::matches;

impl DynamoDbBackend {
    pub(in super::super) async fn query(&self, query: &Query) -> Result<Reply> {
        let shape = self.shape(&query.entity)?;
        let path = query.entity.paths.get(query.path);
        let path = path.filter(|path| query.key.len() >= path.equal.len());
        let path = path.ok_or_else(|| {
            let message = "a query gives all fields by which its path finds records";
            Error::new(ErrorKind::NoPath, message)
        })?;
        if path.kind != PathKind::Guard {
            return Ok(Reply::Page(self.page(shape, query).await?));
        }
        // There is at most one record, and no page behind it.
        if query.position()?.is_some() {
            return Ok(Reply::Page(Page::default()));
        }
        let unique = shape.guarded(&path.equal).ok_or_else(|| {
            let message = "the entity has no guard for the path";
            Error::new(ErrorKind::NoPath, message)
        })?;
        let item = self.find_by_guard(shape, unique, &query.key).await?;
        let record = item.map(|item| shape.record(&item)).transpose()?;
        Ok(Reply::Page(Page {
            records: record
                .into_iter()
                .filter(|found| matches(query, found))
                .collect(),
            next: None,
        }))
    }

    pub(in super::super) async fn scan(&self, scan: &Scan) -> Result<Reply> {
        let shape = self.shape(&scan.entity)?;
        Ok(Reply::Page(self.scan_page(shape, scan).await?))
    }
}
