//! Attacks by an identity provider, or by its token. Nothing of them succeeds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use userbook::{Actor, GroupId, NewGroup, StaticPermissions, UserId, model::UserRef};
use userbook_scim::ScimLimits;
use userbook_tests::fixture::{ADMINS, ANN, Kind, ROOT, STAFF, group_id, row};

use crate::{
    on_each_store,
    provider::{GROUP, Provider, granting, patch, user},
};

on_each_store!(
    a_pushed_group_never_grants_superuser_status,
    superusers_and_holders_are_protected,
    the_last_superuser_stays,
    accounts_are_not_adopted_by_name_or_address,
    foreign_resources_do_not_exist,
    foreign_members_are_neither_added_nor_removed,
    a_deletion_detaches_no_foreign_group,
    connections_do_not_see_each_other,
    a_deactivated_account_stops_the_connection,
    bombs_meet_limits,
    an_unauthorized_body_is_not_read,
    a_superuser_account_has_no_rights,
    repeated_comparisons_meet_limits,
);

async fn a_pushed_group_never_grants_superuser_status(kind: Kind) {
    let provider = Provider::new(kind).await;
    let (id, second) = (provider.user("ada").await, provider.user("bo").await);
    let group = provider.group("pushed", &[&id]).await;
    // Leniently unknown attributes have no effect.
    let body = json!({"schemas": [GROUP], "displayName": "more", "is_superuser": true, "isSuperuser": true, "parent": ADMINS.to_string()});
    provider.ask("POST /Groups", body).await.expect(201);
    // An administrator lets the group grant.
    let gid = GroupId(group.parse().unwrap());
    let granted = NewGroup::new("pushed").superuser(true);
    provider.host.put_group(&Actor::system(), gid, granted).await.unwrap();
    let add = patch(&json!([{"op": "add", "path": "members", "value": [{"value": second}]}]));
    let denied = provider.ask(&format!("PATCH /Groups/{group}"), add).await;
    assert!(denied.json["detail"].as_str().is_some_and(|it| it.contains("superuser")), "{}", denied.json);
    denied.expect(403);
    let remove = patch(&json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]));
    provider.ask(&format!("PATCH /Groups/{group}"), remove).await.expect(403);
    provider.ask(&format!("DELETE /Groups/{group}"), Value::Null).await.expect(403);
    assert_eq!(provider.members(&group).await, [id]);
}

async fn superusers_and_holders_are_protected(kind: Kind) {
    // The next user has this id.
    let holder_id = 10;
    let provider = Provider::with(kind, granting(holder_id), |connection| connection).await;
    let (holder, chief) = (provider.user("holder").await, provider.user("chief").await);
    let find = async |id: &str| {
        let uuid = UserRef::Uuid(id.parse().unwrap());
        provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user
    };
    assert_eq!(find(&holder).await.id, UserId(holder_id));
    let chief_id = find(&chief).await.id;
    provider.host.add_member(&Actor::system(), group_id(ADMINS), chief_id).await.unwrap();
    for id in [&holder, &chief] {
        for operation in [
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "attacker@example.com"}),
            json!({"op": "replace", "path": "userName", "value": "attacker"}),
            json!({"op": "replace", "path": "active", "value": false}),
        ] {
            let answer = provider.ask(&format!("PATCH /Users/{id}"), patch(&json!([operation]))).await;
            assert_eq!(answer.status, 403, "{operation} {}", answer.json);
        }
        provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(403);
    }
}

async fn the_last_superuser_stays(kind: Kind) {
    let provider = Provider::new(kind).await;
    let root = row(&provider.store, ROOT).await;
    // The administrator lets the connection manage the only superusers.
    for id in [ROOT, userbook_tests::fixture::BOSS] {
        let source = "scim:okta".parse().unwrap();
        let update = userbook::UserUpdate::patch().set_external_id(source, None);
        provider.host.update_user(&Actor::system(), UserId(id), update).await.unwrap();
    }
    let off = patch(&json!([{"op": "replace", "path": "active", "value": false}]));
    provider.ask(&format!("PATCH /Users/{}", root.uuid), off).await.expect(403);
    provider.ask(&format!("DELETE /Users/{}", root.uuid), Value::Null).await.expect(403);
    assert!(row(&provider.store, ROOT).await.is_active);
}

async fn accounts_are_not_adopted_by_name_or_address(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    let mut body = user(&ann.username);
    provider.ask("POST /Users", body.clone()).await.expect(409);
    body["userName"] = "other".into();
    body["emails"][0]["value"] = ann.email.as_str().into();
    let created = provider.ask("POST /Users", body).await;
    assert!(created.status == 409 || created.id() != ann.uuid.to_string(), "{}", created.json);
    assert_eq!(row(&provider.store, ANN).await, ann);
}

async fn foreign_resources_do_not_exist(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    let (ann_id, staff) = (ann.uuid.to_string(), group_id(STAFF).to_string());
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "x"}]));
    for (path, whole) in [
        (format!("/Users/{ann_id}"), user("ann")),
        (format!("/Groups/{staff}"), json!({"schemas": [GROUP], "displayName": "x"})),
    ] {
        provider.ask(&format!("GET {path}"), Value::Null).await.expect(404);
        provider.ask(&format!("PATCH {path}"), rename.clone()).await.expect(404);
        provider.ask(&format!("PUT {path}"), whole).await.expect(404);
        provider.ask(&format!("DELETE {path}"), Value::Null).await.expect(404);
    }
    for query in [
        "/Users".to_owned(),
        format!("/Users?filter=id eq \"{ann_id}\""),
        "/Users?filter=userName eq \"ann\"".to_owned(),
        format!("/Users?filter=emails.value eq \"{}\"", ann.email),
        "/Users?filter=userName pr".to_owned(),
        "/Groups".to_owned(),
        format!("/Groups?filter=id eq \"{staff}\""),
        format!("/Groups?filter=members.value eq \"{ann_id}\""),
    ] {
        let answer = provider.ask(&format!("GET {query}"), Value::Null).await.expect(200);
        assert_eq!((&answer["totalResults"], &answer["Resources"]), (&json!(0), &json!([])), "{query}");
    }
    let all = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
    assert_eq!(provider.ask("POST /.search", all).await.expect(200)["totalResults"], 0);
    // A foreign name is not revealed beyond the conflict.
    let taken = provider.ask("POST /Groups", json!({"schemas": [GROUP], "displayName": "staff"})).await;
    assert_eq!(taken.status, 409, "{}", taken.json);
    assert_eq!(row(&provider.store, ANN).await, ann);
}

async fn foreign_members_are_neither_added_nor_removed(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    let (own, foreign) = (provider.user("ada").await, ann.uuid.to_string());
    let group = provider.group("pushed", &[&own, &foreign]).await;
    assert_eq!(provider.members(&group).await, std::slice::from_ref(&own));
    assert!(!row(&provider.store, ANN).await.groups.contains(&GroupId(group.parse().unwrap())));
    // An administrator adds a member of their own.
    let gid = GroupId(group.parse().unwrap());
    provider.host.add_member(&Actor::system(), gid, ann.id).await.unwrap();
    for body in [
        patch(&json!([{"op": "remove", "path": format!("members[value eq \"{foreign}\"]")}])),
        patch(&json!([{"op": "replace", "path": "members", "value": [{"value": own}]}])),
        patch(&json!([{"op": "remove", "path": "members"}])),
    ] {
        let answer = provider.ask(&format!("PATCH /Groups/{group}"), body.clone()).await;
        assert_eq!(answer.status, 200, "{body} {}", answer.json);
        assert!(!answer.json.to_string().contains(&foreign), "{body}");
        assert!(row(&provider.store, ANN).await.groups.contains(&gid), "{body}");
    }
    assert!(provider.members(&group).await.is_empty());
    let shown = provider.ask(&format!("GET /Users/{own}"), Value::Null).await.expect(200);
    assert_eq!(shown.get("groups"), None);
}

/// A connection deletes its own group only if no foreign group loses its parent.
async fn a_deletion_detaches_no_foreign_group(kind: Kind) {
    let provider = Provider::new(kind).await;
    let pushed = provider.group("pushed", &[]).await;
    let (parent, child) = (GroupId(pushed.parse().unwrap()), group_id(STAFF));
    let stored = async || provider.host.retrieve_group(&Actor::system(), child, false).await.unwrap().group;
    let staff = stored().await;
    let below = NewGroup::new(staff.name.clone()).parent(parent);
    provider.host.put_group(&Actor::system(), child, below).await.unwrap();
    let before = stored().await;
    let denied = provider.ask(&format!("DELETE /Groups/{pushed}"), Value::Null).await;
    assert!(!denied.json.to_string().contains(&child.to_string()), "{}", denied.json);
    denied.expect(403);
    assert_eq!(stored().await, before);
    let above = NewGroup::new(staff.name.clone());
    provider.host.put_group(&Actor::system(), child, above).await.unwrap();
    provider.ask(&format!("DELETE /Groups/{pushed}"), Value::Null).await.expect(204);
}

async fn connections_do_not_see_each_other(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let group = provider.group("pushed", &[&id]).await;
    for target in [
        format!("GET /Users/{id}"),
        format!("DELETE /Users/{id}"),
        format!("GET /Groups/{group}"),
        format!("DELETE /Groups/{group}"),
    ] {
        provider.ask_as("entra", &target, &[], Value::Null).await.expect(404);
    }
    let body = json!({"schemas": [GROUP], "displayName": "other", "members": [{"value": id}]});
    let other = provider.ask_as("entra", "POST /Groups", &[], body).await.expect(201);
    assert_eq!(other["members"], json!([]));
    let found =
        provider.ask_as("entra", "GET /Users?filter=externalId eq \"ext-ada\"", &[], Value::Null).await;
    assert_eq!(found.expect(200)["totalResults"], 0);
}

async fn a_deactivated_account_stops_the_connection(kind: Kind) {
    let provider = Provider::with(kind, StaticPermissions::none(), |connection| connection).await;
    let id = provider.user("ada").await;
    let account = account(&provider).await;
    let update = userbook::UserUpdate::patch().is_active(false);
    provider.host.update_user(&Actor::system(), account.id, update).await.unwrap();
    let off = patch(&json!([{"op": "replace", "path": "active", "value": false}]));
    provider.ask(&format!("PATCH /Users/{id}"), off).await.expect(403);
    provider.ask("POST /Users", user("bo")).await.expect(403);
    provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(403);
    // A body that is no JSON object: it is not read.
    for target in ["POST /Bulk", "POST /.search", "POST /Users/.search"] {
        provider.ask(target, json!("x")).await.expect(403);
    }
    for path in ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"] {
        provider.ask(&format!("GET {path}"), Value::Null).await.expect(403);
    }
    for path in
        ["/Users", "/Groups", "/Users?filter=userName eq \"ada\"", "/Groups?filter=displayName eq \"x\""]
    {
        provider.ask(&format!("GET {path}"), Value::Null).await.expect(403);
    }
}

async fn bombs_meet_limits(kind: Kind) {
    let provider =
        Provider::new(kind).await.limited(ScimLimits { body_bytes: 64 * 1024, ..ScimLimits::default() });
    let id = provider.user("ada").await;
    let long = vec!["title pr"; 300].join(" or ");
    let deep = format!("{}title pr{}", "not (".repeat(100), ")".repeat(100));
    let create = json!({"method": "POST", "path": "/Users", "bulkId": "b", "data": user("x")});
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": vec![create; 101]});
    let members: BTreeSet<String> = (0..1001).map(|n| n.to_string()).collect();
    let members: Vec<Value> = members.into_iter().map(|id| json!({"value": id})).collect();
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    for (target, body, status, named) in [
        ("POST /Users".to_owned(), json!({"schemas": "x".repeat(70_000)}), 413, "65536 bytes"),
        ("POST /Bulk".to_owned(), bulk, 413, "100 operations"),
        (
            "POST /Groups".to_owned(),
            json!({"schemas": [GROUP], "displayName": "g", "members": members}),
            413,
            "1000 members",
        ),
        (format!("GET /Users?filter={long}"), Value::Null, 400, "256"),
        (format!("GET /Users?filter={deep}"), Value::Null, 400, "64"),
        (format!("GET /Users?filter=title eq \"{}\"", "x".repeat(17_000)), Value::Null, 413, "16384 bytes"),
        (
            format!("PATCH /Users/{id}"),
            patch(&json!([{"op": "add", "path": "title", "value": nested}])),
            400,
            "",
        ),
    ] {
        let answer = provider.ask(&target, body).await;
        assert_eq!(answer.status, status, "{target:.60} {}", answer.json);
        assert!(answer.json["detail"].as_str().unwrap().contains(named), "{target:.60} {}", answer.json);
    }
    let many = provider.ask("GET /Users?count=1000000", Value::Null).await.expect(200);
    assert_eq!(many["itemsPerPage"], 1);
}

async fn an_unauthorized_body_is_not_read(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    for (token, target, status) in [
        ("wrong", "POST /Users".to_owned(), 401),
        ("okta", format!("PATCH /Users/{}", ann.uuid), 404),
        ("okta", format!("PUT /Groups/{}", group_id(STAFF)), 404),
    ] {
        // The body is not JSON; the answer does not depend on the body.
        let answer = provider.ask_as(token, &target, &[], json!("not an object")).await;
        assert_eq!(answer.status, status, "{target}");
    }
}

/// The account of the connection `okta`.
async fn account(provider: &Provider) -> userbook::User {
    let filter =
        userbook::store::UserFilter { usernames: ["scim-okta".to_owned()].into(), ..Default::default() };
    let listing = userbook::service::Listing { filter, order: Vec::new(), offset: 0, limit: 1 };
    provider.host.list_users(&Actor::system(), listing).await.unwrap().users.remove(0).user
}

async fn a_superuser_account_has_no_rights(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let group = provider.group("pushed", &[]).await;
    let gid = GroupId(group.parse().unwrap());
    let granted = NewGroup::new("pushed").superuser(true);
    provider.host.put_group(&Actor::system(), gid, granted).await.unwrap();
    let account = account(&provider).await;
    provider.host.add_member(&Actor::system(), group_id(ADMINS), account.id).await.unwrap();
    let add = patch(&json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "x"}]));
    for (target, body) in [
        (format!("PATCH /Groups/{group}"), add),
        (format!("DELETE /Groups/{group}"), Value::Null),
        (format!("PATCH /Users/{id}"), rename),
        (format!("DELETE /Users/{id}"), Value::Null),
        ("POST /Users".to_owned(), user("bo")),
        ("GET /Users".to_owned(), Value::Null),
        ("GET /Groups".to_owned(), Value::Null),
        // The filter is not read.
        ("GET /Users?filter=title eq (".to_owned(), Value::Null),
        ("GET /Groups?filter=title eq (".to_owned(), Value::Null),
        (format!("GET /Users/{id}"), Value::Null),
    ] {
        let answer = provider.ask(&target, body).await;
        assert_eq!(answer.status, 403, "{target} {}", answer.json);
    }
}

async fn repeated_comparisons_meet_limits(kind: Kind) {
    let limits = ScimLimits { search_bytes: 1024 * 1024, ..ScimLimits::default() };
    let provider = Provider::new(kind).await.limited(limits);
    let mut body = user("ada");
    body["title"] = "\u{416}".repeat(5000).into();
    provider.ask("POST /Users", body).await.expect(201);
    let terms = |term: &str| vec![term; 200].join(" or ");
    for (target, body, status, named) in [
        ("POST /Users/.search", json!({"filter": terms("title co 1")}), 400, "1048576 bytes"),
        ("POST /Users/.search", json!({"attributes": vec!["emails"; 60_000]}), 413, "256 names"),
        ("POST /Users/.search", json!({"filter": 5}), 400, "filter"),
        ("GET /Users?filter=(", Value::Null, 400, "filter"),
    ] {
        let answer = provider.ask(target, body).await;
        assert_eq!(answer.status, status, "{target} {}", answer.json);
        assert!(answer.json["detail"].as_str().unwrap().contains(named), "{target} {}", answer.json);
    }
    // Many lookups are one scan.
    let names: Vec<String> = (0..200).map(|n| format!("emails.value eq \"X{n}@x.org\"")).collect();
    let filter = format!("{} or userName eq \"ada\"", names.join(" or "));
    let found = provider.ask("POST /Users/.search", json!({"filter": filter})).await.expect(200);
    assert_eq!(found["totalResults"], 1);
}
