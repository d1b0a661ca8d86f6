//! The example policies.

use userbook::{
    Actor, Field, UserId, UserRef, UserService, UserUpdate,
    authz::{Check, Verdict},
    field::Memberships,
};

use crate::fixture::*;

/// Returns one letter each: view, change, the nine fields in their wire order, delete.
async fn verdicts(policies: &str, by: i64, about: i64) -> String {
    letters(&verdicts_on(&example(policies), &actor(by), about, &about_user()).await)
}

#[tokio::test]
async fn superusers_only() {
    for (by, about, expected) in [
        (ROOT, ANN, "aaaaaaaaaaaa"),
        (BOSS, ROOT, "aaaaaaaaaaaa"),
        (ANN, ANN, "dddddddddddd"),
        (DESK, ANN, "dddddddddddd"),
    ] {
        assert_eq!(verdicts("superusers", by, about).await, expected, "{by} {about}");
    }
    let checks = [
        Check::AddUser,
        Check::Join(group_id(ADMINS)),
        Check::GrantSuperuser(group_id(ADMINS)),
        Check::AddGroup(group_id(0x77)),
        Check::ChangeGroup(group_id(SALES)),
        Check::DeleteGroup(group_id(SALES)),
    ];
    for (by, expected) in [(BOSS, "aaaaaa"), (ANN, "dddddd")] {
        let found = verdicts_on_directory(&example("superusers"), &actor(by), &checks).await;
        assert_eq!(letters(&found), expected, "{by}");
    }
}

#[tokio::test]
async fn the_help_desk() {
    for (by, about, expected) in [
        (DESK, ANN, "aadaaddaddd d"),
        (DESK, NEW, "aadaaddaddd d"),
        (DESK, DESK, "aadaaddaddd d"),
        (DESK, ROOT, "arrrrrrrrrr r"),
        (DESK, BOSS, "arrrrrrrrrr r"),
        (DESK, ROBOT, "arrrrrrrrrr r"),
        (RETIRED, ANN, "ddddddddddd d"),
        (ANN, BOB, "ddddddddddd d"),
        (ROOT, BOSS, "aaaaaaaaaaa a"),
    ] {
        assert_eq!(verdicts("help_desk", by, about).await, expected.replace(' ', ""), "{by} {about}");
    }
    let desk = example("help_desk");
    let joins = [
        Check::Join(group_id(ADMINS)),
        Check::Join(group_id(SALES)),
        Check::GrantSuperuser(group_id(ADMINS)),
    ];
    assert_eq!(letters(&verdicts_on(&desk, &actor(DESK), ANN, &joins).await), "ddd");
    // A principal who views every user learns which users do not exist; a principal who views no user is denied.
    assert_eq!(verdicts_on(&desk, &actor(DESK), MISSING, &[Check::View]).await, [Verdict::Allow]);
    assert_eq!(verdicts_on(&desk, &actor(ANN), MISSING, &[Check::View]).await, [Verdict::deny()]);
    let reason = verdicts_on(&desk, &actor(DESK), ROOT, &[Check::Set(Field::Email)]).await;
    assert_eq!(reason, [Verdict::because("The help desk does not change administrators or machines.")]);

    let impersonating = Actor { impersonator: Some(userbook::UserId(ROOT)), ..actor(DESK) };
    let found =
        verdicts_on(&desk, &impersonating, ANN, &[Check::View, Check::Change, Check::Set(Field::Name)]).await;
    assert_eq!(letters(&found), "arr");
    assert_eq!(found[1], Verdict::because("Nothing can be changed during impersonation."));
}

#[tokio::test]
async fn self_service() {
    for (by, about, expected) in [
        (ANN, ANN, "aararrraarrd"),
        (NEW, NEW, "aararrraarrd"),
        (ANN, BOB, "hddddddddddd"),
        (DESK, ROOT, "hddddddddddd"),
        (ROBOT, ROBOT, "arrrrrrrrrrd"),
        (ROOT, ROOT, "aaaaaaaaaaaa"),
        (ROOT, ANN, "aaaaaaaaaaaa"),
    ] {
        let found = verdicts("self_service", by, about).await;
        assert_eq!(found, expected, "{by} {about}");
    }
    let own = example("self_service");
    // A hidden user looks like a missing user.
    for about in [BOB, MISSING] {
        assert_eq!(verdicts_on(&own, &actor(ANN), about, &[Check::View]).await, [Verdict::Hide], "{about}");
    }
    let joins = [Check::Join(group_id(SOUTH)), Check::GrantSuperuser(group_id(ADMINS))];
    assert_eq!(letters(&verdicts_on(&own, &actor(ANN), ANN, &joins).await), "dd");
    let reason = verdicts_on(&own, &actor(ANN), ANN, &[Check::Set(Field::Username)]).await;
    assert_eq!(reason, [Verdict::because("Ask the help desk to change this.")]);
}

#[tokio::test]
async fn group_administrators() {
    let leads = example("group_administrators");
    let groups = [SALES, NORTH, SOUTH, GRANTING, LEADS, FINANCE, ADMINS].map(group_id);
    let checks: Vec<Check> = [Check::View, Check::Change, Check::Set(Field::Groups), Check::Set(Field::Name)]
        .into_iter()
        .chain(groups.map(Check::Join))
        .chain(groups.map(Check::AddMember))
        .chain(groups.map(Check::RemoveMember))
        .chain([Check::GrantSuperuser(group_id(GRANTING))])
        .collect();
    for (by, about, expected) in [
        // Three times: sales, north, south, granting, leads, finance, admins.
        (LEAD, ANN, "aaad raarddr raarddr raaaddd r"),
        (LEAD, NEW, "aaad raarddr raarddr raaaddd r"),
        // Bob is also in finance: the lead removes him from north, but may not set all groups.
        (LEAD, BOB, "addd raarddr raarddr raaaddd r"),
        (LEAD, ROOT, "hddd raarddr raarddr raaaddd r"),
        // Leads cannot widen their own scope.
        (LEAD, LEAD, "hdrd rrrrrrr rrrrrrr rrrrrrr r"),
        (ANN, ANN, "ddrd rrrrrrr rrrrrrr rrrrrrr r"),
        (ANN, BOB, "dddd dddrddr dddrddr ddddddd r"),
        (ROOT, ANN, "aaaa aaaaaaa aaaaaaa aaaaaaa a"),
    ] {
        let found = letters(&verdicts_on(&leads, &actor(by), about, &checks).await);
        assert_eq!(found, expected.replace(' ', ""), "{by} {about}");
    }
    let directory = [
        Check::AddUser,
        Check::AddGroup(group_id(0x77)),
        Check::ChangeGroup(group_id(NORTH)),
        Check::DeleteGroup(group_id(NORTH)),
        Check::GrantSuperuser(group_id(NORTH)),
    ];
    assert_eq!(letters(&verdicts_on_directory(&leads, &actor(LEAD), &directory).await), "ddddd");
    let reason = verdicts_on(&leads, &actor(LEAD), ANN, &[Check::Join(group_id(SALES))]).await;
    assert_eq!(
        reason,
        [Verdict::because("Members of the department itself are named by the administrators.")]
    );
}

/// An attempt of a lead on a user.
#[derive(Debug, Clone)]
enum Try {
    Add(u128),
    Remove(u128),
    Set(UserUpdate),
}

#[tokio::test]
async fn lead_moves_users_only_within_the_scope() {
    let service = UserService::new(store().await, example("group_administrators"));
    let lead = actor(LEAD);
    let [bob, new, me] = [BOB, NEW, LEAD].map(UserId);
    let set = |groups: &[u128]| {
        let groups: Memberships = groups.iter().copied().map(group_id).collect();
        Try::Set(UserUpdate::patch().groups(groups))
    };
    for (about, attempt, allowed) in [
        (bob, Try::Add(SOUTH), true),
        (bob, Try::Remove(NORTH), true),
        (bob, Try::Remove(FINANCE), false),
        (bob, Try::Add(FINANCE), false),
        (bob, Try::Add(SALES), false),
        (bob, Try::Add(GRANTING), false),
        // Bob is also in finance, so the lead may not set all groups.
        (bob, set(&[SOUTH]), false),
        (bob, Try::Set(UserUpdate::patch().join_group(group_id(NORTH))), false),
        (me, Try::Add(NORTH), false),
        (new, set(&[NORTH, SOUTH]), true),
        (new, set(&[]), true),
        // Finance is not a group of sales.
        (new, set(&[FINANCE]), false),
        (new, set(&[GRANTING]), false),
        // Once out of sales, bob is hidden from the lead.
        (bob, Try::Remove(SOUTH), true),
        (bob, Try::Add(SOUTH), false),
    ] {
        let done = match attempt.clone() {
            Try::Add(group) => service.add_member(&lead, group_id(group), about).await,
            Try::Remove(group) => service.remove_member(&lead, group_id(group), about).await,
            Try::Set(update) => service.update_user(&lead, about, update).await,
        };
        assert_eq!(done.is_ok(), allowed, "{about} {attempt:?}: {done:?}");
    }
    let bob = service.retrieve(&Actor::system(), UserRef::from(bob)).await.unwrap();
    assert_eq!(bob.user.groups, [FINANCE].map(group_id).into());
}
