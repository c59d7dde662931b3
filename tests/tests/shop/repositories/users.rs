//! Users: unique by e-mail and name, listed, put exactly.

use shop::model::{MAX_DESCRIPTION, MAX_STOCK, MAX_TEXT, NewProduct, Prices, User};
use time::macros::datetime;

use super::{SUITE, article, drain, on_every_store, person, refused};

#[test]
fn users_are_unique_by_email_and_name_to_the_byte() {
    on_every_store(SUITE, async |shop| {
        let users = shop.users;
        let ann = users.register(&person("ann@x", "ann")).await.unwrap();
        assert_eq!(ann.created_at.nanosecond() % 1_000, 0);
        assert_eq!(users.get(ann.id).await.unwrap().as_ref(), Some(&ann));
        assert_eq!(users.by_email("ann@x").await.unwrap().as_ref(), Some(&ann));
        assert_eq!(users.by_name("ann").await.unwrap().as_ref(), Some(&ann));

        assert_eq!(
            refused(users.register(&person("ann@x", "bob")).await),
            "EmailTaken"
        );
        assert_eq!(
            refused(users.register(&person("bob@x", "ann")).await),
            "NameTaken"
        );
        assert_eq!(
            refused(users.register(&person("ann@x", "ann")).await),
            "EmailTaken"
        );
        assert_eq!(users.by_name("bob").await.unwrap(), None);
        assert_eq!(users.by_email("bob@x").await.unwrap(), None);

        for variant in [
            "ANN",
            "ann ",
            " ann",
            "änn",
            "a\u{308}nn",
            "ann\0",
            "ann🙂",
            "#",
            "a#b",
        ] {
            assert_eq!(users.by_name(variant).await.unwrap(), None, "{variant:?}");
            assert_eq!(users.by_email(variant).await.unwrap(), None, "{variant:?}");
            let other = users.register(&person(variant, variant)).await.unwrap();
            assert!(other.id > ann.id);
            assert_eq!(users.by_name(variant).await.unwrap().as_ref(), Some(&other));
            assert_eq!(
                users.by_email(variant).await.unwrap().as_ref(),
                Some(&other)
            );
        }
        assert_eq!(users.get(u64::MAX).await.unwrap(), None);
    });
}

#[test]
fn texts_out_of_bounds_are_refused_or_found_nowhere() {
    on_every_store(SUITE, async |shop| {
        let users = shop.users;
        let longest = "🙂".repeat(MAX_TEXT);
        let longer = "a".repeat(MAX_TEXT + 1);
        assert_eq!(refused(users.register(&person("", "ann")).await), "Invalid");
        assert_eq!(
            refused(users.register(&person("ann@x", "")).await),
            "Invalid"
        );
        assert_eq!(
            refused(users.register(&person(&longer, "ann")).await),
            "TooLong"
        );
        assert_eq!(
            refused(users.register(&person("ann@x", &longer)).await),
            "TooLong"
        );
        let user = users.register(&person(&longest, &longest)).await.unwrap();
        assert_eq!(users.by_name(&longest).await.unwrap().as_ref(), Some(&user));
        assert_eq!(
            users.by_email(&longest).await.unwrap().as_ref(),
            Some(&user)
        );
        assert_eq!(refused(users.rename(user.id, "").await), "Invalid");
        assert_eq!(refused(users.rename(user.id, &longer).await), "TooLong");
        for nobody in ["", &longer, &"x".repeat(5_000)] {
            assert_eq!(users.by_name(nobody).await.unwrap(), None);
            assert_eq!(users.by_email(nobody).await.unwrap(), None);
        }

        let products = shop.products;
        let refuse = async |new: NewProduct| refused(products.add(&new).await);
        assert_eq!(refuse(article("", "s", 1, 1)).await, "Invalid");
        assert_eq!(refuse(article("c", "", 1, 1)).await, "Invalid");
        assert_eq!(refuse(article(&longer, "s", 1, 1)).await, "TooLong");
        assert_eq!(
            refuse(article("c", "s", 1, MAX_STOCK + 1)).await,
            "StockLimit"
        );
        let mut new = article(&longest, &longest, u64::MAX, MAX_STOCK);
        new.description = "🙂".repeat(MAX_DESCRIPTION / 4);
        let product = products.add(&new).await.unwrap();
        assert_eq!(
            products.get(product.listed.id).await.unwrap().as_ref(),
            Some(&product)
        );
        new.description.push_str("more");
        assert_eq!(refuse(new.clone()).await, "TooLong");
        assert_eq!(
            refused(products.describe(product.listed.id, &new.description).await),
            "TooLong"
        );
        let all = Prices {
            min: 0,
            max: u64::MAX,
        };
        for nothing in ["", &longer, &"x".repeat(5_000)] {
            assert!(
                products
                    .by_category(nothing, all, None, 9)
                    .await
                    .unwrap()
                    .items
                    .is_empty()
            );
            assert!(
                products
                    .by_seller(nothing, None, 9)
                    .await
                    .unwrap()
                    .items
                    .is_empty()
            );
        }
    });
}

#[test]
fn a_rename_moves_the_name_and_a_removal_frees_both() {
    on_every_store(SUITE, async |shop| {
        let users = shop.users;
        let ann = users.register(&person("ann@x", "ann")).await.unwrap();
        let bob = users.register(&person("bob@x", "bob")).await.unwrap();
        assert_eq!(refused(users.rename(ann.id, "bob").await), "NameTaken");
        users.rename(ann.id, "ann").await.unwrap();
        users.rename(ann.id, "anna").await.unwrap();
        assert_eq!(users.by_name("ann").await.unwrap(), None);
        let anna = User {
            name: "anna".to_owned(),
            ..ann
        };
        assert_eq!(users.by_name("anna").await.unwrap().as_ref(), Some(&anna));
        assert_eq!(users.by_email("ann@x").await.unwrap().as_ref(), Some(&anna));
        users.rename(bob.id, "ann").await.unwrap();

        assert!(users.remove(anna.id).await.unwrap());
        assert!(!users.remove(anna.id).await.unwrap());
        assert_eq!(refused(users.rename(anna.id, "x").await), "NoSuchUser");
        assert_eq!(users.get(anna.id).await.unwrap(), None);
        assert_eq!(users.by_email("ann@x").await.unwrap(), None);
        assert_eq!(users.by_name("anna").await.unwrap(), None);
        let again = users.register(&person("ann@x", "anna")).await.unwrap();
        assert!(again.id > bob.id);
    });
}

#[test]
fn users_are_listed_in_the_byte_order_of_their_names() {
    on_every_store(SUITE, async |shop| {
        let users = shop.users;
        let names = ["B", "Z", "a", "a ", "aa", "b", "é", "\u{ffff}", "🙂"];
        for name in names.iter().rev() {
            users.register(&person(name, name)).await.unwrap();
        }
        let listed = drain(async |after| users.list(after, 2).await).await;
        let listed: Vec<&str> = listed.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(listed, names);

        let page = users.list(None, 3).await.unwrap();
        assert!(users.remove(page.items.last().unwrap().id).await.unwrap());
        let next = users.list(page.next.as_deref(), 100).await.unwrap();
        assert_eq!(
            next.items.first().unwrap().name,
            "a ",
            "a cursor outlives its record"
        );
        assert_eq!(next.next, None);

        assert_eq!(refused(users.list(None, 0).await), "Invalid");
        for wrong in ["", "u1.", "u1.zz", "c1.1-2"] {
            assert_eq!(
                refused(users.list(Some(wrong), 2).await),
                "BadCursor",
                "{wrong}"
            );
        }
    });
}

#[test]
fn a_user_put_exactly_keeps_its_id_and_time_and_moves_the_ids() {
    on_every_store(SUITE, async |shop| {
        let users = shop.users;
        let ann = User {
            id: 1_000,
            email: "ann@x".to_owned(),
            name: "ann".to_owned(),
            created_at: datetime!(1999-12-31 23:59:59.999_999 UTC),
        };
        users.put_exact(&ann).await.unwrap();
        users.put_exact(&ann).await.unwrap();
        assert_eq!(users.get(1_000).await.unwrap().as_ref(), Some(&ann));
        let bob = users.register(&person("bob@x", "bob")).await.unwrap();
        assert!(bob.id > 1_000);

        let taken = User {
            email: "bob@x".to_owned(),
            ..ann.clone()
        };
        assert_eq!(refused(users.put_exact(&taken).await), "EmailTaken");
        let taken = User {
            name: "bob".to_owned(),
            id: 5,
            email: "new@x".to_owned(),
            ..ann.clone()
        };
        assert_eq!(refused(users.put_exact(&taken).await), "NameTaken");
        assert_eq!(users.get(5).await.unwrap(), None);

        let changed = User {
            email: "new@x".to_owned(),
            name: "new".to_owned(),
            ..ann
        };
        users.put_exact(&changed).await.unwrap();
        assert_eq!(users.by_email("ann@x").await.unwrap(), None);
        assert_eq!(users.by_name("ann").await.unwrap(), None);
        assert_eq!(users.by_name("new").await.unwrap(), Some(changed));
    });
}
