//! A store on [redb], an embedded key-value database, written from the kit's front page alone.
//!
//! `cargo run -p userbook-conformance --example redb` proves it. redb has one writer at a time, and readers that
//! see the last commit: the two things a store needs. Rows are JSON, users and groups by id, with an
//! index of names. Calls block for as long as the disk takes; a host whose runtime must not
//! wait wraps them in `tokio::task::block_in_place`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::wildcard_imports, reason = "an example")]

use std::{collections::BTreeSet, error::Error, sync::Arc};

use async_trait::async_trait;
use redb::{Database, TableDefinition, WriteTransaction, backends::InMemoryBackend};
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata};
use serde::de::DeserializeOwned;
use userbook::*;
use userbook_conformance::{Harness, Task, run_store_cases};

const USERS: TableDefinition<i64, &[u8]> = TableDefinition::new("users");
const NAMES: TableDefinition<&str, i64> = TableDefinition::new("names");
const GROUPS: TableDefinition<u128, &[u8]> = TableDefinition::new("groups");
const COUNTERS: TableDefinition<&str, u64> = TableDefinition::new("counters");
const EVENTS: TableDefinition<u128, &[u8]> = TableDefinition::new("events");
/// The events that were not acknowledged, in the order in which they were written.
const WAITING: TableDefinition<u64, u128> = TableDefinition::new("waiting");

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A table of JSON, opened to be read or to be written.
trait Rows<K: redb::Key + 'static>: ReadableTable<K, &'static [u8]> {}
impl<K: redb::Key + 'static, T: ReadableTable<K, &'static [u8]>> Rows<K> for T {}

/// Says what a failure means: a row that cannot be read, a commit of which nobody knows, or anything else.
fn told<T>(work: impl FnOnce() -> Fallible<T>) -> Result<T, StoreError> {
    work().map_err(|source| {
        let (unread, unknown) = (source.is::<serde_json::Error>(), source.is::<redb::CommitError>());
        let kind = if unknown { StoreErrorKind::Ambiguous } else { StoreErrorKind::Other };
        let kind = if unread { StoreErrorKind::Corrupt } else { kind };
        StoreError::new(kind, source)
    })
}

#[derive(Debug)]
struct RedbStore(Database);

impl RedbStore {
    fn new(database: Database) -> Result<Self, StoreError> {
        let store = Self(database);
        store.write(|txn| {
            // Opening a table to write makes it; a load expects them all.
            drop((txn.open_table(USERS)?, txn.open_table(NAMES)?, txn.open_table(GROUPS)?));
            drop((txn.open_table(COUNTERS)?, txn.open_table(EVENTS)?, txn.open_table(WAITING)?));
            Ok(())
        })?;
        Ok(store)
    }

    /// One transaction. A failure leaves nothing of it behind.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Fallible<T>) -> Result<T, StoreError> {
        told(|| {
            let txn = self.0.begin_write()?;
            let answer = work(&txn)?;
            txn.commit()?;
            Ok(answer)
        })
    }
}

#[async_trait]
impl UserStore for RedbStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
        told(|| {
            let txn = self.0.begin_read()?;
            let (users, groups) = (txn.open_table(USERS)?, txn.open_table(GROUPS)?);
            let (names, events) = (txn.open_table(NAMES)?, txn.open_table(EVENTS)?);
            let counters = txn.open_table(COUNTERS)?;
            let Some(user) = user(&users, query.user)? else { return Ok(None) };
            let actor = query.actor.map(|id| self::user(&users, id)).transpose()?.flatten();
            let starts = user.groups.iter().chain(&query.groups);
            let mut graph = GroupGraph::default();
            for start in starts.chain(actor.iter().flat_map(|actor| &actor.groups)) {
                lineage(&groups, *start)?.into_iter().for_each(|group| graph.insert(group));
            }
            let others = || others_have_power(&users, &groups, query.user);
            let event = query.change.map(|change| events.get(change.0.as_u128())).transpose()?.flatten();
            Ok(Some(Snapshot {
                username_taken: is_taken(&names, query.username.as_deref(), query.user)?,
                groups: graph,
                other_active_superuser: query.other_active_superuser.then(others).transpose()?,
                epochs: Epochs {
                    graph: count(&counters, "graph")?,
                    superusers: count(&counters, "superusers")?,
                    ..Epochs::default()
                },
                landed: event.is_some(),
                actor: actor.as_ref().map(ActorState::from),
                user,
            }))
        })
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        told(|| {
            let txn = self.0.begin_write()?;
            let outcome = apply(&txn, change)?;
            if outcome == CommitOutcome::Applied {
                txn.commit()?;
            }
            Ok(outcome)
        })
    }
}

/// Whatever this writes is undone unless it answers that it was applied.
fn apply(txn: &WriteTransaction, change: &ChangeSet) -> Fallible<CommitOutcome> {
    let mut counters = txn.open_table(COUNTERS)?;
    let Some(mut user) = user(&txn.open_table(USERS)?, change.user)? else { return Ok(CommitOutcome::Gone) };
    if user.revision != change.expected {
        return Ok(CommitOutcome::Stale);
    }
    for (name, guard) in [("graph", change.guards.graph), ("superusers", change.guards.superusers)] {
        let Some(guard) = guard else { continue };
        if count(&counters, name)? != guard.expected {
            return Ok(CommitOutcome::GuardFailed);
        }
        counters.insert(name, guard.expected + u64::from(guard.usage == EpochUse::Change))?;
    }
    if let Some(guard) = change.guards.actor {
        let actor = self::user(&txn.open_table(USERS)?, guard.user)?;
        if actor.is_none_or(|actor| actor.revision != guard.revision) {
            return Ok(CommitOutcome::GuardFailed);
        }
    }
    let name = change.fields.username.as_ref().map(Username::as_str);
    if is_taken(&txn.open_table(NAMES)?, name, change.user)? {
        return Ok(CommitOutcome::UsernameTaken);
    }
    let groups = txn.open_table(GROUPS)?;
    let mut missing = change.groups_added.clone();
    for id in &change.groups_added {
        if groups.get(id.0.as_u128())?.is_some() {
            missing.remove(id);
        }
    }
    if !missing.is_empty() {
        return Ok(CommitOutcome::MissingGroups(missing));
    }
    let old_name = user.username.clone();
    change.apply_to(&mut user);
    put_user(txn, &old_name, &user)?;
    let mut waiting = txn.open_table(WAITING)?;
    let place = waiting.last()?.map_or(0, |(last, _)| last.value() + 1);
    waiting.insert(place, change.event.id.0.as_u128())?;
    txn.open_table(EVENTS)?.insert(change.event.id.0.as_u128(), &*serde_json::to_vec(&change.event)?)?;
    Ok(CommitOutcome::Applied)
}

/// Writes a row and its name, in place of the one it had.
fn put_user(txn: &WriteTransaction, old_name: &str, new: &User) -> Fallible<()> {
    let mut names = txn.open_table(NAMES)?;
    names.remove(old_name)?;
    names.insert(&*new.username, new.id.0)?;
    txn.open_table(USERS)?.insert(new.id.0, &*serde_json::to_vec(new)?)?;
    Ok(())
}

/// A row as it was written. Attributes may nest 256 levels, more than serde_json reads unless it is told.
fn row<T: DeserializeOwned>(json: &[u8]) -> Fallible<T> {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.disable_recursion_limit();
    Ok(T::deserialize(&mut json)?)
}

fn user(users: &impl Rows<i64>, id: UserId) -> Fallible<Option<User>> {
    users.get(id.0)?.map(|json| row(json.value())).transpose()
}

fn count(counters: &impl ReadableTable<&'static str, u64>, name: &str) -> Fallible<u64> {
    Ok(counters.get(name)?.map_or(0, |count| count.value()))
}

fn is_taken(names: &impl ReadableTable<&'static str, i64>, name: Option<&str>, by: UserId) -> Fallible<bool> {
    let Some(name) = name else { return Ok(false) };
    Ok(names.get(name)?.is_some_and(|owner| owner.value() != by.0))
}

/// A group and its ancestors, nearest first. The bound ends a cycle as well.
fn lineage(groups: &impl Rows<u128>, id: GroupId) -> Fallible<Vec<Group>> {
    let (mut found, mut next) = (Vec::<Group>::new(), Some(id));
    while let Some(id) = next.filter(|_| found.len() <= MAX_PARENTS) {
        let Some(json) = groups.get(id.0.as_u128())? else { break };
        let group: Group = row(json.value())?;
        next = group.parent;
        found.push(group);
    }
    Ok(found)
}

/// Reads users until one is found. A directory with many who are inactive would keep an index of the others.
fn others_have_power(users: &impl Rows<i64>, groups: &impl Rows<u128>, id: UserId) -> Fallible<bool> {
    for entry in users.iter()? {
        let user: User = row(entry?.1.value())?;
        for group in user.groups.iter().filter(|_| user.is_active && user.id != id) {
            if lineage(groups, *group)?.iter().any(|group| group.is_superuser) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[async_trait]
impl Outbox for RedbStore {
    async fn pending(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        told(|| {
            let txn = self.0.begin_read()?;
            let (waiting, events) = (txn.open_table(WAITING)?, txn.open_table(EVENTS)?);
            let mut found = Vec::new();
            for entry in waiting.iter()?.take(limit as usize) {
                let event = events.get(entry?.1.value())?;
                found.push(row(event.ok_or("an event that waits is gone")?.value())?);
            }
            Ok(found)
        })
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let ids: BTreeSet<u128> = ids.iter().map(|id| id.0.as_u128()).collect();
        self.write(|txn| Ok(txn.open_table(WAITING)?.retain(|_, event| !ids.contains(&event))?))
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.write(|txn| {
            let waiting = txn.open_table(WAITING)?;
            let waiting =
                waiting.iter()?.map(|entry| Ok(entry?.1.value())).collect::<Fallible<BTreeSet<_>>>()?;
            let is_old = |json: &[u8]| row(json).is_ok_and(|event: Event| event.time < time);
            let mut events = txn.open_table(EVENTS)?;
            let before = events.len()?;
            events.retain(|id, json| waiting.contains(&id) || !is_old(json))?;
            Ok(before - events.len()?)
        })
    }
}

struct Redb(Arc<RedbStore>);

impl Harness for Redb {
    type Store = RedbStore;

    /// In memory, for speed: `Database::create(path)` makes a file.
    async fn with(rows: &Import) -> Self {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let store = RedbStore::new(database).unwrap();
        let seed = |txn: &WriteTransaction| {
            let mut groups = txn.open_table(GROUPS)?;
            for group in &rows.groups {
                groups.insert(group.id.0.as_u128(), &*serde_json::to_vec(group)?)?;
            }
            rows.users.iter().try_for_each(|user| put_user(txn, &user.username, user))
        };
        store.write(seed).unwrap();
        Self(Arc::new(store))
    }

    fn store(&self) -> Arc<RedbStore> {
        Arc::clone(&self.0)
    }

    async fn write_behind(&self, id: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let write = |txn: &WriteTransaction| {
            let mut user = user(&txn.open_table(USERS)?, id)?.unwrap();
            (user.last_login, user.password_change_date) = (Some(last_login), password_change_date);
            put_user(txn, &user.username, &user)
        };
        self.0.write(write).unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

#[cfg(test)]
mod laws {
    userbook_conformance::store_conformance!(super::Redb, #[tokio::test(flavor = "multi_thread")]);
}

#[tokio::main]
async fn main() {
    println!("{} cases passed", run_store_cases::<Redb>().await.len());
}
