//! The tables of one prefix: what they held when they were new, and making that so again.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};

use super::CleanError;

type Item = HashMap<String, AttributeValue>;

/// DynamoDB takes so many in one `BatchWriteItem`.
const BATCH: usize = 25;
/// Looks at a table before it counts as one that others still write.
const ROUNDS: usize = 5;

/// Tables of ours.
#[derive(Debug)]
pub(super) struct Tables {
    prefix: String,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    /// The names of its key's attributes.
    key: Vec<String>,
    /// What it holds when it is clean.
    items: Vec<Item>,
}

impl Tables {
    /// The tables that stand under a prefix, as they are now.
    pub(super) async fn new(client: Client, prefix: String) -> Result<Self, CleanError> {
        let mut tables = Vec::new();
        for name in names(&client, &prefix).await? {
            tables.push(Table::new(&client, name).await?);
        }
        if tables.is_empty() {
            let why = format!(
                "`create` made no table whose name begins with the prefix that it got ({prefix})"
            );
            return Err(CleanError::Declared(why));
        }
        Ok(Self { prefix, tables })
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Makes the tables as they were when they were new.
    ///
    /// # Errors
    /// When they may be unclean.
    pub(super) async fn clean(&self, client: &Client) -> Result<(), CleanError> {
        let there = names(client, &self.prefix).await?;
        if !there.iter().eq(self.tables.iter().map(|table| &table.name)) {
            let why = format!("the tables of {} are others now", self.prefix);
            return Err(CleanError::Uncertain(why));
        }
        for table in &self.tables {
            table.clean(client).await?;
        }
        Ok(())
    }

    /// Deletes the tables. One that cannot be deleted is left to the next run.
    pub(super) async fn discard(&self, client: &Client) {
        for name in names(client, &self.prefix).await.unwrap_or_default() {
            let _ = client.delete_table().table_name(name).send().await;
        }
    }
}

impl Table {
    async fn new(client: &Client, name: String) -> Result<Self, CleanError> {
        let described = client.describe_table().table_name(&name).send().await;
        let key = described
            .map_err(refused)?
            .table
            .and_then(|table| table.key_schema)
            .unwrap_or_default()
            .into_iter()
            .map(|element| element.attribute_name)
            .collect();
        let items = items(client, &name).await?;
        Ok(Self { name, key, items })
    }

    async fn clean(&self, client: &Client) -> Result<(), CleanError> {
        for _ in 0..ROUNDS {
            let writes = self.writes(&items(client, &self.name).await?)?;
            if writes.is_empty() {
                return Ok(());
            }
            for batch in writes.chunks(BATCH) {
                // What is not processed is seen by the next look.
                client
                    .batch_write_item()
                    .request_items(&self.name, batch.to_vec())
                    .send()
                    .await
                    .map_err(refused)?;
            }
        }
        let why = format!("{} changes while it is cleaned", self.name);
        Err(CleanError::Uncertain(why))
    }

    /// What makes `there` the items of the clean table.
    fn writes(&self, there: &[Item]) -> Result<Vec<WriteRequest>, CleanError> {
        let mut writes = Vec::new();
        for item in there.iter().filter(|item| !self.items.contains(item)) {
            let key = self.key_of(item);
            if !self.items.iter().any(|clean| self.key_of(clean) == key) {
                let delete = DeleteRequest::builder().set_key(Some(key)).build();
                let delete = delete.map_err(|error| incomplete(&error))?;
                writes.push(WriteRequest::builder().delete_request(delete).build());
            }
        }
        for item in self.items.iter().filter(|item| !there.contains(item)) {
            let put = PutRequest::builder().set_item(Some(item.clone())).build();
            let put = put.map_err(|error| incomplete(&error))?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        Ok(writes)
    }

    fn key_of(&self, item: &Item) -> Item {
        item.iter()
            .filter(|(name, _)| self.key.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// The names that begin with a prefix, in order.
async fn names(client: &Client, prefix: &str) -> Result<Vec<String>, CleanError> {
    // Names are listed in order: those with a prefix follow the prefix without its last character.
    let mut after = Some(prefix.chars().take(prefix.chars().count() - 1).collect());
    let mut names = Vec::new();
    loop {
        let page = client
            .list_tables()
            .set_exclusive_start_table_name(after.take())
            .send()
            .await
            .map_err(refused)?;
        let listed = page.table_names.unwrap_or_default();
        let past = listed
            .last()
            .is_some_and(|last| !last.starts_with(prefix) && last.as_str() > prefix);
        names.extend(listed.into_iter().filter(|name| name.starts_with(prefix)));
        match page.last_evaluated_table_name {
            Some(last) if !past => after = Some(last),
            _ => break,
        }
    }
    names.sort_unstable();
    Ok(names)
}

async fn items(client: &Client, table: &str) -> Result<Vec<Item>, CleanError> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let page = client
            .scan()
            .table_name(table)
            .consistent_read(true)
            .set_exclusive_start_key(start.take())
            .send()
            .await
            .map_err(refused)?;
        items.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(next) if !next.is_empty() => start = Some(next),
            _ => return Ok(items),
        }
    }
}

fn refused(error: impl std::error::Error) -> CleanError {
    CleanError::DynamoDb(DisplayErrorContext(error).to_string())
}

fn incomplete(error: &BuildError) -> CleanError {
    CleanError::DynamoDb(error.to_string())
}
