//! The laws of [Userbook](userbook)'s stores as tests, for authors of stores.
//!
//! Implement [`Harness`] for your store and expand a macro in a test target: each law becomes a test.
//!
//! | macro | as one function | laws of | needs |
//! | --- | --- | --- | --- |
//! | [`store_conformance!`] | [`run_store_cases`] | [`UserStore`](userbook::UserStore) and [`Outbox`](userbook::store::Outbox) | |
//! | [`provisioning_conformance!`] | [`run_provisioning_cases`] | [`ProvisioningStore`](userbook::store::ProvisioningStore) | a store that implements it |
//! | [`session_conformance!`] | [`run_session_cases`] | [`SessionStore`](userbook::store::SessionStore) | a store that implements it |
//! | [`import_conformance!`] | [`run_import_cases`] | [`ImportStore`](userbook::store::ImportStore) | a store that implements it |
//! | [`batch_conformance!`] | [`run_batch_cases`] | [`BatchStore`](userbook::store::BatchStore) | a store that implements it and [`ProvisioningStore`](userbook::store::ProvisioningStore) |
//! | [`list_conformance!`] | [`run_list_cases`] | [`ListStore`](userbook::store::ListStore) | a store that implements it and [`ProvisioningStore`](userbook::store::ProvisioningStore) |
//!
//! [`writing_a_store`] describes the steps to build a store, the contract of each port, and common mistakes.
//!
//! What it must not know: any store, any runtime. Each case is a plain function in [`cases`]. Its documentation states
//! the checked law with the reason; the case fails by panicking.
//!
//! # A complete store
//!
//! This store obeys all laws of [`store_conformance!`], which the test of this page checks. `cargo` needs `userbook`,
//! `userbook-conformance`, `async-trait`, `serde_json`, and a runtime for the tests, here `tokio` with `macros` and
//! `rt-multi-thread`.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex, MutexGuard};
//! use async_trait::async_trait;
//! use userbook::{Timestamp, User, UserId, UserRef, UserStore, UserType, Violations};
//! use userbook::event::Event;
//! use userbook::field::{Username, fold};
//! use userbook::model::{ANONYMOUS_USERNAME, ChangeId, ExternalIds, ExternalSource, GroupGraph};
//! use userbook::store::{
//!     ActorState, ChangeSet, Claim, CommitOutcome, DistinctNames, EpochGuard, Epochs, Guards, ImportData, Outbox,
//!     OutboxLimit, Snapshot, SnapshotQuery, StoreError, StoreErrorKind, Superusers,
//! };
//! use userbook_conformance::{Harness, Task};
//!
//! /// The holder of the lock sees one state and writes all of the next one. With a database: one transaction.
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
//!     async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
//!         let rows = self.rows()?;
//!         // A target that does not exist is an answer like any other.
//!         let user = query.target.and_then(|target| rows.user(target)).cloned();
//!         let id = user.as_ref().map(|user| user.id);
//!         let actor = query.actor.and_then(|id| rows.users.get(&id)).map(ActorState::from);
//!         // Three kinds of groups, and each of them with a lineage of its own: the nearest 19 above it.
//!         let starts = user.iter().flat_map(|user| &user.groups).chain(&query.groups);
//!         let starts = starts.chain(actor.iter().flat_map(|actor| &actor.groups));
//!         let groups = starts.flat_map(|id| rows.groups.lineage(*id)).cloned().collect();
//!         Ok(Snapshot {
//!             username_taken: rows.is_taken(query.username.as_deref(), id),
//!             login_taken: rows.has_similar(query.login.as_deref(), id),
//!             email_taken: rows.has_similar(query.email.as_deref(), id),
//!             other_superusers: query.other_superusers.then(|| rows.superusers_other_than(id)),
//!             epochs: rows.epochs,
//!             change_committed: query.change.is_some_and(|id| rows.events.iter().any(|(event, _)| event.id == id)),
//!             groups,
//!             actor,
//!             user,
//!         })
//!     }
//!
//!     async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
//!         let mut rows = self.rows()?;
//!         // First everything is compared ...
//!         let Some(mut user) = rows.users.get(&change.user).cloned() else { return Ok(CommitOutcome::Gone) };
//!         let name = change.fields.username.as_ref().map(Username::as_str);
//!         if user.revision != change.expected
//!             || !rows.hold(&change.guards)
//!             || rows.is_taken(name, Some(user.id))
//!             || change.claims().iter().flatten().any(|claim| claim.exclusive && rows.is_claimed(claim, user.id))
//!             || !change.groups_added.iter().all(|id| rows.groups.contains(*id))
//!         {
//!             return Ok(CommitOutcome::Conflict);
//!         }
//!         if let Some(source) = rows.has_external_id(change.fields.external_ids.as_ref(), user.id) {
//!             return Ok(CommitOutcome::Rejected(Violations::external_id_taken(source)));
//!         }
//!         // ... then everything is written: row, memberships, counters, event. Nothing in between can fail.
//!         change.apply_to(&mut user);
//!         rows.users.insert(user.id, user);
//!         let bumps = |guard: Option<EpochGuard>| u64::from(guard.is_some_and(EpochGuard::is_bump));
//!         rows.epochs.graph += bumps(change.guards.graph);
//!         rows.epochs.superusers += bumps(change.guards.superusers);
//!         rows.events.push(((*change.event).clone(), false));
//!         Ok(CommitOutcome::Applied)
//!     }
//! }
//!
//! impl Rows {
//!     fn user(&self, target: UserRef) -> Option<&User> {
//!         match target {
//!             UserRef::Id(id) => self.users.get(&id),
//!             UserRef::Uuid(uuid) => self.users.values().find(|user| user.uuid == uuid),
//!         }
//!     }
//!
//!     /// Whether another user has a username or an e-mail address that folds like this name.
//!     fn has_similar(&self, name: Option<&str>, by_other_than: Option<UserId>) -> bool {
//!         let mut others = self.users.values().filter(|user| Some(user.id) != by_other_than);
//!         let key = name.map(fold).filter(|key| !key.is_empty());
//!         key.is_some_and(|key| others.any(|user| [&user.username, &user.email].iter().any(|name| fold(name) == key)))
//!     }
//!
//!     /// Whether another user holds the key of a claim. A store with more users has an index.
//!     fn is_claimed(&self, claim: &Claim, user: UserId) -> bool {
//!         let mut others = self.users.values().filter(|other| other.id != user);
//!         others.any(|other| Claim::of(other, DistinctNames::default()).iter().any(|held| {
//!             claim.key.is_some() && held.key == claim.key
//!         }))
//!     }
//!
//!     fn is_taken(&self, name: Option<&str>, by_other_than: Option<UserId>) -> bool {
//!         self.users.values().any(|user| Some(user.username.as_str()) == name && Some(user.id) != by_other_than)
//!     }
//!
//!     /// The source in which another user has one of these identifiers. With many users: keep an index.
//!     fn has_external_id<'i>(&self, ids: Option<&'i ExternalIds>, user: UserId) -> Option<&'i ExternalSource> {
//!         let mut others = self.users.values().filter(|other| other.id != user);
//!         others.find_map(|other| ids?.shared_with(&other.external_ids))
//!     }
//!
//!     /// With many users: keep an index of those who can act.
//!     fn superusers_other_than(&self, target: Option<UserId>) -> Superusers {
//!         let can_act = |user: &&User| user.is_active && user.username != ANONYMOUS_USERNAME;
//!         let superuser = |user: &&User| self.groups.grants_superuser(&user.groups);
//!         let others = self.users.values().filter(|user| Some(user.id) != target);
//!         let mut found = Superusers::default();
//!         for user in others.filter(can_act).filter(superuser) {
//!             found.person |= matches!(user.user_type, UserType::Internal | UserType::External);
//!             found.service_account |= user.user_type == UserType::ServiceAccount;
//!         }
//!         found
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
//!     async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
//!         let rows = self.rows()?;
//!         let (mut pending, mut bytes) = (Vec::new(), 0);
//!         for (event, _) in rows.events.iter().filter(|(_, acked)| !acked).take(limit.events as usize) {
//!             bytes += serde_json::to_vec(event).map_err(StoreError::corrupt)?.len() as u64;
//!             if bytes > limit.bytes && !pending.is_empty() {
//!                 break;
//!             }
//!             pending.push(event.clone());
//!         }
//!         Ok(pending)
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
//! /// What the kit needs: a store for each case, and writes that do not go through the ports.
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
//! `examples/redb.rs` in this crate's source is a similar store on an embedded database.
//!
//! # Further requirements on databases
//!
//! - A store that implements only [`UserStore`](userbook::UserStore) never compares
//!   [`Epochs::next_user`](userbook::store::Epochs), which may stay 0 without
//!   [`ProvisioningStore`](userbook::store::ProvisioningStore) and [`ImportStore`](userbook::store::ImportStore).
//! - [`User`](userbook::User), [`Group`](userbook::Group) and [`Event`](userbook::event::Event) are `serde` types.
//!   Attributes may nest [`MAX_DEPTH`](userbook::field::MAX_DEPTH) levels, `serde_json` reads 128: enable its
//!   `unbounded_depth`, call `disable_recursion_limit`, and enable `float_roundtrip`.
//! - Rejected changes and conflicts are outcomes, also when the database reports them as an error. A failure of the
//!   last step, which makes a commit durable, is [`Ambiguous`](userbook::store::StoreErrorKind::Ambiguous).
//! - Missing groups are left out of a snapshot; a missing target or actor is `None`. Neither is an error.
//! - Work may outlive a dropped future (a blocking task, a statement that the database still runs). Nevertheless the
//!   commit must be applied completely or not at all. The case of the dropped commit checks this law with another
//!   write of the same row.
//! - [`Rejected`](userbook::store::CommitOutcome::Rejected) is for rules of the host's own tables. The rows of the kit
//!   break no common rule: their UUIDs are distinct, and so are their e-mail addresses, except in the case about equal
//!   addresses.
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
mod law;
mod suites;

pub use harness::{Harness, Task};
#[doc(hidden)]
pub use law::Law;
pub use suites::{
    BATCH_CASES, IMPORT_CASES, LIST_CASES, PROVISIONING_CASES, SESSION_CASES, STORE_CASES, run_batch_cases,
    run_import_cases, run_list_cases, run_provisioning_cases, run_session_cases, run_store_cases,
};
