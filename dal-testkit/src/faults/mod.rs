//! Faults between a client and a real server: what engines cannot be asked to do at a given moment.
//!
//! [`HttpFaults`] stands between the AWS SDK and DynamoDB, [`MySqlProxy`] between sqlx and MySQL. Both
//! can lose a reply *after* the server has applied the request.

mod clock;
mod fault;
mod http;
mod mysql;
mod response;
mod rewrite;

pub use fault::HttpFault;
pub use http::HttpFaults;
pub use mysql::{Command, LinkFault, MySqlProxy};
