//! Hidden groups count as missing for the caller.

use super::fixture::{ADMINS, BELOW, Fixture, HELP, STAFF};
use crate::{
    authz::{Check, CheckResults, Verdict, Verdicts},
    decision::Denial,
    event::FieldDiff,
    model::GroupId,
    policy::{Policy, Safeguard},
    store::Scope,
    update::UserUpdate,
    view::{Visibility, view_group_checks},
};

fn hiding(groups: &[GroupId], update: UserUpdate) -> Fixture {
    let hide = |fixture: Fixture, group: &GroupId| fixture.deny(Check::ViewGroup(*group), Verdict::deny());
    groups.iter().fold(Fixture::new(update), hide)
}

fn names(diff: &crate::event::Diff) -> Vec<String> {
    match diff.get("groups") {
        Some(FieldDiff::Groups { added, removed }) => {
            added.iter().chain(removed).map(|group| group.name.clone()).collect()
        }
        other => panic!("expected groups, got {other:?}"),
    }
}

#[test]
fn authorizer_may_return_the_visible_groups() {
    let policy = Policy::hardened();
    let graph = super::fixture::all_groups().into_iter().collect();
    let known = Verdicts::default().with_visible_groups(Scope::Only([STAFF].into()));
    let known = CheckResults::new([], known);
    assert_eq!(view_group_checks(&[STAFF, HELP], &graph, &policy, &known), []);
    let visible = Visibility::new(&policy, &known);
    assert!(visible.shows(STAFF) && !visible.shows(HELP));
    let unknown = CheckResults::default();
    let expected = [Check::ViewGroup(STAFF), Check::ViewGroup(HELP)];
    assert_eq!(view_group_checks(&[STAFF, HELP], &graph, &policy, &unknown), expected);
    assert!(!Visibility::new(&policy, &unknown).shows(STAFF));
}

#[test]
fn hidden_group_cannot_be_joined() {
    let join = || UserUpdate::patch().groups([STAFF, HELP]);
    assert_eq!(hiding(&[HELP], join()).faults(), ["groups: does_not_exist"]);
    assert_eq!(hiding(&[STAFF], join()).outcome(), "commit", "the user is in it already");
    let off = hiding(&[HELP], join()).policy(|policy| policy.without(Safeguard::HideGroups));
    assert_eq!(off.outcome(), "commit");
}

#[test]
fn hidden_group_is_not_shown_but_kept() {
    let commit = hiding(&[STAFF], UserUpdate::patch().name("Eve")).commit();
    assert_eq!(commit.view.user.groups, [STAFF].into());
    assert_eq!(commit.view.groups, []);
    let visible = Fixture::new(UserUpdate::patch().name("Eve")).member_of([BELOW]).commit().view;
    assert_eq!(visible.groups[0].parent_name.as_deref(), Some("admins"));
    let hidden = hiding(&[ADMINS], UserUpdate::patch().name("Eve")).member_of([BELOW]).commit().view;
    assert_eq!((hidden.groups[0].group.id, &hidden.groups[0].parent_name), (BELOW, &None));
    assert!(hidden.is_superuser, "the status is no secret");
}

#[test]
fn event_names_groups_that_the_callers_diff_omits() {
    let commit = hiding(&[STAFF], UserUpdate::patch().groups([])).commit();
    assert_eq!(names(&commit.diff), [""]);
    assert_eq!(names(&commit.change.event.diff), ["staff"]);
}

#[test]
fn denial_names_only_visible_groups() {
    let activate = || UserUpdate::patch().is_active(true);
    let fixture = |hidden: &[GroupId]| hiding(hidden, activate()).member_of([BELOW]).inactive();
    let denial = |name: Option<&str>, through: Option<&str>| Denial::GrantsSuperuser {
        group: BELOW,
        name: name.map(str::to_owned),
        through: through.map(str::to_owned),
    };
    assert_eq!(fixture(&[]).denial(), denial(Some("below"), Some("admins")));
    assert_eq!(fixture(&[BELOW]).denial(), denial(None, Some("admins")));
    assert_eq!(fixture(&[ADMINS, BELOW]).denial(), denial(None, None));
    let text = fixture(&[ADMINS, BELOW]).denial().to_string();
    assert_eq!(text, "You do not have permission to grant superuser status through a group.");
}
