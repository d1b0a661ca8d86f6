//! A valid history, then one planted violation after the other.

use serde_json::json;
use userbook::{
    GroupId, Revision, Timestamp, User, UserId,
    event::{Event, EventActor, EventGroup, EventKind, EventTarget, FieldDiff},
};
use uuid::Uuid;

use super::{Answer, Finding, History, Operation, Report, State, check};
use crate::rows::user;

fn admins() -> GroupId {
    GroupId(Uuid::from_u128(77))
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(1000 + n)
}

fn superuser(n: i64) -> User {
    User { groups: [admins()].into(), ..user(n) }
}

/// Builds a history, one operation after the other.
struct Chronicle {
    history: History,
    clock: u64,
}

/// What an operation does.
enum Does<'a> {
    Name(&'a str),
    Active(bool),
    Leave,
}

impl Chronicle {
    fn new() -> Self {
        let rows = vec![superuser(1), superuser(2), user(3)];
        let history = History {
            before: rows.clone(),
            after: rows,
            superuser_groups: [admins()].into(),
            events_are_in_order: true,
            ..History::default()
        };
        Self { history, clock: 10 }
    }

    fn row(&mut self, of: i64) -> &mut User {
        self.history.after.iter_mut().find(|user| user.id == UserId(of)).unwrap()
    }

    /// Records an applied and acknowledged operation.
    fn apply(&mut self, of: i64, does: &Does<'_>) -> &mut Operation {
        let n = self.history.operations.len() as u128;
        let row = self.row(of);
        let value = |old: serde_json::Value, new: serde_json::Value| FieldDiff::Value {
            old: old.into(),
            new: new.into(),
        };
        let (field, diff) = match does {
            Does::Name(new) => {
                let old = std::mem::replace(&mut row.name, (*new).to_owned());
                ("name", value(json!(old), json!(new)))
            }
            Does::Active(new) => {
                let old = std::mem::replace(&mut row.is_active, *new);
                ("is_active", value(json!(old), json!(new)))
            }
            Does::Leave => {
                row.groups.clear();
                let group = EventGroup { id: admins(), name: "admins".to_owned() };
                ("groups", FieldDiff::Groups { added: vec![], removed: vec![group] })
            }
        };
        row.version += 1;
        row.revision = Revision(id(n));
        let (version, shown) = (row.version, State::of_user(row));
        self.history.events.push(Event {
            id: userbook::model::ChangeId(id(n)),
            kind: EventKind::UserUpdated,
            target: EventTarget::User(UserId(of)),
            target_uuid: uuid::Uuid::nil(),
            version,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: Some(format!("r{n}")),
            diff: [(field.into(), diff)].into(),
            effects: vec![],
        });
        self.record(of, Answer::Acknowledged { revision: Revision(id(n)), shown })
    }

    fn record(&mut self, of: i64, answer: Answer) -> &mut Operation {
        let request = format!("r{}", self.history.operations.len());
        self.clock += 10;
        let (begun, ended) = (self.clock, self.clock + 5);
        let operation = Operation { request, user: UserId(of), begun, ended, if_match: None, answer };
        self.history.operations.push(operation);
        self.history.operations.last_mut().unwrap()
    }

    fn check(&self) -> Report {
        check(&self.history)
    }
}

/// Two renames of user 3 (`r0`, and `r1` under `If-Match`), a rejection (`r2`), an operation in doubt that was applied
/// (`r3`) and one that was not (`r4`), and an administrator who is deactivated and reactivated (`r5`, `r6`).
fn valid_history() -> Chronicle {
    let mut chronicle = Chronicle::new();
    chronicle.apply(3, &Does::Name("first"));
    chronicle.apply(3, &Does::Name("second")).if_match = Some(Revision(id(0)));
    chronicle.record(3, Answer::Refused(412));
    chronicle.apply(3, &Does::Name("third")).answer = Answer::Doubt;
    chronicle.record(3, Answer::Doubt);
    chronicle.apply(1, &Does::Active(false));
    chronicle.apply(1, &Does::Active(true));
    chronicle
}

#[test]
fn valid_history_has_no_finding() {
    let report = valid_history().check();
    assert_eq!(report.findings, []);
    assert!(report.tally.is_clean());
    let tally = report.tally;
    assert_eq!((tally.acknowledged, tally.conditional, tally.refused), (4, 1, 1));
    assert_eq!((tally.in_doubt, tally.in_doubt_applied, tally.events), (2, 1, 5));
}

/// Returns the distinct kinds of findings.
fn kinds(report: &Report) -> Vec<&'static str> {
    let mut kinds: Vec<_> = report
        .findings
        .iter()
        .map(|finding| match finding {
            Finding::Lost(_) => "lost",
            Finding::Phantom(_) => "phantom",
            Finding::EventMissing(_) => "missing",
            Finding::EventExtra(_) => "extra",
            Finding::ChainBroken(_) => "chain",
            Finding::OutOfOrder(_) => "order",
            Finding::NoSuperuser(_) => "no superuser",
        })
        .collect();
    kinds.dedup();
    kinds
}

type Plant = fn(&mut Chronicle);

/// Violations that a test plants, each with the kinds of its findings.
const PLANTS: [(&str, Plant, &[&str]); 18] = [
    (
        "an acknowledged change without a write",
        |chronicle| {
            let shown = State::of_user(chronicle.row(3));
            chronicle.record(3, Answer::Acknowledged { revision: Revision(id(99)), shown });
        },
        &["lost"],
    ),
    (
        "the last change and its event are lost",
        |chronicle| {
            chronicle.history.operations[3].answer =
                Answer::Acknowledged { revision: Revision(id(3)), shown: State::of_user(chronicle.row(3)) };
            chronicle.history.events.remove(2);
            let row = chronicle.row(3);
            (row.name, row.version, row.revision) = ("second".to_owned(), 2, Revision(id(1)));
        },
        &["lost"],
    ),
    (
        "lost update: the second change ignores the first",
        |chronicle| {
            let old = FieldDiff::Value { old: json!("Original").into(), new: json!("second").into() };
            chronicle.history.events[1].diff = [("name".into(), old)].into();
        },
        &["order"],
    ),
    (
        "the row is older than its events",
        |chronicle| {
            let row = chronicle.row(3);
            (row.name, row.version, row.revision) = ("first".to_owned(), 1, Revision(id(0)));
        },
        &["extra"],
    ),
    (
        "a rejected change has an event",
        |chronicle| chronicle.history.operations[3].answer = Answer::Refused(503),
        &["phantom"],
    ),
    (
        "an event in the middle is missing",
        |chronicle| drop(chronicle.history.events.remove(1)),
        &["missing", "lost"],
    ),
    ("the last event is missing", |chronicle| drop(chronicle.history.events.remove(2)), &["missing"]),
    (
        "the row was changed without an event",
        |chronicle| chronicle.row(3).name = "other".to_owned(),
        &["missing"],
    ),
    (
        "an event twice",
        |chronicle| {
            let again = chronicle.history.events[1].clone();
            chronicle.history.events.insert(2, again);
        },
        &["extra"],
    ),
    (
        "a request was applied twice",
        |chronicle| {
            chronicle.apply(3, &Does::Name("fourth"));
            chronicle.history.operations.pop();
            chronicle.history.events.last_mut().unwrap().request_id = Some("r3".to_owned());
        },
        &["extra"],
    ),
    (
        "an event without a request",
        |chronicle| {
            chronicle.apply(3, &Does::Name("fourth"));
            chronicle.history.operations.pop();
        },
        &["extra"],
    ),
    (
        "an event with an unknown target",
        |chronicle| chronicle.history.events[3].target = EventTarget::User(UserId(9)),
        &["extra", "missing", "lost"],
    ),
    (
        "If-Match names an outdated state",
        |chronicle| chronicle.history.operations[1].if_match = Some(Revision(Uuid::from_u128(1))),
        &["chain"],
    ),
    (
        "a later request is ordered before an acknowledged one",
        |chronicle| {
            let (first, second) =
                (chronicle.history.operations[0].clone(), &mut chronicle.history.operations[1]);
            (second.begun, second.ended) = (first.begun - 8, first.begun - 4);
        },
        &["order"],
    ),
    (
        "the response differs from the change",
        |chronicle| {
            let shown = State::of_user(chronicle.row(3));
            chronicle.history.operations[0].answer =
                Answer::Acknowledged { revision: Revision(id(0)), shown };
        },
        &["lost"],
    ),
    (
        "both administrators deactivated",
        |chronicle| {
            chronicle.apply(1, &Does::Active(false));
            chronicle.apply(2, &Does::Active(false));
            chronicle.apply(1, &Does::Active(true));
        },
        &["no superuser"],
    ),
    (
        "one deactivated, the other left the group, events without a common order",
        |chronicle| {
            chronicle.history.events_are_in_order = false;
            chronicle.apply(1, &Does::Active(false));
            chronicle.apply(2, &Does::Leave);
        },
        &["no superuser"],
    ),
    ("a user is gone", |chronicle| drop(chronicle.history.after.remove(2)), &["lost"]),
];

#[test]
fn planted_violations_are_found() {
    for (what, plant, expected) in PLANTS {
        let mut chronicle = valid_history();
        plant(&mut chronicle);
        let report = chronicle.check();
        assert_eq!(kinds(&report), expected, "{what}: {:#?}", report.findings);
        assert!(!report.tally.is_clean(), "{what}");
    }
}

#[test]
fn ambiguous_order_is_no_violation() {
    // The deactivation of 1 has no answer: it may have been applied after 2 was reactivated.
    let mut chronicle = valid_history();
    chronicle.history.events_are_in_order = false;
    chronicle.apply(1, &Does::Active(false)).answer = Answer::Doubt;
    chronicle.apply(2, &Does::Active(false));
    chronicle.apply(2, &Does::Active(true));
    assert_eq!(chronicle.check().findings, []);
    // Overlapping operations may come in either order.
    let mut chronicle = valid_history();
    let second_begun = chronicle.history.operations[0].begun + 1;
    chronicle.history.operations[1].begun = second_begun;
    assert_eq!(chronicle.check().findings, []);
}
