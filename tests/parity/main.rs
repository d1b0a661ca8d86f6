//! Every framework adapter and the bare endpoint respond identically: status, headers, body, and state afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod answer;
mod denied_bodies;
mod directory;
mod faulty_bodies;
mod fixed_time;
mod hosts;
mod lifecycle;
mod recorded;
mod request;
mod switch;
mod variants;
