//! A store on [redb], an embedded key-value database, written from the kit's front page alone.
//!
//! `cargo run -p userbook-conformance --example redb` proves it. It keeps rows as JSON, users and groups by id,
//! with one index of names and one of *active* members. redb has one writer at a time and readers that see the
//! last commit: exactly the two things a store needs. Its calls block for as long as the disk takes; a host that
//! minds gives them a thread of their own.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example that is a test")]

use std::{collections::BTreeSet, error::Error, sync::Arc};

use async_trait::async_trait;
use redb::{
    Database, MultimapTableDefinition, ReadableDatabase, ReadableMultimapTable, ReadableTable,
    TableDefinition, WriteTransaction, backends::InMemoryBackend,
};
use serde::{Serialize, de::DeserializeOwned};
use userbook::{
    ActorState, ChangeId, ChangeSet, CommitOutcome, EpochUse, Epochs, Event, Group, GroupGraph, GroupId,
    Import, MAX_PARENTS, Outbox, Snapshot, SnapshotQuery, StoreError, StoreErrorKind, Timestamp, User,
    UserId, UserStore, Username,
};
use userbook_conformance::{Harness, Task, run_store_cases};

const USERS: TableDefinition<i64, &[u8]> = TableDefinition::new("users");
const NAMES: TableDefinition<&str, i64> = TableDefinition::new("names");
const GROUPS: TableDefinition<u128, &[u8]> = TableDefinition::new("groups");
/// Each group with those of its direct members who are active.
const ACTIVE: MultimapTableDefinition<u128, i64> = MultimapTableDefinition::new("active members");
/// The guards' counters, and how many events there were.
const COUNTERS: TableDefinition<&str, u64> = TableDefinition::new("counters");
/// All changes, each with the place of its event.
const CHANGES: TableDefinition<u128, u64> = TableDefinition::new("changes");
const WAITING: TableDefinition<u64, &[u8]> = TableDefinition::new("waiting");
const ACKED: TableDefinition<u64, &[u8]> = TableDefinition::new("acknowledged");

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Debug)]
struct RedbStore(Database);

impl RedbStore {
    /// A load expects every table to be there.
    fn new(database: Database) -> Fallible<Self> {
        let txn = database.begin_write()?;
        txn.open_table(USERS)?;
        txn.open_table(NAMES)?;
        txn.open_table(GROUPS)?;
        txn.open_multimap_table(ACTIVE)?;
        txn.open_table(COUNTERS)?;
        txn.open_table(CHANGES)?;
        txn.open_table(WAITING)?;
        txn.open_table(ACKED)?;
        txn.commit()?;
        Ok(Self(database))
    }

    fn snapshot(&self, query: &SnapshotQuery) -> Fallible<Option<Snapshot>> {
        let txn = self.0.begin_read()?;
        let (users, groups) = (txn.open_table(USERS)?, txn.open_table(GROUPS)?);
        let Some(user) = user(&users, query.user)? else { return Ok(None) };
        let actor = query.actor.map(|id| self::user(&users, id)).transpose()?.flatten();
        let mut graph = GroupGraph::default();
        let starts = user.groups.iter().chain(&query.groups);
        for start in starts.chain(actor.iter().flat_map(|actor| &actor.groups)) {
            lineage(&groups, *start)?.into_iter().for_each(|group| graph.insert(group));
        }
        let (names, counters) = (txn.open_table(NAMES)?, txn.open_table(COUNTERS)?);
        let other_active_superuser = match query.other_active_superuser {
            true => Some(others_have_power(&txn.open_multimap_table(ACTIVE)?, &groups, query.user)?),
            false => None,
        };
        let landed = match query.change {
            Some(change) => txn.open_table(CHANGES)?.get(change.0.as_u128())?.is_some(),
            None => false,
        };
        Ok(Some(Snapshot {
            username_taken: is_taken(&names, query.username.as_deref(), query.user)?,
            groups: graph,
            other_active_superuser,
            epochs: Epochs {
                graph: count(&counters, "graph")?,
                superusers: count(&counters, "superusers")?,
                ..Epochs::default()
            },
            landed,
            actor: actor.map(|actor| ActorState {
                id: actor.id,
                is_active: actor.is_active,
                user_type: actor.user_type,
                groups: actor.groups,
                revision: actor.revision,
            }),
            user,
        }))
    }

    fn apply(&self, change: &ChangeSet) -> Fallible<CommitOutcome> {
        // The only writer from here on. Whatever is returned before the commit leaves no trace.
        let txn = self.0.begin_write()?;
        {
            let users = txn.open_table(USERS)?;
            let Some(old) = user(&users, change.user)? else { return Ok(CommitOutcome::Gone) };
            if old.revision != change.expected {
                return Ok(CommitOutcome::Stale);
            }
            let mut counters = txn.open_table(COUNTERS)?;
            for (name, guard) in [("graph", change.guards.graph), ("superusers", change.guards.superusers)] {
                let Some(guard) = guard else { continue };
                if count(&counters, name)? != guard.expected {
                    return Ok(CommitOutcome::GuardFailed);
                }
                if guard.usage == EpochUse::Change {
                    counters.insert(name, guard.expected + 1)?;
                }
            }
            if let Some(guard) = change.guards.actor
                && user(&users, guard.user)?.map(|actor| actor.revision) != Some(guard.revision)
            {
                return Ok(CommitOutcome::GuardFailed);
            }
            let name = change.fields.username.as_ref().map(Username::as_str);
            if is_taken(&txn.open_table(NAMES)?, name, change.user)? {
                return Ok(CommitOutcome::UsernameTaken);
            }
            let groups = txn.open_table(GROUPS)?;
            let mut missing = BTreeSet::new();
            for id in &change.groups_added {
                if groups.get(id.0.as_u128())?.is_none() {
                    missing.insert(*id);
                }
            }
            if !missing.is_empty() {
                return Ok(CommitOutcome::MissingGroups(missing));
            }
            let mut new = old.clone();
            change.apply_to(&mut new);
            drop(users);
            put_user(&txn, Some(&old), &new)?;
            let mut changes = txn.open_table(CHANGES)?;
            let place = count(&counters, "events")?;
            counters.insert("events", place + 1)?;
            changes.insert(change.change.0.as_u128(), place)?;
            txn.open_table(WAITING)?.insert(place, &*serde_json::to_vec(&change.event)?)?;
        }
        txn.commit()?;
        Ok(CommitOutcome::Applied)
    }
}

/// A row as it was written. Attributes may nest 256 levels, more than serde_json reads unless it is told.
fn row<T: DeserializeOwned>(json: &[u8]) -> Fallible<T> {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.disable_recursion_limit();
    Ok(T::deserialize(&mut json)?)
}

fn user(users: &impl ReadableTable<i64, &'static [u8]>, id: UserId) -> Fallible<Option<User>> {
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
fn lineage(groups: &impl ReadableTable<u128, &'static [u8]>, id: GroupId) -> Fallible<Vec<Group>> {
    let mut found: Vec<Group> = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|_| found.len() <= MAX_PARENTS) {
        let Some(json) = groups.get(id.0.as_u128())? else { break };
        let group: Group = row(json.value())?;
        next = group.parent;
        found.push(group);
    }
    Ok(found)
}

/// Looks at groups that have active members, and at nobody who is inactive.
fn others_have_power(
    active: &impl ReadableMultimapTable<u128, i64>,
    groups: &impl ReadableTable<u128, &'static [u8]>,
    user: UserId,
) -> Fallible<bool> {
    for entry in active.iter()? {
        let (group, members) = entry?;
        // At most two: one of them may be the user.
        let other = members.take(2).any(|member| member.is_ok_and(|id| id.value() != user.0));
        let group = GroupId(uuid::Uuid::from_u128(group.value()));
        if other && lineage(groups, group)?.iter().any(|group| group.is_superuser) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes a row and what the indices say of it.
fn put_user(txn: &WriteTransaction, old: Option<&User>, new: &User) -> Fallible<()> {
    let (mut names, mut active) = (txn.open_table(NAMES)?, txn.open_multimap_table(ACTIVE)?);
    if let Some(old) = old {
        names.remove(&*old.username)?;
        for group in old.groups.iter().filter(|_| old.is_active) {
            active.remove(group.0.as_u128(), old.id.0)?;
        }
    }
    names.insert(&*new.username, new.id.0)?;
    for group in new.groups.iter().filter(|_| new.is_active) {
        active.insert(group.0.as_u128(), new.id.0)?;
    }
    txn.open_table(USERS)?.insert(new.id.0, &*serde_json::to_vec(new)?)?;
    Ok(())
}

/// What a failure means: a row that is no JSON, a commit of which nobody knows, or anything else.
fn told<T>(answer: Fallible<T>) -> Result<T, StoreError> {
    answer.map_err(|source| match () {
        () if source.is::<serde_json::Error>() => StoreError::corrupt(source),
        () if source.is::<redb::CommitError>() => StoreError::new(StoreErrorKind::Ambiguous, source),
        () => StoreError::new(StoreErrorKind::Other, source),
    })
}

#[async_trait]
impl UserStore for RedbStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Option<Snapshot>, StoreError> {
        told(self.snapshot(query))
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        told(self.apply(change))
    }
}

#[async_trait]
impl Outbox for RedbStore {
    async fn pending(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        let read = || -> Fallible<Vec<Event>> {
            let waiting = self.0.begin_read()?.open_table(WAITING)?;
            waiting.iter()?.take(limit as usize).map(|entry| row(entry?.1.value())).collect()
        };
        told(read())
    }

    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let write = || -> Fallible<()> {
            let txn = self.0.begin_write()?;
            {
                let changes = txn.open_table(CHANGES)?;
                let (mut waiting, mut acked) = (txn.open_table(WAITING)?, txn.open_table(ACKED)?);
                for id in ids {
                    let Some(place) = changes.get(id.0.as_u128())? else { continue };
                    if let Some(event) = waiting.remove(place.value())? {
                        acked.insert(place.value(), event.value())?;
                    }
                }
            }
            Ok(txn.commit()?)
        };
        told(write())
    }

    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        let write = || -> Fallible<u64> {
            let txn = self.0.begin_write()?;
            let mut pruned = 0;
            {
                let (mut changes, mut acked) = (txn.open_table(CHANGES)?, txn.open_table(ACKED)?);
                let events: Vec<Event> =
                    acked.iter()?.map(|entry| row(entry?.1.value())).collect::<Fallible<_>>()?;
                for event in events.iter().filter(|event| event.time < time) {
                    if let Some(place) = changes.remove(event.id.0.as_u128())? {
                        acked.remove(place.value())?;
                        pruned += 1;
                    }
                }
            }
            txn.commit()?;
            Ok(pruned)
        };
        told(write())
    }
}

struct Redb(Arc<RedbStore>);

impl Harness for Redb {
    type Store = RedbStore;

    /// In memory, for speed: `Database::create(path)` makes a file.
    async fn with(rows: &Import) -> Self {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let store = RedbStore::new(database).unwrap();
        let txn = store.0.begin_write().unwrap();
        for group in &rows.groups {
            let json = serde_json::to_vec(group).unwrap();
            txn.open_table(GROUPS).unwrap().insert(group.id.0.as_u128(), &*json).unwrap();
        }
        rows.users.iter().for_each(|user| put_user(&txn, None, user).unwrap());
        txn.commit().unwrap();
        Self(Arc::new(store))
    }

    fn store(&self) -> Arc<RedbStore> {
        Arc::clone(&self.0)
    }

    async fn write_behind(&self, id: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let txn = self.0.0.begin_write().unwrap();
        let old = user(&txn.open_table(USERS).unwrap(), id).unwrap().unwrap();
        let new = User { last_login: Some(last_login), password_change_date, ..old.clone() };
        put_user(&txn, Some(&old), &new).unwrap();
        txn.commit().unwrap();
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
