//! The fragments of SQL in a contract and in CHECK constraints.

mod check;

use sqlparser::ast::{BinaryOperator, Expr, Ident, OrderBySort};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

pub(crate) use check::range;

/// Longer fragments are refused: a parsed expression nests as deep as it is long.
const LONGEST: usize = 4_000;

/// `table.column`, or `column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnName {
    pub table: Option<String>,
    pub column: String,
}

/// Why a fragment is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SqlError {
    /// It is not SQL.
    Syntax(String),
    /// It is SQL, but of another form.
    Form,
}

impl From<ParserError> for SqlError {
    fn from(error: ParserError) -> Self {
        let text = error.to_string();
        let text = text.strip_prefix("sql parser error: ").unwrap_or(&text);
        Self::Syntax(text.to_owned())
    }
}

/// A column, by its name.
pub(crate) fn column(text: &str) -> Result<ColumnName, SqlError> {
    name(&expression(text)?).ok_or(SqlError::Form)
}

/// `a.b = c.d AND ..`
pub(crate) fn equalities(text: &str) -> Result<Vec<(ColumnName, ColumnName)>, SqlError> {
    let mut pairs = Vec::new();
    let mut rest = vec![expression(text)?];
    while let Some(expr) = rest.pop() {
        match expr {
            Expr::Nested(inner) => rest.push(*inner),
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::And => rest.extend([*right, *left]),
                BinaryOperator::Eq => match (name(&left), name(&right)) {
                    (Some(left), Some(right)) => pairs.push((left, right)),
                    _ => return Err(SqlError::Form),
                },
                _ => return Err(SqlError::Form),
            },
            _ => return Err(SqlError::Form),
        }
    }
    Ok(pairs)
}

/// `a.b DESC, c.d`; the flag says descending.
pub(crate) fn order_by(text: &str) -> Result<Vec<(ColumnName, bool)>, SqlError> {
    let parsed = parse(text, |parser| {
        parser.parse_comma_separated(Parser::parse_order_by_expr)
    })?;
    parsed
        .into_iter()
        .map(|order| {
            let name = name(&order.expr).ok_or(SqlError::Form)?;
            Ok((name, matches!(order.options.sort, Some(OrderBySort::Desc))))
        })
        .collect()
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method itself is not general over the parser's lifetime"
)]
fn expression(text: &str) -> Result<Expr, SqlError> {
    parse(text, |parser| parser.parse_expr())
}

fn parse<T>(
    text: &str,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Result<T, SqlError> {
    if text.len() > LONGEST {
        let message = format!("it has more than {LONGEST} bytes");
        return Err(SqlError::Syntax(message));
    }
    let dialect = MySqlDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text)?;
    let found = read(&mut parser)?;
    match parser.peek_token().token {
        Token::EOF => Ok(found),
        token => Err(SqlError::Syntax(format!("`{token}` is not expected"))),
    }
}

fn name(expr: &Expr) -> Option<ColumnName> {
    let plain = |ident: &Ident| ident.value.clone();
    match expr {
        Expr::Nested(inner) => name(inner),
        Expr::Identifier(column) => Some(ColumnName {
            table: None,
            column: plain(column),
        }),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, column] => Some(ColumnName {
                table: Some(plain(table)),
                column: plain(column),
            }),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(table: &str, column: &str) -> ColumnName {
        ColumnName {
            table: Some(table.into()),
            column: column.into(),
        }
    }

    #[test]
    fn equalities_are_read_in_their_order() {
        let read = equalities("a.x = `b`.`y` AND (c.z = d.w AND e.v = f.u)").unwrap();
        let pairs = [
            (of("a", "x"), of("b", "y")),
            (of("c", "z"), of("d", "w")),
            (of("e", "v"), of("f", "u")),
        ];
        assert_eq!(read, pairs);
        for other in ["a.x = 1", "a.x < b.y", "a.x = b.y OR a.z = b.w", "a.x"] {
            assert_eq!(equalities(other), Err(SqlError::Form), "{other}");
        }
        for wrong in ["", "a.x =", "a.x = b.y; DROP TABLE t", "a.x = b.y)"] {
            let read = equalities(wrong);
            assert!(
                matches!(read, Err(SqlError::Syntax(_))),
                "{wrong}: {read:?}"
            );
        }
    }

    #[test]
    fn an_expression_is_no_column() {
        assert_eq!(column("t.c"), Ok(of("t", "c")));
        assert_eq!(column("CONCAT(t.c, 'x')"), Err(SqlError::Form));
    }

    #[test]
    fn a_long_fragment_cannot_exhaust_the_stack() {
        let and = "a.b = c.d AND ".repeat(100_000) + "a.b = c.d";
        assert!(equalities(&and).is_err());
        assert!(column(&"(".repeat(3_000)).is_err());
        assert!(column(&("-".repeat(3_999) + "1")).is_err());
        assert!(equalities(&("a.b = c.d AND ".repeat(280) + "a.b = c.d")).is_ok());
    }

    #[test]
    fn an_order_has_directions() {
        let read = order_by("t.a DESC, b").unwrap();
        let b = ColumnName {
            table: None,
            column: "b".into(),
        };
        assert_eq!(read, [(of("t", "a"), true), (b, false)]);
    }
}
