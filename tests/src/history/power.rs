//! At every moment there is an active superuser.
//!
//! Two proofs, since clients cannot see a moment. Where events stand in the order of what may end somebody's power,
//! they are replayed: losing power takes a lock that all who lose it share, and an event gets its number under it;
//! and whoever was relied on had power before. Otherwise, and besides: the times between which a user certainly had
//! no power (from the answer to what took it until the request that gave it back) must never cover everybody.

use std::collections::{BTreeMap, BTreeSet};

use userbook::{GroupId, UserId};

use super::{
    Answer, Finding, History, Report, State,
    check::{Change, Story},
};

pub(super) fn check(history: &History, stories: &BTreeMap<UserId, Story<'_>>, report: &mut Report) {
    let groups = &history.superuser_groups;
    // Without any at the start nothing can be said.
    if !stories.values().any(|story| story.first.is_active_superuser(groups)) {
        return;
    }
    if history.events_are_in_order {
        replay(stories, groups, report);
    }
    certainly(stories, groups, report);
}

fn replay(stories: &BTreeMap<UserId, Story<'_>>, groups: &BTreeSet<GroupId>, report: &mut Report) {
    let with_power =
        |(user, story): (&UserId, &Story<'_>)| story.first.is_active_superuser(groups).then_some(*user);
    let mut powerful: BTreeSet<UserId> = stories.iter().filter_map(with_power).collect();
    let mut changes: Vec<(UserId, &Change<'_>)> =
        stories.iter().flat_map(|(user, story)| story.changes.iter().map(|change| (*user, change))).collect();
    changes.sort_by_key(|(_, change)| change.position);
    for (user, change) in changes {
        if change.state.is_active_superuser(groups) {
            powerful.insert(user);
        } else if powerful.remove(&user) && powerful.is_empty() {
            report.found(Finding::Powerless(format!("after {:?}", change.operation)));
        }
    }
}

/// Spans in which a user certainly has no power.
fn powerless(story: &Story<'_>, groups: &BTreeSet<GroupId>) -> Vec<(u64, u64)> {
    let mut spans = Vec::new();
    let mut since = (!story.first.is_active_superuser(groups)).then_some(0);
    let mut had: &State = &story.first;
    for change in &story.changes {
        let (had_power, is_active_superuser) =
            (had.is_active_superuser(groups), change.state.is_active_superuser(groups));
        had = &change.state;
        // What nobody is known to have asked for may have happened at any time.
        let (begun, ended) = change.operation.map_or((0, u64::MAX), |operation| {
            let is_told = matches!(operation.answer, Answer::Acknowledged { .. });
            (operation.begun, if is_told { operation.ended } else { u64::MAX })
        });
        match (had_power, is_active_superuser) {
            (true, false) => since = Some(ended),
            (false, true) => spans.extend(since.take().map(|since| (since, begun))),
            // A later change that was acknowledged has seen it, too.
            (false, false) => since = since.map(|since| since.min(ended)),
            (true, true) => {}
        }
    }
    spans.extend(since.map(|since| (since, u64::MAX)));
    spans
}

fn certainly(stories: &BTreeMap<UserId, Story<'_>>, groups: &BTreeSet<GroupId>, report: &mut Report) {
    let spans: Vec<Vec<(u64, u64)>> = stories.values().map(|story| powerless(story, groups)).collect();
    let starts: BTreeSet<u64> = spans.iter().flatten().map(|(start, _)| *start).collect();
    for moment in starts.into_iter().filter(|moment| *moment < u64::MAX) {
        let is_in =
            |spans: &Vec<(u64, u64)>| spans.iter().any(|(start, end)| (*start..*end).contains(&moment));
        if spans.iter().all(is_in) {
            report.found(Finding::Powerless(format!("at {moment}")));
            return;
        }
    }
}
