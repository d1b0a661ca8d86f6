//! Runs a step on one store.

use serde_json::{Value, json};
use userbook::{
    GroupUpdated, Revision, UpdateError, Updated, UserRef, UserUpdate,
    event::Event,
    store::{DirectorySnapshot, Snapshot, SnapshotQuery},
};
use uuid::Uuid;

use crate::{
    answer::Answer,
    canonical::{self, canonical},
    step::{Condition, Operation, Step},
    stores::TestStore,
};

pub(crate) async fn run_step(target: &TestStore, step: &Step) -> Answer {
    let (service, store, actor) = (&target.service, target.store(), &step.actor);
    match &step.operation {
        Operation::Update { user, update, condition, dry_run } => {
            answer(self::update(target, step, *user, update, *condition, *dry_run).await, |updated| {
                json!({
                    "view": canonical::view(&updated.view),
                    "diff": canonical(&updated.diff),
                    "outcome": format!("{:?}", updated.outcome),
                    "results": format!("{:?}", updated.results),
                })
            })
        }
        Operation::Retrieve(user) => answer(service.retrieve(actor, *user).await, |it| canonical::view(&it)),
        Operation::InsertUser(user) => {
            answer(service.insert_user(actor, user.clone()).await, |inserted| canonical::view(&inserted.view))
        }
        Operation::DeleteUser(user) => {
            let call = service.delete_user(actor, *user);
            let call = if step.allow_self_lockout { call.allow_self_lockout() } else { call };
            answer(call.await, |deleted| json!([canonical::view(&deleted.view), canonical(&deleted.diff)]))
        }
        Operation::PutGroup(id, group) => {
            let call = service.put_group(actor, *id, group.clone());
            let call = if step.allow_self_lockout { call.allow_self_lockout() } else { call };
            answer(call.await, |written| group_written(&written))
        }
        Operation::DeleteGroup(id) => {
            let call = service.delete_group(actor, *id);
            let call = if step.allow_self_lockout { call.allow_self_lockout() } else { call };
            answer(call.await, |written| group_written(&written))
        }
        Operation::Load(query) => match store.load(query).await {
            Ok(found) => snapshot(target, &found),
            Err(error) => Answer::refused(&error),
        },
        Operation::LoadDirectory(query) => match store.load_directory(query).await {
            Ok(found) => load_directory(target, &found),
            Err(error) => Answer::refused(&error),
        },
        Operation::Pending(limit) => answer(store.pending(*limit).await, |events| {
            // The store chooses the order between users, and thereby the events within a limit.
            let all = events.len() < limit.events as usize && limit.bytes == u64::MAX;
            let within = limit.bytes == u64::MAX || events.len() <= 1 || bytes(&events) <= limit.bytes;
            json!([within, all.then(|| canonical::events(&events).0)])
        }),
        Operation::Ack(ids) => answer(store.ack(ids).await, |()| Value::Null),
        Operation::Prune(before) => answer(store.prune_before(*before).await, Value::from),
    }
}

fn answer<T, E: std::fmt::Debug>(result: Result<T, E>, show: impl FnOnce(T) -> Value) -> Answer {
    match result {
        Ok(done) => Answer::ok(show(done)),
        Err(error) => Answer::refused(&error),
    }
}

fn group_written(written: &GroupUpdated) -> Value {
    json!({
        "group": canonical(&written.group),
        "diff": canonical(&written.diff),
        "outcome": format!("{:?}", written.outcome),
        "results": format!("{:?}", written.results),
    })
}

/// Returns the size of events as JSON.
fn bytes(events: &[Event]) -> u64 {
    events.iter().map(|event| serde_json::to_vec(event).expect("an event is JSON").len() as u64).sum()
}

async fn update(
    target: &TestStore,
    step: &Step,
    user: UserRef,
    update: &UserUpdate,
    condition: Condition,
    dry_run: bool,
) -> Result<Updated, UpdateError> {
    let mut call = target.service.update_user(&step.actor, user, update.clone()).request_id("r\u{1f600}");
    let loaded = target.store().load(&SnapshotQuery::user(user)).await?;
    let right = loaded.user.map(|user| user.revision);
    let stale = Revision(Uuid::from_u128(0x57a1e));
    call = match condition {
        Condition::None => call,
        Condition::Right => call.if_revision(right),
        Condition::Stale => call.if_revision([stale]),
        Condition::Either => call.if_revision([stale].into_iter().chain(right)),
    };
    if step.allow_self_lockout {
        call = call.allow_self_lockout();
    }
    if dry_run {
        call = call.dry_run();
    }
    call.await
}

pub(crate) fn snapshot(target: &TestStore, found: &Snapshot) -> Answer {
    let content = json!({
        "user": canonical(&found.user),
        "groups": canonical::graph(&found.groups),
        "username_taken": found.username_taken,
        "actor": canonical::actor(found.actor.as_ref()),
        "other_superusers": format!("{:?}", found.other_superusers),
        "next_user": found.epochs.next_user,
        "change_committed": found.change_committed,
    });
    Answer::ok(content).with_counters(target.counts_alike.then(|| canonical::counters(found.epochs)))
}

pub(crate) fn load_directory(target: &TestStore, found: &DirectorySnapshot) -> Answer {
    let content = json!({
        "username_taken": found.username_taken,
        "group_named": found.group_named,
        "groups": canonical::graph(&found.groups),
        "actor": canonical::actor(found.actor.as_ref()),
        "shape": format!("{:?}", found.shape),
        "members": format!("{:?}", found.members),
        "superusers": format!("{:?}", found.superusers),
        "next_user": found.epochs.next_user,
        "change_committed": found.change_committed,
    });
    Answer::ok(content).with_counters(target.counts_alike.then(|| canonical::counters(found.epochs)))
}
