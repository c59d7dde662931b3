//! The attributes of one entity.

use dal_traits::model::{Attribute, AttributeType, DatePart, Expr, NumberFormat};

use super::joins::BaseRow;
use super::names::{DeclaredJoin, Names};
use super::{ResolvedAttribute, Rows, construction, joins};
use crate::diagnostic::{ATTR_TABLE, FORMAT, Findings, NOT_BUILT};
use crate::document::{AttributeDecl, EntityDecl, JoinDecl, Transformation};
use crate::json::Text;

/// Resolves the attributes of an entity; those that cannot be are findings, and left out.
pub(super) fn resolve<'a>(
    entity: &EntityDecl,
    source: usize,
    owners: &[&str],
    rows: &'a mut Rows,
    findings: &mut Findings,
) -> Names<'a> {
    let mut names = Names {
        rows,
        source,
        attributes: Vec::new(),
        joins: Vec::new(),
        broken: Vec::new(),
    };
    // A text may name other attributes, so texts come last.
    let is_text =
        |decl: &AttributeDecl| matches!(decl.transformation, Some(Transformation::Text(_)));
    for texts in [false, true] {
        for (place, decl) in entity.attributes.iter().enumerate() {
            if is_text(decl) != texts {
                continue;
            }
            let found = (!decl.is_broken).then(|| expr(decl, owners, &mut names, findings));
            let Some(expr) = found.flatten() else {
                names.broken.push(decl.name.value.clone());
                continue;
            };
            let attribute_type = decl
                .attribute_type
                .as_ref()
                .map_or(AttributeType::S, |t| t.0);
            names.attributes.push(ResolvedAttribute {
                attribute: Attribute {
                    name: decl.name.value.clone(),
                    attribute_type,
                    expr,
                },
                at: decl.name.at.clone(),
                declared: Some(place),
                compare: decl.compare.unwrap_or_default(),
                sensitive: decl.sensitive,
            });
        }
    }
    names.attributes.sort_by_key(|found| found.declared);
    names
}

fn expr(
    decl: &AttributeDecl,
    owners: &[&str],
    names: &mut Names<'_>,
    findings: &mut Findings,
) -> Option<Expr> {
    let source = names.source;
    if let Some(stated) = &decl.source_table
        && stated.value != names.rows.name(source)
    {
        let own = names.rows.name(source).to_owned();
        let message = format!(
            "the source table of the entity is `{own}`, not `{}`",
            stated.value
        );
        let help = format!("write `{own}`; a value of another table comes through a `join`");
        findings.add(ATTR_TABLE, &stated.at, message, help);
        return None;
    }
    let mut columns = Vec::new();
    for column in &decl.source_columns {
        columns.push(
            names
                .rows
                .column(source, &column.value, &column.at, findings)?,
        );
    }
    let base = match &decl.join {
        Some(JoinDecl::Lookup(lookup)) => {
            let row = BaseRow {
                table: source,
                columns: &columns,
            };
            let found = joins::lookup(lookup, &row, names.rows, findings)?;
            let last = lookup.hops.last();
            let alias = last.and_then(|hop| hop.alias.as_ref().or(hop.target.as_ref()));
            names.joins.extend(alias.map(|alias| DeclaredJoin {
                name: alias.value.clone(),
                hops: found.hops.clone(),
            }));
            Some(Expr::Lookup(found))
        }
        Some(JoinDecl::Construction(found)) => Some(construction::resolve(
            found, source, owners, names.rows, findings,
        )?),
        None => columns.first().map(|&column| Expr::Column(column)),
    };
    if columns.len() > 1
        && decl.join.is_none()
        && !matches!(decl.transformation, Some(Transformation::Text(_)))
    {
        let at = decl.source_columns.get(1).map_or(&decl.name.at, |c| &c.at);
        let message = "several source columns make one value only through a template";
        let help = "add a transformation of type `string-format`, or keep one column";
        findings.add(NOT_BUILT, at, message, help);
        return None;
    }
    match &decl.transformation {
        None => base,
        Some(Transformation::Text(template)) => names.template(template, findings),
        Some(Transformation::Date(format)) => Some(Expr::DateFormat {
            of: Box::new(base?),
            pattern: date_pattern(format, findings)?,
        }),
        Some(Transformation::Number(format)) => Some(Expr::NumberFormat {
            of: Box::new(base?),
            format: number_format(format, findings)?,
        }),
    }
}

fn date_pattern(format: &Text, findings: &mut Findings) -> Option<Vec<DatePart>> {
    let known = [
        ("YYYY", DatePart::Year),
        ("MM", DatePart::Month),
        ("DD", DatePart::Day),
        ("HH", DatePart::Hour),
        ("mm", DatePart::Minute),
        ("SSS", DatePart::Millisecond),
        ("ss", DatePart::Second),
    ];
    let mut parts = Vec::new();
    let mut rest = format.value.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some((letters, part)) = known.iter().find(|(l, _)| rest.starts_with(l)) {
            parts.push(part.clone());
            rest = rest.get(letters.len()..).unwrap_or_default();
            continue;
        }
        // `T` and `Z` of ISO 8601 stand for themselves.
        if first.is_alphabetic() && !['T', 'Z'].contains(&first) {
            let at = format.value.len() - rest.len();
            let message = format!("`{first}` is not a part of a date's format");
            let help = "known parts: YYYY, MM, DD, HH, mm, ss, SSS";
            let place = format.part(at..at + first.len_utf8());
            findings.add(FORMAT, &place, message, help);
            return None;
        }
        match parts.last_mut() {
            Some(DatePart::Literal(text)) => text.push(first),
            _ => parts.push(DatePart::Literal(first.to_string())),
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    Some(parts)
}

fn number_format(format: &Text, findings: &mut Findings) -> Option<NumberFormat> {
    let text = format.value.as_str();
    let inside = text.strip_prefix('%');
    let padded = inside
        .and_then(|text| text.strip_prefix('0')?.strip_suffix('d')?.parse().ok())
        .filter(|width| (1..=65).contains(width));
    let fixed = inside
        .and_then(|text| text.strip_prefix('.')?.strip_suffix('f')?.parse().ok())
        .filter(|digits| (0..=30).contains(digits));
    match (padded, fixed) {
        (Some(width), _) => Some(NumberFormat::Padded(width)),
        (_, Some(digits)) => Some(NumberFormat::Fixed(digits)),
        _ => {
            let message = format!("`{text}` is not a number format that is read");
            let help = "write `%010d` (leading zeros to ten digits) or `%.2f` (two decimals)";
            findings.add(FORMAT, &format.at, message, help);
            None
        }
    }
}
