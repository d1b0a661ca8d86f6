//! Checks that an active superuser exists at every moment.
//!
//! Clients cannot observe a moment, so the check uses two proofs.
//!
//! If the order of events is the order of changes that may remove superuser status, the events are replayed. A change
//! that removes the status takes a shared lock and gets its event number under that lock.
//!
//! In every case: the times in which a user certainly had no status (from the answer of the removing request to the
//! start of the restoring request) must never cover all users.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{GroupId, UserId};

use super::{
    Answer, Finding, History, Report, State,
    check::{Change, Timeline},
};

pub(super) fn check(history: &History, timelines: &BTreeMap<UserId, Timeline<'_>>, report: &mut Report) {
    let groups = &history.superuser_groups;
    // Without a superuser at the start, the law does not apply.
    if !timelines.values().any(|timeline| timeline.first.is_active_superuser(groups)) {
        return;
    }
    if history.events_are_in_order {
        replay(timelines, groups, report);
    }
    check_certain_spans(timelines, groups, report);
}

fn replay(timelines: &BTreeMap<UserId, Timeline<'_>>, groups: &BTreeSet<GroupId>, report: &mut Report) {
    let active_superuser = |(user, timeline): (&UserId, &Timeline<'_>)| {
        timeline.first.is_active_superuser(groups).then_some(*user)
    };
    let mut active: BTreeSet<UserId> = timelines.iter().filter_map(active_superuser).collect();
    let mut changes: Vec<(UserId, &Change<'_>)> = timelines
        .iter()
        .flat_map(|(user, timeline)| timeline.changes.iter().map(|change| (*user, change)))
        .collect();
    changes.sort_by_key(|(_, change)| change.position);
    for (user, change) in changes {
        if change.state.is_active_superuser(groups) {
            active.insert(user);
        } else if active.remove(&user) && active.is_empty() {
            report.found(Finding::NoSuperuser(format!("after {:?}", change.operation)));
        }
    }
}

/// Returns the spans in which the user certainly is no active superuser.
fn spans_without_status(timeline: &Timeline<'_>, groups: &BTreeSet<GroupId>) -> Vec<(u64, u64)> {
    let mut spans = Vec::new();
    let mut since = (!timeline.first.is_active_superuser(groups)).then_some(0);
    let mut had: &State = &timeline.first;
    for change in &timeline.changes {
        let (was_active_superuser, is_active_superuser) =
            (had.is_active_superuser(groups), change.state.is_active_superuser(groups));
        had = &change.state;
        // A change without a known request may have happened at any time.
        let (begun, ended) = change.operation.map_or((0, u64::MAX), |operation| {
            let is_acknowledged = matches!(operation.answer, Answer::Acknowledged { .. });
            (operation.begun, if is_acknowledged { operation.ended } else { u64::MAX })
        });
        match (was_active_superuser, is_active_superuser) {
            (true, false) => since = Some(ended),
            (false, true) => spans.extend(since.take().map(|since| (since, begun))),
            // A later acknowledged change saw the removal as well.
            (false, false) => since = since.map(|since| since.min(ended)),
            (true, true) => {}
        }
    }
    spans.extend(since.map(|since| (since, u64::MAX)));
    spans
}

fn check_certain_spans(
    timelines: &BTreeMap<UserId, Timeline<'_>>,
    groups: &BTreeSet<GroupId>,
    report: &mut Report,
) {
    let spans: Vec<Vec<(u64, u64)>> =
        timelines.values().map(|timeline| spans_without_status(timeline, groups)).collect();
    let starts: BTreeSet<u64> = spans.iter().flatten().map(|(start, _)| *start).collect();
    for moment in starts.into_iter().filter(|moment| *moment < u64::MAX) {
        let is_in =
            |spans: &Vec<(u64, u64)>| spans.iter().any(|(start, end)| (*start..*end).contains(&moment));
        if spans.iter().all(is_in) {
            report.found(Finding::NoSuperuser(format!("at {moment}")));
            return;
        }
    }
}
