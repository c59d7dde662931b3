//! Every record, in the order of the primary key.

use dal_traits::Result;
use dal_traits::op::{Reply, Scan};

use crate::backend::sql::Sql;
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, condition, page};

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    scan: &Scan,
) -> Result<Reply> {
    let rows = page::look_ahead(scan.limit)?;
    let position = scan.position()?;
    let mut operands = Vec::with_capacity(table.entity.identity.len());
    let mut behind = Vec::with_capacity(table.entity.identity.len());
    for field in &table.entity.identity {
        let operand = table.column(*field)?.seek();
        operands.push(operand);
        if let Some(position) = &position {
            behind.push((operand, page::value(position, *field)?));
        }
    }
    let mut sql = Sql::from_text(&table.texts.select);
    if !behind.is_empty() {
        sql.term().behind(&behind, false)?;
    }
    if let Some(filter) = &scan.filter {
        condition::write(sql.term(), table, filter)?;
    }
    sql.order(&operands, false);
    sql.limit(rows)?;
    let read = table.whole(sql.finish(), true)?;
    let found = backend.rows(table, &read).await?;
    page::cut(table, &found, scan.limit, |last| scan.cursor_behind(last))
}
