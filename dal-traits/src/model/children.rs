//! What the elements of an array of owned children fulfil: their order, and their keys.

use std::cmp::Ordering;

use super::{Children, Entity, Expr, Field, FieldSource, Member, Model, ValueType};
use crate::catalog::SourceTable;
use crate::value::{Value, canonical};

/// A unique key of the rows that are the children of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildKey {
    /// The name of the key in MySQL.
    pub name: String,
    /// The members that it compares: its columns without those that are the record's key.
    pub members: Vec<usize>,
}

impl Entity {
    /// The owned children that are the field at `place`, with their members; none for another field.
    pub fn children(&self, place: usize) -> Option<(&Children, &[Member])> {
        let field = self.fields.get(place)?;
        let attribute = self.attributes.get(field.attribute)?;
        match (field.source, &attribute.expr, &field.value_type) {
            (FieldSource::Children, Expr::Children(children), ValueType::Rows(members)) => {
                Some((children, members))
            }
            _ => None,
        }
    }

    /// The fields that are arrays of owned children, by their places.
    pub fn arrays(&self) -> impl Iterator<Item = (usize, &Field)> {
        let fields = self.fields.iter().enumerate();
        fields.filter(|(_, field)| field.source == FieldSource::Children)
    }
}

impl Children {
    /// The place of the member that is this column of the child table.
    pub fn member(&self, column: usize) -> Option<usize> {
        self.members.iter().position(|(_, of)| *of == column)
    }

    /// Whether the column of the child table holds the key of the record.
    pub fn is_parent_key(&self, column: usize) -> bool {
        self.on.iter().any(|(_, of)| *of == column)
    }

    /// The members that order the elements, and whether the greatest value comes first. None when a
    /// column that is no member orders them: they stay as they were written.
    pub fn ordered_by(&self) -> Option<Vec<(usize, bool)>> {
        // All children of a record have the same key of the record.
        let order = self
            .order
            .iter()
            .filter(|by| !self.is_parent_key(by.column));
        order
            .map(|by| Some((self.member(by.column)?, by.descending)))
            .collect()
    }

    /// Puts the elements in their order. Elements that are equal in what orders them come in the
    /// order of their members, the first member first.
    pub fn sort(&self, rows: &mut [Vec<Value>]) {
        if let Some(order) = self.ordered_by() {
            rows.sort_by(|one, other| compare(&order, one, other));
        }
    }

    /// The unique keys of the child table that hold the key of the record, as far as each other
    /// column of them is a member.
    pub fn keys(&self, table: &SourceTable) -> Vec<ChildKey> {
        let primary = ("PRIMARY", &table.primary_key);
        let unique = table.unique_keys.iter().filter(|key| !key.prefix);
        let unique = unique.map(|key| (key.name.as_str(), &key.columns));
        let keys = std::iter::once(primary).chain(unique);
        keys.filter_map(|(name, columns)| {
            let columns = columns.iter().map(|column| table.position(column));
            let columns: Vec<usize> = columns.collect::<Option<_>>()?;
            let has_parent = self.on.iter().all(|(_, column)| columns.contains(column));
            let rest = columns
                .iter()
                .filter(|column| !self.is_parent_key(**column));
            let members = rest.map(|column| self.member(*column));
            (has_parent && !columns.is_empty()).then_some(ChildKey {
                name: name.to_owned(),
                members: members.collect::<Option<_>>()?,
            })
        })
        .collect()
    }
}

impl ChildKey {
    /// The values of an element in this key; none when one of them is NULL, which equals nothing.
    pub fn of<'a>(&self, row: &'a [Value]) -> Option<Vec<&'a Value>> {
        let values = self.members.iter().map(|member| row.get(*member));
        let values: Vec<&Value> = values.collect::<Option<_>>()?;
        (!values.iter().any(|value| value.is_null())).then_some(values)
    }
}

impl Model {
    /// The table of the rows that are owned children.
    pub fn child_table(&self, children: &Children) -> Option<&SourceTable> {
        self.catalog.tables.get(children.table)
    }
}

fn compare(order: &[(usize, bool)], one: &[Value], other: &[Value]) -> Ordering {
    for (member, is_descending) in order {
        let values = one.get(*member).zip(other.get(*member));
        let found = values.and_then(|(one, other)| one.order(other));
        match (found.unwrap_or(Ordering::Equal), is_descending) {
            (Ordering::Equal, _) => {}
            (found, true) => return found.reverse(),
            (found, false) => return found,
        }
    }
    let members = one.iter().zip(other);
    let mut orders = members.filter_map(|(one, other)| one.order(other));
    let found = orders.find(|order| order.is_ne());
    // JSON and sets have no order of their own.
    found.unwrap_or_else(|| bytes(one).cmp(&bytes(other)))
}

fn bytes(row: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in row {
        canonical(value, &mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OrderColumn;

    /// Children of the columns 1 (`a`) and 2 (`b`), whose column 0 is the key of the record.
    fn children(order: &[(usize, bool)]) -> Children {
        let order = order.iter().map(|(column, descending)| OrderColumn {
            column: *column,
            descending: *descending,
        });
        Children {
            table: 0,
            on: vec![(0, 0)],
            members: vec![("a".to_owned(), 1), ("b".to_owned(), 2)],
            order: order.collect(),
        }
    }

    fn sorted(order: &[(usize, bool)], rows: &[(Option<i128>, &str)]) -> Vec<Vec<Value>> {
        let row = |(a, b): &(Option<i128>, &str)| vec![Value::from(*a), Value::from(*b)];
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        children(order).sort(&mut rows);
        rows
    }

    #[test]
    fn elements_are_ordered_by_their_columns_and_then_by_their_members() {
        let row = |a: Option<i128>, b: &str| vec![Value::from(a), Value::from(b)];
        let rows = [(Some(10), "x"), (Some(9), "B"), (None, "a"), (Some(9), "a")];
        let by_a = [
            row(None, "a"),
            row(Some(9), "B"),
            row(Some(9), "a"),
            row(Some(10), "x"),
        ];
        assert_eq!(sorted(&[(1, false)], &rows), by_a);
        assert_eq!(
            sorted(&[(0, false), (1, false)], &rows),
            by_a,
            "the record's key"
        );
        let down = [
            row(Some(10), "x"),
            row(Some(9), "B"),
            row(Some(9), "a"),
            row(None, "a"),
        ];
        assert_eq!(sorted(&[(1, true)], &rows), down);
        let by_b = [
            row(Some(9), "B"),
            row(None, "a"),
            row(Some(9), "a"),
            row(Some(10), "x"),
        ];
        assert_eq!(sorted(&[(2, false)], &rows), by_b);
        // A column that is no member orders them as they were written.
        let written = sorted(&[(3, false)], &rows);
        assert_eq!(written[1], row(Some(9), "B"));
        assert_eq!(children(&[(3, false)]).ordered_by(), None);
    }

    #[test]
    fn a_key_of_the_children_holds_the_key_of_the_record() {
        let column = |name: &str| crate::catalog::Column {
            name: name.to_owned(),
            column_type: "int".parse().unwrap(),
            nullable: false,
            default: None,
            collation: None,
            auto_increment: false,
            generated: false,
            on_update_now: false,
        };
        let key = |name: &str, columns: &[&str], prefix| crate::catalog::UniqueKey {
            name: name.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            prefix,
        };
        let table = SourceTable {
            columns: ["parent", "a", "b", "hidden"].map(column).to_vec(),
            primary_key: vec!["parent".to_owned(), "a".to_owned()],
            unique_keys: vec![
                key("by_b", &["b", "PARENT"], false),
                key("of_all", &["b"], false),
                key("hidden", &["parent", "hidden"], false),
                key("prefix", &["parent", "b"], true),
            ],
            ..SourceTable::default()
        };
        let keys = children(&[]).keys(&table);
        let names: Vec<_> = keys
            .iter()
            .map(|k| (k.name.as_str(), &k.members[..]))
            .collect();
        assert_eq!(names, [("PRIMARY", &[0][..]), ("by_b", &[1][..])]);
        let row = [Value::Null, Value::from(1)];
        assert_eq!(keys[0].of(&row), None);
        assert_eq!(keys[1].of(&row), Some(vec![&Value::from(1)]));
    }
}
