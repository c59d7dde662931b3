//! The planted defects: each of them changes an answer, so that there is something to find.

use dal_testkit::servers::{Engine, announce, runtime};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::defect::Defect;
use shop::error::RepoError;
use shop::model::{NewProduct, NewUser};
use time::macros::datetime;

const SUITE: &str = "shop_defects";

fn person(email: &str, name: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: name.to_owned(),
    }
}

fn article(price: u64, stock: u32) -> NewProduct {
    NewProduct {
        seller: "s".to_owned(),
        category: "c".to_owned(),
        name: "n".to_owned(),
        description: String::new(),
        price,
        stock,
    }
}

/// A few calls that touch what `defect` spoils, and the answers.
async fn answers(shop: &Repositories, defect: Defect) -> Result<String, RepoError> {
    let time = datetime!(2025-01-02 03:04:05.678_901 UTC);
    Ok(match defect {
        Defect::MissingGuard => {
            shop.users.register(&person("a", "a")).await?;
            let again = shop.users.register(&person("a", "b")).await;
            format!("{:?}", again.map(|user| user.name))
        }
        Defect::Overwrite | Defect::SwallowedFailure => {
            shop.users.register(&person("a", "a")).await?;
            let again = shop.users.register(&person("b", "a")).await;
            format!("{:?}", again.map(|user| user.email))
        }
        Defect::FirstPageOnly => {
            for product in 1..=3 {
                shop.carts.add(1, product, 1).await?;
            }
            format!("{:?}", shop.carts.lines(1, None, 3).await?)
        }
        Defect::WrongOrder => {
            let one = shop.products.add(&article(1, 1)).await?.listed.id;
            shop.products.add(&article(1, 1)).await?;
            let list = shop.products.by_seller("s", None, 2).await?;
            format!(
                "{}",
                list.items.first().is_some_and(|first| first.id == one)
            )
        }
        Defect::UpdateCreates => format!("{:?}", shop.carts.set(1, 1, 1).await),
        Defect::LostLines => {
            for _ in 0..2 {
                let id = shop.products.add(&article(1, 1)).await?.listed.id;
                shop.carts.add(1, id, 1).await?;
            }
            let order = shop.orders.checkout(1, time).await?;
            format!(
                "{:?}",
                shop.orders
                    .get(order.id)
                    .await?
                    .map(|order| order.lines.len())
            )
        }
        Defect::NegativeStock => {
            let id = shop.products.add(&article(1, 1)).await?.listed.id;
            format!(
                "{:?}",
                shop.products
                    .take(id, 2)
                    .await
                    .map_err(|error| error.to_string())
            )
        }
        Defect::FloatNumbers => {
            let id = shop
                .products
                .add(&article(9_007_199_254_740_993, 1))
                .await?
                .listed
                .id;
            format!(
                "{:?}",
                shop.products
                    .get(id)
                    .await?
                    .map(|product| product.listed.price)
            )
        }
        Defect::CoarseTime => {
            let id = shop.products.add(&article(1, 1)).await?.listed.id;
            shop.carts.add(1, id, 1).await?;
            let order = shop.orders.checkout(1, time).await?;
            format!(
                "{:?}",
                shop.orders
                    .get(order.id)
                    .await?
                    .map(|order| order.placed_at)
            )
        }
        other => panic!("{other} has no calls yet"),
    })
}

#[test]
fn each_planted_defect_changes_an_answer_and_without_it_none_differs() {
    let engines = announce(SUITE, &[Engine::MySql, Engine::Embedded, Engine::Local]);
    if !engines.contains(&Engine::MySql) {
        return;
    }
    runtime().block_on(async {
        for engine in engines
            .into_iter()
            .filter(|engine| *engine != Engine::MySql)
        {
            for defect in Defect::ALL {
                let (sound, sound_table) = fresh_dynamodb(engine).await;
                let (spoiled, spoiled_table) = fresh_dynamodb(engine).await;
                let spoiled = defect.plant(&spoiled);
                let mysql = Repositories::mysql(&fresh_mysql().await);
                let sound = Repositories::dynamodb(&sound, &sound_table);
                let spoiled = Repositories::dynamodb(&spoiled, &spoiled_table);
                let expected = answers(&mysql, defect).await.unwrap();
                assert_eq!(answers(&sound, defect).await.unwrap(), expected, "{defect}");
                assert_ne!(
                    answers(&spoiled, defect).await.unwrap(),
                    expected,
                    "{defect}"
                );
            }
        }
    });
}

#[test]
fn a_defect_is_known_by_its_name() {
    for defect in Defect::ALL {
        assert_eq!(defect.to_string().parse(), Ok(defect));
    }
    assert!(
        "none"
            .parse::<Defect>()
            .unwrap_err()
            .contains("missing-guard")
    );
}
