//! Every framework's shim, and the endpoint without any, answer every request alike: status, headers and body, and
//! they leave the same behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod answer;
mod denied_bodies;
mod determined;
mod directory;
mod faulty_bodies;
mod hosts;
mod recorded;
mod request;
mod switch;
mod variants;
