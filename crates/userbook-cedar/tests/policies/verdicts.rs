//! Decisions of policies as verdicts.

use serde_json::json;
use userbook::{
    AccessError, Actor, Authorizer, Field, UpdateError, User, UserId, UserService,
    authz::{Check, Verdict},
    model::GroupGraph,
    store::ActorState,
};
use userbook_cedar::CedarAuthorizer;

use crate::fixture::*;

fn policies(text: &str) -> CedarAuthorizer {
    text.parse().unwrap()
}

async fn view(text: &str, by: &Actor, about: i64) -> Verdict {
    verdicts_on(&policies(text), by, about, &[Check::View]).await.remove(0)
}

#[tokio::test]
async fn each_check_is_its_own_action_on_its_own_resource() {
    let checks = [
        Check::View,
        Check::Change,
        Check::DeleteUser,
        Check::Set(Field::Username),
        Check::Set(Field::Path),
        Check::Set(Field::Type),
        Check::Set(Field::Name),
        Check::Set(Field::Email),
        Check::Set(Field::IsActive),
        Check::Set(Field::LastLogin),
        Check::Set(Field::Attributes),
        Check::Set(Field::Groups),
        Check::Join(group_id(SOUTH)),
        Check::GrantSuperuser(group_id(SOUTH)),
        Check::AddMember(group_id(SOUTH)),
        Check::RemoveMember(group_id(SOUTH)),
        Check::ViewGroup(group_id(SOUTH)),
    ];
    for (scope, expected) in [
        ("action == Action::\"view\", resource", "a................"),
        ("action == Action::\"change\", resource", ".a..............."),
        ("action == Action::\"delete_user\", resource", "..a.............."),
        ("action == Action::\"set_identity\", resource", "...aaa..........."),
        ("action == Action::\"set_contact\", resource", "......aa........."),
        ("action == Action::\"set_status\", resource", "........aa......."),
        ("action == Action::\"set_attributes\", resource", "..........a......"),
        ("action == Action::\"set_groups\", resource", "...........a....."),
        ("action in Action::\"set\", resource", "...aaaaaaaaa....."),
        ("action == Action::\"join\", resource", "............a...."),
        ("action == Action::\"grant_superuser\", resource", ".............a..."),
        ("action == Action::\"add_member\", resource", "..............a.."),
        ("action == Action::\"remove_member\", resource", "...............a."),
        ("action == Action::\"view_group\", resource", "................a"),
        ("action, resource == Account::\"2\"", "aaaaaaaaaaaa....."),
        ("action, resource == Account::\"3\"", "................."),
        ("action, resource is Group", "............aaaaa"),
        // Ann is in "north", which is below "sales", like "south".
        ("action, resource in Group::\"00000000-0000-4000-8000-00000000005a\"", "aaaaaaaaaaaaaaaaa"),
        ("action, resource in Group::\"00000000-0000-4000-8000-00000000005b\"", "aaaaaaaaaaaa....."),
    ] {
        let text = format!("permit (principal == User::\"3\", {scope});");
        let found = letters(&verdicts_on(&policies(&text), &actor(DESK), ANN, &checks).await);
        assert_eq!(found.replace(['d', 'h'], "."), expected, "{scope}");
    }
    for field in Field::DOCUMENT {
        let text = format!(
            "permit (principal, action in Action::\"set\", resource) when {{ context.field == Field::\"{field}\" }};"
        );
        let found = letters(
            &verdicts_on(&policies(&text), &actor(DESK), ANN, &Field::DOCUMENT.map(Check::Set)).await,
        );
        let expected: String = Field::DOCUMENT.map(|it| if it == field { 'a' } else { 'd' }).iter().collect();
        assert_eq!(found, expected, "{field}");
    }
    let all = policies("permit (principal, action, resource);");
    let external = verdicts_on(&all, &actor(DESK), ANN, &[Check::Set(Field::ExternalIds)]).await;
    assert_eq!(letters(&external), "d", "no policy permits external ids");
}

#[tokio::test]
async fn checks_about_the_directory() {
    let checks = [
        Check::AddUser,
        Check::AddGroup(group_id(0x77)),
        Check::ChangeGroup(group_id(NORTH)),
        Check::DeleteGroup(group_id(NORTH)),
        Check::Join(group_id(NORTH)),
        Check::GrantSuperuser(group_id(NORTH)),
        // Without a user, as before the request names a member.
        Check::AddMember(group_id(NORTH)),
        Check::RemoveMember(group_id(NORTH)),
        Check::ViewGroup(group_id(NORTH)),
        // No user to view.
        Check::View,
        Check::Set(Field::Name),
    ];
    for (scope, expected) in [
        ("action, resource", "aaaaaaaaadd"),
        ("action == Action::\"add_user\", resource", "adddddddddd"),
        ("action == Action::\"add_group\", resource", "daddddddddd"),
        ("action, resource == Directory::\"userbook\"", "aaddddddddd"),
        ("action == Action::\"change_group\", resource", "ddadddddddd"),
        ("action == Action::\"delete_group\", resource", "dddaddddddd"),
        ("action == Action::\"add_member\", resource", "ddddddadddd"),
        ("action == Action::\"view_group\", resource", "ddddddddadd"),
        ("action, resource in Group::\"00000000-0000-4000-8000-00000000005a\"", "ddaaaaaaadd"),
    ] {
        let found =
            verdicts_on_directory(&policies(&format!("permit (principal, {scope});")), &actor(DESK), &checks)
                .await;
        assert_eq!(letters(&found), expected, "{scope}");
    }
    // A new user has no account yet.
    let known = "permit (principal, action == Action::\"join\", resource) when { context has account };";
    let join = [Check::Join(group_id(NORTH))];
    assert_eq!(letters(&verdicts_on_directory(&policies(known), &actor(DESK), &join).await), "d");
    assert_eq!(letters(&verdicts_on(&policies(known), &actor(DESK), ANN, &join).await), "a");
    // A missing user is not a new user.
    let new = "permit (principal, action == Action::\"join\", resource) unless { context has account };";
    assert_eq!(letters(&verdicts_on(&policies(new), &actor(DESK), MISSING, &join).await), "d");
    assert_eq!(letters(&verdicts_on_directory(&policies(new), &actor(DESK), &join).await), "a");
}

#[tokio::test]
async fn principals_of_each_kind_of_actor() {
    let all = "permit (principal, action, resource);";
    let host = "permit (principal == External::\"ldap\", action, resource);";
    let impersonated = Actor { impersonator: Some(userbook::UserId(ROOT)), ..actor(DESK) };
    for (text, by, expected) in [
        (all, Actor::system(), 'a'),
        ("", Actor::system(), 'a'),
        (all, Actor::anonymous(), 'd'),
        (all, actor(DESK), 'a'),
        (all, actor(RETIRED), 'd'),
        (all, actor(MISSING), 'd'),
        (all, Actor::external("3"), 'a'),
        (host, Actor::external("ldap"), 'a'),
        (host, Actor::external("other"), 'd'),
        (host, actor(DESK), 'd'),
        ("permit (principal == User::\"3\", action, resource);", Actor::external("3"), 'd'),
        ("permit (principal is User, action, resource) when { principal.superuser };", actor(BOSS), 'a'),
        (
            "permit (principal is User, action, resource) when { principal.type == UserType::\"external\" };",
            actor(NEW),
            'a',
        ),
        (
            "permit (principal, action, resource) when { context has impersonator && context.impersonator == User::\"1\" };",
            impersonated,
            'a',
        ),
        ("permit (principal, action, resource) when { context has impersonator };", actor(DESK), 'd'),
    ] {
        let found = letters(&[view(text, &by, ANN).await]);
        assert_eq!(found, expected.to_string(), "{text} {by:?}");
    }
}

#[tokio::test]
async fn policies_read_account_and_group() {
    for (condition, expected) in [
        ("resource.username == \"ann\"", true),
        ("resource.name == \"ANN\"", true),
        ("resource.email like \"*@example.com\"", true),
        ("resource.path like \"users/*\"", true),
        ("resource.sources.contains(\"scim:okta\")", true),
        ("resource.sources.contains(\"hr\")", false),
        ("resource.active", true),
        ("resource.superuser", false),
        ("resource.type == UserType::\"internal\"", true),
        ("resource.groups == [Group::\"00000000-0000-4000-8000-00000000005b\"]", true),
        ("resource.user == User::\"2\"", true),
        ("resource.user.superuser", false),
        ("resource.user in Group::\"00000000-0000-4000-8000-00000000005a\"", true),
        ("resource.hasTag(\"team\") && resource.getTag(\"team\") == [\"red\"]", true),
        ("resource.hasTag(\"skills\") && resource.getTag(\"skills\").contains(\"b\")", true),
        ("resource.hasTag(\"settings\")", false),
        ("resource.hasTag(\"rate\")", false),
        ("resource.hasTag(\"unheard of\")", false),
        ("principal.hasTag(\"mfa\") && principal.getTag(\"mfa\") == [\"true\"]", true),
        // Claims belong to the principal, attributes to the account.
        ("principal.hasTag(\"team\")", false),
        ("resource.user.hasTag(\"mfa\")", false),
    ] {
        let text = format!(
            "permit (principal is User, action == Action::\"view\", resource) when {{ {condition} }};"
        );
        let by = Actor { claims: serde_json::from_value(json!({"mfa": true})).unwrap(), ..actor(DESK) };
        assert_eq!(view(&text, &by, ANN).await.is_allow(), expected, "{condition}");
    }
    for (condition, expected) in [
        ("resource.name == \"granting\"", true),
        ("resource.superuser", true),
        ("resource in Group::\"00000000-0000-4000-8000-00000000005a\"", true),
        ("resource.hasTag(\"code\") && resource.getTag(\"code\") == [\"granting\"]", true),
        ("context has account && context.account.username == \"ann\"", true),
        ("context has account && context.account.user == principal", false),
    ] {
        let text =
            format!("permit (principal, action == Action::\"join\", resource) when {{ {condition} }};");
        let found =
            verdicts_on(&policies(&text), &actor(DESK), ANN, &[Check::Join(group_id(GRANTING))]).await;
        assert_eq!(found[0].is_allow(), expected, "{condition}");
    }
}

#[tokio::test]
async fn first_forbid_with_a_reason_explains_the_denial() {
    let forbid = |reason: &str, when: &str| {
        format!("{reason} forbid (principal, action, resource is Account) when {{ {when} }};")
    };
    let permit = "permit (principal, action, resource);".to_owned();
    let verdict = |text: Vec<String>| async move {
        verdicts_on(&policies(&text.join("\n")), &actor(DESK), ANN, &[Check::Change]).await.remove(0)
    };
    let (one, two) = ("@reason(\"one\")", "@reason(\"two\")");
    let many = |last: String| {
        let others = (0..20).map(|_| forbid(one, "!resource.active"));
        std::iter::once(permit.clone()).chain(others).chain([forbid(two, "resource.active"), last]).collect()
    };
    for (text, expected) in [
        (vec![], Verdict::deny()),
        (vec![forbid("", "true")], Verdict::deny()),
        (vec![forbid("@reason", "true")], Verdict::deny()),
        (vec![permit.clone(), forbid(one, "true")], Verdict::because("one")),
        (vec![forbid(one, "false"), forbid(two, "true")], Verdict::because("two")),
        (vec![forbid("", "true"), forbid(two, "true"), forbid(one, "true")], Verdict::because("two")),
        (many(forbid(one, "true")), Verdict::because("two")),
        // The annotation of a permit is not a reason for a denial.
        (vec![format!("{one} permit (principal == User::\"99\", action, resource);")], Verdict::deny()),
    ] {
        assert_eq!(verdict(text.clone()).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn failing_policy_denies_the_request() {
    // Cedar's integers have 64 bits; an overflow is an error.
    let permit = "permit (principal, action, resource);";
    let fails = "9223372036854775807 + (if resource.username == \"ann\" then 1 else 0) > 0";
    for effect in ["permit", "forbid"] {
        let text = format!(
            "{permit} {effect} (principal, action == Action::\"view\", resource) when {{ {fails} }};"
        );
        assert_eq!(view(&text, &actor(ROOT), ANN).await, Verdict::Hide, "{effect}");
        // Other requests are not affected.
        let change = verdicts_on(&policies(&text), &actor(ROOT), ANN, &[Check::Change]).await;
        assert_eq!(change, [Verdict::Allow], "{effect}");
    }
    // A group that is being created has no attributes yet.
    let text = "permit (principal, action, resource); forbid (principal, action, resource is Group) when { resource.superuser };";
    let groups = [
        Check::GrantSuperuser(group_id(0x77)),
        Check::ChangeGroup(group_id(NORTH)),
        Check::ChangeGroup(group_id(ADMINS)),
    ];
    assert_eq!(letters(&verdicts_on_directory(&policies(text), &actor(ROOT), &groups).await), "dad");
}

#[tokio::test]
async fn hidden_users_look_like_missing_ones() {
    for (text, hidden, expected) in [
        ("", ANN, Verdict::deny()),
        ("permit (principal == User::\"1\", action, resource);", ANN, Verdict::deny()),
        ("permit (principal == User::\"1\", action, resource == Account::\"3\");", ANN, Verdict::deny()),
        (
            "permit (principal == User::\"3\", action == Action::\"change\", resource == Account::\"3\");",
            ANN,
            Verdict::deny(),
        ),
        ("permit (principal, action, resource) when { resource.user == principal };", ANN, Verdict::Hide),
        ("permit (principal, action, resource == Account::\"3\");", ANN, Verdict::Hide),
        (
            "permit (principal, action, resource is Account) unless { resource.superuser };",
            ROOT,
            Verdict::Hide,
        ),
        (
            "permit (principal, action, resource); @reason(\"a secret\") forbid (principal, action, resource is Account) when { resource.superuser };",
            ROOT,
            Verdict::Hide,
        ),
        (
            "permit (principal, action, resource); @reason(\"not here\") forbid (principal is User, action, resource);",
            ANN,
            Verdict::because("not here"),
        ),
    ] {
        let text = text.replace("action, resource)", "action == Action::\"view\", resource)");
        for about in [hidden, MISSING] {
            assert_eq!(view(&text, &actor(DESK), about).await, expected, "{text} {about}");
        }
    }
    // A principal who views every user learns which users do not exist.
    assert_eq!(view("permit (principal, action, resource);", &actor(DESK), MISSING).await, Verdict::Allow);
    assert_eq!(
        view("permit (principal, action, resource);", &actor(RETIRED), MISSING).await,
        Verdict::deny()
    );
}

#[tokio::test]
async fn cycles_deny_requests_on_their_groups_only() {
    let (one, two, three) = (0x71, 0x72, 0x73);
    // one → two → three → two
    let groups: GroupGraph = [
        group(one, "one", false, Some(two)),
        group(two, "two", false, Some(three)),
        group(three, "three", false, Some(two)),
        group(NORTH, "north", false, None),
    ]
    .into_iter()
    .collect();
    let member: User = user(ANN, "ann", &[one], "internal");
    let mut snapshot = load(ANN, &actor(DESK), &[]).await;
    (snapshot.actor, snapshot.user, snapshot.groups) =
        (Some(ActorState::from(&member)), Some(member), groups);
    let text = format!("permit (principal in Group::\"{}\", action, resource);", group_id(three));
    let joins = [one, two, three, NORTH].map(|group| Check::Join(group_id(group)));
    let checks: Vec<Check> = [Check::View].into_iter().chain(joins).collect();
    let target = resource(&snapshot);
    let found = policies(&text).authorize(&actor(ANN), target, &checks).await.unwrap();
    assert_eq!(letters(&found.verdicts), "addda");
    let host = policies(&text).authorize(&Actor::system(), target, &checks).await.unwrap();
    assert_eq!(letters(&host.verdicts), "aaaaa");
}

/// `add_member` is evaluated again once the user is known, because a policy may forbid it for some users.
#[tokio::test]
async fn policies_on_members_see_the_user() {
    let text = "permit (principal, action in [Action::\"add_member\", Action::\"view_group\"], resource);
        permit (principal, action == Action::\"view\", resource) unless { resource.superuser };
        @reason(\"Leads cannot add themselves.\")
        forbid (principal is User, action == Action::\"add_member\", resource)
        when { context has account && context.account.user == principal };
        forbid (principal is User, action == Action::\"add_member\", resource)
        when { context has account && context.account.superuser };";
    let service = UserService::new(store().await, policies(text));
    let desk = actor(DESK);
    let add = async |user| service.add_member(&desk, group_id(NORTH), UserId(user)).await.map(drop);
    assert!(add(NEW).await.is_ok());
    let own = add(DESK).await.unwrap_err();
    assert_eq!(own.to_string(), "not allowed: Leads cannot add themselves.");
    // A hidden user looks like a missing user, regardless of policies about adding the user.
    for user in [ROOT, MISSING] {
        assert!(matches!(add(user).await, Err(UpdateError::Access(AccessError::NotFound))), "{user}");
    }
}
