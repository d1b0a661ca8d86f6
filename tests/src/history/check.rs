//! Checks the history of each user.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use userbook::{
    Revision, User, UserId,
    event::{Event, EventTarget},
};
use uuid::Uuid;

use super::{Answer, Finding, History, Operation, Report, State, superusers};

/// A change that is known by its event.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// The state after the change.
    pub(super) state: State,
    /// The operation that caused the change, if it is known.
    pub(super) operation: Option<&'a Operation>,
    /// The position of the event among all events.
    pub(super) position: usize,
    before: Revision,
    id: Uuid,
}

/// The known changes of one user.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    pub(super) first: State,
    pub(super) changes: Vec<Change<'a>>,
}

/// Checks all laws.
pub fn check(history: &History) -> Report {
    let mut report = Report::default();
    let by_request: HashMap<&str, &Operation> =
        history.operations.iter().map(|operation| (operation.request.as_str(), operation)).collect();
    let timelines = timelines(history, &by_request, &mut report);
    let mut change_committed: HashMap<&str, (UserId, usize)> = HashMap::new();
    for (user, timeline) in &timelines {
        for (n, change) in timeline.changes.iter().enumerate() {
            let Some(operation) = change.operation else { continue };
            if change_committed.insert(&operation.request, (*user, n)).is_some() {
                report.found(Finding::EventExtra(format!("{} has two events", operation.request)));
            }
            if operation.if_match.is_some_and(|demanded| demanded != change.before) {
                report.found(Finding::ChainBroken(operation.request.clone()));
            }
        }
        order(timeline, &mut report);
    }
    for operation in &history.operations {
        let change = change_committed
            .get(operation.request.as_str())
            .and_then(|(user, n)| timelines.get(user)?.changes.get(*n));
        answer(operation, change, &mut report, history);
    }
    superusers::check(history, &timelines, &mut report);
    report.tally.events = history.events.len();
    report
}

/// Follows the events of each user from the first row to the last row.
fn timelines<'a>(
    history: &'a History,
    by_request: &HashMap<&str, &'a Operation>,
    report: &mut Report,
) -> BTreeMap<UserId, Timeline<'a>> {
    let mut of_user: BTreeMap<UserId, Vec<(usize, &'a Event)>> = BTreeMap::new();
    let known: BTreeSet<UserId> = history.before.iter().map(|user| user.id).collect();
    for (position, event) in history.events.iter().enumerate() {
        match event.target {
            EventTarget::User(user) if known.contains(&user) => {
                of_user.entry(user).or_default().push((position, event));
            }
            _ => report.found(Finding::EventExtra(format!("{event:?} has no known target"))),
        }
    }
    let after: BTreeMap<UserId, &User> = history.after.iter().map(|user| (user.id, user)).collect();
    let mut timelines = BTreeMap::new();
    for before in &history.before {
        let events = of_user.remove(&before.id).unwrap_or_default();
        let Some(after) = after.get(&before.id) else {
            report.found(Finding::Lost(format!("user {}", before.id)));
            continue;
        };
        timelines.insert(before.id, timeline(before, &events, after, by_request, report));
    }
    timelines
}

fn timeline<'a>(
    before: &User,
    events: &[(usize, &'a Event)],
    after: &User,
    by_request: &HashMap<&str, &'a Operation>,
    report: &mut Report,
) -> Timeline<'a> {
    let user = before.id;
    let first = State::of_user(before);
    let (mut state, mut revision, mut version) = (first.clone(), before.revision, before.version);
    let mut changes = Vec::new();
    for (position, event) in events {
        let label = || format!("user {user}, version {}, {:?}", event.version, event.request_id);
        if event.version <= version {
            report.found(Finding::EventExtra(label()));
            continue;
        }
        for missing in version + 1..event.version {
            report.found(Finding::EventMissing(format!("user {user}, version {missing}")));
        }
        let skipped = event.version != version + 1;
        let operation = event.request_id.as_deref().and_then(|request| by_request.get(request).copied());
        if operation.is_none_or(|operation| operation.user != user) {
            report.found(Finding::EventExtra(format!("{}: no request caused it", label())));
        }
        let (next, starts_here) = state.after(&event.diff);
        state = next;
        // After a gap, the first state of the event is unknown.
        if !starts_here && !skipped {
            report.found(Finding::OutOfOrder(format!("{}: on another state", label())));
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
            report.found(Finding::EventExtra(format!(
                "user {user}, version {extra} is above the version of the row"
            )));
        }
    } else if after.version == version && after.revision != revision {
        report
            .found(Finding::EventExtra(format!("user {user}: the last event is not the row's last change")));
    } else if after.version == version && State::of_user(after) != state {
        report.found(Finding::EventMissing(format!("user {user}: the row is not what its events say")));
    }
    Timeline { first, changes }
}

/// Checks that an operation comes after every operation that was acknowledged before its start.
fn order(timeline: &Timeline<'_>, report: &mut Report) {
    // Backwards: the earliest end of all later acknowledged changes.
    let mut earliest_end = u64::MAX;
    for change in timeline.changes.iter().rev() {
        let Some(operation) = change.operation else { continue };
        if operation.begun > earliest_end {
            report.found(Finding::OutOfOrder(format!("{} began after a later change", operation.request)));
        }
        if matches!(operation.answer, Answer::Acknowledged { .. }) {
            earliest_end = earliest_end.min(operation.ended);
        }
    }
}

/// Compares the response of an operation with its change.
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
                    report.found(Finding::Lost(format!("{request}: the response differs from the change")));
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
            report.tally.in_doubt_applied += usize::from(change.is_some());
        }
    }
}
