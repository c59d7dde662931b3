//! How the value of an attribute follows from a row.

/// An expression over a row of an entity's source table.
///
/// A column is its place in [`SourceTable::columns`](crate::catalog::SourceTable::columns), a table
/// its place in [`Catalog::tables`](crate::catalog::Catalog::tables).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expr {
    /// A column of the row.
    Column(usize),
    /// A text that is the same in each item.
    Constant(String),
    /// The texts of the parts, one behind the other. NULL when one of them is.
    Template(Vec<Expr>),
    /// A date or a moment, written by a pattern.
    DateFormat {
        /// What is written.
        of: Box<Expr>,
        /// The pattern.
        pattern: Vec<DatePart>,
    },
    /// A number, written by a format.
    NumberFormat {
        /// What is written.
        of: Box<Expr>,
        /// The format.
        format: NumberFormat,
    },
    /// A column of a row that the row leads to.
    Lookup(Lookup),
    /// An object of columns of the same row, by the name of each member.
    Object(Vec<(String, usize)>),
    /// An array of objects, one for each row of another table that belongs to the row.
    Children(Children),
}

/// A column of the row at the end of some hops; NULL when there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// From row to row; at least one.
    pub hops: Vec<Hop>,
    /// The column of the last row.
    pub column: usize,
    /// The text in the place of NULL.
    pub absent: Option<String>,
}

/// From one row to at most one other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The table of the next row.
    pub table: usize,
    /// The column of the row before, and the column of `table` that equals it.
    pub on: Vec<(usize, usize)>,
}

/// The rows of another table that belong to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Children {
    /// Their table.
    pub table: usize,
    /// The column of the row, and the column of `table` that equals it.
    pub on: Vec<(usize, usize)>,
    /// The members of each object: name and column of `table`.
    pub members: Vec<(String, usize)>,
    /// How they are ordered.
    pub order: Vec<OrderColumn>,
}

/// A column that rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderColumn {
    /// The column.
    pub column: usize,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

/// A part of the pattern of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// `YYYY`
    Year,
    /// `MM`
    Month,
    /// `DD`
    Day,
    /// `HH`
    Hour,
    /// `mm`
    Minute,
    /// `ss`
    Second,
    /// `SSS`
    Millisecond,
    /// Text as it is.
    Literal(String),
}

/// A format of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// `%05d`: digits with leading zeros up to this width.
    Padded(u8),
    /// `%.2f`: so many digits behind the point.
    Fixed(u8),
}
