//! Whether a range of a sort field is a range of the encoded sort key.

use crate::catalog::{Column, ColumnType};
use crate::model::{AccessPath, AttributeType, Entity, Expr, Model, NumberFormat, PathKind};

/// For each sort field of the path, whether its encoding keeps the order of its values. Both stores
/// seek a range then; of another field they would have to read everything.
pub(super) fn kept(model: &Model, entity: &Entity, path: &AccessPath) -> Vec<bool> {
    let sort = match path.kind {
        PathKind::Table => entity.sort_key,
        PathKind::Guard => None,
        PathKind::Index(index) => {
            let keys = entity.index_keys.get(index).copied().flatten();
            keys.and_then(|keys| keys.sort_key)
        }
    };
    let Some(attribute) = sort.and_then(|sort| entity.attributes.get(sort)) else {
        return vec![false; path.sort.len()];
    };
    let parts = match &attribute.expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut kept = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        if !matches!(part, Expr::Constant(_)) {
            let is_last = i + 1 == parts.len();
            kept.push(keeps(
                model,
                entity,
                part,
                attribute.attribute_type,
                is_last,
            ));
        }
    }
    kept.resize(path.sort.len(), false);
    kept
}

fn keeps(
    model: &Model,
    entity: &Entity,
    part: &Expr,
    attribute_type: AttributeType,
    is_last: bool,
) -> bool {
    let column = |place: &usize| model.source(entity)?.columns.get(*place);
    match part {
        Expr::Column(place) => column(place).is_some_and(|column| {
            let column_type = &column.column_type;
            column_type.is_date()
                || (column_type.is_exact_number() && attribute_type == AttributeType::N)
                || attribute_type == AttributeType::B
                || (is_last && compares_by_bytes(column))
        }),
        Expr::NumberFormat {
            of,
            format: NumberFormat::Padded(width),
        } => match of.as_ref() {
            Expr::Column(place) => {
                column(place).is_some_and(|column| is_padded(&column.column_type, *width))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Of the texts of MySQL, only those of `utf8mb4_0900_bin` compare byte by byte: the other binary
/// collations ignore trailing spaces.
pub(super) fn compares_by_bytes(column: &Column) -> bool {
    column.column_type.is_text() && column.collation.as_deref() == Some("utf8mb4_0900_bin")
}

/// Leading zeros order numbers that have no sign and no more digits than the format.
fn is_padded(column_type: &ColumnType, width: u8) -> bool {
    let ColumnType::Integer {
        bits,
        unsigned: true,
    } = column_type
    else {
        return false;
    };
    let digits = match bits {
        8 => 3,
        16 => 5,
        24 => 8,
        32 => 10,
        _ => 20,
    };
    width >= digits
}
