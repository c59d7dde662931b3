//! MySQL's numbers: every row of the table, and every number that the server knows, on the wire.

use dal_mysql::{ERROR_TABLE, ErrorRow, MySql};
use dal_testkit::faults::{Command, LinkFault, MySqlProxy};
use dal_traits::{Class, Effect, ErrorKind, Retry};

use super::mysql_faults::{behind_proxy, count};
use super::{expect, fresh_mysql, on_mysql};

/// A number, symbol and SQLSTATE of the running server.
type Known = (u16, String, String);

async fn known(db: &MySql) -> Vec<Known> {
    let rows: Vec<(i32, String, String)> = sqlx::query_as(
        "SELECT ERROR_NUMBER, ERROR_NAME, SQL_STATE \
         FROM performance_schema.events_errors_summary_global_by_error \
         WHERE ERROR_NUMBER BETWEEN 1000 AND 9999 ORDER BY ERROR_NUMBER",
    )
    .fetch_all(db.pool())
    .await
    .unwrap();
    rows.into_iter()
        .map(|(number, name, state)| (u16::try_from(number).unwrap(), name, state))
        .collect()
}

/// What the client reads when the server refuses an insert so.
async fn refused(proxy: &MySqlProxy, db: &MySql, fault: LinkFault) -> Class {
    proxy.once(Command::Execute, fault);
    let error = sqlx::query("INSERT INTO notes (id) VALUES (?)")
        .bind(1)
        .execute(db.pool())
        .await
        .unwrap_err();
    dal_mysql::classify(&error)
}

fn expected(row: &ErrorRow) -> (ErrorKind, Retry, Effect) {
    // Two of the read-only numbers are fail-overs whatever their text.
    let retry = if row.kind.is_transient() {
        Retry::Backoff
    } else {
        Retry::Never
    };
    (row.kind, retry, row.effect)
}

#[test]
fn every_row_is_what_the_client_reads() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        for row in ERROR_TABLE {
            let class = refused(&proxy, &db, LinkFault::Error(row.number)).await;
            expect(&class, row.symbol, expected(row));
        }
        assert_eq!(count(&direct).await.unwrap(), 0);
    });
}

#[test]
fn every_symbol_is_that_of_the_server() {
    on_mysql(async {
        let server = known(&fresh_mysql().await).await;
        assert!(server.len() > 1000, "{} numbers", server.len());
        for row in ERROR_TABLE {
            let found = server.iter().find(|(number, ..)| *number == row.number);
            if let Some((_, name, _)) = found {
                assert_eq!(row.symbol, name, "{}", row.number);
            }
        }
    });
}

#[test]
fn no_number_of_the_server_leaves_an_effect_unknown_unless_its_row_says_so() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        let (mut by_number, mut unexpected) = (0, 0);
        let server = known(&direct).await;
        for (number, name, state) in &server {
            let state: &'static str = Box::leak(state.clone().into_boxed_str());
            let class = refused(&proxy, &db, LinkFault::Refusal(*number, state, "planted")).await;
            if let Some(row) = ERROR_TABLE.iter().find(|row| row.number == *number) {
                by_number += 1;
                assert_eq!(class.effect, row.effect, "{number} {name}");
                continue;
            }
            assert_eq!(class.effect, Effect::None, "{number} {name}");
            if class.kind == ErrorKind::Unexpected {
                unexpected += 1;
                // A class of SQLSTATE that says something is read.
                let general = [
                    "HY", "01", "24", "2F", "20", "35", "0K", "0Z", "SR", "SU", "XA",
                ];
                assert!(
                    general.iter().any(|class| state.starts_with(class)),
                    "{number} {name} {state}"
                );
            }
        }
        assert!(by_number > 200, "{by_number} of {} by number", server.len());
        println!(
            "{} numbers: {by_number} by number, {unexpected} unexpected",
            server.len()
        );
    });
}

#[test]
fn a_read_only_server_is_told_from_another_option_that_refuses() {
    on_mysql(async {
        let (proxy, db, _direct) = behind_proxy().await;
        let read_only =
            "The MySQL server is running with the --super-read-only option so it cannot";
        let class = refused(&proxy, &db, LinkFault::Refusal(1290, "HY000", read_only)).await;
        let fail_over = (ErrorKind::Unavailable, Retry::Backoff, Effect::None);
        expect(&class, "read-only", fail_over);
        let other = "The MySQL server is running with the --secure-file-priv option so it cannot";
        let class = refused(&proxy, &db, LinkFault::Refusal(1290, "HY000", other)).await;
        let refused = (ErrorKind::Unsupported, Retry::Never, Effect::None);
        expect(&class, "secure-file-priv", refused);
    });
}
