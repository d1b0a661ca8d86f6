//! Random operations.

use proptest::{collection::vec, option, prelude::*, sample::select};
use userbook::{Actor, GroupId, NewGroup, NewUser, Timestamp, UserId, UserType, UserUpdate};

use crate::directory::{GROUPS, HELP_DESK, USERS, group_id, user_id};

/// One operation and its actor.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) actor: Who,
    pub(crate) confirms: bool,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    User(usize),
    System,
    External,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Update(usize, Fields),
    /// Whether the user joins the group or leaves it, by the right to its members.
    Member(usize, usize, bool),
    Insert(Vec<usize>, bool),
    DeleteUser(usize),
    /// Group, flag, parent, users who join, users who leave.
    PutGroup(usize, bool, Option<usize>, Vec<usize>, Vec<usize>),
    DeleteGroup(usize),
}

/// What an update names.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) replace: bool,
    /// Whether the fields that a PUT requires are set.
    pub(crate) complete: bool,
    pub(crate) username: Option<&'static str>,
    pub(crate) name: Option<&'static str>,
    pub(crate) is_active: Option<bool>,
    /// Named; cleared; seconds.
    #[allow(clippy::option_option, reason = "not named and cleared are different things")]
    pub(crate) last_login: Option<Option<i64>>,
    pub(crate) groups: Option<Vec<usize>>,
    pub(crate) email: Option<&'static str>,
    pub(crate) attributes: Option<Attributes>,
    pub(crate) path: Option<&'static str>,
    pub(crate) user_type: Option<UserType>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Attributes {
    Replace(&'static str),
    Merge(&'static str),
}

/// Users and groups that exist, that operations create, or that never exist.
fn some_user() -> impl Strategy<Value = usize> {
    0..USERS + 1
}

fn some_group() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 0..GROUPS, 1 => GROUPS..GROUPS + 3]
}

pub(crate) fn any() -> impl Strategy<Value = Action> {
    let actor = prop_oneof![
        6 => Just(Who::User(HELP_DESK)),
        6 => some_user().prop_map(Who::User),
        2 => Just(Who::System),
        1 => Just(Who::External),
    ];
    let what = prop_oneof![
        8 => (some_user(), fields()).prop_map(|(user, fields)| What::Update(user, fields)),
        5 => (some_user(), some_group(), any_bool())
            .prop_map(|(user, group, joins)| What::Member(user, group, joins)),
        1 => (vec(some_group(), 0..3), any_bool()).prop_map(|(groups, active)| What::Insert(groups, active)),
        2 => some_user().prop_map(What::DeleteUser),
        4 => (some_group(), any_bool(), option::of(some_group()), vec(some_user(), 0..2), vec(some_user(), 0..2))
            .prop_map(|(group, flag, parent, join, leave)| What::PutGroup(group, flag, parent, join, leave)),
        2 => some_group().prop_map(What::DeleteGroup),
    ];
    (actor, any_bool(), what).prop_map(|(actor, confirms, what)| Action { actor, confirms, what })
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

fn fields() -> impl Strategy<Value = Fields> {
    let rare = |values: &'static [&'static str]| option::weighted(0.08, select(values));
    let attributes = prop_oneof![
        select(&["{}", r#"{"a":{"b":1.0}}"#, r#"{"c":"\u0000"}"#][..]).prop_map(Attributes::Replace),
        select(&["{}", r#"{"a":{"d":[1]}}"#, r#"{"a":null}"#, r#"{"\u0000":1}"#][..])
            .prop_map(Attributes::Merge),
    ];
    let texts = (
        rare(&["", "u0", "u1", "new", " x ", "AnonymousUser", "a\0"]),
        rare(&["", "N", " n ", "a\0"]),
        rare(&["", "a@b.co", "bad", "A@b.co "]),
        rare(&["", "users", "a/b", "/x", "a//b"]),
    );
    let others = (
        option::weighted(0.5, any_bool()),
        option::weighted(0.1, option::of(0_i64..3)),
        option::weighted(0.5, vec(some_group(), 0..4)),
        option::weighted(0.15, attributes),
        option::weighted(0.1, select(&UserType::ALL[..])),
    );
    let mode = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.9));
    (mode, texts, others).prop_map(|((replace, complete), texts, others)| {
        let (username, name, email, path) = texts;
        let (is_active, last_login, groups, attributes, user_type) = others;
        Fields {
            replace,
            complete,
            username,
            name,
            is_active,
            last_login,
            groups,
            email,
            attributes,
            path,
            user_type,
        }
    })
}

impl Who {
    pub(crate) fn actor(self) -> Actor {
        match self {
            Self::User(n) => Actor::user(user_id(n)),
            Self::System => Actor::system(),
            Self::External => Actor::external("elsewhere"),
        }
    }
}

impl Fields {
    /// Returns whether `username` and `name` are always set.
    pub(crate) fn is_completed(&self) -> bool {
        self.replace && self.complete
    }

    /// Returns the update of user number `n`.
    pub(crate) fn update(&self, n: usize) -> UserUpdate {
        let mut update = if self.replace { UserUpdate::replace() } else { UserUpdate::patch() };
        if self.is_completed() {
            update = update.username(format!("u{n}")).name("");
        }
        if let Some(username) = self.username {
            update = update.username(username);
        }
        if let Some(name) = self.name {
            update = update.name(name);
        }
        if let Some(is_active) = self.is_active {
            update = update.is_active(is_active);
        }
        if let Some(moment) = self.last_login {
            let at = |seconds| Timestamp::from_timestamp(seconds, 0);
            update = update.last_login(moment.and_then(at));
        }
        if let Some(groups) = &self.groups {
            update = update.groups(ids(groups).collect::<userbook::field::Memberships>());
        }
        if let Some(email) = self.email {
            update = update.email(email);
        }
        if let Some(path) = self.path {
            update = update.path(path);
        }
        if let Some(user_type) = self.user_type {
            update = update.user_type(user_type);
        }
        let object = |text| serde_json::from_str::<userbook::JsonObject>(text).unwrap();
        match self.attributes {
            Some(Attributes::Replace(text)) => update.attributes(object(text)),
            Some(Attributes::Merge(text)) => update.merge_attributes(object(text)),
            None => update,
        }
    }
}

pub(crate) fn ids(groups: &[usize]) -> impl Iterator<Item = GroupId> {
    groups.iter().copied().map(group_id)
}

pub(crate) fn target(n: usize) -> UserId {
    user_id(n)
}

pub(crate) fn new_user(groups: &[usize], active: bool, username: &str) -> NewUser {
    let groups: userbook::field::Memberships = ids(groups).collect();
    NewUser::new(username, "").with(|user| user.groups(groups).is_active(active))
}

pub(crate) fn new_group(
    n: usize,
    superuser: bool,
    parent: Option<usize>,
    (join, leave): (&[usize], &[usize]),
) -> NewGroup {
    let group = NewGroup::new(format!("g{n}")).superuser(superuser).parent(parent.map(group_id));
    let group = join.iter().fold(group, |group, user| group.add_member(user_id(*user)));
    leave.iter().fold(group, |group, user| group.remove_member(user_id(*user)))
}
