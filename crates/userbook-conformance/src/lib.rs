//! The laws of [Userbook](userbook)'s stores as tests, for authors of stores.
//!
//! Implement [`Harness`] for your store, expand a macro in a test target, and each law is a test of its own:
//!
//! | macro | as one function | laws of | needs |
//! | --- | --- | --- | --- |
//! | [`store_conformance!`] | [`run_store_cases`] | [`UserStore`](userbook::UserStore) and [`Outbox`](userbook::Outbox) | |
//! | [`directory_conformance!`] | [`run_directory_cases`] | [`ProvisioningStore`](userbook::ProvisioningStore) | a store that implements it |
//! | [`seed_conformance!`] | [`run_seed_cases`] | [`ImportStore`](userbook::ImportStore) | a store that implements it |
//! | [`listing_conformance!`] | [`run_listing_cases`] | [`ListStore`](userbook::ListStore) | a store that implements it and [`ProvisioningStore`](userbook::ProvisioningStore) |
//!
//! In which order to build a store, what each port asks, and what tends to go wrong: [`writing_a_store`].
//!
//! What it must not know: any store, any runtime. Each case is a plain function in [`cases`], whose docs say
//! which law it checks and why that matters; it fails by panicking.
//!
//! # A complete store
//!
//! It keeps all laws of [`store_conformance!`], and this very page proves it. `cargo` needs `userbook`,
//! `userbook-conformance`, `async-trait`, and a runtime for the tests, here `tokio` with `macros` and
//! `rt-multi-thread`.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex, MutexGuard};
//! use async_trait::async_trait;
//! use userbook::*;
//! use userbook_conformance::{Harness, Task};
//!
//! /// Whoever holds the lock sees one state and writes all of the next one. With a database: one transaction.
//! #[derive(Debug, Default)]
//! struct Store(Mutex<Rows>);
//!
//! #[derive(Debug, Default)]
//! struct Rows {
//!     users: BTreeMap<UserId, User>,
//!     groups: GroupGraph,
//!     epochs: Epochs,
//!     /// In the order in which they were written, each with whether it was acknowledged.
//!     events: Vec<(Event, bool)>,
//! }
//!
//! impl Store {
//!     fn rows(&self) -> Result<MutexGuard<'_, Rows>, StoreError> {
//!         self.0.lock().map_err(|_| StoreError::new(StoreErrorKind::Other, "a panic left half a change"))
//!     }
//! }
//!
//! #[async_trait]
//! impl UserStore for Store {
//!     async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
//!         let rows = self.rows()?;
//!         let Some(user) = rows.users.get(&query.user).cloned() else { return Ok(None) };
//!         let actor = query.actor.and_then(|id| rows.users.get(&id)).map(ActorState::from);
//!         // Three kinds of groups, and each of them with a lineage of its own: the nearest 19 above it.
//!         let starts = user.groups.iter().chain(&query.groups);
//!         let starts = starts.chain(actor.iter().flat_map(|actor| &actor.groups));
//!         let groups = starts.flat_map(|id| rows.groups.lineage(*id)).cloned().collect();
//!         let mut others = rows.users.values().filter(|it| it.id != user.id);
//!         let power = |it: &User| it.is_active && rows.groups.grants_superuser(&it.groups);
//!         Ok(Some(Snapshot {
//!             username_taken: rows.is_taken(query.username.as_deref(), user.id),
//!             other_active_superuser: query.other_active_superuser.then(|| others.any(power)),
//!             epochs: rows.epochs,
//!             change_committed: query.change.is_some_and(|id| rows.events.iter().any(|(event, _)| event.id == id)),
//!             groups,
//!             actor,
//!             user,
//!         }))
//!     }
//!
//!     async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
//!         let mut rows = self.rows()?;
//!         // First everything is compared ...
//!         let Some(mut user) = rows.users.get(&change.user).cloned() else { return Ok(CommitOutcome::Gone) };
//!         if user.revision != change.expected {
//!             return Ok(CommitOutcome::Conflict);
//!         }
//!         if !rows.hold(&change.guards) {
//!             return Ok(CommitOutcome::Conflict);
//!         }
//!         if rows.is_taken(change.fields.username.as_ref().map(Username::as_str), user.id) {
//!             return Ok(CommitOutcome::Conflict);
//!         }
//!         let mut missing = change.groups_added.clone();
//!         missing.retain(|id| !rows.groups.contains(*id));
//!         if !missing.is_empty() {
//!             return Ok(CommitOutcome::Conflict);
//!         }
//!         // ... then everything is written: row, memberships, counters, event. Nothing in between can fail.
//!         change.apply_to(&mut user);
//!         rows.users.insert(user.id, user);
//!         let counts = |guard: Option<EpochGuard>| guard.is_some_and(|it| it.usage == EpochUse::Bump);
//!         rows.epochs.graph += u64::from(counts(change.guards.graph));
//!         rows.epochs.superusers += u64::from(counts(change.guards.superusers));
//!         rows.events.push(((*change.event).clone(), false));
//!         Ok(CommitOutcome::Applied)
//!     }
//! }
//!
//! impl Rows {
//!     fn is_taken(&self, name: Option<&str>, by_other_than: UserId) -> bool {
//!         self.users.values().any(|it| Some(it.username.as_str()) == name && it.id != by_other_than)
//!     }
//!
//!     fn hold(&self, guards: &Guards) -> bool {
//!         let revision = |id: UserId| self.users.get(&id).map(|actor| actor.revision);
//!         guards.graph.is_none_or(|guard| guard.expected == self.epochs.graph)
//!             && guards.superusers.is_none_or(|guard| guard.expected == self.epochs.superusers)
//!             && guards.actor.is_none_or(|guard| revision(guard.user) == Some(guard.revision))
//!     }
//! }
//!
//! #[async_trait]
//! impl Outbox for Store {
//!     async fn pending(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
//!         let rows = self.rows()?;
//!         let waiting = rows.events.iter().filter(|(_, acked)| !acked).take(limit as usize);
//!         Ok(waiting.map(|(event, _)| event.clone()).collect())
//!     }
//!
//!     async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
//!         self.rows()?.events.iter_mut().for_each(|(event, acked)| *acked |= ids.contains(&event.id));
//!         Ok(())
//!     }
//!
//!     async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
//!         let mut rows = self.rows()?;
//!         let before = rows.events.len();
//!         rows.events.retain(|(event, acked)| !acked || event.time >= time);
//!         Ok((before - rows.events.len()) as u64)
//!     }
//! }
//!
//! /// What the kit needs: a store of its own for each case, and what only its author can do to it.
//! struct Mine(Arc<Store>);
//!
//! impl Harness for Mine {
//!     type Store = Store;
//!     async fn with(seed: &ImportData) -> Self {
//!         let users = seed.users.iter().map(|user| (user.id, user.clone())).collect();
//!         let groups = seed.groups.iter().cloned().collect();
//!         Self(Arc::new(Store(Mutex::new(Rows { users, groups, ..Rows::default() }))))
//!     }
//!
//!     fn store(&self) -> Arc<Store> {
//!         Arc::clone(&self.0)
//!     }
//!
//!     async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
//!         let mut rows = self.0.rows().unwrap();
//!         let user = rows.users.get_mut(&user).unwrap();
//!         user.last_login = Some(last_login);
//!         user.password_change_date = password_change_date;
//!     }
//!
//!     fn spawn(task: Task) -> Task {
//!         Box::pin(async { tokio::spawn(task).await.unwrap() })
//!     }
//! }
//!
//! // In a test target, one test for each law:
//! #[cfg(test)]
//! mod laws {
//!     userbook_conformance::store_conformance!(super::Mine, #[tokio::test(flavor = "multi_thread")]);
//! }
//!
//! // Anywhere else, all of them in turn:
//! #[tokio::main]
//! async fn main() {
//!     let passed = userbook_conformance::run_store_cases::<Mine>().await;
//!     assert_eq!(passed, userbook_conformance::STORE_CASES);
//! }
//! ```
//!
//! `examples/redb.rs` in this crate's source is the same on an embedded database.
//!
//! # What a database adds
//!
//! - A [`UserStore`](userbook::UserStore) never compares [`Epochs::next_user`](userbook::Epochs): without
//!   [`ProvisioningStore`](userbook::ProvisioningStore) and [`ImportStore`](userbook::ImportStore) it may stay 0.
//! - [`User`](userbook::User), [`Group`](userbook::Group) and [`Event`](userbook::Event) are `serde` types.
//!   Attributes may nest [`MAX_DEPTH`](userbook::MAX_DEPTH) levels, `serde_json` reads 128: enable its
//!   `unbounded_depth`, call `disable_recursion_limit`, and enable `float_roundtrip`.
//! - Refused changes are outcomes, also when the database tells of them by an error. A failure of the last step
//!   that makes a commit durable is [`Ambiguous`](userbook::StoreErrorKind::Ambiguous).
//! - Groups that are not there are left out of a snapshot; an actor who is not there is `None`. Neither is an
//!   error.
//! - Work may outlive a dropped future (a blocking task, a statement the database is still at): it must be whole
//!   or nothing all the same. The case of the dropped commit settles which by a write decided on the same row.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test kit fails by panicking"
)]

#[doc = include_str!("../docs/store.md")]
pub mod writing_a_store {}

mod build;
pub mod cases;
mod check;
mod harness;
mod suites;

pub use harness::{Harness, Task};
pub use suites::{
    DIRECTORY_CASES, LISTING_CASES, SEED_CASES, STORE_CASES, run_directory_cases, run_listing_cases,
    run_seed_cases, run_store_cases,
};
