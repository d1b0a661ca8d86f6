//! The pure decision of a typical and of an invalid PUT in nanoseconds; `cargo bench --bench decide` measures more.

use std::{hint::black_box, time::Instant};

use serde_json::json;
use userbook::{
    Actor, Field, Policy, Timestamp, UserType, UserUpdate,
    authz::{Check, CheckResults, Verdict},
    decision::{Attempt, Conditions, Context, Decision, NoRules, UpdateAccess, decide},
    model::ChangeId,
    store::{Epochs, Snapshot},
};
use uuid::Uuid;

use super::{Found, Setting};
use crate::{
    Failure,
    directory::{group, group_id, user},
    figure::{Bound, Figure},
    stats::median,
};

const BATCH: u32 = 1000;

pub(super) fn run(setting: &Setting) -> Result<Found, Failure> {
    let typical = UserUpdate::replace()
        .username("ada")
        .name("Ada Lovelace")
        .is_active(true)
        .last_login(Timestamp::UNIX_EPOCH)
        .groups([2, 3, 4].map(group_id))
        .email("ada@example.com")
        .attributes(json!({"team": "blue", "settings": {"locale": "en"}}))
        .path("staff/eu")
        .user_type(UserType::External);
    let faulty = UserUpdate::replace()
        .username("")
        .groups([group_id(9)])
        .email("nowhere")
        .attributes(json!([]))
        .path("/");
    let figure = |name, update, expected: fn(&Decision) -> bool| -> Result<Figure, Failure> {
        Ok(Figure {
            name,
            value: time(setting, update, expected)?,
            bound: Bound::Unbounded,
            baseline: "none: nanoseconds",
            detail: json!({}),
        })
    };
    let figures = vec![
        figure("decide_ns", &typical, |it| matches!(it, Decision::Commit(_)))?,
        figure("decide_faulty_ns", &faulty, |it| matches!(it, Decision::Reject(_)))?,
    ];
    Ok(Found { figures, plots: Vec::new() })
}

fn time(setting: &Setting, update: &UserUpdate, expected: fn(&Decision) -> bool) -> Result<f64, Failure> {
    let snapshot = Snapshot {
        user: Some(user(7, true, [1, 2].map(group_id))),
        groups: (1..=4).map(|number| group(number, false)).collect(),
        username_taken: false,
        login_taken: false,
        email_taken: false,
        actor: None,
        other_superusers: None,
        epochs: Epochs::default(),
        change_committed: false,
    };
    let fields = Field::ALL.map(Check::Set);
    let groups = (1..=4).flat_map(|n| [Check::Join(group_id(n)), Check::ViewGroup(group_id(n))]);
    let checks: Vec<Check> = [Check::View, Check::Change].into_iter().chain(fields).chain(groups).collect();
    let verdicts = checks.iter().map(|_| Verdict::Allow).collect();
    let policy = Policy::hardened();
    let user = snapshot.user.as_ref().ok_or("there is a user")?;
    let ops = update.resolve(user, &snapshot.groups, &policy, &|_| true);
    let attempt = Attempt {
        snapshot: &snapshot,
        ops: ops.as_deref(),
        access: UpdateAccess::Change,
        conditions: &Conditions::none(),
        context: Context {
            actor: &Actor::system(),
            results: &CheckResults::new(checks, verdicts),
            policy: &policy,
            rules: &NoRules,
            allow_self_lockout: false,
            now: Timestamp::UNIX_EPOCH,
            change: ChangeId(Uuid::nil()),
            request_id: None,
        },
    };
    if !expected(&decide(&attempt)) {
        return Err("another decision than expected".into());
    }
    let sample = |_| {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(decide(black_box(&attempt)));
        }
        start.elapsed().as_nanos() as f64 / f64::from(BATCH)
    };
    Ok(median(&(0..setting.pick(201, 21)).map(sample).collect::<Vec<_>>()))
}
