//! How the records of an entity lie in its table: worked out once, when the backend is opened.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::catalog::ColumnType;
use dal_traits::item;
use dal_traits::model::{
    Attribute, AttributeType, Entity, Expr, Field, FieldSource, Model, PathKind, ValueType,
};
use dal_traits::store;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};

use super::attribute;
use crate::{
    Item, ItemKey, MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, item_size,
    value_size,
};

/// The one collation that compares byte by byte, so that folding leaves a text as it is.
const BYTE_COLLATION: &str = "utf8mb4_0900_bin";

/// An entity, and what the backend knows of its items.
#[derive(Debug)]
pub(super) struct Shape {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The name of its table, prefix included.
    pub table: String,
    /// The other entities that have items in the table.
    pub neighbours: Vec<Arc<Entity>>,
    /// The name of its source table in MySQL.
    pub source: String,
    /// Whether the key of an item follows from the identity; the guard of the primary key leads to
    /// it otherwise.
    pub is_keyed_by_identity: bool,
    /// For each attribute, the fields that it follows from.
    inputs: Vec<Vec<usize>>,
    /// The entity with the beginnings of its composite sort keys as further attributes.
    extended: Arc<Entity>,
    /// For each composite sort key, where its beginnings are: of no parts, of one, and so on.
    beginnings: HashMap<usize, Vec<usize>>,
    /// For each sort key, whether its parts keep the order of their values.
    orders: HashMap<usize, Vec<bool>>,
    /// For each unique key, whether its guards are known to be complete.
    pub complete: Vec<AtomicBool>,
    /// Why records cannot be written; none when they can.
    read_only: Option<String>,
    /// Why records cannot be deleted; none when they can.
    undeletable: Option<String>,
}

impl Shape {
    /// Works out how the records of `entity` lie in `table`.
    ///
    /// # Errors
    /// What the entity has that this backend does not carry out.
    pub fn new(entity: &Arc<Entity>, model: &Model, table: String) -> Result<Self, String> {
        let source = model.source(entity).ok_or("its source table is unknown")?;
        if let Some(reason) = store::unsupported(model, entity) {
            return Err(reason);
        }
        let inputs = (0..entity.attributes.len()).map(|place| entity.inputs(place));
        let inputs = inputs.collect::<Vec<_>>();
        for unique in entity.unique.iter().filter(|unique| unique.guard) {
            for field in &unique.fields {
                let field = entity.fields.get(*field);
                let column = field.and_then(|field| match field.source {
                    FieldSource::Column(column) => source.columns.get(column),
                    _ => None,
                });
                let column = column.ok_or("a column of a unique key is unknown")?;
                let collation = column.collation.as_deref().unwrap_or_default();
                if column.column_type.is_text() && collation != BYTE_COLLATION {
                    return Err(format!(
                        "the unique key `{}` compares `{}` by the collation `{collation}`; guards \
                         know only {BYTE_COLLATION}",
                        unique.name, column.name
                    ));
                }
            }
        }
        let keys = [Some(entity.partition_key), entity.sort_key];
        let is_keyed_by_identity = keys.into_iter().flatten().all(|key| {
            let inputs = inputs.get(key).map(Vec::as_slice).unwrap_or_default();
            inputs.iter().all(|field| entity.identity.contains(field))
        });
        let is_guarded = |unique: &dal_traits::model::UniqueConstraint| {
            unique.guard && unique.fields == entity.identity
        };
        let mut read_only = match entity.read_only.as_slice() {
            [] => None,
            reasons => Some(reasons.join("; ")),
        };
        if !is_keyed_by_identity && !entity.unique.iter().any(is_guarded) && read_only.is_none() {
            read_only = Some("the primary key does not lead to the item".to_owned());
        }
        let (extended, beginnings) = beginnings(entity);
        Ok(Self {
            entity: entity.clone(),
            table,
            neighbours: model
                .entities
                .iter()
                .filter(|other| other.table == entity.table && other.place != entity.place)
                .cloned()
                .collect(),
            source: source.name.clone(),
            is_keyed_by_identity,
            inputs,
            extended,
            beginnings,
            orders: sort_keys(entity)
                .map(|sort| (sort, entity.keeps_order(sort, source)))
                .collect(),
            complete: entity
                .unique
                .iter()
                .map(|_| AtomicBool::default())
                .collect(),
            read_only,
            undeletable: store::undeletable(model, entity),
        })
    }

    /// # Errors
    /// [`ErrorKind::Unsupported`] when records cannot be written.
    pub fn check_writable(&self) -> Result<()> {
        refuse(self.read_only.as_ref(), "the entity cannot be written")
    }

    /// # Errors
    /// [`ErrorKind::Unsupported`] when records cannot be deleted.
    pub fn check_deletable(&self) -> Result<()> {
        self.check_writable()?;
        refuse(self.undeletable.as_ref(), "records cannot be deleted")
    }

    /// The places of the table's key attributes.
    pub fn key_attributes(&self) -> impl Iterator<Item = usize> {
        [Some(self.entity.partition_key), self.entity.sort_key]
            .into_iter()
            .flatten()
    }

    /// The name of the table's partition key.
    pub fn partition_key(&self) -> &str {
        self.name(self.entity.partition_key)
    }

    /// The name of the attribute at a place.
    pub fn name(&self, attribute: usize) -> &str {
        let attribute = self.entity.attributes.get(attribute);
        attribute.map_or("", |attribute| &attribute.name)
    }

    /// The names of the attributes that hold these fields.
    pub fn attributes_with(&self, fields: &[usize]) -> Vec<&str> {
        let attribute = |field: &usize| {
            let attribute = self.entity.fields.get(*field).map(|field| field.attribute);
            self.name(attribute.unwrap_or(self.entity.partition_key))
        };
        fields.iter().map(attribute).collect()
    }

    /// The fields that an attribute follows from.
    pub fn inputs(&self, attribute: usize) -> &[usize] {
        self.inputs.get(attribute).map_or(&[], Vec::as_slice)
    }

    /// The attributes that follow from one of these fields.
    pub fn attributes_of(&self, fields: &[usize]) -> Vec<usize> {
        let of = |(place, inputs): (usize, &Vec<usize>)| {
            let follows = inputs.iter().any(|input| fields.contains(input));
            follows.then_some(place)
        };
        self.inputs.iter().enumerate().filter_map(of).collect()
    }

    /// Whether a field is read from this attribute, which holds more than the field.
    pub fn is_composite_source(&self, attribute: usize) -> bool {
        let mut fields = self.entity.fields.iter();
        let expr = self.entity.attributes.get(attribute).map(|a| &a.expr);
        let is_one = matches!(expr, Some(Expr::Column(_) | Expr::Children(_)));
        !is_one && fields.any(|field| field.attribute == attribute)
    }

    /// The field at a place.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the entity has no such field.
    pub fn field(&self, place: usize) -> Result<&Field> {
        let message = "the operation names a field that the entity does not have";
        let field = self.entity.fields.get(place);
        field.ok_or_else(|| Error::new(ErrorKind::Unsupported, message))
    }

    /// The attribute that holds a field as it is, with the type of its column.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the field is a part of a composite attribute only.
    pub fn plain(&self, place: usize) -> Result<(usize, &Attribute, &ColumnType)> {
        let field = self.field(place)?;
        let attribute = self.entity.attributes.get(field.attribute);
        match (attribute, &field.value_type, field.source) {
            (Some(found), ValueType::Column(column_type), FieldSource::Column(column))
                if found.expr == Expr::Column(column) =>
            {
                Ok((field.attribute, found, column_type))
            }
            _ => Err(Error::new(
                ErrorKind::Unsupported,
                "DynamoDB holds the field only as a part of another text; give it an attribute of \
                 its own",
            )
            .with("field", &field.name)),
        }
    }

    /// A record of which only these fields are known.
    pub fn partial<'a>(&self, known: impl IntoIterator<Item = (usize, &'a Value)>) -> Record {
        let mut record = Record::new(self.entity.clone(), Vec::new());
        for (field, value) in known {
            record.set(field, value.clone());
        }
        record
    }

    /// A record of which only the identity is known.
    pub fn identified(&self, identity: &[Value]) -> Record {
        let fields = self.entity.identity.iter().copied();
        self.partial(fields.zip(identity))
    }

    /// What the attribute at a place holds for a record.
    ///
    /// # Errors
    /// As [`item::key`]; [`ErrorKind::TooLarge`] for a key above DynamoDB's limit.
    pub fn attribute(&self, record: &Record, place: usize) -> Result<Option<AttributeValue>> {
        let Some(value) = item::key(record, place)? else {
            return Ok(None);
        };
        let value = attribute::write(value)?;
        self.check_key_size(place, &value)?;
        Ok(Some(value))
    }

    /// The key of the record's item; none when a part of it is NULL.
    pub fn key(&self, record: &Record) -> Result<Option<Item>> {
        let mut key = Item::new();
        for place in self.key_attributes() {
            let Some(value) = self.attribute(record, place)? else {
                return Ok(None);
            };
            key.insert(self.name(place).to_owned(), value);
        }
        Ok(Some(key))
    }

    /// The key attributes of an item.
    pub fn key_in(&self, item: &Item) -> Item {
        self.key_attributes()
            .filter_map(|place| item.get_key_value(self.name(place)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The item of a record.
    ///
    /// # Errors
    /// As [`item::encode`]; [`ErrorKind::TooLarge`] above DynamoDB's limits.
    pub fn item(&self, record: &Record) -> Result<Item> {
        let mut item = Item::new();
        for (place, value) in item::encode(record)? {
            let value = attribute::write(value)?;
            self.check_key_size(place, &value)?;
            item.insert(self.name(place).to_owned(), value);
        }
        check_item_size(&item)?;
        Ok(item)
    }

    /// The record of an item.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], which names the attribute and has the [`ItemKey`] as its source.
    pub fn record(&self, item: &Item) -> Result<Record> {
        self.decode(item).map_err(|error| match error.kind() {
            ErrorKind::Decode => error.source(ItemKey::new(self.key_in(item))),
            _ => error,
        })
    }

    fn decode(&self, item: &Item) -> Result<Record> {
        for name in self.entity.attributes.iter().map(|a| &a.name) {
            if item.get(name).is_some_and(|v| attribute::read(v).is_none()) {
                let message = "an attribute of the item has a type that no field has";
                return Err(Error::new(ErrorKind::Decode, message).with("attribute", name));
            }
        }
        item::decode(&self.entity, |place| {
            attribute::read(item.get(self.name(place))?)
        })
    }

    /// Whether the part of a sort key at a place, constant ones left out, keeps the order of its
    /// values.
    pub fn keeps_order(&self, sort_key: usize, part: usize) -> bool {
        let parts = self.orders.get(&sort_key);
        parts
            .and_then(|parts| parts.get(part))
            .is_some_and(|kept| *kept)
    }

    /// The text of the first parts of a composite key; none when one of them is NULL or the key is
    /// not composite.
    pub fn beginning(
        &self,
        known: &Record,
        attribute: usize,
        parts: usize,
    ) -> Result<Option<String>> {
        let Some(place) = self
            .beginnings
            .get(&attribute)
            .and_then(|all| all.get(parts))
        else {
            return Ok(None);
        };
        let record = Record::new(self.extended.clone(), known.values().to_vec());
        Ok(match item::key(&record, *place)? {
            Some(item::ItemValue::S(text)) => Some(text),
            _ => None,
        })
    }

    fn check_key_size(&self, place: usize, value: &AttributeValue) -> Result<()> {
        let of_indexes = self.entity.index_keys.iter().flatten();
        let mut partition = of_indexes.clone().map(|key| key.partition_key);
        let mut sort = of_indexes.filter_map(|key| key.sort_key);
        let is_partition = place == self.entity.partition_key || partition.any(|p| p == place);
        let is_sort = Some(place) == self.entity.sort_key || sort.any(|s| s == place);
        let limit = if is_sort {
            MAX_SORT_KEY_BYTES
        } else if is_partition {
            MAX_PARTITION_KEY_BYTES
        } else {
            return Ok(());
        };
        let size = value_size(value);
        if size <= limit {
            return Ok(());
        }
        let message = "the key is larger than DynamoDB allows; shorten its value";
        Err(Error::new(ErrorKind::TooLarge, message)
            .with("attribute", self.name(place))
            .with("limit", limit)
            .with("size", size))
    }

    /// The type of the column of a field.
    pub fn column_type(&self, field: usize) -> Option<&ColumnType> {
        match &self.entity.fields.get(field)?.value_type {
            ValueType::Column(column_type) => Some(column_type),
            _ => None,
        }
    }

    /// The place of an index path that is found by the same fields.
    pub fn index_path(&self, fields: &[usize]) -> Option<usize> {
        self.entity.paths.iter().position(|path| {
            matches!(path.kind, PathKind::Index(_))
                && path.equal.len() == fields.len()
                && path.equal.iter().all(|field| fields.contains(field))
        })
    }
}

/// # Errors
/// [`ErrorKind::TooLarge`] above DynamoDB's limit.
pub(super) fn check_item_size(item: &Item) -> Result<()> {
    let size = item_size(item);
    if size <= MAX_ITEM_BYTES {
        return Ok(());
    }
    let message =
        "the record is larger than an item of DynamoDB may be; store large values elsewhere";
    Err(Error::new(ErrorKind::TooLarge, message)
        .with("limit", MAX_ITEM_BYTES)
        .with("size", size))
}

fn refuse(reason: Option<&String>, what: &str) -> Result<()> {
    match reason {
        None => Ok(()),
        Some(reason) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("{what} on DynamoDB: {reason}"),
        )),
    }
}

/// The entity with the beginnings of its composite sort keys as further attributes, and where those
/// are.
fn beginnings(entity: &Arc<Entity>) -> (Arc<Entity>, HashMap<usize, Vec<usize>>) {
    let mut extended = Entity::clone(entity);
    let mut places = HashMap::new();
    for sort_key in sort_keys(entity) {
        let Some(Expr::Template(parts)) = entity.attributes.get(sort_key).map(|a| &a.expr) else {
            continue;
        };
        let mut of_key = Vec::new();
        for count in 0..=parts.len() {
            of_key.push(extended.attributes.len());
            extended.attributes.push(Attribute {
                name: String::new(),
                attribute_type: AttributeType::S,
                expr: Expr::Template(parts.iter().take(count).cloned().collect()),
            });
        }
        places.insert(sort_key, of_key);
    }
    (Arc::new(extended), places)
}

/// The sort keys of the table and of its indexes.
fn sort_keys(entity: &Entity) -> impl Iterator<Item = usize> {
    let of_indexes = entity.index_keys.iter().flatten();
    let of_indexes = of_indexes.filter_map(|key| key.sort_key);
    of_indexes.chain(entity.sort_key)
}
