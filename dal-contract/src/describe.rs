//! Expressions as text, for people.

use dal_traits::catalog::Catalog;
use dal_traits::model::{DatePart, Expr, NumberFormat};

/// The text of an expression over rows of the table `source`: `"USER#" + id`.
pub fn describe(expr: &Expr, source: usize, catalog: &Catalog) -> String {
    let table = |place: usize| catalog.tables.get(place);
    let column = |place: usize, column: usize| {
        let column = table(place).and_then(|table| table.columns.get(column));
        column.map_or_else(|| "?".to_owned(), |column| column.name.clone())
    };
    let name = |place: usize| table(place).map_or("?", |table| table.name.as_str());
    match expr {
        Expr::Column(place) => column(source, *place),
        Expr::Constant(text) => format!("{text:?}"),
        Expr::Template(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| describe(part, source, catalog))
                .collect();
            parts.join(" + ")
        }
        Expr::DateFormat { of, pattern } => {
            let pattern: String = pattern.iter().map(letters).collect();
            format!("{} as {pattern}", describe(of, source, catalog))
        }
        Expr::NumberFormat { of, format } => {
            let format = match format {
                NumberFormat::Padded(width) => format!("%0{width}d"),
                NumberFormat::Fixed(digits) => format!("%.{digits}f"),
            };
            format!("{} as {format}", describe(of, source, catalog))
        }
        Expr::Lookup(lookup) => {
            let mut from = source;
            let mut way = Vec::new();
            for hop in &lookup.hops {
                let by: Vec<_> = hop.on.iter().map(|pair| column(from, pair.0)).collect();
                way.push(by.join(", "));
                from = hop.table;
            }
            let found = format!(
                "{}.{} by {}",
                name(from),
                column(from, lookup.column),
                way.join(", then ")
            );
            match &lookup.absent {
                Some(text) => format!("({found}, else {text:?})"),
                None => format!("({found})"),
            }
        }
        Expr::Object(members) => {
            let members: Vec<_> = members.iter().map(|member| member.0.as_str()).collect();
            format!("object of {}", members.join(", "))
        }
        Expr::Children(children) => {
            let members: Vec<_> = children.members.iter().map(|m| m.0.as_str()).collect();
            format!("array of {} ({})", name(children.table), members.join(", "))
        }
        _ => "?".to_owned(),
    }
}

fn letters(part: &DatePart) -> &str {
    match part {
        DatePart::Year => "YYYY",
        DatePart::Month => "MM",
        DatePart::Day => "DD",
        DatePart::Hour => "HH",
        DatePart::Minute => "mm",
        DatePart::Second => "ss",
        DatePart::Millisecond => "SSS",
        DatePart::Literal(text) => text,
    }
}
