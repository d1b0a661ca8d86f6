//! The laws of [Userbook](userbook)'s stores as tests, for authors of stores.
//!
//! Implement [`Harness`] for your store, expand a macro in a test target, and each law is a test of its own:
//!
//! | macro | laws of | needs |
//! | --- | --- | --- |
//! | [`store_conformance!`] | [`UserStore`](userbook::UserStore) and [`Outbox`](userbook::Outbox) | |
//! | [`directory_conformance!`] | [`DirectoryStore`](userbook::DirectoryStore) | a store that implements it |
//! | [`seed_conformance!`] | [`SeedStore`](userbook::SeedStore) | a store that implements it |
//!
//! What it must not know: any store, any runtime. Each case is a plain function in [`cases`], whose docs say
//! which law it checks and why that matters; it fails by panicking.
//!
//! ```
//! use std::sync::Arc;
//!
//! use userbook::{Import, SeedStore, Timestamp, UserId};
//! use userbook_conformance::{Harness, Task, cases};
//! use userbook_memory::MemoryStore;
//!
//! struct Memory(Arc<MemoryStore>);
//!
//! impl Harness for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn with(rows: &Import) -> Self {
//!         let store = MemoryStore::new();
//!         store.import(rows).await.unwrap();
//!         Self(Arc::new(store))
//!     }
//!
//!     fn store(&self) -> Arc<MemoryStore> {
//!         Arc::clone(&self.0)
//!     }
//!
//!     async fn write_behind(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
//!         assert!(self.0.record_login(user, last_login).unwrap());
//!         assert!(self.0.record_password_change(user, password_change_date).unwrap());
//!     }
//!
//!     fn spawn(task: Task) -> Task {
//!         Box::pin(async { tokio::spawn(task).await.unwrap() })
//!     }
//! }
//!
//! // In a test target: one test for each law.
//! mod laws {
//!     userbook_conformance::store_conformance!(super::Memory, #[tokio::test]);
//! }
//!
//! // Each is a function as well.
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! runtime.block_on(cases::load::unknown_user_is_none::<Memory>());
//! # Ok::<_, std::io::Error>(())
//! ```
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test kit fails by panicking"
)]

mod build;
pub mod cases;
mod check;
mod harness;
mod suites;

pub use harness::{Harness, Task};
pub use suites::{DIRECTORY_CASES, SEED_CASES, STORE_CASES};
