//! The calls of a worker, by repository. What an answer says is what the worker knows from then on;
//! whether the stores agree is not its business.

mod carts;
mod orders;
mod products;
mod users;
