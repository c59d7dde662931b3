//! A checkout that does not say that it changes products: nothing of it shows while every secondary
//! write is made. `check` leaves them out in some sequences, and finds it.

use std::sync::Arc;

use async_trait::async_trait;
use dal_shadow::Harness;
use dal_testkit::check::{Failure, FailureKind, Statistics};
use dal_testkit::servers::{Engine, announce};
use dal_testkit::volume;
use shop::error::RepoError;
use shop::model::{Order, Page};
use shop::repos::OrderRepository;
use time::OffsetDateTime;

use super::calls::{About, ShopOp};
use super::defects::seeds;
use super::pool::{FIRST_ID, Shop};
use super::{SUITE, prepared};

/// The shop's orders, with `also(product = ..)` left out.
#[dal_shadow::shadow(
    entity = "order",
    repair(read = get, put = put_exact, delete = remove, ids = pass_id)
)]
#[async_trait]
trait Forgetful: Send + Sync {
    #[shadow(write, mirror = apply, key = result.id, also(cart = user))]
    async fn checkout(&self, user: u64, placed_at: OffsetDateTime) -> Result<Order, RepoError>;
    #[shadow(read)]
    async fn get(&self, #[handle(order)] id: u64) -> Result<Option<Order>, RepoError>;
    #[shadow(read, token(order_page = next, portable))]
    async fn of_user(
        &self,
        user: u64,
        #[handle(order_page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Order>, RepoError>;
    #[shadow(mirror, key = order.id, also(cart = order.user_id))]
    async fn apply(&self, order: &Order) -> Result<(), RepoError>;
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(order)] id: u64) -> Result<bool, RepoError>;
    #[shadow(mirror, key = order.id)]
    async fn put_exact(&self, order: &Order) -> Result<(), RepoError>;
    #[shadow(mirror)]
    async fn pass_id(&self, #[handle(order)] id: u64) -> Result<(), RepoError>;
}

/// The same methods under the other trait.
struct Other<T>(T);

macro_rules! other {
    ($name:ident for $inner:ty) => {
        #[async_trait]
        impl $name for Other<$inner> {
            async fn checkout(
                &self,
                user: u64,
                placed_at: OffsetDateTime,
            ) -> Result<Order, RepoError> {
                self.0.checkout(user, placed_at).await
            }
            async fn get(&self, id: u64) -> Result<Option<Order>, RepoError> {
                self.0.get(id).await
            }
            async fn of_user(
                &self,
                user: u64,
                after: Option<&str>,
                limit: u32,
            ) -> Result<Page<Order>, RepoError> {
                self.0.of_user(user, after, limit).await
            }
            async fn apply(&self, order: &Order) -> Result<(), RepoError> {
                self.0.apply(order).await
            }
            async fn remove(&self, id: u64) -> Result<bool, RepoError> {
                self.0.remove(id).await
            }
            async fn put_exact(&self, order: &Order) -> Result<(), RepoError> {
                self.0.put_exact(order).await
            }
            async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
                self.0.pass_id(id).await
            }
        }
    };
}

type Stored = Arc<dyn OrderRepository>;
type Wrapped = ShadowForgetful<Other<Stored>>;

other!(Forgetful for Stored);
other!(OrderRepository for Wrapped);

/// The shop on both stores, whose checkout names its order and the cart only.
fn forgetful(mysql: &Shop, dynamodb: &Shop, harness: &Harness) -> Shop {
    let [mysql_orders, dynamodb_orders] =
        [mysql, dynamodb].map(|shop| Arc::new(Other(Arc::clone(&shop.orders))));
    let wrapped = ShadowForgetful::new(mysql_orders, dynamodb_orders, harness.clone());
    let mut shop = Shop::shadowed(mysql, dynamodb, harness);
    shop.orders = Arc::new(Other(wrapped));
    shop
}

fn checked(seed: u64) -> Result<Statistics, Box<Failure<ShopOp>>> {
    prepared(About::Orders, Engine::Embedded, None, FIRST_ID)
        .seed(seed)
        .sequences(volume(256))
        .copy(Shop::copy)
        .try_run_through(|mysql, dynamodb, harness| forgetful(&mysql, &dynamodb, &harness))
}

#[test]
fn a_checkout_that_does_not_name_the_products_it_takes_is_found() {
    if announce(SUITE, &[Engine::MySql, Engine::Embedded]).len() != 2 {
        return;
    }
    for seed in seeds() {
        let failure = checked(*seed).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
        eprintln!("seed {seed}: {} steps", failure.steps.len());
        assert!(failure.steps.len() <= 8, "{failure}");
        // Where every secondary write is made, nothing of it shows.
        let text = failure.regression().unwrap();
        assert!(text.contains("{\"secondary\":\"transfers\"}"), "{failure}");
        let advice = "a call changed a record that it does not name: add `also(product = ..)`";
        let helps = |help: &String| help.contains(advice) && help.contains("`order.checkout`");
        assert!(failure.help.iter().any(helps), "{failure}");
    }
}
