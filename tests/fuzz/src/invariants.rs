//! Invariants after every request, derived from the rules, not from the product.

use std::collections::BTreeSet;

use http::{Method, header};
use serde_json::Value;
use userbook::{
    User,
    event::{Effect, Event, EventActor, EventTarget},
};

use crate::{
    fixture::{
        Answer, CHIEFS, EDITORS, Fixture, GRANTER, LIMITED, LIMITED_TO, VIEWERS, grants, group_id,
        is_active_superuser, json_of,
    },
    message::Message,
};

/// The directory before a request.
#[derive(Debug)]
pub struct Before {
    rows: Vec<User>,
    events: Vec<Event>,
}

impl Before {
    /// Reads the current directory.
    pub fn of(fixture: &Fixture) -> Self {
        Self { rows: fixture.rows(), events: fixture.events() }
    }

    fn row(&self, id: i64) -> &User {
        self.rows.iter().find(|user| user.id.0 == id).expect("ids stay")
    }
}

/// Checks a response against the directory before and after the request.
pub fn check(fixture: &Fixture, before: &Before, message: &Message, answer: &Answer) {
    is_clean(message, answer);
    let rows = fixture.rows();
    let changed: Vec<(&User, &User)> =
        before.rows.iter().zip(&rows).filter(|(before, after)| before != after).collect();
    let events = fixture.events();
    let (kept, new) = events.split_at_checked(before.events.len()).expect("no event is lost");
    assert_eq!(kept, before.events, "an event was rewritten");

    let write = message.method == Method::PUT || message.method == Method::PATCH;
    let accepted = answer.status == 200;
    assert!(changed.is_empty() || (write && accepted), "{} changed {changed:?}", answer.status);
    assert!(changed.len() <= 1, "one request, several rows: {changed:?}");
    assert_eq!(new.len(), changed.len(), "events {new:?} for {changed:?}");
    assert!(changed.is_empty() || !names_dry_run(fixture, message), "a dry run wrote {changed:?}");

    if accepted && message.method != Method::OPTIONS {
        is_authorized(before, answer, write, id_in(message));
    }
    if let ([(old, new)], [event]) = (&changed[..], new) {
        matches_event(old, new, event, answer);
        read_only(old, new);
        assert_eq!(answer.json().get("pk"), Some(&Value::from(new.id.0)), "the response shows another user");
        if fixture.hardened {
            no_user_is_elevated(before, old, new, answer);
        }
    }
    if fixture.hardened {
        assert!(rows.iter().any(is_active_superuser), "no active superuser is left");
    }
    if write && accepted && !names_dry_run(fixture, message) {
        let shown = fixture.observe(message.uri.path_and_query().expect("it was routed").as_str());
        assert_eq!(shown.body, answer.body, "the response differs from GET");
        assert_eq!(shown.headers.get(header::ETAG), answer.headers.get(header::ETAG));
    }
}

/// Never a server error, and always JSON.
fn is_clean(message: &Message, answer: &Answer) {
    let status = answer.status.as_u16();
    assert!((200..500).contains(&status), "{answer:?}");
    let bodiless = message.method == Method::HEAD || status == 304;
    assert_eq!(answer.body.is_empty(), bodiless, "{answer:?}");
    assert!(bodiless || json_of(&answer.body).is_ok(), "{answer:?}");
}

/// Returns whether the request is a dry run under a policy that supports dry runs.
fn names_dry_run(fixture: &Fixture, message: &Message) -> bool {
    let query = form_urlencoded::parse(message.uri.query().unwrap_or_default().as_bytes());
    let last = query.filter(|(name, _)| name == "dry_run").last();
    fixture.hardened && last.is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"))
}

/// Returns the id in an accepted path.
fn id_in(message: &Message) -> i64 {
    let path = percent_encoding::percent_decode_str(message.uri.path()).decode_utf8_lossy();
    let id = path.strip_prefix("/api/v3/core/users/").and_then(|rest| rest.strip_suffix('/'));
    let id = id.unwrap_or_else(|| panic!("{path} was accepted"));
    assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id} was accepted");
    id.parse().expect("digits")
}

/// A caller with a successful response must be active and must have the right.
fn is_authorized(before: &Before, answer: &Answer, write: bool, target: i64) {
    let actor = answer.actor.expect("only users may succeed").0;
    let row = before.row(actor);
    assert!(row.is_active, "{actor} is inactive");
    let everywhere = if write { &EDITORS[..] } else { &VIEWERS[..] };
    let by_right = everywhere.contains(&actor) || (actor == LIMITED && target == LIMITED_TO);
    assert!(is_active_superuser(row) || by_right, "{actor} has no right to {target}");
}

/// The event contains exactly the change.
fn matches_event(old: &User, new: &User, event: &Event, answer: &Answer) {
    assert_eq!((event.target, event.version), (EventTarget::User(new.id), new.version));
    assert_eq!(new.version, old.version + 1);
    assert_ne!(new.revision, old.revision);
    assert_eq!(Some(&event.actor), answer.actor.map(EventActor::User).as_ref());
    let recorded: BTreeSet<&str> = event.diff.keys().map(AsRef::as_ref).collect();
    assert_eq!(recorded, changed_fields(old, new));
    assert!(!recorded.is_empty(), "a change of nothing");
    assert_eq!(event.effects == [Effect::RevokeSessions], old.is_active && !new.is_active);
}

fn changed_fields(old: &User, new: &User) -> BTreeSet<&'static str> {
    [
        ("username", old.username != new.username),
        ("name", old.name != new.name),
        ("is_active", old.is_active != new.is_active),
        ("last_login", old.last_login != new.last_login),
        ("groups", old.groups != new.groups),
        ("email", old.email != new.email),
        ("attributes", old.attributes != new.attributes),
        ("path", old.path != new.path),
        ("type", old.user_type != new.user_type),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// Fields that no request may write.
fn read_only(old: &User, new: &User) {
    assert_eq!((old.id, old.uuid, old.password_change_date), (new.id, new.uuid, new.password_change_date));
}

/// Only superusers and holders of the right grant superuser status, and only superusers change superusers.
fn no_user_is_elevated(before: &Before, old: &User, new: &User, answer: &Answer) {
    let actor = before.row(answer.actor.expect("the request has an actor").0);
    if is_active_superuser(actor) {
        return;
    }
    let may_give = |group| actor.id.0 == GRANTER && group == group_id(CHIEFS);
    let joined: BTreeSet<_> = new.groups.difference(&old.groups).copied().collect();
    for group in joined.iter().filter(|group| grants(&[**group].into())) {
        assert!(may_give(*group), "{actor:?} gave {group}");
    }
    if is_active_superuser(new) && !is_active_superuser(old) {
        let by = new.groups.iter().filter(|group| grants(&[**group].into()));
        assert!(by.copied().all(may_give), "{actor:?} granted superuser status to {new:?}");
    }
    if grants(&old.groups) && actor.id != old.id {
        let given = is_active_superuser(new) && !is_active_superuser(old);
        let mut touched = changed_fields(old, new);
        touched.retain(|field| ["username", "email", "attributes", "is_active"].contains(field));
        touched.retain(|field| !(given && *field == "is_active"));
        assert!(touched.is_empty(), "{actor:?} changed {touched:?} of a superuser");
    }
}
