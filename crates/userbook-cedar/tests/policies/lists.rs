//! Lists show at most what single requests show.

use userbook::{
    Actor, GroupId, UserId,
    authz::{Check, ListAuthorizer, Verdict},
    store::Scope,
};
use userbook_cedar::CedarAuthorizer;

use crate::fixture::*;

async fn users(authorizer: &CedarAuthorizer, by: &Actor) -> Scope<UserId> {
    let own = own(by).await;
    authorizer.visible_users(by, view(&own)).await.unwrap()
}

async fn groups(authorizer: &CedarAuthorizer, by: &Actor) -> Scope<GroupId> {
    let own = own(by).await;
    authorizer.visible_groups(by, view(&own)).await.unwrap()
}

fn myself(id: i64) -> Scope<UserId> {
    Scope::Only([UserId(id)].into())
}

/// Sets of policies that depend on different values.
const POLICIES: [&str; 15] = [
    "",
    "permit (principal, action, resource);",
    "permit (principal is User, action, resource) when { principal.superuser };",
    "permit (principal in Group::\"00000000-0000-4000-8000-0000000000de\", action == Action::\"view\", resource);",
    "permit (principal is User, action == Action::\"view\", resource) when { resource.user == principal };",
    "permit (principal, action == Action::\"view\", resource) when { resource.path like \"users/*\" };",
    "permit (principal, action == Action::\"view\", resource) when { resource.hasTag(\"team\") };",
    "permit (principal, action, resource); forbid (principal, action, resource is Account) when { resource.superuser };",
    "permit (principal, action, resource); forbid (principal, action, resource is Account) when { resource.email like \"ann@*\" };",
    "permit (principal, action, resource); forbid (principal == User::\"3\", action, resource == Account::\"2\");",
    "permit (principal is User, action, resource is Account) when { resource.user == principal };
     forbid (principal, action, resource is Account) when { resource has path && resource.path like \"users/*\" };",
    "permit (principal is User, action, resource is Account) when { resource.user == principal };
     forbid (principal, action, resource is Account) unless { resource.active };",
    "permit (principal, action, resource); forbid (principal, action in Action::\"set\", resource) when { resource.superuser };",
    "permit (principal, action, resource in Group::\"00000000-0000-4000-8000-00000000005a\");",
    "permit (principal, action, resource) when { 9223372036854775807 + 1 > 0 };",
];

#[tokio::test]
async fn users_in_lists() {
    let everything = Scope::Everything;
    for (number, by, expected) in [
        (0, ROOT, Scope::Nothing),
        (1, NEW, everything.clone()),
        (1, RETIRED, Scope::Nothing),
        (2, BOSS, everything.clone()),
        (2, ANN, Scope::Nothing),
        (3, DESK, everything.clone()),
        (3, ANN, Scope::Nothing),
        (4, ANN, myself(ANN)),
        // Values that only the row contains are unknown here.
        (5, ANN, Scope::Nothing),
        (6, ANN, Scope::Nothing),
        (7, ANN, myself(ANN)),
        (7, ROOT, Scope::Nothing),
        (8, DESK, Scope::Nothing),
        (9, DESK, myself(DESK)),
        (9, ANN, everything.clone()),
        (10, ANN, Scope::Nothing),
        (11, ANN, myself(ANN)),
        (12, ANN, everything.clone()),
        (13, ANN, myself(ANN)),
        (13, DESK, Scope::Nothing),
        (14, ROOT, Scope::Nothing),
    ] {
        let authorizer = POLICIES[number].parse().unwrap();
        assert_eq!(users(&authorizer, &actor(by)).await, expected, "{} {by}", POLICIES[number]);
    }
    let nothing: CedarAuthorizer = "".parse().unwrap();
    assert_eq!(users(&nothing, &Actor::system()).await, everything);
    let all: CedarAuthorizer = POLICIES[1].parse().unwrap();
    assert_eq!(users(&all, &Actor::external("ldap")).await, everything);
    assert_eq!(users(&all, &Actor::anonymous()).await, Scope::Nothing);
    assert_eq!(users(&all, &actor(MISSING)).await, Scope::Nothing);
}

/// The contract of `ListAuthorizer`.
#[tokio::test]
async fn listed_users_may_be_viewed() {
    let examples = ["superusers", "help_desk", "self_service", "group_administrators"].map(example);
    let sets = POLICIES.map(|text| text.parse().unwrap());
    let ids: Vec<i64> = rows().users.iter().map(|user| user.id.0).collect();
    let mut listed = 0;
    for authorizer in sets.iter().chain(&examples) {
        for by in &ids {
            let scope = users(authorizer, &actor(*by)).await;
            for about in &ids {
                let inside = match &scope {
                    Scope::Everything => true,
                    Scope::Only(users) => users.ids.contains(&UserId(*about)),
                    Scope::Nothing => false,
                };
                if inside {
                    listed += 1;
                    let verdict = verdicts_on(authorizer, &actor(*by), *about, &[Check::View]).await;
                    assert_eq!(verdict, [Verdict::Allow], "{authorizer:?} {by} {about}");
                }
            }
        }
    }
    assert!(listed > 100, "{listed}");
}

#[tokio::test]
async fn groups_in_lists() {
    let only = |numbers: &[u128]| Scope::Only(numbers.iter().copied().map(group_id).collect());
    let cases = vec![
        (example("superusers"), ROOT, Scope::Everything),
        (example("superusers"), ANN, Scope::Nothing),
        (example("help_desk"), DESK, Scope::Everything),
        (example("self_service"), ANN, only(&[NORTH, SALES])),
        (example("self_service"), BOSS, Scope::Everything),
        (example("self_service"), NEW, Scope::Nothing),
        (
            "permit (principal, action, resource) when { resource.name == \"north\" };"
                .replace("action", "action == Action::\"view_group\"")
                .parse()
                .unwrap(),
            ANN,
            only(&[NORTH]),
        ),
    ];
    for (authorizer, by, expected) in cases {
        assert_eq!(groups(&authorizer, &actor(by)).await, expected, "{by}");
    }
    assert_eq!(groups(&"".parse().unwrap(), &Actor::system()).await, Scope::Everything);
}
