//! The tables: made when they are missing, compared with the contract when they are there.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection as SdkProjection, ProjectionType, ScalarAttributeType, TableDescription,
};
use dal_traits::model::{AttributeType, Index, ItemTable, KeyAttribute, Projection};
use dal_traits::{Error, ErrorKind, Idempotency, Result};

use super::DynamoDbBackend;
use super::action::incomplete;
use super::dal_table::KEY;

impl DynamoDbBackend {
    /// Makes the tables that are missing, paid by request, with their indexes, and compares those that
    /// exist with the contract. Waits until all can be used.
    ///
    /// The guards of the unique keys of a table without items are complete, and are said to be. Those
    /// of a table that has items are [filled](Self::fill_guards) first.
    ///
    /// Indexes that the contract does not name are left alone.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for the first table that is not as the contract wants it: nothing is
    /// changed there. [`ErrorKind::Timeout`] when a table does not become usable.
    pub async fn provision(&self) -> Result<()> {
        let own = ItemTable {
            name: self.dal_table_name.clone(),
            partition_key: KeyAttribute {
                name: KEY.to_owned(),
                attribute_type: AttributeType::S,
            },
            sort_key: None,
            indexes: Vec::new(),
        };
        let used = |place: usize| {
            let mut shapes = self.shapes.iter().flatten();
            shapes.any(|shape| shape.entity.table == place)
        };
        let tables = self.model.tables.iter().enumerate();
        let tables = tables.filter(|(place, _)| used(*place));
        for table in tables.map(|(_, table)| table).chain([&own]) {
            self.provision_table(table).await?;
        }
        for shape in self.shapes.iter().flatten() {
            self.mark_if_empty(shape).await?;
        }
        Ok(())
    }

    async fn provision_table(&self, wanted: &ItemTable) -> Result<()> {
        let name = format!("{}{}", self.prefix, wanted.name);
        match self.describe(&name).await {
            Ok(_) => self.db.wait_until_active(&name).await?,
            Err(error) if error.kind() == ErrorKind::NoSuchTable => {
                let request = create(self.db.client.create_table(), &name, wanted)?;
                self.db.create_table_and_wait(&name, request).await?;
            }
            Err(error) => return Err(error),
        }
        // Also what was just made: another program may have made it at the same time.
        let found = self.describe(&name).await?;
        compare(wanted, &found).map_err(|difference| {
            let message = format!(
                "the table is not as the contract wants it: {difference}; change the contract, or \
                 make the table anew"
            );
            Error::new(ErrorKind::Config, message)
                .backend("dynamodb")
                .operation("provision")
                .entity(name)
        })
    }

    async fn describe(&self, table: &str) -> Result<TableDescription> {
        let reply = self
            .db
            .call("DescribeTable", table, Idempotency::Read, || {
                let request = self.db.client.describe_table();
                request.table_name(table).send()
            })
            .await?;
        reply.table.ok_or_else(|| {
            let message = "the reply does not describe the table";
            Error::new(ErrorKind::Unexpected, message).entity(table)
        })
    }
}

fn create(
    request: CreateTableFluentBuilder,
    name: &str,
    wanted: &ItemTable,
) -> Result<CreateTableFluentBuilder> {
    let mut attributes: Vec<&KeyAttribute> = Vec::new();
    let of_indexes = wanted
        .indexes
        .iter()
        .map(|i| (&i.partition_key, &i.sort_key));
    for (partition, sort) in of_indexes.chain([(&wanted.partition_key, &wanted.sort_key)]) {
        for key in std::iter::once(partition).chain(sort) {
            if !attributes.iter().any(|known| known.name == key.name) {
                attributes.push(key);
            }
        }
    }
    let mut request = request
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(schema(
            &wanted.partition_key,
            wanted.sort_key.as_ref(),
        )?));
    for key in attributes {
        let definition = AttributeDefinition::builder()
            .attribute_name(&key.name)
            .attribute_type(scalar(key.attribute_type))
            .build()
            .map_err(incomplete)?;
        request = request.attribute_definitions(definition);
    }
    for index in &wanted.indexes {
        let projection = SdkProjection::builder();
        let projection = match &index.projection {
            Projection::All => projection.projection_type(ProjectionType::All),
            Projection::KeysOnly => projection.projection_type(ProjectionType::KeysOnly),
            Projection::Include(names) => projection
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(names.clone())),
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(schema(&index.partition_key, index.sort_key.as_ref())?))
            .projection(projection.build())
            .build()
            .map_err(incomplete)?;
        request = request.global_secondary_indexes(index);
    }
    Ok(request)
}

fn schema(partition: &KeyAttribute, sort: Option<&KeyAttribute>) -> Result<Vec<KeySchemaElement>> {
    let partition = std::iter::once((partition, KeyType::Hash));
    partition
        .chain(sort.map(|sort| (sort, KeyType::Range)))
        .map(|(key, key_type)| {
            let element = KeySchemaElement::builder().attribute_name(&key.name);
            element.key_type(key_type).build().map_err(incomplete)
        })
        .collect()
}

fn scalar(held: AttributeType) -> ScalarAttributeType {
    ScalarAttributeType::from(held.to_string().as_str())
}

/// What a table that exists has otherwise than wanted.
fn compare(wanted: &ItemTable, found: &TableDescription) -> Result<(), String> {
    let keys = |schema: &[KeySchemaElement]| {
        let key = |element: &KeySchemaElement| {
            let name = element.attribute_name();
            let mut definitions = found.attribute_definitions().iter();
            let definition = definitions.find(|found| found.attribute_name() == name);
            let held = definition.map_or("?", |found| found.attribute_type().as_str());
            format!("{name} ({held})")
        };
        let of = |key_type: &KeyType| schema.iter().find(|e| e.key_type() == key_type).map(key);
        (of(&KeyType::Hash), of(&KeyType::Range))
    };
    let wanted_keys = |partition: &KeyAttribute, sort: Option<&KeyAttribute>| {
        let key = |key: &KeyAttribute| format!("{} ({})", key.name, key.attribute_type);
        (Some(key(partition)), sort.map(key))
    };
    let same = |what: &str,
                wanted: (Option<String>, Option<String>),
                found: (Option<String>, Option<String>)| {
        let show = |(partition, sort): &(Option<String>, Option<String>)| {
            let keys: Vec<&str> = [partition, sort]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            keys.join(", ")
        };
        if wanted == found {
            return Ok(());
        }
        Err(format!(
            "the key {what}is {} instead of {}",
            show(&found),
            show(&wanted)
        ))
    };
    let table = wanted_keys(&wanted.partition_key, wanted.sort_key.as_ref());
    same("", table, keys(found.key_schema()))?;
    for index in &wanted.indexes {
        let name = &index.name;
        let mut indexes = found.global_secondary_indexes().iter();
        let found = indexes
            .find(|found| found.index_name() == Some(name))
            .ok_or_else(|| format!("the index `{name}` is missing"))?;
        let of_index = wanted_keys(&index.partition_key, index.sort_key.as_ref());
        same(
            &format!("of the index `{name}` "),
            of_index,
            keys(found.key_schema()),
        )?;
        let found = held(found.projection());
        if found != projected(index) {
            let wanted = projected(index);
            return Err(format!(
                "the index `{name}` projects {found} instead of {wanted}"
            ));
        }
    }
    Ok(())
}

fn projected(index: &Index) -> String {
    match &index.projection {
        Projection::All => "ALL".to_owned(),
        Projection::KeysOnly => "KEYS_ONLY".to_owned(),
        Projection::Include(names) => included(names),
    }
}

fn held(projection: Option<&SdkProjection>) -> String {
    match projection.and_then(|found| Some((found, found.projection_type()?))) {
        Some((found, ProjectionType::Include)) => included(found.non_key_attributes()),
        Some((_, found)) => found.as_str().to_owned(),
        None => "?".to_owned(),
    }
}

fn included(names: &[String]) -> String {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    format!("INCLUDE ({})", names.join(", "))
}
