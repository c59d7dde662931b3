//! A worker: a customer, a seller and an administrator of the shop in one.

use std::sync::atomic::{AtomicBool, Ordering};

use dal_shadow::ops::Operation as _;
use dal_testkit::check::{Caller, SLOTS, h};
use fastrand::Rng;

use super::calls::{ShopOp, calls};
use crate::Repositories;
use crate::repos::CartRepositoryOp;
use crate::seed::Size;

/// Calls of one round. A worker then begins anew, with other texts and no ids. The pages of one
/// round (at most four customers each) end before the customers of the workers begin.
const CALLS: u32 = 80;
/// The first calls of a round create something: without ids most calls would be refused.
const CREATIONS: u32 = 6;
/// One call in so many is a read of what was copied.
const READS_OF_COPIES: u32 = 5;

/// Calls the repositories, one call after the other.
///
/// It changes only records that it made, and reads those and the copied ones, which no worker
/// changes. So both stores' answers can be compared exactly, whatever the other workers do.
pub(super) struct Worker {
    shop: Repositories,
    copied: Size,
    number: u32,
    random: Rng,
}

impl Worker {
    pub(super) fn new(shop: Repositories, copied: Size, seed: u64, number: u32) -> Self {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(number.into());
        Self {
            shop,
            copied,
            number,
            random: Rng::with_seed(seed),
        }
    }

    /// Works until `stop`.
    ///
    /// # Errors
    /// When a call cannot be drawn or made; not when a store refuses it.
    pub(super) async fn work(mut self, stop: &AtomicBool) -> Result<(), String> {
        let mut round = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            round += 1;
            let owner = format!("worker{:02} {round}", self.number);
            let mut own = Caller::new(calls(&owner, self.copied.users), self.random.u64(..));
            let mut copies = self.reader_of_copies(&owner)?;
            for number in 0..CALLS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if number < CREATIONS {
                    let creation = draw(&mut own, |call| !call.creates().is_empty())?;
                    own.call(&self.shop, &creation).await?;
                } else if self.random.u32(..READS_OF_COPIES) == 0 {
                    let read = draw(&mut copies, |call| !call.method().write)?;
                    copies.call(&self.shop, &read).await?;
                } else {
                    let call = draw(&mut own, |_| true)?;
                    if is_own(&call, &own) {
                        own.call(&self.shop, &call).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A caller whose ids are those of copied records.
    fn reader_of_copies(&mut self, owner: &str) -> Result<Caller<ShopOp>, String> {
        let mut caller = Caller::new(calls(owner, self.copied.users), self.random.u64(..));
        for (class, count) in [
            ("user", self.copied.users),
            ("product", self.copied.products),
            ("order", self.copied.orders),
        ] {
            for slot in 0..SLOTS {
                caller.bind(class, h(slot), &self.random.u64(1..=count))?;
            }
        }
        Ok(caller)
    }
}

/// The next call that is wanted; the strategies draw every kind of call.
fn draw(caller: &mut Caller<ShopOp>, wanted: impl Fn(&ShopOp) -> bool) -> Result<ShopOp, String> {
    loop {
        let call = caller.draw()?;
        if wanted(&call) {
            return Ok(call);
        }
    }
}

/// Whether the call changes nothing that another worker could read: a cart needs no customer, so
/// all workers share the cart of the customer that never existed.
fn is_own(call: &ShopOp, caller: &Caller<ShopOp>) -> bool {
    match call {
        ShopOp::Carts(CartRepositoryOp::Add { user, .. }) => caller.is_bound("user", *user),
        _ => true,
    }
}
