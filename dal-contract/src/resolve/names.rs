//! What a name means inside one entity.

use dal_traits::model::{Attribute, AttributeType, Expr, Hop, Lookup};

use super::{ResolvedAttribute, Rows};
use crate::diagnostic::{At, Findings, KEY_CONVENTION, TEMPLATE_CONVENTION, TEMPLATE_TOKEN};
use crate::document::{Part, Template};
use crate::json::nearest;

/// The names of one entity while it is resolved.
pub(super) struct Names<'a> {
    pub rows: &'a mut Rows,
    pub source: usize,
    pub attributes: Vec<ResolvedAttribute>,
    pub joins: Vec<DeclaredJoin>,
    /// The attributes for which errors are reported: what names them needs no error of its own.
    pub broken: Vec<String>,
}

/// A join that an attribute declares: other names may use its row.
pub(super) struct DeclaredJoin {
    /// The alias, or the name of the table.
    pub name: String,
    pub hops: Vec<Hop>,
}

impl DeclaredJoin {
    fn table(&self) -> Option<usize> {
        self.hops.last().map(|hop| hop.table)
    }
}

impl Names<'_> {
    pub fn attribute(&self, name: &str) -> Option<usize> {
        let mut attributes = self.attributes.iter();
        attributes.position(|found| found.attribute.name == name)
    }

    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|broken| broken == name)
    }

    /// Adds an attribute that the contract only names, as a key.
    pub fn add(&mut self, name: &str, attribute_type: AttributeType, expr: Expr, at: &At) -> usize {
        self.attributes.push(ResolvedAttribute {
            attribute: Attribute {
                name: name.to_owned(),
                attribute_type,
                expr,
            },
            at: at.clone(),
            declared: None,
            compare: dal_traits::model::Compare::default(),
            sensitive: false,
        });
        self.attributes.len() - 1
    }

    /// The expression of a template; an unknown token is a finding.
    pub fn template(&mut self, template: &Template, findings: &mut Findings) -> Option<Expr> {
        let mut parts = Vec::new();
        for part in &template.parts {
            parts.push(match part {
                Part::Literal(text) => Expr::Constant(text.clone()),
                Part::Token(token, range) => {
                    let at = template.text.part(range.clone());
                    self.token(token, &at, findings)?
                }
            });
        }
        Some(concatenation(parts))
    }

    fn token(&mut self, token: &str, at: &At, findings: &mut Findings) -> Option<Expr> {
        if let Some(column) = self.rows.find(self.source, token)
            && (self.rows.is_known || self.attribute(token).is_none())
        {
            return Some(Expr::Column(column));
        }
        if let Some(found) = self.attribute(token).and_then(|a| self.attributes.get(a)) {
            if let Some(text) = as_text(&found.attribute.expr) {
                return Some(text);
            }
            let message = format!("the attribute `{token}` is not a text or a number");
            let help = "name a column, or an attribute with one value";
            findings.add(TEMPLATE_TOKEN, at, message, help);
            return None;
        }
        if self.is_broken(token) {
            return None;
        }
        if let Some((table, column)) = token.split_once('.') {
            return self.qualified(table, column, at, findings);
        }
        if let Some(found) = self.by_convention(token, at, findings) {
            return Some(found);
        }
        if !self.rows.is_known {
            let column = self.rows.column(self.source, token, at, findings)?;
            return Some(Expr::Column(column));
        }
        let columns = self.rows.source(self.source).map(|table| &table.columns);
        let columns = columns.into_iter().flatten().map(|c| c.name.as_str());
        let attributes = self.attributes.iter().map(|a| a.attribute.name.as_str());
        let help = match nearest(token, columns.chain(attributes)) {
            Some(near) => format!("is `{near}` meant?"),
            None => "name a column of the source table, an attribute of the entity, or \
                     `table.column` of a join of the entity"
                .to_owned(),
        };
        let source = self.rows.name(self.source);
        let message = format!("`{token}` is neither a column of `{source}` nor an attribute");
        findings.add(TEMPLATE_TOKEN, at, message, help);
        None
    }

    /// `table.column` of the source table or of a join.
    fn qualified(
        &mut self,
        table: &str,
        column: &str,
        at: &At,
        findings: &mut Findings,
    ) -> Option<Expr> {
        if table == self.rows.name(self.source) {
            let column = self.rows.column(self.source, column, at, findings)?;
            return Some(Expr::Column(column));
        }
        let join = self.joins.iter().find(|join| join.name == table);
        let Some((hops, target)) = join.and_then(|j| Some((j.hops.clone(), j.table()?))) else {
            let message = format!("the entity has no join to `{table}`");
            let help = "declare the join at an attribute of the entity";
            findings.add(TEMPLATE_TOKEN, at, message, help);
            return None;
        };
        let column = self.rows.column(target, column, at, findings)?;
        Some(Expr::Lookup(Lookup {
            hops,
            column,
            absent: None,
        }))
    }

    /// `user_email` for `users.email` of a join; `product_id` for the primary key of `products`.
    fn by_convention(&mut self, token: &str, at: &At, findings: &mut Findings) -> Option<Expr> {
        let mut found = None;
        for join in &self.joins {
            let Some(table) = join.table() else { continue };
            for singular in singulars(self.rows.name(table)) {
                let column = token
                    .strip_prefix(&singular)
                    .and_then(|t| t.strip_prefix('_'));
                if let Some(column) = column.and_then(|column| self.rows.find(table, column)) {
                    let lookup = Lookup {
                        hops: join.hops.clone(),
                        column,
                        absent: None,
                    };
                    // Only if exactly one join leads there.
                    if found.as_ref().is_some_and(|other| *other != lookup) {
                        return None;
                    }
                    found = Some(lookup);
                }
            }
        }
        if let Some(lookup) = found {
            let table = lookup.hops.last().map_or(0, |hop| hop.table);
            let column = self.rows.column_at(table, lookup.column);
            let column = column.map_or("", |column| &column.name);
            let meant = format!("{}.{column}", self.rows.name(table));
            findings.understood(
                TEMPLATE_CONVENTION,
                at,
                format!("`{token}` is neither a column nor an attribute"),
                format!("`{meant}`, of the only join to that table"),
                format!("write `{{{meant}}}`"),
            );
            return Some(Expr::Lookup(lookup));
        }
        self.key_by_convention(token, at, findings)
            .map(Expr::Column)
    }

    /// The column of the source table's primary key, by the name `<singular>_id`.
    pub fn key_by_convention(&self, name: &str, at: &At, findings: &mut Findings) -> Option<usize> {
        let source = self.rows.source(self.source)?;
        let [key] = source.primary_key.as_slice() else {
            return None;
        };
        let mut singulars = singulars(&source.name).into_iter();
        singulars.find(|singular| name == format!("{singular}_id"))?;
        findings.understood(
            KEY_CONVENTION,
            at,
            format!(
                "`{name}` is neither an attribute nor a column of `{}`",
                source.name
            ),
            format!("`{}.{key}`, the primary key", source.name),
            format!("add an attribute `{name}` with the source column `{key}`"),
        );
        self.rows.find(self.source, key)
    }
}

/// What the name of a table may be in the singular.
fn singulars(table: &str) -> Vec<String> {
    let mut found = vec![table.to_owned()];
    if let Some(stem) = table.strip_suffix("ies") {
        found.push(format!("{stem}y"));
    }
    found.extend(table.strip_suffix("es").map(str::to_owned));
    found.extend(table.strip_suffix('s').map(str::to_owned));
    found
}

/// An expression as a part of a text; none for what has no single value.
fn as_text(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Object(_) | Expr::Children(_) => None,
        other => Some(other.clone()),
    }
}

/// Parts one behind the other, in the simplest form, so that equal values are equal expressions.
pub(super) fn concatenation(parts: Vec<Expr>) -> Expr {
    let mut simple: Vec<Expr> = Vec::new();
    let flat = parts.into_iter().flat_map(|part| match part {
        Expr::Template(inner) => inner,
        other => vec![other],
    });
    for part in flat {
        match (simple.last_mut(), part) {
            (Some(Expr::Constant(before)), Expr::Constant(text)) => before.push_str(&text),
            (_, part) => simple.push(part),
        }
    }
    match simple.len() {
        0 => Expr::Constant(String::new()),
        1 => simple.remove(0),
        _ => Expr::Template(simple),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_name_in_the_singular() {
        for (table, singular) in [
            ("users", "user"),
            ("categories", "category"),
            ("boxes", "box"),
            ("staff", "staff"),
        ] {
            assert!(singulars(table).contains(&singular.to_owned()), "{table}");
        }
    }

    #[test]
    fn a_concatenation_is_as_simple_as_it_can_be() {
        let text = |text: &str| Expr::Constant(text.into());
        let inner = Expr::Template(vec![text("a"), Expr::Column(1)]);
        let simple = concatenation(vec![text("x"), inner, text("b"), text("c")]);
        let parts = vec![text("xa"), Expr::Column(1), text("bc")];
        assert_eq!(simple, Expr::Template(parts));
        assert_eq!(concatenation(vec![Expr::Column(2)]), Expr::Column(2));
    }
}
