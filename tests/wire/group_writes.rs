//! Group writes: preconditions on members, and answers after a commit.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{
    Actor, Authorizer, GroupId, Limits, PermissionAuthorizer, Policy, StaticPermissions, User, UserId,
    UserService, UserStore,
    authz::{ActorView, AuthorizerError, Check, ListAuthorizer, Permission, Resource, Verdicts},
    model::GroupGraph,
    store::{
        ChangeSet, CommitOutcome, DirectoryQuery, DirectorySnapshot, GroupListQuery, GroupPage, ListStore,
        PathListQuery, PathPage, ProvisioningChange, ProvisioningStore, Scope, Snapshot, SnapshotQuery,
        StoreError, StoreErrorKind, UserListQuery, UserPage,
    },
};
use userbook_http::{DirectoryApi, ExtensionSet, Release, Representation, UserApi};
use userbook_tests::fixture::{
    ANN, AnyStore, BOSS, DEVS, Directory, HELPER, Kind, Numbered, ROOT, STAFF, UNPRIVILEGED, answer, ask,
    directory, group_id, store,
};

on_every_store!(
    if_match_compares_the_members_that_the_caller_sees,
    too_many_members_are_reported_before_the_precondition,
    failed_read_after_the_commit_answers_with_the_written_values,
    failed_read_after_the_commit_answers_with_the_known_children,
    commit_in_doubt_is_settled_before_the_authorizer_is_called,
);

/// May write every group, and view one of its members.
fn editor(granted: StaticPermissions) -> StaticPermissions {
    let rights = [Permission::ViewGroup, Permission::ChangeGroup, Permission::DeleteGroup];
    let granted = rights.into_iter().fold(granted, |all, right| all.grant(UserId(UNPRIVILEGED), right));
    granted.grant_on_user(UserId(UNPRIVILEGED), Permission::ViewUser, UserId(ANN))
}

async fn give_members(api: &Directory, group: u128, members: &[i64]) {
    let target = format!("PATCH /core/groups/{}/", group_id(group));
    let answer = ask(api, Some(ROOT), &target, &[], &json!({"users": members})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json);
}

async fn if_match_compares_the_members_that_the_caller_sees(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), editor);
    for (method, body, status) in
        [("PUT", json!({"name": "devs", "users": []}), 200), ("DELETE", Value::Null, 204)]
    {
        give_members(&api, DEVS, &[ANN, BOSS]).await;
        let path = format!("/core/groups/{}/", group_id(DEVS));
        let shown = ask(&api, Some(UNPRIVILEGED), &format!("GET {path}"), &[], &Value::Null).await;
        assert_eq!(shown.json["users"], json!([ANN]), "one member is hidden");
        let tag = shown.etag();
        // Another writer removes the visible member: the tag is stale.
        give_members(&api, DEVS, &[BOSS]).await;
        let target = format!("{method} {path}");
        let send = async || ask(&api, Some(UNPRIVILEGED), &target, &[("if-match", &tag)], &body).await;
        assert_eq!(send().await.status, 412, "{method}");
        // A hidden member makes no difference.
        give_members(&api, DEVS, &[ANN, BOSS, HELPER]).await;
        let done = send().await;
        assert_eq!(done.status, status, "{method}: {:?}", done.json);
    }
}

async fn too_many_members_are_reported_before_the_precondition(kind: Kind) {
    let store = store(kind).await;
    give_members(&directory(&store, Policy::hardened(), editor), DEVS, &[ANN, BOSS, HELPER]).await;
    let policy = Policy::hardened().with_limits(Limits { members_altered: 1, ..Limits::default() });
    let api = directory(&store, policy, editor);
    let path = format!("/core/groups/{}/", group_id(DEVS));
    let tag = ask(&api, Some(ROOT), &format!("GET {path}"), &[], &Value::Null).await.etag();
    for (method, body) in [("PUT", json!({"name": "devs", "users": []})), ("DELETE", Value::Null)] {
        let answer = ask(&api, Some(ROOT), &format!("{method} {path}"), &[("if-match", &tag)], &body).await;
        assert_eq!(answer.status, 400, "{method}: {:?}", answer.json);
    }
}

/// A store that lists nothing after a commit, or loses the answer of a commit.
#[derive(Debug)]
struct Failing {
    inner: AnyStore,
    committed: Arc<AtomicBool>,
    loses_answer: bool,
}

fn failure(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "the test wants a failure")
}

#[async_trait]
impl UserStore for Failing {
    async fn load(&self, query: &SnapshotQuery) -> Result<Snapshot, StoreError> {
        self.inner.load(query).await
    }

    async fn commit(&self, change: &ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.inner.commit(change).await
    }
}

#[async_trait]
impl ProvisioningStore for Failing {
    async fn load_directory(&self, query: &DirectoryQuery) -> Result<DirectorySnapshot, StoreError> {
        self.inner.load_directory(query).await
    }

    async fn provision(&self, change: &ProvisioningChange) -> Result<CommitOutcome, StoreError> {
        let outcome = self.inner.provision(change).await;
        self.committed.store(true, Ordering::Relaxed);
        if self.loses_answer { Err(failure(StoreErrorKind::Ambiguous)) } else { outcome }
    }

    async fn reserve_user_id(&self) -> Result<UserId, StoreError> {
        self.inner.reserve_user_id().await
    }
}

#[async_trait]
impl ListStore for Failing {
    async fn list_users(&self, query: &UserListQuery) -> Result<UserPage, StoreError> {
        self.inner.list_users(query).await
    }

    async fn list_groups(&self, query: &GroupListQuery) -> Result<GroupPage, StoreError> {
        if self.committed.load(Ordering::Relaxed) {
            return Err(failure(StoreErrorKind::Other));
        }
        self.inner.list_groups(query).await
    }

    async fn list_paths(&self, query: &PathListQuery) -> Result<PathPage, StoreError> {
        self.inner.list_paths(query).await
    }
}

/// Permissions that are not available after a commit.
#[derive(Debug)]
struct Interrupted {
    inner: PermissionAuthorizer<StaticPermissions>,
    committed: Arc<AtomicBool>,
}

impl Interrupted {
    fn check(&self) -> Result<(), AuthorizerError> {
        let is_interrupted = self.committed.load(Ordering::Relaxed);
        if is_interrupted { Err(AuthorizerError::new("the test wants a failure")) } else { Ok(()) }
    }
}

#[async_trait]
impl Authorizer for Interrupted {
    async fn authorize(
        &self,
        actor: &Actor,
        resource: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        self.check()?;
        self.inner.authorize(actor, resource, checks).await
    }

    async fn can_grant_superuser(&self, user: &User, groups: &GroupGraph) -> Result<bool, AuthorizerError> {
        self.inner.can_grant_superuser(user, groups).await
    }
}

#[async_trait]
impl ListAuthorizer for Interrupted {
    async fn visible_users(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<UserId>, AuthorizerError> {
        self.check()?;
        self.inner.visible_users(actor, state).await
    }

    async fn visible_groups(
        &self,
        actor: &Actor,
        state: Option<ActorView<'_>>,
    ) -> Result<Scope<GroupId>, AuthorizerError> {
        self.inner.visible_groups(actor, state).await
    }
}

/// Writes the staff, whose only member is Ann, and returns status and group.
async fn write_staff(inner: &AnyStore, loses_answer: bool, method: &str, body: Value) -> (u16, Value) {
    write_staff_of(Release::V2025_2, inner, loses_answer, method, body).await
}

async fn write_staff_of(
    release: Release,
    inner: &AnyStore,
    loses_answer: bool,
    method: &str,
    body: Value,
) -> (u16, Value) {
    let committed = Arc::new(AtomicBool::new(false));
    let store = Failing { inner: Arc::clone(inner), committed: Arc::clone(&committed), loses_answer };
    let authorizer = PermissionAuthorizer::new(StaticPermissions::none());
    let committed = if loses_answer { committed } else { Arc::default() };
    let service = UserService::new(store, Interrupted { inner: authorizer, committed });
    let api = UserApi::new(service, Numbered, Representation::new("").with_release(release));
    let api = api.with_extensions(ExtensionSet::all());
    let api = DirectoryApi::from(api);
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v3/core/groups/{}/?include_parents=true&include_children=true", group_id(STAFF)))
        .header("authorization", format!("Bearer {ROOT}"))
        .header("content-type", "application/json")
        .body(Full::<Bytes>::from(body.to_string()));
    let answer = answer(api.handle(request.unwrap()).await);
    (answer.status.as_u16(), answer.json)
}

async fn failed_read_after_the_commit_answers_with_the_written_values(kind: Kind) {
    let inner = store(kind).await;
    let api = directory(&inner, Policy::hardened(), |granted| granted);
    give_members(&api, STAFF, &[ANN]).await;
    for (method, body, members) in [
        ("PATCH", json!({"attributes": {"n": 1}}), json!([ANN])),
        ("PUT", json!({"name": "staff", "users": [ANN, BOSS]}), json!([ANN, BOSS])),
        ("PATCH", json!({"name": "personnel"}), json!([ANN, BOSS])),
    ] {
        let (status, group) = write_staff(&inner, false, method, body).await;
        assert_eq!((status, &group["users"]), (200, &members), "{method}");
    }
}

async fn failed_read_after_the_commit_answers_with_the_known_children(kind: Kind) {
    let inner = store(kind).await;
    let api = directory(&inner, Policy::hardened(), |granted| granted);
    let target = format!("PATCH /core/groups/{}/", group_id(DEVS));
    let child = ask(&api, Some(ROOT), &target, &[], &json!({"parent": group_id(STAFF)})).await;
    assert_eq!(child.status, 200, "{:?}", child.json);
    for (method, body) in
        [("PATCH", json!({"attributes": {"n": 1}})), ("PUT", json!({"name": "staff", "users": [ANN, BOSS]}))]
    {
        let (status, group) = write_staff_of(Release::V2026_8, &inner, false, method, body).await;
        assert_eq!((status, &group["children"]), (200, &json!([group_id(DEVS)])), "{method}");
        assert_eq!(group["children_obj"][0]["name"], "devs", "{method}");
        assert_eq!(group["parents_obj"], Value::Null, "{method}: the parents are unknown");
    }
}

async fn commit_in_doubt_is_settled_before_the_authorizer_is_called(kind: Kind) {
    let inner = store(kind).await;
    let body = json!({"name": "personnel", "users": [ANN, BOSS]});
    let (status, group) = write_staff(&inner, true, "PUT", body).await;
    assert_eq!((status, &group["users"]), (200, &json!([ANN, BOSS])));
}
