//! The members of each representation, in order.

use std::sync::Arc;

use serde_json::{Value, json};
use userbook::{
    Group, GroupId, User,
    service::GroupRelatives,
    store::GroupEntry,
    view::{CurrentUserView, GroupView, SelfView, UserView},
};
use uuid::Uuid;

use super::*;

const NO_PARTS: GroupParts =
    GroupParts { users: false, parents: false, children: false, inherited_roles: false };

fn representation(release: Release) -> Representation {
    Representation::new("tests").with_release(release)
}

fn group() -> Group {
    let parent = Some(GroupId(Uuid::from_u128(9)));
    Group { parent, ..Group::example() }
}

fn view() -> UserView {
    let group = GroupView { group: Arc::new(group()), parent_name: Some("all".to_owned()) };
    let user = User { groups: [group.group.id].into(), ..User::example() };
    UserView { user, is_superuser: false, groups: vec![group] }
}

/// Returns the names of the members, in order; the order of `Value` depends on features of other crates.
fn names(json: &str) -> String {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut rest = json;
    while let Some(at) = rest.find(['{', '}', '[', ']', '"']) {
        let found = rest.get(at..=at).unwrap();
        rest = rest.get(at + 1..).unwrap();
        match found {
            "{" | "[" => depth += 1,
            "}" | "]" => depth -= 1,
            _ => {
                let end = rest.find('"').unwrap();
                if depth == 1 && rest.get(end + 1..).unwrap().starts_with(':') {
                    names.push(rest.get(..end).unwrap());
                }
                rest = rest.get(end + 1..).unwrap();
            }
        }
    }
    names.join(" ")
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn members_of_a_user() {
    let view = view();
    for (release, expected) in [
        (
            Release::V2025_2,
            "pk username name is_active last_login is_superuser groups groups_obj email avatar attributes uid path \
             type uuid password_change_date",
        ),
        (
            Release::V2026_8,
            "pk username name is_active last_login date_joined is_superuser groups groups_obj roles roles_obj email \
             avatar attributes uid path type uuid password_change_date last_updated",
        ),
    ] {
        assert_eq!(names(&text(&representation(release).user(&view, true))), expected, "{release}");
    }
}

#[test]
fn groups_of_a_user() {
    let view = view();
    for (release, expected) in [
        (Release::V2025_2, "pk num_pk name is_superuser parent parent_name attributes"),
        (Release::V2026_8, "pk num_pk name is_superuser attributes"),
    ] {
        let user = serde_json::to_value(representation(release).user(&view, true)).unwrap();
        let mut members: Vec<&str> = expected.split(' ').collect();
        members.sort_unstable();
        let mut shown: Vec<&String> = user["groups_obj"][0].as_object().unwrap().keys().collect();
        shown.sort_unstable();
        assert_eq!(shown, members, "{release}");
    }
}

#[test]
fn a_list_of_users_may_leave_out_groups_and_roles() {
    let view = view();
    let user = |groups, roles| {
        let representation = representation(Release::V2026_8);
        let user = serde_json::to_value(representation.listed_user(&view, groups, roles)).unwrap();
        (user["groups_obj"].is_null(), user["roles"].clone(), user["roles_obj"].clone())
    };
    assert_eq!(user(true, true), (false, json!([]), json!([])));
    assert_eq!(user(false, true), (true, json!([]), json!([])));
    assert_eq!(user(true, false), (false, json!([]), Value::Null));
}

#[test]
fn members_of_a_group() {
    let entry =
        GroupEntry { group: group(), parent_name: Some("all".to_owned()), members: vec![User::example()] };
    let parts = GroupParts { users: true, ..NO_PARTS };
    for (release, expected) in [
        (
            Release::V2025_2,
            "pk num_pk name is_superuser parent parent_name users users_obj attributes roles roles_obj",
        ),
        (
            Release::V2026_8,
            "pk num_pk name is_superuser parents parents_obj users users_obj attributes roles roles_obj \
             inherited_roles_obj children children_obj",
        ),
    ] {
        let relatives = GroupRelatives::default();
        let group = text(&representation(release).listed_group(&entry, &relatives, parts));
        assert_eq!(names(&group), expected, "{release}");
    }
}

#[test]
fn parts_of_a_group_are_null_unless_they_are_included() {
    let entry = GroupEntry { group: group(), parent_name: None, members: Vec::new() };
    let all = GroupParts { users: true, parents: true, children: true, inherited_roles: true };
    for (parts, expected) in [(NO_PARTS, Value::Null), (all, json!([]))] {
        let relatives = GroupRelatives::default();
        let group = representation(Release::V2026_8).listed_group(&entry, &relatives, parts);
        let group = serde_json::to_value(&group).unwrap();
        for part in ["users_obj", "parents_obj", "children_obj", "inherited_roles_obj"] {
            assert_eq!(group[part], expected, "{part}");
        }
        assert_eq!(group["parents"], json!([entry.group.parent]));
        assert_eq!((&group["children"], &group["roles_obj"]), (&json!([]), &json!([])));
    }
}

#[test]
fn the_owner_of_the_session_is_current() {
    let own = |username: &str| SelfView {
        view: UserView { user: User { username: username.to_owned(), ..User::example() }, ..view() },
        groups: Vec::new(),
        settings: JsonObject::new(),
        system_permissions: [].into(),
    };
    for (original, owner, is_current) in [(None, "ann", true), (Some("root"), "root", false)] {
        let view = CurrentUserView { user: own("ann"), original: original.map(own) };
        let session = serde_json::to_value(representation(Release::V2026_8).session(&view)).unwrap();
        assert_eq!(session["user"]["is_current"], json!(is_current));
        assert_eq!(session["users"][0]["username"], json!(owner));
        assert_eq!(session["users"][0]["is_current"], json!(true));
        assert_eq!(session["user"]["roles"], json!([]));
        assert_eq!(session.get("original").is_some(), original.is_some());
        let recorded = serde_json::to_value(representation(Release::V2025_2).session(&view)).unwrap();
        assert!(recorded.get("users").is_none() && recorded["user"].get("is_current").is_none());
    }
}
