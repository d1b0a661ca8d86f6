//! Taking a step on one store.

use serde_json::{Value, json};
use userbook::{
    DirectorySnapshot, Revision, Snapshot, SnapshotQuery, UpdateError, Updated, UserId, UserUpdate,
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
            answer(service.insert_user(actor, user.clone()).await, |it| canonical::view(&it))
        }
        What::DeleteUser(user) => {
            answer(service.delete_user(actor, *user, step.means_it).await, |()| Value::Null)
        }
        What::PutGroup(id, group) => {
            answer(service.put_group(actor, *id, group.clone(), step.means_it).await, canonical)
        }
        What::DeleteGroup(id) => {
            answer(service.delete_group(actor, *id, step.means_it).await, |()| Value::Null)
        }
        What::Load(query) => match store.load(query).await {
            Ok(Some(found)) => snapshot(book, &found),
            Ok(None) => Answer::ok(Value::Null),
            Err(error) => Answer::refused(&error),
        },
        What::DirectorySnapshot(query) => match store.load_directory(query).await {
            Ok(found) => directory(book, &found),
            Err(error) => Answer::refused(&error),
        },
        What::Pending(limit) => answer(store.pending(*limit).await, |events| {
            // Which events come, when not all do, is the store's choice.
            let all = events.len() < usize::try_from(*limit).expect("it fits");
            json!([events.len(), all.then(|| canonical::events(&events).0)])
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

async fn update(
    book: &Book,
    step: &Step,
    user: UserId,
    update: &UserUpdate,
    condition: Condition,
    dry_run: bool,
) -> Result<Updated, UpdateError> {
    let mut call = book.service.update_user(&step.actor, user, update.clone()).request_id("r\u{1f600}");
    let loaded = book.store().load(&SnapshotQuery::user(user)).await?;
    let right = loaded.map(|found| found.user.revision);
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
        "other_active_superuser": found.other_active_superuser,
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
        "active_member": found.active_member,
        "next_user": found.epochs.next_user,
        "change_committed": found.change_committed,
    });
    Answer::ok(said).with_counters(book.counts_alike.then(|| canonical::counters(found.epochs)))
}
