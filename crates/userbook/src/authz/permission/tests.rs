//! The recorded release's answers, by actor, check and resource.

use uuid::Uuid;

use super::*;
use crate::{
    authz::{Facts, ListAuthorizer},
    model::{Group, GroupGraph, Revision, User, UserType},
    store::{ActorState, Scope},
};

const ACTOR: UserId = UserId(1);
const TARGET: UserId = UserId(2);
const OTHER: UserId = UserId(3);
const ADMINS: GroupId = GroupId(Uuid::from_u128(1));
const BELOW: GroupId = GroupId(Uuid::from_u128(2));

/// The resource of the question.
#[derive(Debug, Clone, Copy)]
enum About {
    Known,
    Missing,
    Directory,
}

fn state(groups: &[GroupId]) -> ActorState {
    ActorState {
        id: ACTOR,
        is_active: true,
        user_type: UserType::Internal,
        path: "users".into(),
        attributes: serde_json::Value::Null.into(),
        groups: groups.iter().copied().collect(),
        revision: Revision(Uuid::nil()),
    }
}

fn graph() -> GroupGraph {
    let group = |id, is_superuser, parent| Group {
        id,
        name: String::new(),
        is_superuser,
        parent,
        attributes: serde_json::Value::Null,
        ..Group::example()
    };
    [group(ADMINS, true, None), group(BELOW, false, Some(ADMINS))].into_iter().collect()
}

/// Asks about a user, with the actor and two groups loaded.
async fn ask<P: PermissionSource>(
    source: P,
    actor: &Actor,
    state: Option<ActorState>,
    about: About,
    checks: &[Check],
) -> Result<Verdicts, AuthorizerError> {
    let authorizer = PermissionAuthorizer::new(source);
    let user = User { id: TARGET, ..User::example() };
    let groups = graph();
    let facts = Facts { groups: &groups, actor: state.as_ref() };
    let resource = match about {
        About::Known => Resource::User(&user, facts),
        About::Missing => Resource::MissingUser(facts),
        About::Directory => Resource::Directory(facts),
    };
    authorizer.authorize(actor, resource, checks).await
}

async fn letters(
    source: StaticPermissions,
    actor: &Actor,
    state: Option<ActorState>,
    about: About,
    checks: &[Check],
) -> String {
    let verdicts = ask(source, actor, state, about, checks).await.unwrap();
    let letter = |verdict: &Verdict| match verdict {
        Verdict::Allow => 'a',
        Verdict::Deny(_) => 'd',
        Verdict::Hide => 'h',
    };
    verdicts.verdicts.iter().map(letter).collect()
}

const ABOUT_USER: [Check; 5] = [
    Check::View,
    Check::Change,
    Check::Set(crate::violation::Field::Name),
    Check::Join(ADMINS),
    Check::DeleteUser,
];

#[tokio::test]
async fn permissions_globally_and_on_the_user() {
    use Permission::{ChangeUser, DeleteUser, EnableGroupSuperuser, ViewUser};
    let none = StaticPermissions::none;
    for (source, known, unknown) in [
        (none(), "ddddd", "d"),
        (none().grant(ACTOR, ViewUser), "adddd", "a"),
        (none().grant(ACTOR, ChangeUser), "daaad", "d"),
        (none().grant(ACTOR, ViewUser).grant(ACTOR, ChangeUser), "aaaad", "a"),
        (none().grant(ACTOR, DeleteUser), "dddda", "d"),
        (none().grant(ACTOR, EnableGroupSuperuser), "ddddd", "d"),
        (none().grant(OTHER, ViewUser).grant(OTHER, ChangeUser), "ddddd", "d"),
        (none().grant_on_user(ACTOR, ViewUser, TARGET), "adddd", "h"),
        (none().grant_on_user(ACTOR, ViewUser, OTHER), "hdddd", "h"),
        (none().grant_on_user(ACTOR, ChangeUser, TARGET), "daaad", "d"),
        (none().grant_on_user(ACTOR, ChangeUser, OTHER), "ddddd", "d"),
        (none().grant_on_user(ACTOR, DeleteUser, TARGET), "dddda", "d"),
        (none().grant_on_user(OTHER, ViewUser, TARGET), "ddddd", "d"),
    ] {
        let actor = Actor::user(ACTOR);
        let about = |about| letters(source.clone(), &actor, Some(state(&[])), about, &ABOUT_USER);
        assert_eq!(about(About::Known).await, known, "{source:?}");
        assert_eq!(about(About::Missing).await.chars().next(), unknown.chars().next(), "{source:?}");
    }
}

#[tokio::test]
async fn permissions_on_members() {
    use Permission::{AddUserToGroup, ChangeGroup, ChangeUser, RemoveUserFromGroup};
    let checks = [
        Check::AddMember(BELOW),
        Check::RemoveMember(BELOW),
        Check::AddMember(ADMINS),
        Check::Change,
        Check::Join(BELOW),
        Check::GrantSuperuser(BELOW),
    ];
    let none = StaticPermissions::none;
    for (source, expected) in [
        (none(), "dddddd"),
        (none().grant(ACTOR, AddUserToGroup), "adaddd"),
        (none().grant(ACTOR, RemoveUserFromGroup), "dadddd"),
        (none().grant_on_group(ACTOR, AddUserToGroup, BELOW), "addddd"),
        (none().grant_on_group(ACTOR, RemoveUserFromGroup, BELOW), "dadddd"),
        (none().grant_on_group(ACTOR, AddUserToGroup, ADMINS), "ddaddd"),
        (none().grant_on_group(OTHER, AddUserToGroup, BELOW), "dddddd"),
        // Neither the right to the group nor that to the user is the right to members.
        (none().grant(ACTOR, ChangeGroup), "dddddd"),
        (none().grant(ACTOR, ChangeUser), "dddaad"),
    ] {
        let actor = Actor::user(ACTOR);
        let found = letters(source.clone(), &actor, Some(state(&[])), About::Known, &checks).await;
        assert_eq!(found, expected, "{source:?}");
    }
}

#[tokio::test]
async fn who_one_is_counts_for_more_than_permissions() {
    let everything = || {
        let grant = |source: StaticPermissions, permission| source.grant(ACTOR, permission);
        Permission::ALL.iter().copied().fold(StaticPermissions::none(), grant)
    };
    let machine =
        |groups: &[GroupId]| ActorState { user_type: UserType::InternalServiceAccount, ..state(groups) };
    let retired = |groups: &[GroupId]| ActorState { is_active: false, ..state(groups) };
    let actor = Actor::user(ACTOR);
    for (name, source, actor, state, known, unknown) in [
        ("superuser", StaticPermissions::none(), &actor, Some(state(&[ADMINS])), 'a', 'a'),
        ("superuser by an ancestor", StaticPermissions::none(), &actor, Some(state(&[BELOW])), 'a', 'a'),
        ("retired superuser", StaticPermissions::none(), &actor, Some(retired(&[ADMINS])), 'd', 'd'),
        ("inactive with permissions", everything(), &actor, Some(retired(&[])), 'd', 'd'),
        ("gone", everything(), &actor, None, 'd', 'd'),
        ("machine", StaticPermissions::none(), &actor, Some(machine(&[])), 'h', 'h'),
        ("machine that may", everything(), &actor, Some(machine(&[])), 'a', 'a'),
        ("the host", StaticPermissions::none(), &Actor::system(), None, 'a', 'a'),
        ("anonymous", everything(), &Actor::anonymous(), None, 'd', 'd'),
        ("from elsewhere", everything(), &Actor::external("1"), None, 'd', 'd'),
    ] {
        for (about, expected) in [(About::Known, known), (About::Missing, unknown)] {
            let found = letters(source.clone(), actor, state.clone(), about, &[Check::View]).await;
            assert_eq!(found, expected.to_string(), "{name} {about:?}");
        }
    }
}

#[tokio::test]
async fn permissions_on_the_directory_and_on_groups() {
    use Permission as P;
    let checks = [
        Check::AddUser,
        Check::AddGroup(BELOW),
        Check::ChangeGroup(ADMINS),
        Check::ChangeGroup(BELOW),
        Check::DeleteGroup(ADMINS),
        Check::GrantSuperuser(ADMINS),
        Check::GrantSuperuser(BELOW),
    ];
    let none = StaticPermissions::none;
    for (source, expected) in [
        (none(), "ddddddd"),
        (none().grant(ACTOR, P::AddUser), "adddddd"),
        (none().grant(ACTOR, P::AddGroup), "daddddd"),
        (none().grant(ACTOR, P::ChangeGroup), "ddaaddd"),
        (none().grant(ACTOR, P::DeleteGroup), "ddddadd"),
        (none().grant(ACTOR, P::EnableGroupSuperuser), "dddddaa"),
        (none().grant_on_group(ACTOR, P::ChangeGroup, BELOW), "dddaddd"),
        (none().grant_on_group(ACTOR, P::EnableGroupSuperuser, ADMINS), "dddddad"),
        (none().grant_on_group(OTHER, P::EnableGroupSuperuser, ADMINS), "ddddddd"),
        // A new group has no permissions of its own yet.
        (none().grant_on_group(ACTOR, P::AddGroup, BELOW), "ddddddd"),
    ] {
        let actor = Actor::user(ACTOR);
        let found = letters(source.clone(), &actor, Some(state(&[])), About::Directory, &checks).await;
        assert_eq!(found, expected, "{source:?}");
        let superuser = letters(source, &actor, Some(state(&[BELOW])), About::Directory, &checks).await;
        assert_eq!(superuser, "aaaaaaa");
    }
}

/// What a list shows: a name, the permissions, the actor with their state, visible users and groups.
type ListCase = (&'static str, StaticPermissions, Actor, Option<ActorState>, (Scope<UserId>, Scope<GroupId>));

fn list_cases() -> Vec<ListCase> {
    use Permission as P;
    let none = StaticPermissions::none;
    let machine = ActorState { user_type: UserType::InternalServiceAccount, ..state(&[]) };
    let retired = ActorState { is_active: false, ..state(&[ADMINS]) };
    let user = || Actor::user(ACTOR);
    let all = || (Scope::Everything, Scope::Everything);
    let nothing = || (Scope::Nothing, Scope::Nothing);
    let users = (Scope::Everything, Scope::Nothing);
    let groups = (Scope::Nothing, Scope::Everything);
    let some = (Scope::Only([TARGET].into()), Scope::Only([BELOW].into()));
    vec![
        ("superuser", none(), user(), Some(state(&[ADMINS])), all()),
        ("superuser by an ancestor", none(), user(), Some(state(&[BELOW])), all()),
        ("the host", none(), Actor::system(), None, all()),
        ("anonymous", none(), Actor::anonymous(), None, nothing()),
        ("from elsewhere", none().grant(ACTOR, P::ViewUser), Actor::external("1"), None, nothing()),
        ("gone", none().grant(ACTOR, P::ViewUser), user(), None, nothing()),
        ("retired", none().grant(ACTOR, P::ViewUser), user(), Some(retired), nothing()),
        ("without permissions", none(), user(), Some(state(&[])), nothing()),
        ("of users", none().grant(ACTOR, P::ViewUser), user(), Some(state(&[])), users),
        ("of groups", none().grant(ACTOR, P::ViewGroup), user(), Some(state(&[])), groups),
        (
            "of some",
            none()
                .grant_on_user(ACTOR, P::ViewUser, TARGET)
                .grant_on_user(ACTOR, P::ChangeUser, OTHER)
                .grant_on_group(ACTOR, P::ViewGroup, BELOW)
                .grant_on_group(ACTOR, P::ChangeGroup, ADMINS),
            user(),
            Some(state(&[])),
            some,
        ),
        (
            "of others",
            none().grant(OTHER, P::ViewUser).grant_on_user(OTHER, P::ViewUser, TARGET),
            user(),
            Some(state(&[])),
            nothing(),
        ),
        (
            "a machine",
            none(),
            user(),
            Some(machine.clone()),
            (Scope::Only([].into()), Scope::Only([].into())),
        ),
        (
            "a machine that may",
            none().grant(ACTOR, P::ViewUser).grant(ACTOR, P::ViewGroup),
            user(),
            Some(machine),
            all(),
        ),
    ]
}

#[tokio::test]
async fn what_a_list_shows_is_what_may_be_viewed() {
    for (name, source, actor, state, expected) in list_cases() {
        let authorizer = PermissionAuthorizer::new(source);
        let groups = graph();
        let view = state.as_ref().map(|state| ActorView { state, groups: &groups });
        let users = authorizer.visible_users(&actor, view).await.unwrap();
        let found = (users, authorizer.visible_groups(&actor, view).await.unwrap());
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn a_source_that_fails_fails_the_authorizer() {
    #[derive(Debug)]
    struct Broken;

    #[async_trait]
    impl PermissionSource for Broken {
        async fn grants(&self, _query: &GrantQuery) -> Result<Grants, AuthorizerError> {
            Err(AuthorizerError::new("no connection"))
        }

        async fn granted_objects(&self, _: UserId, _: Permission) -> Result<GrantedObjects, AuthorizerError> {
            Err(AuthorizerError::new("no connection"))
        }
    }

    let actor = Actor::user(ACTOR);
    let failed = ask(Broken, &actor, Some(state(&[])), About::Known, &[Check::View]).await;
    assert_eq!(failed.unwrap_err().source.to_string(), "no connection");

    let (state, groups) = (state(&[]), graph());
    let view = Some(ActorView { state: &state, groups: &groups });
    let failed = PermissionAuthorizer::new(Broken).visible_users(&actor, view).await;
    assert_eq!(failed.unwrap_err().source.to_string(), "no connection");
}

#[test]
fn names_round_trip() {
    for &permission in Permission::ALL {
        assert_eq!(permission.to_string().parse(), Ok(permission));
    }
    let unknown = UnknownPermission("authentik_core.view".into());
    assert_eq!("authentik_core.view".parse::<Permission>(), Err(unknown));
}
