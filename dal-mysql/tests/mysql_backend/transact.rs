//! Several writes in one transaction.

use dal_mysql::MySqlBackend;
use dal_traits::op::{Change, Check, Op, Reply, Step, Transact, Update};
use dal_traits::value::Value;
use dal_traits::{OpCx, Result, RetryPolicy, Service};

use crate::support::{Db, int, ints, on_shop};
use crate::writes::product;

/// Transactions of each of two callers.
const ROUNDS: usize = 40;

fn sold(db: &Db, id: i128, number: i128) -> Step {
    let entity = db.entity("Products");
    let stock = entity.field("stock").unwrap();
    Step::Update(Update {
        changes: vec![Change::Add(stock, int(number))],
        identity: vec![int(id)],
        when: None,
        entity,
    })
}

async fn carry_out(backend: &MySqlBackend, steps: Vec<Step>) -> Result<Reply> {
    let transact = Op::Transact(Transact { steps });
    backend.call(&OpCx::new(), transact).await
}

#[test]
fn rows_are_locked_in_one_order_whatever_the_order_of_the_steps() {
    on_shop(async |db: Db| {
        for _ in 0..3 {
            db.insert(product(&db, Value::Null, "books", 5))
                .await
                .unwrap();
        }
        // A deadlock is not repeated here, and would be a conflict.
        let once = RetryPolicy {
            max_attempts: 1,
            ..RetryPolicy::default()
        };
        let mysql = db.mysql.clone().with_policy(once);
        let backend = MySqlBackend::new(&mysql, db.model.clone());
        let rounds = async |order: [i128; 2]| {
            for _ in 0..ROUNDS {
                let entity = db.entity("Products");
                let checked = Step::Check(Check {
                    entity,
                    identity: vec![int(3)],
                    when: None,
                });
                let steps = order.map(|id| sold(&db, id, 1));
                let steps = steps.into_iter().chain([checked]).collect();
                carry_out(&backend, steps).await.unwrap();
            }
        };
        tokio::join!(rounds([1, 2]), rounds([2, 1]));
        let found = db
            .get_many("Products", &[1, 2].map(|id| vec![int(id)]))
            .await;
        let found: Vec<_> = found.into_iter().flatten().collect();
        let expected = 10 + 2 * i128::try_from(ROUNDS).unwrap();
        assert_eq!(ints(&found, "stock"), [expected, expected]);
        backend.close().await;
    });
}
