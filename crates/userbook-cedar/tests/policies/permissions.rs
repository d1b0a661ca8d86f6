//! Permissions written as Cedar policies give the verdicts of the core's authorizer.

use proptest::{collection::vec, prelude::*, sample::select};
use userbook::{
    Authorizer, Field, PermissionAuthorizer, StaticPermissions, UserId,
    authz::{Check, Permission, Verdict},
    model::GroupGraph,
};
use userbook_cedar::CedarAuthorizer;

use crate::fixture::*;

/// A permission on everything, or on one user or group.
#[derive(Debug, Clone, Copy)]
struct Grant {
    to: i64,
    permission: Permission,
    on: Option<usize>,
}

const PEOPLE: [i64; 4] = [ANN, DESK, LEAD, ROOT];
const GROUPS: [u128; 4] = [ADMINS, CHIEFS, NORTH, GRANTING];

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let one = (select(&PEOPLE[..]), select(Permission::ALL), proptest::option::of(0..PEOPLE.len()));
    vec(one.prop_map(|(to, permission, on)| Grant { to, permission, on }), 0..6)
}

fn is_on_users(permission: Permission) -> bool {
    use Permission::{ChangeUser, DeleteUser, Impersonate, ResetUserPassword, ViewUser};
    matches!(permission, ViewUser | ChangeUser | DeleteUser | ResetUserPassword | Impersonate)
}

fn granted(grants: &[Grant]) -> PermissionAuthorizer<StaticPermissions> {
    let add = |source: StaticPermissions, Grant { to, permission, on }: &Grant| {
        let to = UserId(*to);
        match on {
            None => source.grant(to, *permission),
            Some(n) if is_on_users(*permission) => source.grant_on_user(to, *permission, UserId(PEOPLE[*n])),
            Some(n) => source.grant_on_group(to, *permission, group_id(GROUPS[*n])),
        }
    };
    PermissionAuthorizer::new(grants.iter().fold(StaticPermissions::none(), add))
}

fn as_policies(grants: &[Grant]) -> CedarAuthorizer {
    let one = |Grant { to, permission, on }: &Grant| {
        let account = on.map(|n| format!("Account::\"{}\"", PEOPLE[n]));
        let group = on.map(|n| format!("Group::\"{}\"", group_id(GROUPS[n])));
        let permit = |action: &str, resource: Option<&String>| {
            let resource = resource.map(|uid| format!(" == {uid}")).unwrap_or_default();
            format!("permit (principal == User::\"{to}\", action in [{action}], resource{resource})")
        };
        match permission {
            Permission::ViewUser => permit("Action::\"view\"", account.as_ref()) + ";",
            Permission::ChangeUser => {
                let account = account.as_ref();
                let whose = account.map(|uid| format!(" && context.account == {uid}")).unwrap_or_default();
                let change = permit("Action::\"change\", Action::\"set\"", account);
                let join = permit("Action::\"join\"", None);
                format!("{change}; {join} when {{ context has account{whose} }};")
            }
            Permission::DeleteUser => permit("Action::\"delete_user\"", account.as_ref()) + ";",
            // A new user or group has no object permissions.
            Permission::AddUser | Permission::AddGroup | Permission::AddToken if on.is_some() => {
                String::new()
            }
            Permission::AddUser => {
                let join = permit("Action::\"join\"", None);
                permit("Action::\"add_user\"", None) + "; " + &join + " unless { context has account };"
            }
            Permission::AddGroup => permit("Action::\"add_group\"", None) + ";",
            Permission::ViewGroup => permit("Action::\"view_group\"", group.as_ref()) + ";",
            Permission::AddUserToGroup => permit("Action::\"add_member\"", group.as_ref()) + ";",
            Permission::RemoveUserFromGroup => permit("Action::\"remove_member\"", group.as_ref()) + ";",
            Permission::ChangeGroup => permit("Action::\"change_group\"", group.as_ref()) + ";",
            Permission::DeleteGroup => permit("Action::\"delete_group\"", group.as_ref()) + ";",
            Permission::ResetUserPassword => permit("Action::\"set_password\"", account.as_ref()) + ";",
            Permission::Impersonate => permit("Action::\"impersonate\"", account.as_ref()) + ";",
            Permission::AddToken => permit("Action::\"add_token\"", None) + ";",
            Permission::DisableGroupSuperuser => {
                permit("Action::\"disable_superuser\"", group.as_ref()) + ";"
            }
            Permission::EnableGroupSuperuser => permit("Action::\"grant_superuser\"", group.as_ref()) + ";",
            // No operation requires a system permission.
            Permission::System(_) => String::new(),
        }
    };
    let superusers = "permit (principal is User, action, resource) when { principal.superuser };".to_owned();
    let text: Vec<String> = std::iter::once(superusers).chain(grants.iter().map(one)).collect();
    text.join("\n").parse().unwrap_or_else(|error| panic!("{error}\n{text:?}"))
}

/// Policies deny hidden groups, where permissions hide them: both look like missing groups.
fn denying(mut verdicts: Vec<Verdict>, checks: &[Check]) -> Vec<Verdict> {
    for (verdict, check) in verdicts.iter_mut().zip(checks) {
        if matches!(check, Check::ViewGroup(_)) && *verdict == Verdict::Hide {
            *verdict = Verdict::deny();
        }
    }
    verdicts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn permissions_in_cedar_are_permissions(grants in grants()) {
        let (core, cedar) = (granted(&grants), as_policies(&grants));
        let groups = GROUPS.map(group_id);
        let known: Vec<Check> = about_user()
            .into_iter()
            .chain(groups.map(Check::Join))
            .chain(groups.map(Check::AddMember))
            .chain(groups.map(Check::RemoveMember))
            .chain(groups.map(Check::GrantSuperuser))
            .chain(groups.map(Check::ViewGroup))
            .chain([Check::SetPassword, Check::Impersonate])
            .collect();
        let directory: Vec<Check> = [Check::AddUser, Check::AddToken, Check::AddGroup(group_id(0x77))]
            .into_iter()
            .chain(groups.map(Check::Join))
            .chain(groups.map(Check::GrantSuperuser))
            .chain(groups.map(Check::AddMember))
            .chain(groups.map(Check::RemoveMember))
            .chain(groups.map(Check::ChangeGroup))
            .chain(groups.map(Check::DeleteGroup))
            .chain(groups.map(Check::DisableSuperuser))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for by in [ANN, DESK, ROOT, RETIRED] {
                let actor = actor(by);
                for about in [ANN, LEAD] {
                    let user = load(about, &actor, &[]).await.user.unwrap();
                    let graph: GroupGraph = rows().groups.into_iter().collect();
                    let core_grants = core.can_grant_superuser(&user, &graph).await.unwrap();
                    // Policies also state that superusers may grant; the core needs no policy for that.
                    let superuser = graph.grants_superuser(&user.groups);
                    let cedar_grants = cedar.can_grant_superuser(&user, &graph).await.unwrap();
                    prop_assert_eq!(cedar_grants, core_grants || superuser, "{}", about);
                }
                for (about, checks) in [(ANN, &known[..]), (LEAD, &known[..]), (MISSING, &[Check::View][..])] {
                    let (core, cedar) =
                        (verdicts_on(&core, &actor, about, checks).await, verdicts_on(&cedar, &actor, about, checks).await);
                    prop_assert_eq!(denying(core, checks), cedar, "{} about {}: {:?}", by, about, checks);
                }
                let (core, cedar) =
                    (verdicts_on_directory(&core, &actor, &directory).await, verdicts_on_directory(&cedar, &actor, &directory).await);
                prop_assert_eq!(core, cedar, "{}: {:?}", by, directory);
            }
            Ok(())
        })?;
    }
}

/// Checks that the test above covers all verdicts: both sides allow, hide and deny.
#[tokio::test]
async fn every_verdict_is_compared() {
    let view = Grant { to: DESK, permission: Permission::ViewUser, on: Some(0) };
    for (about, expected) in [(ANN, "ad"), (LEAD, "hd")] {
        let checks = [Check::View, Check::Set(Field::Name)];
        assert_eq!(
            letters(&verdicts_on(&as_policies(&[view]), &actor(DESK), about, &checks).await),
            expected
        );
        assert_eq!(letters(&verdicts_on(&granted(&[view]), &actor(DESK), about, &checks).await), expected);
    }
}
