//! Running a step on one store.

use serde_json::{Value, json};
use userbook::{
    GroupUpdated, Revision, UpdateError, Updated, UserRef, UserUpdate,
    event::Event,
    store::{DirectorySnapshot, Snapshot, SnapshotQuery},
};
use uuid::Uuid;

use crate::{
    answer::Answer,
    book::Book,
    canonical::{self, canonical},
    step::{Condition, Step, What},
};

pub(crate) async fn take(book: &Book, step: &Step) -> Answer {
    let (service, store, actor) = (&book.service, book.store(), &step.actor);
    match &step.what {
        What::Update { user, update, condition, dry_run } => {
            answer(self::update(book, step, *user, update, *condition, *dry_run).await, |updated| {
                json!({
                    "view": canonical::view(&updated.view),
                    "diff": canonical(&updated.diff),
                    "outcome": format!("{:?}", updated.outcome),
                    "results": format!("{:?}", updated.results),
                })
            })
        }
        What::Retrieve(user) => answer(service.retrieve(actor, *user).await, |it| canonical::view(&it)),
        What::InsertUser(user) => {
            answer(service.insert_user(actor, user.clone()).await, |inserted| canonical::view(&inserted.view))
        }
        What::DeleteUser(user) => {
            let call = service.delete_user(actor, *user);
            let call = if step.means_it { call.allow_self_lockout() } else { call };
            answer(call.await, |deleted| json!([canonical::view(&deleted.view), canonical(&deleted.diff)]))
        }
        What::PutGroup(id, group) => {
            let call = service.put_group(actor, *id, group.clone());
            let call = if step.means_it { call.allow_self_lockout() } else { call };
            answer(call.await, |written| group_written(&written))
        }
        What::DeleteGroup(id) => {
            let call = service.delete_group(actor, *id);
            let call = if step.means_it { call.allow_self_lockout() } else { call };
            answer(call.await, |written| group_written(&written))
        }
        What::Load(query) => match store.load(query).await {
            Ok(found) => snapshot(book, &found),
            Err(error) => Answer::refused(&error),
        },
        What::LoadDirectory(query) => match store.load_directory(query).await {
            Ok(found) => load_directory(book, &found),
            Err(error) => Answer::refused(&error),
        },
        What::Pending(limit) => answer(store.pending(*limit).await, |events| {
            // The order between users is the store's choice, and with it which events are within a limit.
            let all = events.len() < limit.events as usize && limit.bytes == u64::MAX;
            let within = limit.bytes == u64::MAX || events.len() <= 1 || bytes(&events) <= limit.bytes;
            json!([within, all.then(|| canonical::events(&events).0)])
        }),
        What::Ack(ids) => answer(store.ack(ids).await, |()| Value::Null),
        What::Prune(before) => answer(store.prune_before(*before).await, Value::from),
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

/// The size of events as JSON.
fn bytes(events: &[Event]) -> u64 {
    events.iter().map(|event| serde_json::to_vec(event).expect("an event is JSON").len() as u64).sum()
}

async fn update(
    book: &Book,
    step: &Step,
    user: UserRef,
    update: &UserUpdate,
    condition: Condition,
    dry_run: bool,
) -> Result<Updated, UpdateError> {
    let mut call = book.service.update_user(&step.actor, user, update.clone()).request_id("r\u{1f600}");
    let loaded = book.store().load(&SnapshotQuery::user(user)).await?;
    let right = loaded.user.map(|user| user.revision);
    let stale = Revision(Uuid::from_u128(0x57a1e));
    call = match condition {
        Condition::None => call,
        Condition::Right => call.if_revision(right),
        Condition::Stale => call.if_revision([stale]),
        Condition::Either => call.if_revision([stale].into_iter().chain(right)),
    };
    if step.means_it {
        call = call.allow_self_lockout();
    }
    if dry_run {
        call = call.dry_run();
    }
    call.await
}

pub(crate) fn snapshot(book: &Book, found: &Snapshot) -> Answer {
    let said = json!({
        "user": canonical(&found.user),
        "groups": canonical::graph(&found.groups),
        "username_taken": found.username_taken,
        "actor": canonical::actor(found.actor.as_ref()),
        "other_superusers": format!("{:?}", found.other_superusers),
        "next_user": found.epochs.next_user,
        "change_committed": found.change_committed,
    });
    Answer::ok(said).with_counters(book.counts_alike.then(|| canonical::counters(found.epochs)))
}

pub(crate) fn load_directory(book: &Book, found: &DirectorySnapshot) -> Answer {
    let said = json!({
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
    Answer::ok(said).with_counters(book.counts_alike.then(|| canonical::counters(found.epochs)))
}
