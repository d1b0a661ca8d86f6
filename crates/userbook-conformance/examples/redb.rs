//! A store on [redb]; `cargo run -p userbook-conformance --example redb` runs the cases on it. A store needs a single
//! writer at a time and readers that see the last commit; redb provides both. Its calls block for the duration of disk
//! writes; use `tokio::task::block_in_place` if the runtime must not wait.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::wildcard_imports, reason = "an example")]

use async_trait::async_trait;
use redb::{Database, TableDefinition, WriteTransaction, backends::InMemoryBackend};
use redb::{ReadableDatabase, ReadableTable as Rows, ReadableTableMetadata};
use serde::de::DeserializeOwned;
use serde_json::to_vec;
use std::{collections::BTreeSet, error::Error, sync::Arc};
use userbook::{
    Group, GroupId, Timestamp, User, UserId, UserRef, UserStore, UserType, Violations,
    event::Event,
    field::{Username, fold},
    model::{ANONYMOUS_USERNAME, ChangeId, ExternalIds, ExternalSource, GroupGraph, MAX_PARENTS},
    store::{
        ActorState, ChangeSet, Claim, CommitOutcome, DistinctNames, Epochs, Guards, ImportData, Outbox,
        OutboxLimit, Snapshot, SnapshotQuery, StoreError, StoreErrorKind, Superusers,
    },
};
use userbook_conformance::{Harness, Task, run_store_cases};

const USERS: TableDefinition<i64, &[u8]> = TableDefinition::new("users");
const NAMES: TableDefinition<&str, i64> = TableDefinition::new("names");
const UUIDS: TableDefinition<u128, i64> = TableDefinition::new("uuids");
const GROUPS: TableDefinition<u128, &[u8]> = TableDefinition::new("groups");
const COUNTERS: TableDefinition<&str, u64> = TableDefinition::new("counters");
const EVENTS: TableDefinition<u128, &[u8]> = TableDefinition::new("events");
/// The pending events in the order of their writes.
const WAITING: TableDefinition<u64, u128> = TableDefinition::new("waiting");

type Json = &'static [u8];
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Classifies an error: a corrupt row, a commit with unknown result, or any other failure.
fn classified<T>(work: impl FnOnce() -> Fallible<T>) -> Result<T, StoreError> {
    work().map_err(|source| {
        let (unread, unknown) = (source.is::<serde_json::Error>(), source.is::<redb::CommitError>());
        let kind = if unknown { StoreErrorKind::Ambiguous } else { StoreErrorKind::Other };
        StoreError::new(if unread { StoreErrorKind::Corrupt } else { kind }, source)
    })
}

#[derive(Debug)]
struct RedbStore(Database);

impl RedbStore {
    /// Creates a store with these rows. Opening a table for writing creates it, and loads expect every table.
    fn new(database: Database, rows: &ImportData) -> Result<Self, StoreError> {
        let store = Self(database);
        let seed = |txn: &WriteTransaction| {
            drop((txn.open_table(USERS)?, txn.open_table(NAMES)?, txn.open_table(UUIDS)?));
            drop(txn.open_table(COUNTERS)?);
            drop((txn.open_table(EVENTS)?, txn.open_table(WAITING)?));
            let mut groups = txn.open_table(GROUPS)?;
            for group in &rows.groups {
                groups.insert(group.id.0.as_u128(), &*to_vec(group)?)?;
            }
            rows.users.iter().try_for_each(|user| put_user(txn, &user.username, user))
        };
        store.write(seed).map(|()| store)
    }
    /// Runs one transaction; an error rolls it back.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Fallible<T>) -> Result<T, StoreError> {
        classified(|| {
            let txn = self.0.begin_write()?;
            let answer = work(&txn)?;
            txn.commit()?;
            Ok(answer)
        })
    }
}

#[async_trait]
impl UserStore for RedbStore {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        classified(|| {
            let txn = self.0.begin_read()?;
            let (users, groups) = (txn.open_table(USERS)?, txn.open_table(GROUPS)?);
            let (names, events) = (txn.open_table(NAMES)?, txn.open_table(EVENTS)?);
            let id = match query.target {
                Some(UserRef::Uuid(uuid)) => {
                    txn.open_table(UUIDS)?.get(uuid.as_u128())?.map(|id| UserId(id.value()))
                }
                Some(UserRef::Id(id)) => Some(id),
                None => None,
            };
            let user = id.map(|id| user(&users, id)).transpose()?.flatten();
            let id = user.as_ref().map(|user| user.id);
            let actor = query.actor.map(|id| self::user(&users, id)).transpose()?.flatten();
            let mut starts = query.groups.clone();
            starts.extend(user.iter().chain(&actor).flat_map(|user| &user.groups));
            let counters = txn.open_table(COUNTERS)?;
            let count = |name| -> Fallible<u64> { Ok(counters.get(name)?.map_or(0, |it| it.value())) };
            let (graph, superusers) = (count("graph")?, count("superusers")?);
            let others = || other_superusers(&users, &groups, id);
            let event = query.change.map(|change| events.get(change.0.as_u128())).transpose()?.flatten();
            Ok(Snapshot {
                username_taken: is_taken(&names, query.username.as_deref(), id)?,
                groups: lineages(&groups, &starts)?,
                other_superusers: query.other_superusers.then(others).transpose()?,
                epochs: Epochs { graph, superusers, ..Epochs::default() },
                change_committed: event.is_some(),
                actor: actor.as_ref().map(ActorState::from),
                login_taken: has_similar(&users, query.login.as_deref(), id)?,
                email_taken: has_similar(&users, query.email.as_deref(), id)?,
                user,
            })
        })
    }
    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        classified(|| {
            let txn = self.0.begin_write()?;
            let outcome = apply(&txn, change)?;
            if outcome == CommitOutcome::Applied {
                txn.commit()?;
            }
            Ok(outcome)
        })
    }
}

/// An outcome other than `Applied` rolls the transaction back.
fn apply(txn: &WriteTransaction, change: &ChangeSet) -> Fallible<CommitOutcome> {
    let user = user(&txn.open_table(USERS)?, change.user)?;
    let name = change.fields.username.as_ref().map(Username::as_str);
    let ids = change.fields.external_ids.as_ref();
    let known = lineages(&txn.open_table(GROUPS)?, &change.groups_added)?;
    let all_exist = change.groups_added.iter().all(|id| known.contains(*id));
    Ok(match user {
        None => CommitOutcome::Gone,
        Some(user) if user.revision != change.expected => CommitOutcome::Conflict,
        Some(_) if !hold(txn, &change.guards)? => CommitOutcome::Conflict,
        Some(user) if is_taken(&txn.open_table(NAMES)?, name, Some(user.id))? => CommitOutcome::Conflict,
        Some(_) if !all_exist => CommitOutcome::Conflict,
        Some(user) if is_claimed(&txn.open_table(USERS)?, change, user.id)? => CommitOutcome::Conflict,
        Some(mut user) => {
            if let Some(source) =
                ids.map(|ids| taken_in(&txn.open_table(USERS)?, ids, user.id)).transpose()?.flatten()
            {
                return Ok(CommitOutcome::Rejected(Violations::external_id_taken(&source)));
            }
            let old_name = user.username.clone();
            change.apply_to(&mut user);
            put_user(txn, &old_name, &user)?;
            txn.open_table(EVENTS)?.insert(change.change.0.as_u128(), &*to_vec(&*change.event)?)?;
            let mut waiting = txn.open_table(WAITING)?;
            let place = waiting.last()?.map_or(0, |(last, _)| last.value() + 1);
            waiting.insert(place, change.change.0.as_u128())?;
            CommitOutcome::Applied
        }
    })
}

/// Returns whether the guards hold. Increments the counters of the change.
fn hold(txn: &WriteTransaction, guards: &Guards) -> Fallible<bool> {
    let mut counters = txn.open_table(COUNTERS)?;
    for (name, guard) in [("graph", guards.graph), ("superusers", guards.superusers)] {
        let Some(guard) = guard else { continue };
        if counters.get(name)?.map_or(0, |it| it.value()) != guard.expected {
            return Ok(false);
        }
        counters.insert(name, guard.expected + u64::from(guard.is_bump()))?;
    }
    let Some(guard) = guards.actor else { return Ok(true) };
    Ok(user(&txn.open_table(USERS)?, guard.user)?.is_some_and(|it| it.revision == guard.revision))
}

/// Writes a row and its name, and removes the previous name.
fn put_user(txn: &WriteTransaction, old_name: &str, new: &User) -> Fallible<()> {
    txn.open_table(NAMES)?.remove(old_name)?;
    txn.open_table(NAMES)?.insert(&*new.username, new.id.0)?;
    txn.open_table(UUIDS)?.insert(new.uuid.as_u128(), new.id.0)?;
    txn.open_table(USERS)?.insert(new.id.0, &*to_vec(new)?)?;
    Ok(())
}

/// Decodes a row. Attributes may nest 256 levels, more than the default of `serde_json`.
fn row<T: DeserializeOwned>(json: &[u8]) -> Fallible<T> {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.disable_recursion_limit();
    Ok(T::deserialize(&mut json)?)
}

fn user(users: &impl Rows<i64, Json>, id: UserId) -> Fallible<Option<User>> {
    users.get(id.0)?.map(|json| row(json.value())).transpose()
}

/// Returns whether a user other than `target` has the name.
fn is_taken(
    names: &impl Rows<&'static str, i64>,
    name: Option<&str>,
    target: Option<UserId>,
) -> Fallible<bool> {
    let owner = name.map(|name| names.get(name)).transpose()?.flatten();
    Ok(owner.is_some_and(|owner| Some(UserId(owner.value())) != target))
}

/// Returns whether a user other than `target` has a name that folds like this one. A larger store has an index.
fn has_similar(users: &impl Rows<i64, Json>, name: Option<&str>, target: Option<UserId>) -> Fallible<bool> {
    let Some(key) = name.map(fold).filter(|key| !key.is_empty()) else { return Ok(false) };
    for entry in users.iter()? {
        let other: User = row(entry?.1.value())?;
        if Some(other.id) != target && [&other.username, &other.email].iter().any(|name| fold(name) == key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether another user holds a key that the change claims for its user alone.
fn is_claimed(users: &impl Rows<i64, Json>, change: &ChangeSet, user: UserId) -> Fallible<bool> {
    let claims: Vec<_> = change
        .claims()
        .into_iter()
        .flatten()
        .filter(|claim| claim.exclusive && claim.key.is_some())
        .collect();
    if claims.is_empty() {
        return Ok(false);
    }
    for entry in users.iter()? {
        let other: User = row(entry?.1.value())?;
        let held = Claim::of(&other, DistinctNames::default());
        let holds = |claim: &Claim| held.iter().any(|it| it.key == claim.key);
        if other.id != user && claims.iter().any(holds) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the source in which another user has one of these identifiers. A store for many users needs an index.
fn taken_in(
    users: &impl Rows<i64, Json>,
    ids: &ExternalIds,
    owner: UserId,
) -> Fallible<Option<ExternalSource>> {
    for entry in users.iter()? {
        let user: User = row(entry?.1.value())?;
        if let Some(source) = ids.shared_with(&user.external_ids).filter(|_| user.id != owner) {
            return Ok(Some(source.clone()));
        }
    }
    Ok(None)
}

/// Returns groups, each with its ancestors. The limit also ends cycles.
fn lineages(groups: &impl Rows<u128, Json>, starts: &BTreeSet<GroupId>) -> Fallible<GroupGraph> {
    let mut graph = GroupGraph::default();
    for start in starts {
        let mut next = groups.get(start.0.as_u128())?;
        for _ in 0..=MAX_PARENTS {
            let Some(json) = next else { break };
            let group: Group = row(json.value())?;
            next = group.parent.map(|id| groups.get(id.0.as_u128())).transpose()?.flatten();
            graph.insert(group);
        }
    }
    Ok(graph)
}

/// Reads all users. A store for many inactive users needs an index of the users who can act.
fn other_superusers(
    users: &impl Rows<i64, Json>,
    groups: &impl Rows<u128, Json>,
    target: Option<UserId>,
) -> Fallible<Superusers> {
    let mut found = Superusers::default();
    for entry in users.iter()? {
        let user: User = row(entry?.1.value())?;
        let can_act = user.is_active && user.username != ANONYMOUS_USERNAME && Some(user.id) != target;
        if can_act && lineages(groups, &user.groups)?.grants_superuser(&user.groups) {
            found.person |= matches!(user.user_type, UserType::Internal | UserType::External);
            found.service_account |= user.user_type == UserType::ServiceAccount;
        }
    }
    Ok(found)
}

#[async_trait]
impl Outbox for RedbStore {
    async fn pending(&self, limit: OutboxLimit) -> Result<Vec<Event>, StoreError> {
        classified(|| {
            let txn = self.0.begin_read()?;
            let (waiting, events) = (txn.open_table(WAITING)?, txn.open_table(EVENTS)?);
            let (mut pending, mut bytes) = (Vec::new(), 0);
            for entry in waiting.iter()?.take(limit.events as usize) {
                let json = events.get(entry?.1.value())?.ok_or("a pending event is missing")?;
                bytes += json.value().len() as u64;
                if bytes > limit.bytes && !pending.is_empty() {
                    break;
                }
                pending.push(row(json.value())?);
            }
            Ok(pending)
        })
    }
    async fn ack(&self, ids: &[ChangeId]) -> Result<(), StoreError> {
        let acked = |event| ids.contains(&ChangeId(uuid::Uuid::from_u128(event)));
        self.write(|txn| Ok(txn.open_table(WAITING)?.retain(|_, event| !acked(event))?))
    }
    async fn prune_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.write(|txn| {
            let (waiting, mut events) = (txn.open_table(WAITING)?, txn.open_table(EVENTS)?);
            let waiting: Fallible<BTreeSet<_>> = waiting.iter()?.map(|entry| Ok(entry?.1.value())).collect();
            let (waiting, before) = (waiting?, events.len()?);
            let is_old = |json: &[u8]| row(json).is_ok_and(|event: Event| event.time < time);
            events.retain(|id, json| waiting.contains(&id) || !is_old(json))?;
            Ok(before - events.len()?)
        })
    }
}

struct Redb(Arc<RedbStore>);

impl Harness for Redb {
    type Store = RedbStore;
    /// In memory for speed; `Database::create(path)` creates a file.
    async fn with(rows: &ImportData) -> Self {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        Self(Arc::new(RedbStore::new(database, rows).unwrap()))
    }
    fn store(&self) -> Arc<RedbStore> {
        Arc::clone(&self.0)
    }
    async fn write_out_of_band(&self, id: UserId, last_login: Timestamp, password_change_date: Timestamp) {
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

#[tokio::main]
async fn main() {
    println!("{} cases passed", run_store_cases::<Redb>().await.len());
}

#[cfg(test)]
userbook_conformance::store_conformance!(Redb, #[tokio::test(flavor = "multi_thread")]);
