//! Reading MySQL's schema from `information_schema`.

use std::collections::BTreeMap;

use dal_traits::catalog::{
    Catalog, CheckConstraint, Column, ColumnDefault, ColumnType, ForeignKey, ReferenceAction,
    SourceIndex, SourceTable, UniqueKey,
};
use dal_traits::{Error, ErrorKind, Result};
use sqlx::mysql::MySqlRow;
use sqlx::{ConnectOptions, Connection, Executor, MySqlConnection, Row};

use crate::pool::connect_options;

/// Each query is about the tables of the connection's database. Texts are cast, because the columns of
/// `information_schema` have other types in other versions.
const COLUMNS: &str = "SELECT CAST(c.TABLE_NAME AS CHAR), CAST(c.COLUMN_NAME AS CHAR), \
     CAST(c.COLUMN_TYPE AS CHAR), c.IS_NULLABLE = 'YES', CAST(c.COLUMN_DEFAULT AS CHAR), \
     CAST(c.COLLATION_NAME AS CHAR), CAST(c.EXTRA AS CHAR) \
     FROM information_schema.COLUMNS c JOIN information_schema.TABLES t \
     ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME \
     WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' \
     ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION";
const KEYS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), NON_UNIQUE = 0, \
     CAST(COLUMN_NAME AS CHAR), SUB_PART IS NOT NULL, CAST(SEQ_IN_INDEX AS UNSIGNED) \
     FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
     ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";
const FOREIGN_KEYS: &str = "SELECT CAST(k.TABLE_NAME AS CHAR), CAST(k.CONSTRAINT_NAME AS CHAR), \
     CAST(k.COLUMN_NAME AS CHAR), CAST(k.REFERENCED_TABLE_NAME AS CHAR), \
     CAST(k.REFERENCED_COLUMN_NAME AS CHAR), CAST(r.DELETE_RULE AS CHAR) \
     FROM information_schema.KEY_COLUMN_USAGE k \
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
     ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
     AND r.TABLE_NAME = k.TABLE_NAME \
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL \
     ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION";
const CHECKS: &str = "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(c.CONSTRAINT_NAME AS CHAR), \
     CAST(c.CHECK_CLAUSE AS CHAR) \
     FROM information_schema.CHECK_CONSTRAINTS c \
     JOIN information_schema.TABLE_CONSTRAINTS t \
     ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME \
     WHERE t.TABLE_SCHEMA = DATABASE() AND t.ENFORCED = 'YES' \
     ORDER BY t.TABLE_NAME, c.CONSTRAINT_NAME";
const TRIGGERS: &str = "SELECT CAST(EVENT_OBJECT_TABLE AS CHAR), CAST(TRIGGER_NAME AS CHAR) \
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() \
     ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME";

/// Reads the schema of the database that `url` names: its tables without views, and no rows.
///
/// It opens one connection, and closes it. Nothing is retried: this is for tools.
///
/// # Errors
/// [`Config`](ErrorKind::Config) when the URL cannot be read or names no database;
/// [`Decode`](ErrorKind::Decode) for a column whose type is not known; else as MySQL gave it.
pub async fn catalog(url: &str) -> Result<Catalog> {
    let options = connect_options(url)?;
    if options.get_database().is_none_or(str::is_empty) {
        let message = "the URL names no database: mysql://user:password@host:port/database";
        return Err(failed(ErrorKind::Config, message));
    }
    let mut connection = options.connect().await.map_err(native)?;
    let read = read(&mut connection).await;
    // What was read is whole, however the connection ends.
    let _ = connection.close().await;
    read
}

async fn read(connection: &mut MySqlConnection) -> Result<Catalog> {
    let mut tables: BTreeMap<String, SourceTable> = BTreeMap::new();
    for row in rows(connection, COLUMNS).await? {
        let name: String = get(&row, 0)?;
        let column = column(&name, &row)?;
        let table = tables.entry(name.clone()).or_insert_with(|| SourceTable {
            name,
            ..SourceTable::default()
        });
        table.columns.push(column);
    }
    for row in rows(connection, KEYS).await? {
        if let Some(table) = tables.get_mut(&get::<String>(&row, 0)?) {
            add_key(table, &row)?;
        }
    }
    for row in rows(connection, FOREIGN_KEYS).await? {
        if let Some(table) = tables.get_mut(&get::<String>(&row, 0)?) {
            add_foreign_key(table, &row)?;
        }
    }
    for row in rows(connection, CHECKS).await? {
        if let Some(table) = tables.get_mut(&get::<String>(&row, 0)?) {
            table.checks.push(CheckConstraint {
                name: get(&row, 1)?,
                clause: get(&row, 2)?,
            });
        }
    }
    for row in rows(connection, TRIGGERS).await? {
        if let Some(table) = tables.get_mut(&get::<String>(&row, 0)?) {
            table.triggers.push(get(&row, 1)?);
        }
    }
    Ok(Catalog {
        tables: tables.into_values().collect(),
    })
}

async fn rows(connection: &mut MySqlConnection, query: &'static str) -> Result<Vec<MySqlRow>> {
    connection.fetch_all(query).await.map_err(native)
}

fn column(table: &str, row: &MySqlRow) -> Result<Column> {
    let name: String = get(row, 1)?;
    let text: String = get(row, 2)?;
    let column_type: ColumnType = text.parse().map_err(|error| {
        failed(
            ErrorKind::Decode,
            format!("the column `{table}.{name}`: {error}"),
        )
    })?;
    let extra: String = get::<String>(row, 6)?.to_ascii_uppercase();
    let default: Option<String> = get(row, 4)?;
    Ok(Column {
        name,
        column_type,
        nullable: get(row, 3)?,
        default: default.map(|text| {
            if extra.contains("DEFAULT_GENERATED") {
                ColumnDefault::Expression(text)
            } else {
                ColumnDefault::Literal(text)
            }
        }),
        collation: get(row, 5)?,
        auto_increment: extra.contains("AUTO_INCREMENT"),
        generated: extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED"),
        on_update_now: extra.contains("ON UPDATE CURRENT_TIMESTAMP"),
    })
}

/// One column of a key; the keys come one after the other, their columns in order.
fn add_key(table: &mut SourceTable, row: &MySqlRow) -> Result<()> {
    let name: String = get(row, 1)?;
    let is_unique: bool = get(row, 2)?;
    let column: Option<String> = get(row, 3)?;
    let is_prefix: bool = get(row, 4)?;
    if name == "PRIMARY" {
        table.primary_key.extend(column);
        return Ok(());
    }
    if is_unique {
        if table.unique_keys.last().is_none_or(|key| key.name != name) {
            table.unique_keys.push(UniqueKey {
                name,
                columns: Vec::new(),
                prefix: false,
            });
        }
        if let Some(key) = table.unique_keys.last_mut() {
            // An expression has no column, and makes the key one that is not over columns.
            key.prefix |= is_prefix || column.is_none();
            key.columns.extend(column);
        }
        return Ok(());
    }
    if table.indexes.last().is_none_or(|index| index.name != name) {
        table.indexes.push(SourceIndex {
            name,
            columns: Vec::new(),
        });
    }
    let place: u64 = get(row, 5)?;
    if let Some(index) = table.indexes.last_mut()
        && u64::try_from(index.columns.len()).is_ok_and(|before| before + 1 == place)
    {
        index.columns.extend(column.filter(|_| !is_prefix));
    }
    Ok(())
}

fn add_foreign_key(table: &mut SourceTable, row: &MySqlRow) -> Result<()> {
    let name: String = get(row, 1)?;
    if table.foreign_keys.last().is_none_or(|key| key.name != name) {
        let rule: String = get(row, 5)?;
        table.foreign_keys.push(ForeignKey {
            name,
            columns: Vec::new(),
            parent: get(row, 3)?,
            parent_columns: Vec::new(),
            on_delete: match rule.as_str() {
                "CASCADE" => ReferenceAction::Cascade,
                "SET NULL" => ReferenceAction::SetNull,
                // NO ACTION is RESTRICT in InnoDB, which does not know SET DEFAULT.
                _ => ReferenceAction::Restrict,
            },
        });
    }
    if let Some(key) = table.foreign_keys.last_mut() {
        key.columns.push(get(row, 2)?);
        key.parent_columns.push(get(row, 4)?);
    }
    Ok(())
}

fn get<'r, T>(row: &'r MySqlRow, place: usize) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::MySql> + sqlx::Type<sqlx::MySql>,
{
    row.try_get(place).map_err(native)
}

fn native(error: sqlx::Error) -> Error {
    crate::error::error("catalog", "information_schema", error)
}

fn failed(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, message.into())
        .backend("mysql")
        .operation("catalog")
}
