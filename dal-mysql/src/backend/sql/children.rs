//! Statements about the owned children of records.

use std::fmt::Write as _;
use std::sync::Arc;

use dal_traits::Result;
use dal_traits::value::Value;

use super::Statement;
use super::column::Column;
use super::texts::{delete, matching};
use super::write::{Sql, push};

/// The table of an array, for the statements about it.
pub(in crate::backend) struct Child<'a> {
    /// `` `table` ``
    pub(in crate::backend) table: &'a str,
    /// The columns that hold the key of the record, in the order of the identity.
    pub(in crate::backend) parent: &'a [Column],
    /// The members.
    pub(in crate::backend) members: &'a [Column],
    /// The column that orders children as they were written.
    pub(in crate::backend) written: Option<&'a Column>,
}

impl<'a> Child<'a> {
    /// What is selected of a child: a column that is never NULL, then the members.
    fn selected(&self) -> impl Iterator<Item = &'a str> {
        let key = self.written.or(self.parent.first());
        let columns = key.into_iter().chain(self.members);
        columns.map(|column| column.name.as_str())
    }
}

/// The records of a read with their children, in one statement: each row is a record beside one of
/// its children, or beside none. What is read in an order is numbered, in the last column: a sort of
/// rows that hold whole records could need more memory than MySQL sorts with.
///
/// Several arrays would multiply each other: a number for each of them keeps them apart.
pub(in crate::backend) fn with_children(
    inner: &str,
    columns: &[Column],
    identity: &[&Column],
    arrays: &[Child<'_>],
    is_numbered: bool,
) -> Arc<str> {
    let mut text = String::from("SELECT ");
    for (i, column) in columns.iter().enumerate() {
        let _ = write!(text, "{}p.{}", if i == 0 { "" } else { ", " }, column.name);
    }
    for (a, array) in arrays.iter().enumerate() {
        for name in array.selected() {
            let _ = write!(text, ", c{a}.{name}");
        }
    }
    let _ = if is_numbered {
        write!(
            text,
            ", p.`dal.n` FROM (SELECT ROW_NUMBER() OVER () AS `dal.n`, q.* FROM ({inner}) q) p"
        )
    } else {
        write!(text, " FROM ({inner}) p")
    };
    if arrays.len() > 1 {
        text.push_str(" JOIN (SELECT 0 AS a");
        for a in 1..arrays.len() {
            let _ = write!(text, " UNION ALL SELECT {a}");
        }
        text.push_str(") n");
    }
    for (a, array) in arrays.iter().enumerate() {
        let _ = write!(text, " LEFT JOIN {} c{a} ON ", array.table);
        for (i, (own, of_child)) in identity.iter().zip(array.parent).enumerate() {
            push(&mut text, if i == 0 { "" } else { " AND " });
            let _ = write!(text, "c{a}.{} = p.{}", of_child.name, own.name);
        }
        if arrays.len() > 1 {
            let _ = write!(text, " AND n.a = {a}");
        }
    }
    text.into()
}

/// The children of one record, with a lock or without.
pub(in crate::backend) fn select_children(child: &Child<'_>, lock: &str) -> Arc<str> {
    let names: Vec<&str> = child.selected().collect();
    let (names, of_record) = (names.join(", "), of_record(child));
    format!("SELECT {names} FROM {}{of_record}{lock}", child.table).into()
}

pub(in crate::backend) fn delete_children(child: &Child<'_>) -> String {
    format!("{}{}", delete(child.table), of_record(child))
}

fn of_record(child: &Child<'_>) -> String {
    let parent: Vec<&Column> = child.parent.iter().collect();
    matching(&parent)
}

/// Children are added; one that exists by its key becomes as it is given where `replaced` says what
/// changes.
pub(in crate::backend) fn insert_children(
    child: &Child<'_>,
    identity: &[Value],
    rows: &[&[Value]],
    replaced: &[&Column],
) -> Result<Statement> {
    let columns: Vec<&Column> = child.parent.iter().chain(child.members).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut sql = Sql::from_text(&format!(
        "INSERT INTO {} ({}) VALUES ",
        child.table,
        names.join(", ")
    ));
    for (i, row) in rows.iter().enumerate() {
        push(&mut sql.text, if i == 0 { "(" } else { ", (" });
        for (k, value) in identity.iter().chain(*row).enumerate() {
            push(&mut sql.text, if k == 0 { "" } else { ", " });
            sql.bind(value)?;
        }
        sql.text.push(')');
    }
    for (i, column) in replaced.iter().enumerate() {
        let begin = " AS dal_new ON DUPLICATE KEY UPDATE ";
        push(&mut sql.text, if i == 0 { begin } else { ", " });
        let _ = write!(sql.text, "{0} = dal_new.{0}", column.name);
    }
    Ok(sql.finish())
}
