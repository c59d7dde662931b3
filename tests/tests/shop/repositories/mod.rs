//! Each operation of the shop's repositories: the same scenario with the same outcome on every store.

mod carts;
mod orders;
mod products;
mod users;

use std::fmt::Debug;

use dal_tests::stores::on_every_store;
use dal_traits::Classify;
use shop::error::RepoError;
use shop::model::{NewProduct, NewUser, Page};

const SUITE: &str = "shop_repositories";

/// The code of the error by which a call was refused.
fn refused<T: Debug>(answer: Result<T, RepoError>) -> String {
    answer.unwrap_err().classify().code.unwrap().into_owned()
}

fn person(email: &str, name: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: name.to_owned(),
    }
}

fn article(category: &str, seller: &str, price: u64, stock: u32) -> NewProduct {
    NewProduct {
        seller: seller.to_owned(),
        category: category.to_owned(),
        name: "article".to_owned(),
        description: String::new(),
        price,
        stock,
    }
}

/// All pages of a list, each of at most two records.
async fn drain<T>(page: impl AsyncFn(Option<&str>) -> Result<Page<T>, RepoError>) -> Vec<T> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = page(after.as_deref()).await.unwrap();
        assert!(page.items.len() <= 2);
        assert!(page.next.is_none() || page.items.len() == 2);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
