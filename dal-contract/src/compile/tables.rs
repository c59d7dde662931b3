//! The tables of DynamoDB.

use dal_traits::model::{Entity, Index, ItemTable, KeyAttribute};

use crate::document::TableDecl;

/// The table that holds these entities; none when there are none.
pub(crate) fn table(decl: &TableDecl, entities: &[&Entity]) -> Option<ItemTable> {
    let key = |entity: &Entity, place: usize| {
        let attribute = entity.attributes.get(place)?;
        Some(KeyAttribute {
            name: attribute.name.clone(),
            attribute_type: attribute.attribute_type,
        })
    };
    let first = entities.first()?;
    let indexes = decl.indexes.iter().enumerate().filter_map(|(i, index)| {
        let (entity, keys) = entities.iter().find_map(|entity| {
            let keys = entity.index_keys.get(i)?.as_ref()?;
            Some((entity, keys))
        })?;
        Some(Index {
            name: index.name.value.clone(),
            partition_key: key(entity, keys.partition_key)?,
            sort_key: keys.sort_key.and_then(|sort| key(entity, sort)),
            projection: index.projection.clone(),
        })
    });
    Some(ItemTable {
        name: decl.name.value.clone(),
        partition_key: key(first, first.partition_key)?,
        sort_key: first.sort_key.and_then(|sort| key(first, sort)),
        indexes: indexes.collect(),
    })
}
