//! Whether the encoded sort key orders as MySQL orders the columns that it is made of.

use super::{AttributeType, DatePart, Entity, Expr, NumberFormat};
use crate::catalog::{ColumnType, SourceTable};

impl Entity {
    /// For each part of a key attribute that is not constant, whether its encoding keeps the order
    /// of its values: one behind the other, as the parts of [`AccessPath::sort`](super::AccessPath).
    pub fn keeps_order(&self, attribute: usize, source: &SourceTable) -> Vec<bool> {
        let Some(attribute) = self.attributes.get(attribute) else {
            return Vec::new();
        };
        let parts = match &attribute.expr {
            Expr::Template(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let last = parts.len().saturating_sub(1);
        let parts = parts.iter().enumerate();
        parts
            .filter(|(_, part)| !matches!(part, Expr::Constant(_)))
            .map(|(i, part)| keeps_order(part, attribute.attribute_type, i == last, source))
            .collect()
    }
}

fn keeps_order(
    part: &Expr,
    attribute_type: AttributeType,
    is_last: bool,
    source: &SourceTable,
) -> bool {
    match part {
        Expr::Column(column) => source.columns.get(*column).is_some_and(|column| {
            let found = &column.column_type;
            found.is_date()
                || (found.is_exact_number() && attribute_type == AttributeType::N)
                || attribute_type == AttributeType::B
                // What follows a text would compare with its next characters.
                || (is_last && found.is_text() && column.compares_by_bytes())
        }),
        Expr::DateFormat { pattern, .. } => is_from_year_on(pattern),
        Expr::NumberFormat {
            of,
            format: NumberFormat::Padded(width),
        } => match of.as_ref() {
            Expr::Column(column) => {
                let column = source.columns.get(*column);
                column.is_some_and(|column| is_padded(&column.column_type, *width))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The greatest part first, and none left out: each has one width.
fn is_from_year_on(pattern: &[DatePart]) -> bool {
    let order = [
        DatePart::Year,
        DatePart::Month,
        DatePart::Day,
        DatePart::Hour,
        DatePart::Minute,
        DatePart::Second,
        DatePart::Millisecond,
    ];
    let parts = pattern
        .iter()
        .filter(|part| !matches!(part, DatePart::Literal(_)));
    parts
        .zip(order.iter().map(Some).chain(std::iter::repeat(None)))
        .all(|(part, expected)| Some(part) == expected)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Column;
    use crate::model::{Attribute, References};

    /// Columns: 0 number, 1 binary text, 2 text without case, 3 moment, 4 bytes.
    fn source() -> SourceTable {
        let column = |column_type: &str, collation: Option<&str>| Column {
            name: String::new(),
            column_type: column_type.parse().unwrap(),
            nullable: false,
            default: None,
            collation: collation.map(str::to_owned),
            auto_increment: false,
            generated: false,
            on_update_now: false,
        };
        SourceTable {
            columns: vec![
                column("int unsigned", None),
                column("varchar(9)", Some("utf8mb4_0900_bin")),
                column("varchar(9)", Some("utf8mb4_0900_ai_ci")),
                column("datetime(6)", None),
                column("varbinary(9)", None),
            ],
            ..SourceTable::default()
        }
    }

    fn kept(attribute_type: AttributeType, expr: Expr) -> Vec<bool> {
        let entity = Entity {
            name: String::new(),
            place: 0,
            table: 0,
            source: 0,
            fields: Vec::new(),
            identity: Vec::new(),
            attributes: vec![Attribute {
                name: String::new(),
                attribute_type,
                expr,
            }],
            partition_key: 0,
            sort_key: Some(0),
            index_keys: Vec::new(),
            unique: Vec::new(),
            paths: Vec::new(),
            read_only: Vec::new(),
            references: References::Enforce,
        };
        entity.keeps_order(0, &source())
    }

    #[test]
    fn a_column_alone_keeps_it_when_its_encoding_does() {
        use AttributeType::{B, N, S};
        for (attribute_type, column, expected) in [
            (N, 0, true),
            (S, 0, false),
            (S, 1, true),
            (S, 2, false),
            (S, 3, true),
            (B, 4, true),
        ] {
            let expr = Expr::Column(column);
            assert_eq!(kept(attribute_type, expr), [expected], "{column}");
        }
    }

    #[test]
    fn in_a_template_a_text_keeps_it_only_at_the_end() {
        let hash = || Expr::Constant("#".to_owned());
        let template = |parts| kept(AttributeType::S, Expr::Template(parts));
        let [moment, text] = [3, 1].map(Expr::Column);
        let both = vec![hash(), moment.clone(), hash(), text.clone()];
        assert_eq!(template(both), [true, true]);
        assert_eq!(template(vec![text.clone(), hash(), moment]), [false, true]);
        assert_eq!(template(vec![text, hash()]), [false]);
    }

    #[test]
    fn a_format_keeps_it_when_it_begins_with_the_greatest_part() {
        use DatePart::{Day, Literal, Month, Year};
        let date = |pattern| {
            let of = Box::new(Expr::Column(3));
            kept(AttributeType::S, Expr::DateFormat { of, pattern })
        };
        let dash = || Literal("-".to_owned());
        assert_eq!(date(vec![Year, dash(), Month, dash(), Day]), [true]);
        assert_eq!(date(vec![Year, dash(), Month]), [true]);
        assert_eq!(date(vec![Day, dash(), Month, dash(), Year]), [false]);
        assert_eq!(date(vec![Year, dash(), Day]), [false]);
        let number = |column, width| {
            let of = Box::new(Expr::Column(column));
            let format = NumberFormat::Padded(width);
            kept(AttributeType::S, Expr::NumberFormat { of, format })
        };
        assert_eq!(number(0, 10), [true]);
        assert_eq!(number(0, 9), [false]);
        assert_eq!(number(1, 20), [false]);
    }
}
