//! A sound history, and one planted violation after the other.

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

/// Writes histories down as they happen, one operation after the other.
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

    /// One that is applied and acknowledged.
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
            version,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: Some(format!("r{n}")),
            diff: [(field.into(), diff)].into(),
            effects: vec![],
        });
        self.ask(of, Answer::Acknowledged { revision: Revision(id(n)), shown })
    }

    fn ask(&mut self, of: i64, answer: Answer) -> &mut Operation {
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

/// Two renames of user 3 (`r0`, and `r1` under `If-Match`), a refusal (`r2`), one in doubt that was applied (`r3`) and
/// one that did not (`r4`), and an administrator who comes and goes (`r5`, `r6`).
fn sound() -> Chronicle {
    let mut told = Chronicle::new();
    told.apply(3, &Does::Name("first"));
    told.apply(3, &Does::Name("second")).if_match = Some(Revision(id(0)));
    told.ask(3, Answer::Refused(412));
    told.apply(3, &Does::Name("third")).answer = Answer::Doubt;
    told.ask(3, Answer::Doubt);
    told.apply(1, &Does::Active(false));
    told.apply(1, &Does::Active(true));
    told
}

#[test]
fn a_sound_history_is_found_sound() {
    let report = sound().check();
    assert_eq!(report.findings, []);
    assert!(report.tally.is_clean());
    let tally = report.tally;
    assert_eq!((tally.acknowledged, tally.conditional, tally.refused), (4, 1, 1));
    assert_eq!((tally.in_doubt, tally.in_doubt_landed, tally.events), (2, 1, 5));
}

/// The kinds of what is found, each once.
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
            Finding::Powerless(_) => "powerless",
        })
        .collect();
    kinds.dedup();
    kinds
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is one table")]
fn planted_violations_are_found() {
    type Plant = fn(&mut Chronicle);
    let plants: [(&str, Plant, &[&str]); 18] = [
        (
            "an acknowledged change that never was",
            |told| {
                let shown = State::of_user(told.row(3));
                told.ask(3, Answer::Acknowledged { revision: Revision(id(99)), shown });
            },
            &["lost"],
        ),
        (
            "the last change is gone with its event: a lost tail",
            |told| {
                told.history.operations[3].answer =
                    Answer::Acknowledged { revision: Revision(id(3)), shown: State::of_user(told.row(3)) };
                told.history.events.remove(2);
                let row = told.row(3);
                (row.name, row.version, row.revision) = ("second".to_owned(), 2, Revision(id(1)));
            },
            &["lost"],
        ),
        (
            "a lost update: the second change was made on what the first had not touched",
            |told| {
                let old = FieldDiff::Value { old: json!("Somebody").into(), new: json!("second").into() };
                told.history.events[1].diff = [("name".into(), old)].into();
            },
            &["order"],
        ),
        (
            "the row fell back and the events did not",
            |told| {
                let row = told.row(3);
                (row.name, row.version, row.revision) = ("first".to_owned(), 1, Revision(id(0)));
            },
            &["extra"],
        ),
        (
            "a refused change has an event",
            |told| told.history.operations[3].answer = Answer::Refused(503),
            &["phantom"],
        ),
        (
            "an event in the middle is missing",
            |told| drop(told.history.events.remove(1)),
            &["missing", "lost"],
        ),
        ("the last event is missing", |told| drop(told.history.events.remove(2)), &["missing"]),
        ("the row was changed without an event", |told| told.row(3).name = "other".to_owned(), &["missing"]),
        (
            "an event twice",
            |told| {
                let again = told.history.events[1].clone();
                told.history.events.insert(2, again);
            },
            &["extra"],
        ),
        (
            "a request was applied twice",
            |told| {
                told.apply(3, &Does::Name("fourth"));
                told.history.operations.pop();
                told.history.events.last_mut().unwrap().request_id = Some("r3".to_owned());
            },
            &["extra"],
        ),
        (
            "an event of no request",
            |told| {
                told.apply(3, &Does::Name("fourth"));
                told.history.operations.pop();
            },
            &["extra"],
        ),
        (
            "an event about nobody",
            |told| told.history.events[3].target = EventTarget::User(UserId(9)),
            &["extra", "missing", "lost"],
        ),
        (
            "If-Match of a state that had gone",
            |told| told.history.operations[1].if_match = Some(Revision(Uuid::from_u128(1))),
            &["chain"],
        ),
        (
            "a change that came before one that had ended before it began",
            |told| {
                let (first, second) = (told.history.operations[0].clone(), &mut told.history.operations[1]);
                (second.begun, second.ended) = (first.begun - 8, first.begun - 4);
            },
            &["order"],
        ),
        (
            "something else was shown",
            |told| {
                let shown = State::of_user(told.row(3));
                told.history.operations[0].answer = Answer::Acknowledged { revision: Revision(id(0)), shown };
            },
            &["lost"],
        ),
        (
            "both administrators deactivated",
            |told| {
                told.apply(1, &Does::Active(false));
                told.apply(2, &Does::Active(false));
                told.apply(1, &Does::Active(true));
            },
            &["powerless"],
        ),
        (
            "one deactivated, the other left the group, nodes numbering events as they like",
            |told| {
                told.history.events_are_in_order = false;
                told.apply(1, &Does::Active(false));
                told.apply(2, &Does::Leave);
            },
            &["powerless"],
        ),
        ("a user is gone", |told| drop(told.history.after.remove(2)), &["lost"]),
    ];
    for (what, plant, expected) in plants {
        let mut told = sound();
        plant(&mut told);
        let report = told.check();
        assert_eq!(kinds(&report), expected, "{what}: {:#?}", report.findings);
        assert!(!report.tally.is_clean(), "{what}");
    }
}

#[test]
fn what_may_have_happened_one_way_or_the_other_is_no_violation() {
    // The answer to the deactivation of 1 never came: it may have been applied after 2 was active again.
    let mut told = sound();
    told.history.events_are_in_order = false;
    told.apply(1, &Does::Active(false)).answer = Answer::Doubt;
    told.apply(2, &Does::Active(false));
    told.apply(2, &Does::Active(true));
    assert_eq!(told.check().findings, []);
    // Two that overlap may come in either order.
    let mut told = sound();
    let second_begun = told.history.operations[0].begun + 1;
    told.history.operations[1].begun = second_begun;
    assert_eq!(told.check().findings, []);
}
