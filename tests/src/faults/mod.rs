//! Clients change users through the reference server while it, its database or the way between them fails;
//! afterwards [a checker](crate::history) holds what they were told against what is there.
//!
//! ```sh
//! cargo run --release -p userbook-tests --bin faults -- --rounds short --json faults.json
//! ```
//!
//! What it must not know: how the product does anything. It sends HTTP, and reads rows and events as hosts do.

mod client;
mod cuts;
mod directory;
mod failover;
mod galera;
mod host;
mod kept;
mod kills;
mod limits;
mod load;
mod outcome;
mod scenarios;
mod stage;

pub use outcome::Outcome;
pub use scenarios::{NAMES, Rounds, run};
