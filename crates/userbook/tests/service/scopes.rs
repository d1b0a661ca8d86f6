//! A caller whose scope is a path or a group: users outside of it stay hidden in lists, counts, filters and members.

use async_trait::async_trait;
use userbook::{
    AccessError, Actor, Authorizer, Group, GroupId, ListError, User, UserId, UserService,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Resource, Verdict, Verdicts},
    model::GroupGraph,
    service::Listing,
    store::{GroupFilter, ImportData, ImportStore, Scope, UserFilter, UserSet},
    update::GroupUpdate,
};
use userbook_memory::MemoryStore;

use crate::users::{ADA, ADMINS, BOB, ROOT, STAFF, UNKNOWN, user};

/// Heads see the users at their own path and below, and the members of the group `STAFF`.
#[derive(Debug)]
struct Heads;

impl Heads {
    fn scope(state: Option<ActorView<'_>>) -> Scope<UserId> {
        let set = |view: ActorView<'_>| UserSet::default().path(&*view.state.path).members_of(STAFF);
        state.map_or(Scope::Nothing, |view| Scope::Only(set(view)))
    }
}

#[async_trait]
impl Authorizer for Heads {
    async fn authorize(
        &self,
        _actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        let scope = Self::scope(resource.actor());
        let verdict = |check: &Check| match (check, resource.user()) {
            (Check::View, Some(user)) if !scope.contains_user(user) => Verdict::Hide,
            (Check::View, None) => Verdict::Hide,
            _ => Verdict::Allow,
        };
        Ok(checks.iter().map(verdict).collect())
    }

    async fn can_grant_superuser(&self, _user: &User, _groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}

#[async_trait]
impl ListAuthorizer for Heads {
    async fn visible_users(
        &self,
        _actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        Ok(Self::scope(state))
    }

    async fn visible_groups(
        &self,
        _actor: &Actor,
        _state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        Ok(Scope::Everything)
    }
}

/// `ROOT` is the head of `staff/eu`, `BOB` works below, `ADA` beside it. `UNKNOWN` is in `STAFF` only.
async fn service() -> UserService<MemoryStore, Heads> {
    let group = |id, name: &str| Group { id, name: name.into(), ..Group::example() };
    let at =
        |id, name: &str, path: &str, groups: &[GroupId]| User { path: path.into(), ..user(id, name, groups) };
    let rows = ImportData {
        install_id: "i".into(),
        groups: vec![group(ADMINS, "team"), group(STAFF, "staff")],
        users: vec![
            at(ROOT, "head", "staff/eu", &[ADMINS]),
            at(BOB, "bob", "staff/eu/berlin", &[ADMINS]),
            at(ADA, "ada", "staff/europe", &[ADMINS]),
            at(UNKNOWN, "guest", "guests", &[STAFF]),
        ],
    };
    let store = MemoryStore::new();
    store.import(&rows).await.unwrap();
    UserService::new(store, Heads)
}

fn listing<F, C>(filter: F) -> Listing<F, C> {
    Listing { filter, order: Vec::new(), offset: 0, limit: 100 }
}

#[tokio::test]
async fn hidden_users_are_neither_listed_nor_counted() {
    let (service, head) = (service().await, Actor::user(ROOT));
    for (filter, expected) in [
        (UserFilter::default(), vec![ROOT, BOB, UNKNOWN]),
        (UserFilter { ids: [ADA, BOB].into(), ..UserFilter::default() }, vec![BOB]),
        (UserFilter { groups: vec![[ADMINS].into()], ..UserFilter::default() }, vec![ROOT, BOB]),
        (UserFilter { search: vec!["ada".into()], ..UserFilter::default() }, vec![]),
    ] {
        let page = service.list_users(&head, listing(filter.clone())).await.unwrap();
        let ids: Vec<_> = page.users.iter().map(|view| view.user.id).collect();
        assert_eq!((ids, page.count), (expected.clone(), expected.len() as u64), "{filter:?}");
    }
    for (id, is_visible) in [(BOB, true), (UNKNOWN, true), (ADA, false)] {
        assert_eq!(service.retrieve(&head, id).await.is_ok(), is_visible, "{id}");
    }
    let error = service.list_users(&Actor::anonymous(), listing(UserFilter::default())).await.unwrap_err();
    assert!(matches!(error, ListError::Access(AccessError::Forbidden(_))), "{error}");
}

#[tokio::test]
async fn hidden_members_are_neither_shown_nor_found_nor_removed() {
    let (service, head) = (service().await, Actor::user(ROOT));
    let members = async || {
        let entry = service.retrieve_group(&head, ADMINS, true).await.unwrap();
        entry.members.iter().map(|user| user.id).collect::<Vec<_>>()
    };
    assert_eq!(members().await, [ROOT, BOB]);
    for (named, expected) in
        [(BOB, vec![ADMINS]), (ADA, vec![]), (UNKNOWN, vec![STAFF]), (UserId(77), vec![])]
    {
        let filter = GroupFilter { members: vec![[named].into()], ..GroupFilter::default() };
        let page = service.list_groups(&head, listing(filter), true).await.unwrap();
        let ids: Vec<_> = page.groups.iter().map(|entry| entry.group.id).collect();
        assert_eq!((ids, page.count), (expected.clone(), expected.len() as u64), "{named}");
    }
    let replace = async |users: &[UserId]| {
        let authorized = service.authorize_group_update(&head, Some(ADMINS), None).await.unwrap();
        authorized.update(GroupUpdate::patch().users(users.iter().copied())).await
    };
    // A hidden user cannot be named, and stays a member when the visible members are replaced.
    let error = replace(&[ROOT, UserId(77)]).await.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
    replace(&[ROOT]).await.unwrap();
    assert_eq!(members().await, [ROOT]);
    let filter = GroupFilter { members: vec![[ADA].into()], ..GroupFilter::default() };
    let everyone = UserService::new(
        service.store().clone(),
        userbook::PermissionAuthorizer::new(userbook::StaticPermissions::none()),
    );
    let page = everyone.list_groups(&Actor::system(), listing(filter), false).await.unwrap();
    assert_eq!(page.count, 1, "the hidden member is still there");
}
