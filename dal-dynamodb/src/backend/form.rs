//! How the types of attributes hold the values of columns: whether DynamoDB compares what they hold as
//! the values compare, and what tells the form that dal writes from that of another program.

use dal_traits::catalog::ColumnType;
use dal_traits::model::AttributeType;

/// What tells that an attribute of the right type holds its value in the form that dal writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing more: each value has one form.
    Typed,
    /// The size.
    Sized(u32),
    /// The size of a date and time without a zone, and the space in it.
    Moment(u32),
    /// Only reading it.
    Read,
}

/// Whether the type of an attribute keeps equality and order of the values of a column.
pub(super) const fn keeps(column_type: &ColumnType, held: AttributeType) -> (bool, bool) {
    use AttributeType::{B, Bool, N, S, Ss};
    match (column_type, held) {
        (
            ColumnType::Integer { .. }
            | ColumnType::Bit(_)
            | ColumnType::Year
            | ColumnType::Decimal { .. }
            | ColumnType::Bool
            | ColumnType::Timestamp(_),
            N,
        )
        | (
            ColumnType::Char(_)
            | ColumnType::Varchar(_)
            | ColumnType::Text(_)
            | ColumnType::Enum(_)
            | ColumnType::Date
            | ColumnType::DateTime(_)
            | ColumnType::Timestamp(_),
            S,
        )
        | (ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_), B) => {
            (true, true)
        }
        // One text for each value, but not in their order.
        (
            ColumnType::Integer { .. }
            | ColumnType::Bit(_)
            | ColumnType::Year
            | ColumnType::Decimal { .. }
            | ColumnType::Bool
            | ColumnType::Time(_)
            | ColumnType::Set(_),
            S,
        )
        | (ColumnType::Bool, Bool)
        | (ColumnType::Set(_), Ss) => (true, false),
        // Equality of a number that rounds means nothing.
        (ColumnType::Float | ColumnType::Double, N) => (false, true),
        _ => (false, false),
    }
}

/// What tells the form in which an attribute of this type holds a value of the column.
pub(super) fn form(column_type: &ColumnType, held: AttributeType) -> Form {
    use AttributeType::{B, S};
    match (column_type, held) {
        (ColumnType::Varchar(_) | ColumnType::Text(_) | ColumnType::Enum(_), S) => Form::Typed,
        (ColumnType::Date, S) => Form::Sized(10),
        (ColumnType::DateTime(0) | ColumnType::Timestamp(0), S) => Form::Moment(19),
        (ColumnType::DateTime(digits) | ColumnType::Timestamp(digits), S) => {
            Form::Moment(20 + u32::from(*digits))
        }
        // Zeros are missing at the end.
        (ColumnType::Binary(length), B) => Form::Sized(*length),
        // Numbers with zeros in front or behind the point, spaces behind a CHAR, labels of a SET in
        // another order.
        (_, S) => Form::Read,
        _ => Form::Typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_dynamodb_compares_otherwise_are_known() {
        use AttributeType::{B, Bool, N, S, Ss};
        for (column_type, held, expected) in [
            ("int", N, (true, true)),
            ("int", S, (true, false)),
            ("decimal(10,2)", N, (true, true)),
            ("decimal(10,2)", S, (true, false)),
            ("double", N, (false, true)),
            ("double", S, (false, false)),
            ("varchar(9)", S, (true, true)),
            ("enum('b','a')", S, (true, true)),
            ("datetime(6)", S, (true, true)),
            ("timestamp", N, (true, true)),
            ("time(3)", S, (true, false)),
            ("tinyint(1)", Bool, (true, false)),
            ("set('a','b')", Ss, (true, false)),
            ("varbinary(9)", B, (true, true)),
            ("json", S, (false, false)),
        ] {
            let keeps = keeps(&column_type.parse().unwrap(), held);
            assert_eq!(keeps, expected, "{column_type} {held}");
        }
    }

    #[test]
    fn what_has_several_forms_is_never_taken_for_what_has_one() {
        use AttributeType::{B, N, S, Ss};
        for (column_type, held, expected) in [
            ("int", N, Form::Typed),
            ("int", S, Form::Read),
            ("decimal(10,2)", S, Form::Read),
            ("char(2)", S, Form::Read),
            ("varchar(9)", S, Form::Typed),
            ("date", S, Form::Sized(10)),
            ("datetime", S, Form::Moment(19)),
            ("timestamp(3)", S, Form::Moment(23)),
            ("time", S, Form::Read),
            ("set('a','b')", S, Form::Read),
            ("set('a','b')", Ss, Form::Typed),
            ("binary(16)", B, Form::Sized(16)),
            ("varbinary(16)", B, Form::Typed),
        ] {
            let form = form(&column_type.parse().unwrap(), held);
            assert_eq!(form, expected, "{column_type} {held}");
        }
    }
}
