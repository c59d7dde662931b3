//! Requests that read.

use std::ops::RangeBounds;

use super::EntityStore;
use crate::condition::Condition;
use crate::cursor::Cursor;
use crate::op::{Op, Page, Reply};
use crate::store::prepare::{self, Asked, Consistency, Range};
use crate::value::Value;
use crate::{Error, ErrorKind, OpCx, Record, Result};

/// A read of one record.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct GetRequest {
    of: EntityStore,
    path: String,
    key: Vec<(String, Value)>,
    consistency: Consistency,
}

impl GetRequest {
    pub(super) fn new<'a>(
        of: EntityStore,
        path: &str,
        key: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        Self {
            of,
            path: path.to_owned(),
            key: owned(key),
            consistency: Consistency::Default,
        }
    }

    /// A reply that does not see the latest writes is enough.
    pub const fn eventual(mut self) -> Self {
        self.consistency = Consistency::Eventual;
        self
    }

    /// The reply sees the latest writes: [`Unsupported`](ErrorKind::Unsupported) where it cannot.
    pub const fn strong(mut self) -> Self {
        self.consistency = Consistency::Strong;
        self
    }

    /// Reads the record.
    ///
    /// # Errors
    /// [`NoPath`](ErrorKind::NoPath) when the path is not unique or is given too few or other
    /// fields, [`InvalidValue`](ErrorKind::InvalidValue) for a value of another type than its
    /// column, and those of the backend. A value that the column cannot hold finds nothing.
    pub async fn send(self) -> Result<Option<Record>> {
        let Self {
            of,
            path,
            key,
            consistency,
        } = self;
        let prepared = || {
            let path = of.path(&path)?;
            prepare::get(&of.plan, path, of.places(key)?, consistency)
        };
        let get = prepared().map_err(|error| of.store.refused(&of.plan, "get", error))?;
        let Some(get) = get else {
            return Ok(None);
        };
        match of.carry_out("get", |_| Ok(Op::Get(get))).await? {
            Reply::Record(record) => Ok(record),
            _ => Err(of.other_reply("get")),
        }
    }
}

/// A read of the records of a path.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct QueryRequest {
    of: EntityStore,
    path: String,
    equal: Vec<(String, Value)>,
    ranges: Vec<(String, Range)>,
    asked: Asked,
}

impl QueryRequest {
    pub(super) fn new(of: EntityStore, path: &str) -> Self {
        Self {
            of,
            path: path.to_owned(),
            equal: Vec::new(),
            ranges: Vec::new(),
            asked: Asked::new(),
        }
    }

    /// The field has this value: each `equal` field of the path, and as many of its `sort` fields,
    /// from the first on, as wanted.
    pub fn equal(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.equal.push((field.to_owned(), value.into()));
        self
    }

    /// The `sort` field behind those that are given is within `range`.
    pub fn range<V: Into<Value> + Clone>(
        mut self,
        field: &str,
        range: impl RangeBounds<V>,
    ) -> Self {
        let least = range.start_bound().cloned().map(Into::into);
        let greatest = range.end_bound().cloned().map(Into::into);
        self.ranges.push((field.to_owned(), (least, greatest)));
        self
    }

    /// Only records that fulfil the condition, and those of earlier filters. Others are read, and
    /// not given out.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.asked.filter = Some(prepare::both(self.asked.filter, condition));
        self
    }

    /// The greatest first.
    pub const fn backward(mut self) -> Self {
        self.asked.backward = true;
        self
    }

    /// The most records of a page; 100 otherwise.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.asked.limit = limit;
        self
    }

    /// Begins behind the page that had this `next`; at the beginning without one.
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.asked.after = cursor.into();
        self
    }

    /// A reply that does not see the latest writes is enough.
    pub const fn eventual(mut self) -> Self {
        self.asked.consistency = Consistency::Eventual;
        self
    }

    /// The reply sees the latest writes: [`Unsupported`](ErrorKind::Unsupported) where it cannot.
    pub const fn strong(mut self) -> Self {
        self.asked.consistency = Consistency::Strong;
        self
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`NoPath`](ErrorKind::NoPath) when the path does not serve what is asked,
    /// [`InvalidValue`](ErrorKind::InvalidValue) for a value that its column cannot hold,
    /// [`InvalidCursor`](ErrorKind::InvalidCursor) for the cursor of another query, and those of the
    /// backend.
    pub async fn send(self) -> Result<Page> {
        let Self {
            of,
            path,
            equal,
            ranges,
            mut asked,
        } = self;
        let prepared = || {
            let path = of.path(&path)?;
            asked.given = of.places(equal)?;
            asked.ranges = of.places(ranges)?;
            prepare::query(&of.plan, path, asked)
        };
        let query = prepared().map_err(|error| of.store.refused(&of.plan, "query", error))?;
        let Some(query) = query else {
            return Ok(Page::default());
        };
        match of.carry_out("query", |_| Ok(Op::Query(query))).await? {
            Reply::Page(page) => Ok(page),
            _ => Err(of.other_reply("query")),
        }
    }

    /// Reads page by page.
    pub const fn pages(self) -> Pages<Self> {
        Pages {
            request: Some(self),
        }
    }

    /// Reads all pages and counts their records.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn count(self) -> Result<u64> {
        let mut pages = self.pages();
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            count += u64::try_from(page.records.len()).unwrap_or(u64::MAX);
        }
        Ok(count)
    }
}

/// A read of every record.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct ScanRequest {
    of: EntityStore,
    filter: Option<Condition>,
    limit: u32,
    after: Option<Cursor>,
}

impl ScanRequest {
    pub(super) const fn new(of: EntityStore) -> Self {
        Self {
            of,
            filter: None,
            limit: 100,
            after: None,
        }
    }

    /// Only records that fulfil the condition, and those of earlier filters.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.filter = Some(prepare::both(self.filter, condition));
        self
    }

    /// The most records of a page; 100 otherwise.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Begins behind the page that had this `next`; at the beginning without one.
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.after = cursor.into();
        self
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) unless the store
    /// [allows scans](crate::store::Store::allow_scans), and those of a query.
    pub async fn send(self) -> Result<Page> {
        let Self {
            of,
            filter,
            limit,
            after,
        } = self;
        let scan = |_: &OpCx| {
            if !of.store.scans {
                let message = "a scan reads every record: allow it with `Store::allow_scans`, or \
                               query a path";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
            prepare::scan(&of.plan, filter, limit, after).map(Op::Scan)
        };
        match of.carry_out("scan", scan).await? {
            Reply::Page(page) => Ok(page),
            _ => Err(of.other_reply("scan")),
        }
    }

    /// Reads page by page.
    pub const fn pages(self) -> Pages<Self> {
        Pages {
            request: Some(self),
        }
    }
}

/// The pages of a request, one after the other.
#[derive(Clone, Debug)]
pub struct Pages<R> {
    request: Option<R>,
}

impl Pages<QueryRequest> {
    /// The next page; none behind the last. After an error the same page is read again.
    ///
    /// # Errors
    /// As [`QueryRequest::send`].
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(request) = self.request.clone() else {
            return Ok(None);
        };
        let page = request.clone().send().await?;
        let next = page.next.clone();
        self.request = next.map(|next| request.after(next));
        Ok(Some(page))
    }
}

impl Pages<ScanRequest> {
    /// The next page; none behind the last. After an error the same page is read again.
    ///
    /// # Errors
    /// As [`ScanRequest::send`].
    pub async fn next(&mut self) -> Result<Option<Page>> {
        let Some(request) = self.request.clone() else {
            return Ok(None);
        };
        let page = request.clone().send().await?;
        let next = page.next.clone();
        self.request = next.map(|next| request.after(next));
        Ok(Some(page))
    }
}

pub(super) fn owned<'a>(named: impl IntoIterator<Item = (&'a str, Value)>) -> Vec<(String, Value)> {
    let named = named.into_iter();
    named
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
