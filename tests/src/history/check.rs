//! The laws of each user's own history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use userbook::{
    Revision, User, UserId,
    event::{Event, EventTarget},
};
use uuid::Uuid;

use super::{Answer, Finding, History, Operation, Report, State, power};

/// A change that is known by its event.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// What came of it.
    pub(super) state: State,
    /// Who asked for it, if anybody did.
    pub(super) operation: Option<&'a Operation>,
    /// Where its event stands among all.
    pub(super) position: usize,
    before: Revision,
    id: Uuid,
}

/// What is known of one user.
#[derive(Debug)]
pub(super) struct Story<'a> {
    pub(super) first: State,
    pub(super) changes: Vec<Change<'a>>,
}

/// Checks all laws.
pub fn check(history: &History) -> Report {
    let mut report = Report::default();
    let by_request: HashMap<&str, &Operation> =
        history.operations.iter().map(|operation| (operation.request.as_str(), operation)).collect();
    let stories = stories(history, &by_request, &mut report);
    let mut change_committed: HashMap<&str, (UserId, usize)> = HashMap::new();
    for (user, story) in &stories {
        for (n, change) in story.changes.iter().enumerate() {
            let Some(operation) = change.operation else { continue };
            if change_committed.insert(&operation.request, (*user, n)).is_some() {
                report.found(Finding::EventExtra(format!("{} has two events", operation.request)));
            }
            if operation.if_match.is_some_and(|demanded| demanded != change.before) {
                report.found(Finding::ChainBroken(operation.request.clone()));
            }
        }
        order(story, &mut report);
    }
    for operation in &history.operations {
        let change = change_committed
            .get(operation.request.as_str())
            .and_then(|(user, n)| stories.get(user)?.changes.get(*n));
        answer(operation, change, &mut report, history);
    }
    power::check(history, &stories, &mut report);
    report.tally.events = history.events.len();
    report
}

/// Goes through each user's events from the row at the start to the one at the end.
fn stories<'a>(
    history: &'a History,
    by_request: &HashMap<&str, &'a Operation>,
    report: &mut Report,
) -> BTreeMap<UserId, Story<'a>> {
    let mut of_user: BTreeMap<UserId, Vec<(usize, &'a Event)>> = BTreeMap::new();
    let known: BTreeSet<UserId> = history.before.iter().map(|user| user.id).collect();
    for (position, event) in history.events.iter().enumerate() {
        match event.target {
            EventTarget::User(user) if known.contains(&user) => {
                of_user.entry(user).or_default().push((position, event));
            }
            _ => report.found(Finding::EventExtra(format!("{event:?} is about nobody"))),
        }
    }
    let after: BTreeMap<UserId, &User> = history.after.iter().map(|user| (user.id, user)).collect();
    let mut stories = BTreeMap::new();
    for before in &history.before {
        let events = of_user.remove(&before.id).unwrap_or_default();
        let Some(after) = after.get(&before.id) else {
            report.found(Finding::Lost(format!("user {}", before.id)));
            continue;
        };
        stories.insert(before.id, story(before, &events, after, by_request, report));
    }
    stories
}

fn story<'a>(
    before: &User,
    events: &[(usize, &'a Event)],
    after: &User,
    by_request: &HashMap<&str, &'a Operation>,
    report: &mut Report,
) -> Story<'a> {
    let user = before.id;
    let first = State::of_user(before);
    let (mut state, mut revision, mut version) = (first.clone(), before.revision, before.version);
    let mut changes = Vec::new();
    for (position, event) in events {
        let told = || format!("user {user}, version {}, {:?}", event.version, event.request_id);
        if event.version <= version {
            report.found(Finding::EventExtra(told()));
            continue;
        }
        for missing in version + 1..event.version {
            report.found(Finding::EventMissing(format!("user {user}, version {missing}")));
        }
        let skipped = event.version != version + 1;
        let operation = event.request_id.as_deref().and_then(|request| by_request.get(request).copied());
        if operation.is_none_or(|operation| operation.user != user) {
            report.found(Finding::EventExtra(format!("{}: nobody asked for it", told())));
        }
        let (next, starts_here) = state.after(&event.diff);
        state = next;
        // After a gap nobody knows where the event had to start.
        if !starts_here && !skipped {
            report.found(Finding::OutOfOrder(format!("{}: on another state", told())));
        }
        changes.push(Change {
            state: state.clone(),
            operation,
            position: *position,
            before: revision,
            id: event.id.0,
        });
        (revision, version) = (Revision(event.id.0), event.version);
    }
    for missing in version + 1..=after.version {
        report.found(Finding::EventMissing(format!("user {user}, version {missing}")));
    }
    if after.version < version {
        for extra in after.version + 1..=version {
            report
                .found(Finding::EventExtra(format!("user {user}, version {extra}, which the row never had")));
        }
    } else if after.version == version && after.revision != revision {
        report
            .found(Finding::EventExtra(format!("user {user}: the last event is not the row's last change")));
    } else if after.version == version && State::of_user(after) != state {
        report.found(Finding::EventMissing(format!("user {user}: the row is not what its events say")));
    }
    Story { first, changes }
}

/// Whether who began after another had been acknowledged comes after it.
fn order(story: &Story<'_>, report: &mut Report) {
    // Going backwards: the earliest end of all acknowledged changes that come later.
    let mut earliest_end = u64::MAX;
    for change in story.changes.iter().rev() {
        let Some(operation) = change.operation else { continue };
        if operation.begun > earliest_end {
            report.found(Finding::OutOfOrder(format!("{} began after a later change", operation.request)));
        }
        if matches!(operation.answer, Answer::Acknowledged { .. }) {
            earliest_end = earliest_end.min(operation.ended);
        }
    }
}

/// Whether what a client was told is so.
fn answer(operation: &Operation, change: Option<&Change<'_>>, report: &mut Report, history: &History) {
    let request = &operation.request;
    match (&operation.answer, change) {
        (Answer::Acknowledged { revision, shown }, change) => {
            report.tally.acknowledged += 1;
            report.tally.conditional += usize::from(operation.if_match.is_some());
            match change {
                None => {
                    let row = history.after.iter().find(|user| user.id == operation.user);
                    if row.is_some_and(|row| row.revision == *revision) {
                        report.found(Finding::EventMissing(request.clone()));
                    } else {
                        report.found(Finding::Lost(request.clone()));
                    }
                }
                Some(change) if change.id != revision.0 || change.state != *shown => {
                    report.found(Finding::Lost(format!("{request}: something else was acknowledged")));
                }
                Some(_) => {}
            }
        }
        (Answer::Refused(status), change) => {
            report.tally.refused += 1;
            if change.is_some() {
                report.found(Finding::Phantom(format!("{request}, answered by {status}")));
            }
        }
        (Answer::Doubt, change) => {
            report.tally.in_doubt += 1;
            report.tally.in_doubt_landed += usize::from(change.is_some());
        }
    }
}
