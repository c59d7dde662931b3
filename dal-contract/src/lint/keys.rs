//! Lints about the keys of tables and indexes.

use dal_traits::catalog::{Column, ColumnType, SourceTable};
use dal_traits::model::{AttributeType, Compare, Expr, FieldSource};

use crate::compile::{Compiled, carry};
use crate::diagnostic::{
    COLLATION, COMPOSITE_TEXT, Findings, KEY_EMPTY, KEY_MUTABLE, KEY_NULLABLE, KEY_SIZE,
    NUMERIC_STRING_SORT,
};

pub(super) fn look(compiled: &Compiled<'_>, source: &SourceTable, findings: &mut Findings) {
    let entity = &compiled.entity;
    let table_keys = [Some(entity.partition_key), entity.sort_key];
    let table_keys: Vec<usize> = table_keys.into_iter().flatten().collect();
    let mut sort_keys: Vec<usize> = entity.sort_key.into_iter().collect();
    sort_keys.extend(
        entity
            .index_keys
            .iter()
            .flatten()
            .filter_map(|key| key.sort_key),
    );
    let mut keys = crate::compile::keys(compiled.resolved);
    keys.sort_unstable();
    keys.dedup();
    for place in keys {
        let is_table_key = table_keys.contains(&place);
        if is_table_key {
            of_table(compiled, place, source, findings);
        }
        of_any(compiled, place, source, findings);
        let is_sort = sort_keys.contains(&place);
        size(compiled, place, is_sort, source, findings);
        if is_sort {
            of_sort(compiled, place, source, findings);
        }
    }
}

fn of_table(compiled: &Compiled<'_>, place: usize, source: &SourceTable, findings: &mut Findings) {
    let Some(found) = compiled.resolved.attributes.get(place) else {
        return;
    };
    let mut columns = carry::inputs(&found.attribute.expr).unwrap_or_default();
    columns.sort_unstable();
    columns.dedup();
    for column in columns
        .iter()
        .filter_map(|column| source.columns.get(*column))
    {
        if column.nullable {
            let message = format!("`{}`, a part of the table's key, can be NULL", column.name);
            let help = "rows with NULL there become no item, and are listed by the copy; declare \
                        the column NOT NULL, or choose another key";
            findings.add(KEY_NULLABLE, &found.at, message, help);
        }
        if !source.primary_key.contains(&column.name) && !column.generated {
            let message = format!("`{}`, a part of the table's key, can change", column.name);
            let help = "a change deletes the item and inserts another one in one transaction; a \
                        key of columns that never change is cheaper";
            findings.add(KEY_MUTABLE, &found.at, message, help);
        }
    }
}

fn of_any(compiled: &Compiled<'_>, place: usize, source: &SourceTable, findings: &mut Findings) {
    let Some(found) = compiled.resolved.attributes.get(place) else {
        return;
    };
    let column = |column: usize| source.columns.get(column);
    if let Expr::Column(of) = &found.attribute.expr
        && let Some(of) = column(*of)
        && of.column_type.is_text()
    {
        let message = format!(
            "`{}` may be the empty text, which DynamoDB refuses in a key",
            of.name
        );
        let help = "writes of the empty text are refused on both stores; rows that have it are \
                    listed by the copy";
        findings.add(KEY_EMPTY, &found.at, message, help);
    }
    for place in carry::inputs(&found.attribute.expr).unwrap_or_default() {
        let Some(of) = column(place) else { continue };
        let mut fields = compiled.entity.fields.iter();
        let field = fields.find(|field| field.source == FieldSource::Column(place));
        let is_exact = field.is_some_and(|field| field.compare == Compare::Exact);
        if !of.compares_by_bytes() && !is_exact {
            let collation = of.collation.as_deref().unwrap_or("an unknown collation");
            let message = format!(
                "MySQL compares `{}` by {collation}, DynamoDB compares bytes",
                of.name
            );
            let help = "a look-up of `ANN` finds `ann` on MySQL only: give the column the \
                        collation utf8mb4_0900_bin, or write `\"x-dal\": {\"compare\": \"exact\"}` \
                        at its attribute";
            findings.add(COLLATION, &found.at, message, help);
        }
    }
    if let Expr::Template(parts) = &found.attribute.expr {
        for (i, part) in parts.iter().enumerate() {
            let (Expr::Column(of), Some(Expr::Constant(separator))) = (part, parts.get(i + 1))
            else {
                continue;
            };
            let Some(of) = column(*of).filter(|of| {
                of.column_type.is_text() && carry::can_contain(&of.column_type, separator)
            }) else {
                continue;
            };
            let message = format!(
                "`{}` is free text before `{separator}` in the key `{}`",
                of.name, found.attribute.name
            );
            let help = format!(
                "values that contain `{separator}` are refused, so that two records never share a \
                 key; put the text last, or choose a separator that cannot occur"
            );
            findings.add(COMPOSITE_TEXT, &found.at, message, help);
        }
    }
}

/// "Quotas: Partition keys and sort keys" of DynamoDB.
const PARTITION_KEY_BYTES: u64 = 2_048;
const SORT_KEY_BYTES: u64 = 1_024;

fn size(
    compiled: &Compiled<'_>,
    place: usize,
    is_sort: bool,
    source: &SourceTable,
    findings: &mut Findings,
) {
    let Some(found) = compiled.resolved.attributes.get(place) else {
        return;
    };
    let parts = match &found.attribute.expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let bytes: u64 = parts
        .iter()
        .map(|part| match part {
            Expr::Constant(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
            Expr::Column(column) => source.columns.get(*column).map_or(0, longest),
            _ => 0,
        })
        .fold(0, u64::saturating_add);
    let most = if is_sort {
        SORT_KEY_BYTES
    } else {
        PARTITION_KEY_BYTES
    };
    if bytes > most {
        let message = format!(
            "the key `{}` can have {bytes} bytes; DynamoDB holds {most}",
            found.attribute.name
        );
        let help = "longer values are refused on both stores; make the column shorter";
        findings.add(KEY_SIZE, &found.at, message, help);
    }
}

/// The most bytes of a text or of bytes; what is shorter than any limit counts as nothing.
fn longest(column: &Column) -> u64 {
    match column.column_type {
        ColumnType::Char(characters) | ColumnType::Varchar(characters) => u64::from(characters) * 4,
        ColumnType::Binary(bytes) | ColumnType::Varbinary(bytes) => u64::from(bytes),
        ColumnType::Text(bytes) | ColumnType::Blob(bytes) => bytes,
        _ => 0,
    }
}

fn of_sort(compiled: &Compiled<'_>, place: usize, source: &SourceTable, findings: &mut Findings) {
    let Some(found) = compiled.resolved.attributes.get(place) else {
        return;
    };
    if found.attribute.attribute_type != AttributeType::S {
        return;
    }
    let parts = match &found.attribute.expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    for part in parts {
        let Expr::Column(of) = part else { continue };
        let number = source.columns.get(*of);
        if let Some(number) = number.filter(|of| of.column_type.is_exact_number()) {
            let message = format!(
                "the number `{}` sorts as text in the sort key `{}`: 10 before 9",
                number.name, found.attribute.name
            );
            let help = "store it as N, or with leading zeros: a transformation of type \
                        `number-format`, such as `%020d`";
            findings.add(NUMERIC_STRING_SORT, &found.at, message, help);
        }
    }
}
