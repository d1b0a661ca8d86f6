//! Which optional facts are loaded.

use serde_json::json;

use super::fixture::{ADMINS, BELOW, Fixture, HELP, ROOT, STAFF};
use crate::{
    decision::LoadRequirements,
    limits::Limits,
    model::{UserId, UserType},
    policy::Policy,
    store::SnapshotQuery,
    update::UserUpdate,
};

fn requirements(fixture: &Fixture) -> LoadRequirements {
    let ops = fixture
        .update
        .resolve(&fixture.user, &fixture.snapshot.groups, &Policy::hardened(), &|_| true)
        .unwrap();
    LoadRequirements::of_update(&fixture.user, &fixture.snapshot, &ops, &fixture.policy)
}

#[test]
fn other_superusers_are_loaded_only_if_the_last_one_may_leave() {
    let patch = UserUpdate::patch;
    for (name, fixture, expected) in [
        ("deactivated", Fixture::new(patch().is_active(false)).member_of([BELOW]), true),
        ("left", Fixture::new(patch().groups([STAFF])).member_of([ADMINS]), true),
        ("PUT without groups", Fixture::new(UserUpdate::replace()).member_of([ADMINS]), true),
        (
            "becomes a service account",
            Fixture::new(patch().user_type(UserType::ServiceAccount)).member_of([ADMINS]),
            true,
        ),
        ("becomes external", Fixture::new(patch().user_type(UserType::External)).member_of([ADMINS]), false),
        ("moved", Fixture::new(patch().groups([ROOT])).member_of([ADMINS]), false),
        ("renamed", Fixture::new(patch().username("eve")).member_of([ADMINS]), false),
        ("no superuser", Fixture::new(patch().is_active(false)), false),
        ("inactive", Fixture::new(patch().groups([])).member_of([ADMINS]).inactive(), false),
    ] {
        assert_eq!(requirements(&fixture).other_superusers, expected, "{name}");
    }
}

#[test]
fn json_patch_requires_facts_for_its_result() {
    let patch = json!([
        {"op": "copy", "from": "/name", "path": "/username"},
        {"op": "add", "path": "/groups/-", "value": HELP},
    ]);
    let found = requirements(&Fixture::new(UserUpdate::json_patch(serde_json::from_value(patch).unwrap())));
    assert_eq!((found.username.as_deref(), &found.groups), (Some("Ada"), &[HELP].into()));
}

#[test]
fn known_facts_are_not_loaded_again() {
    let fixture = Fixture::new(UserUpdate::patch().username("ada").groups([STAFF]));
    assert_eq!(requirements(&fixture), LoadRequirements::default());
}

#[test]
fn groups_above_the_limit_are_not_loaded() {
    let groups: crate::field::Memberships =
        (0..1_001).map(|n| crate::model::GroupId(uuid::Uuid::from_u128(100 + n))).collect();
    assert_eq!(requirements(&Fixture::new(UserUpdate::patch().groups(groups))).groups.len(), 0);
}

#[test]
fn requirements_are_merged() {
    let first = LoadRequirements {
        username: Some("a".into()),
        groups: [STAFF].into(),
        other_superusers: false,
        ..LoadRequirements::default()
    };
    let second = LoadRequirements {
        username: Some("b".into()),
        groups: [HELP].into(),
        other_superusers: true,
        ..LoadRequirements::default()
    };
    assert!(first.is_covered_by(&first) && LoadRequirements::default().is_covered_by(&first));
    assert!(!first.is_covered_by(&LoadRequirements::default()) && !second.is_covered_by(&first));
    let mut both = first;
    both.extend(second.clone());
    assert!(second.is_covered_by(&both));
    assert_eq!(both.groups, [STAFF, HELP].into());
    both.extend(LoadRequirements::default());
    assert!(second.is_covered_by(&both), "nothing is forgotten");
    let counts = LoadRequirements { other_superusers: true, ..LoadRequirements::default() };
    assert!(!counts.is_covered_by(&LoadRequirements::default()));
}

#[test]
fn a_new_user_needs_the_name_and_the_groups_of_the_request() {
    let update = UserUpdate::replace().username("eve").groups([STAFF, HELP]);
    let ops = update.fields().unwrap();
    let required =
        LoadRequirements::of_new_user(ops, &Policy::authentik_2025_2().with_limits(Limits::default()));
    let expected = LoadRequirements {
        username: Some("eve".to_owned()),
        groups: [STAFF, HELP].into(),
        other_superusers: false,
        ..LoadRequirements::default()
    };
    assert_eq!(required, expected);
    // More groups than the limit are rejected without a load.
    for (groups_joined, expected) in [(2, expected.groups.clone()), (1, [].into())] {
        let limits = Limits { groups_joined, ..Limits::default() };
        assert_eq!(
            LoadRequirements::of_new_user(ops, &Policy::hardened().with_limits(limits.clone())).groups,
            expected,
            "{groups_joined}"
        );
    }
}

#[test]
fn requirements_become_part_of_a_query() {
    let required = LoadRequirements {
        username: Some("eve".to_owned()),
        groups: [STAFF].into(),
        other_superusers: true,
        ..LoadRequirements::default()
    };
    let mut query = SnapshotQuery::user(UserId(1));
    required.apply(&mut query);
    assert_eq!(
        (query.username, query.groups, query.other_superusers),
        (required.username.clone(), required.groups.clone(), true)
    );
}
