//! CHECK constraints of one column against literals.

use dal_traits::model::ValueRange;
use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value};

use super::{expression, name};

/// The column of a CHECK constraint and what it allows; none when it says something else, such as a
/// comparison of two columns.
pub(crate) fn range(clause: &str) -> Option<(String, ValueRange)> {
    // MySQL prints the quotes of literals with backslashes, and their character set before them.
    let expr = expression(&clause.replace("\\'", "'")).ok()?;
    let mut column = None;
    let mut range = ValueRange::default();
    add(&expr, &mut column, &mut range)?;
    Some((column?, range))
}

fn add(expr: &Expr, column: &mut Option<String>, range: &mut ValueRange) -> Option<()> {
    match expr {
        Expr::Nested(inner) => add(inner, column, range),
        Expr::BinaryOp { left, op, right } => {
            if *op == BinaryOperator::And {
                add(left, column, range)?;
                return add(right, column, range);
            }
            // `0 < a` is `a > 0`.
            let (of, op, value) = match literal(right) {
                Some(value) => (left, op.clone(), value),
                None => (right, turned(op)?, literal(left)?),
            };
            same(column, of)?;
            match op {
                BinaryOperator::Gt => set(&mut range.least, (value, false)),
                BinaryOperator::GtEq => set(&mut range.least, (value, true)),
                BinaryOperator::Lt => set(&mut range.greatest, (value, false)),
                BinaryOperator::LtEq => set(&mut range.greatest, (value, true)),
                BinaryOperator::Eq if range.one_of.is_empty() => {
                    range.one_of.push(value);
                    Some(())
                }
                _ => None,
            }
        }
        Expr::Between {
            expr,
            negated: false,
            low,
            high,
        } => {
            same(column, expr)?;
            set(&mut range.least, (literal(low)?, true))?;
            set(&mut range.greatest, (literal(high)?, true))
        }
        Expr::In {
            expr,
            target: InTarget::List(list),
            negated: false,
            ..
        } if range.one_of.is_empty() => {
            same(column, expr)?;
            range.one_of = list.iter().map(literal).collect::<Option<_>>()?;
            Some(())
        }
        _ => None,
    }
}

/// A second bound of the same kind is not read: which one is stricter depends on the type.
fn set<T>(bound: &mut Option<T>, value: T) -> Option<()> {
    if bound.is_some() {
        return None;
    }
    *bound = Some(value);
    Some(())
}

fn same(column: &mut Option<String>, expr: &Expr) -> Option<()> {
    let found = name(expr)?.column;
    match column {
        Some(known) if *known != found => None,
        _ => {
            *column = Some(found);
            Some(())
        }
    }
}

fn turned(op: &BinaryOperator) -> Option<BinaryOperator> {
    Some(match op {
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        BinaryOperator::Eq => BinaryOperator::Eq,
        _ => return None,
    })
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::Prefixed { value, .. } => literal(value),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match expr.as_ref() {
            Expr::Value(found) => match &found.value {
                Value::Number(digits, _) => Some(format!("-{digits}")),
                _ => None,
            },
            Expr::Nested(inner) => literal(inner).map(|digits| format!("-{digits}")),
            _ => None,
        },
        Expr::Value(found) => match &found.value {
            Value::Number(digits, _) => Some(digits.clone()),
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_of_one_column_with_literals_are_a_range() {
        let (column, found) = range("(`quantity` between 1 and 1000)").unwrap();
        assert_eq!(column, "quantity");
        assert_eq!(found.least, Some(("1".into(), true)));
        assert_eq!(found.greatest, Some(("1000".into(), true)));
        let (_, found) = range("((`a` > -(5)) and (10 >= `a`))").unwrap();
        assert_eq!(found.least, Some(("-5".into(), false)));
        assert_eq!(found.greatest, Some(("10".into(), true)));
        let (_, found) = range(r"(`s` in (_utf8mb4\'new\',_utf8mb4\'paid\'))").unwrap();
        assert_eq!(found.one_of, ["new", "paid"]);
    }

    #[test]
    fn anything_else_is_none() {
        for other in [
            "(`a` < `b`)",
            "((`a` > 1) or (`a` < 0))",
            "((`a` > 1) and (`b` < 5))",
            "((`a` > 1) and (`a` > 5))",
            "(`a` not in (1,2))",
            "(length(`a`) > 3)",
            "(`a` <> 3)",
        ] {
            assert_eq!(range(other), None, "{other}");
        }
    }
}
