//! Lints about columns that no attribute carries, and about those that MySQL fills.

use dal_traits::catalog::{ColumnDefault, SourceTable};
use dal_traits::model::FieldSource;

use crate::compile::Compiled;
use crate::diagnostic::{
    COLUMN_REQUIRED, COLUMN_UNMAPPED, EXPRESSION_DEFAULT, Findings, GENERATED,
};

pub(super) fn look(compiled: &Compiled<'_>, source: &SourceTable, findings: &mut Findings) {
    let entity = &compiled.entity;
    let at = &compiled.decl.at;
    for (place, column) in source.columns.iter().enumerate() {
        let mut fields = entity.fields.iter();
        let field = fields.find(|field| field.source == FieldSource::Column(place));
        let Some(field) = field else {
            let is_required = !column.nullable && column.default.is_none();
            if is_required && !column.auto_increment && !column.generated {
                let message = format!(
                    "no attribute carries `{}.{}`, which has no default: nothing can be inserted",
                    source.name, column.name
                );
                let help = format!("add an attribute with the source column `{}`", column.name);
                findings.add(COLUMN_REQUIRED, at, message, help);
            } else {
                let message = format!("no attribute carries `{}.{}`", source.name, column.name);
                let help = "DynamoDB will not have its values; add an attribute if they are needed";
                findings.add(COLUMN_UNMAPPED, at, message, help);
            }
            continue;
        };
        let at = compiled.resolved.attributes.get(field.attribute);
        let at = at.map_or(&compiled.decl.at, |found| &found.at);
        if column.generated {
            let message = format!("`{}` is a generated column, and read-only", column.name);
            let help = "MySQL computes it; leave it out, or read it only";
            findings.add(GENERATED, at, message, help);
        }
        if let Some(ColumnDefault::Expression(text)) = &column.default
            && !is_now(text)
        {
            let message = format!(
                "the default of `{}` is the expression `{text}`",
                column.name
            );
            let help = "an insert must give the value: dal computes no expressions";
            findings.add(EXPRESSION_DEFAULT, at, message, help);
        }
    }
}

/// The moment of the insert, which dal fills in itself.
fn is_now(expression: &str) -> bool {
    let text = expression.trim().to_ascii_lowercase();
    text.starts_with("current_timestamp") || text.starts_with("now(")
}
