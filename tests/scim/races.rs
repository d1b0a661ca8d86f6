//! Concurrent pushes of one connection.

use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};
use userbook::{
    Actor, GroupError, GroupId, Revision, StaticPermissions, UserUpdate, model::UserRef, update::GroupUpdate,
};
use userbook_scim::Deletion;
use userbook_tests::{fixture::Kind, races::rounds};

use crate::{
    on_each_store,
    provider::{GROUP, Provider, patch, user},
};

on_each_store!(
    two_pushes_of_members_lose_no_member,
    two_patches_of_a_user_both_survive,
    two_replacements_of_members_end_as_one,
    one_of_two_creations_activates_a_removed_user,
    a_member_that_leaves_the_connection_does_not_join,
    a_member_with_another_revision_does_not_join,
    a_member_that_joins_during_a_replacement_stays,
);

const ROUNDS: usize = 20;

/// Pushes of members at once; `USERBOOK_RACE_ROUNDS` overrides it.
const PUSHES: u32 = 100;

fn push(provider: &Provider, group: &str, operation: &Value) -> tokio::task::JoinHandle<u16> {
    let (provider, target) = (provider.clone(), format!("PATCH /Groups/{group}"));
    let body = patch(&json!([operation]));
    tokio::spawn(async move { provider.ask(&target, body).await.status })
}

fn add(id: &str) -> Value {
    json!({"op": "add", "path": "members", "value": [{"value": id}]})
}

fn remove(id: &str) -> Value {
    json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})
}

async fn two_pushes_of_members_lose_no_member(kind: Kind) {
    let provider = Provider::new(kind).await;
    let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
    let group = provider.group("crew", &[]).await;
    let mut both = [ada.clone(), bo.clone()];
    both.sort_unstable();
    for round in 0..rounds(PUSHES) {
        let (one, two) =
            tokio::join!(push(&provider, &group, &add(&ada)), push(&provider, &group, &add(&bo)));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        let mut members = provider.members(&group).await;
        members.sort_unstable();
        assert_eq!(members, both, "round {round}");
        // One leaves while the other one joins again, which changes nothing.
        let (one, two) =
            tokio::join!(push(&provider, &group, &remove(&ada)), push(&provider, &group, &add(&bo)));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        assert_eq!(provider.members(&group).await, std::slice::from_ref(&bo), "round {round}");
        let (one, two) =
            tokio::join!(push(&provider, &group, &add(&ada)), push(&provider, &group, &remove(&bo)));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        assert_eq!(provider.members(&group).await, std::slice::from_ref(&ada), "round {round}");
        assert_eq!(push(&provider, &group, &remove(&ada)).await.unwrap(), 200);
    }
}

async fn two_patches_of_a_user_both_survive(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    for round in 0..ROUNDS {
        let change = |path: &'static str| {
            let (provider, id) = (provider.clone(), id.clone());
            tokio::spawn(async move {
                let value = format!("{path}-{round}");
                let operation = patch(&json!([{"op": "replace", "path": path, "value": value}]));
                provider.ask(&format!("PATCH /Users/{id}"), operation).await.status
            })
        };
        let (one, two) = tokio::join!(change("title"), change("nickName"));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
        assert_eq!(shown["title"], format!("title-{round}"));
        assert_eq!(shown["nickName"], format!("nickName-{round}"));
    }
}

async fn two_replacements_of_members_end_as_one(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = provider.group("crew", &[]).await;
    let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
    let replace = |members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": "crew", "members": members});
        let (provider, group) = (provider.clone(), group.clone());
        tokio::spawn(async move { provider.ask(&format!("PUT /Groups/{group}"), body).await.status })
    };
    for _ in 0..ROUNDS {
        let (one, two) = tokio::join!(replace(&[&ada]), replace(&[&bo]));
        assert_eq!((one.unwrap(), two.unwrap()), (200, 200));
        let members = provider.members(&group).await;
        assert_eq!(members.len(), 1, "{members:?}");
        assert_eq!(replace(&[]).await.unwrap(), 200);
    }
}

async fn one_of_two_creations_activates_a_removed_user(kind: Kind) {
    let provider =
        Provider::with(kind, StaticPermissions::none(), |it| it.deletion(Deletion::Deactivate)).await;
    for round in 0..ROUNDS {
        let id = provider.user("ada").await;
        provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
        let create = |name: &'static str| {
            let provider = provider.clone();
            tokio::spawn(async move { provider.ask("POST /Users", user(name)).await.status })
        };
        // The name is found in another spelling too.
        let (one, two) = tokio::join!(create("ada"), create("Ada"));
        let mut statuses = [one.unwrap(), two.unwrap()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "round {round}");
        provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
    }
}

async fn a_member_that_leaves_the_connection_does_not_join(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = provider.group("crew", &[]).await;
    for round in 0..ROUNDS {
        let id = provider.user(&format!("u{round}")).await;
        let uuid = UserRef::Uuid(id.parse().unwrap());
        let account = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user.id;
        let add = patch(&json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
        let leave = UserUpdate::patch().remove_external_id("scim:okta".parse().unwrap());
        let push = {
            let (provider, group) = (provider.clone(), group.clone());
            tokio::spawn(async move { provider.ask(&format!("PATCH /Groups/{group}"), add).await.status })
        };
        let system = Actor::system();
        let (left, status) = tokio::join!(provider.host.update_user(&system, account, leave).run(), push);
        assert_eq!(status.unwrap(), 200);
        let events = left.unwrap().view.groups.len();
        // A membership is older than the end of the management.
        let now = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().groups.len();
        assert_eq!(now, events, "round {round}");
    }
}

async fn a_member_with_another_revision_does_not_join(kind: Kind) {
    let provider = Provider::new(kind).await;
    let group = GroupId(provider.group("crew", &[]).await.parse().unwrap());
    let id = provider.user("ada").await;
    let uuid = UserRef::Uuid(id.parse().unwrap());
    let user = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user;
    let system = Actor::system();
    for (revision, joins) in [(Revision(uuid::Uuid::nil()), false), (user.revision, true)] {
        let mut update = GroupUpdate::patch().add_user(user.id);
        update.member_revisions.insert(user.id, revision);
        let authorized = provider.host.authorize_group_update(&system, Some(group), None).await.unwrap();
        let result = authorized.update(update).run().await;
        assert_eq!(result.is_ok(), joins);
        assert_eq!(matches!(result, Err(GroupError::Contended { .. })), !joins);
        let now = provider.host.retrieve(&system, uuid).await.unwrap().user;
        assert_eq!(now.groups.contains(&group), joins);
    }
}

/// The client names a version of the group with all members. Another writer adds one while the body arrives.
async fn a_member_that_joins_during_a_replacement_stays(kind: Kind) {
    let provider = Provider::new(kind).await;
    let (ada, bo, cy) = (provider.user("ada").await, provider.user("bo").await, provider.user("cy").await);
    let group = provider.group("crew", &[&ada]).await;
    let (id, joining) = (GroupId(group.parse().unwrap()), UserRef::Uuid(cy.parse().unwrap()));
    let system = Actor::system();
    let both = json!([{"value": ada}, {"value": bo}]);
    let send = async |method: &str, body: &Value, joins: bool| {
        let tag = provider.ask(&format!("GET /Groups/{group}"), Value::Null).await.etag();
        let (host, data) = (std::sync::Arc::clone(&provider.host), Bytes::from(body.to_string()));
        // The body is read after the version is compared.
        let frames = futures_util::stream::once(async move {
            if joins {
                host.add_member(&Actor::system(), id, joining).await.unwrap();
            }
            Ok::<_, std::convert::Infallible>(Frame::data(data))
        });
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/Groups/{group}"))
            .header("authorization", "Bearer okta")
            .header("content-type", "application/scim+json")
            .header("if-match", tag);
        provider.send(request.body(StreamBody::new(Box::pin(frames))).unwrap()).await.status
    };
    for (method, body) in [
        ("PUT", json!({"schemas": [GROUP], "displayName": "crew", "members": both})),
        ("PUT", json!({"schemas": [GROUP], "displayName": "crew", "members": []})),
        ("PATCH", patch(&json!([{"op": "replace", "path": "members", "value": both}]))),
        ("PATCH", patch(&json!([{"op": "remove", "path": "members"}]))),
    ] {
        assert_eq!(send(method, &body, true).await, 412, "{method} {body}");
        let mut members = provider.members(&group).await;
        members.sort_unstable();
        let mut expected = [ada.clone(), cy.clone()];
        expected.sort_unstable();
        assert_eq!(members, expected, "{method} {body}");
        provider.host.remove_member(&system, id, joining).await.unwrap();
        assert_eq!(send(method, &body, false).await, 200, "{method} {body}");
        let whole = json!({"schemas": [GROUP], "displayName": "crew", "members": [{"value": ada}]});
        provider.ask(&format!("PUT /Groups/{group}"), whole).await.expect(200);
    }
}
