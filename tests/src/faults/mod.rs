//! Clients change users through the reference server while the server, its database or the network fails. Afterwards
//! [a checker](crate::history) compares the responses with the stored state.
//!
//! ```sh
//! cargo run --release -p userbook-tests --bin faults -- --rounds short --json faults.json
//! ```
//!
//! What the module must not know: the implementation of the product. It sends HTTP, and reads rows and events as hosts
//! do.

mod client;
mod cluster_fixture;
mod cuts;
mod database_state;
mod directory;
mod failover;
mod galera;
mod host;
mod kills;
mod limits;
mod load;
mod outcome;
mod scenarios;

pub use outcome::Outcome;
pub use scenarios::{NAMES, Rounds, run};
