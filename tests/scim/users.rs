//! Users of a connection: creation, replacement, versions, deactivation, deletion.

use std::sync::Arc;

use serde_json::{Value, json};
use userbook::{
    Actor, NewUser, PermissionAuthorizer, Policy, Safeguard, StaticPermissions, UserService, UserUpdate,
    model::UserRef,
};
use userbook_scim::{Adoption, Deletion, Mapping, Strictness, schema::Attribute};
use userbook_tests::fixture::{ANN, Kind, row};

use crate::{
    on_each_store,
    provider::{ENTERPRISE, PATCH, Provider, USER, patch, user},
};

on_each_store!(
    a_user_has_the_sent_values,
    put_replaces_and_keeps_the_state,
    versions_guard_reads_and_writes,
    deactivation_ends_sessions,
    deleted_users_are_gone,
    deactivated_users_are_gone_for_the_connection_and_return,
    external_ids_are_unique_per_connection,
    a_host_lets_a_connection_adopt,
    many_users_with_the_address_do_not_hide_the_name,
    mapped_attributes_are_stored_under_their_keys,
    strictness_is_a_policy,
    errors_have_the_format_of_the_rfc,
);

async fn a_user_has_the_sent_values(kind: Kind) {
    let provider = Provider::new(kind).await;
    let mut body = user("ada");
    body[ENTERPRISE] = json!({"department": "R&D", "manager": {"value": "7"}});
    body["title"] = "Dr".into();
    let created = provider.ask("POST /Users", body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.json);
    let id = created.id();
    let location = format!("https://app.example.com/scim/v2/Users/{id}");
    assert_eq!(created.headers["location"], location.as_str());
    assert_eq!(created.headers["content-type"], "application/scim+json");
    assert_eq!(created.json["meta"]["location"], location.as_str());
    assert_eq!(created.json["meta"]["version"], created.etag().as_str());
    let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
    assert_eq!(shown, created.json);
    for (pointer, expected) in [
        ("/userName", json!("ada")),
        ("/externalId", json!("ext-ada")),
        ("/displayName", json!("Ada Lovelace")),
        ("/name/givenName", json!("Ada")),
        ("/active", json!(true)),
        ("/emails/0/value", json!("ada@example.com")),
        ("/title", json!("Dr")),
        ("/schemas", json!([USER, ENTERPRISE])),
    ] {
        assert_eq!(shown.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(shown[ENTERPRISE], json!({"department": "R&D", "manager": {"value": "7"}}));
    let part =
        provider.ask(&format!("GET /Users/{id}?attributes=userName,name.givenName"), Value::Null).await;
    let expected =
        json!({"schemas": shown["schemas"], "id": id, "userName": "ada", "name": {"givenName": "Ada"}});
    assert_eq!(part.expect(200), expected);
    let rest =
        provider.ask(&format!("GET /Users/{id}?excludedAttributes=name,id,emails.type"), Value::Null).await;
    let rest = rest.expect(200);
    assert_eq!((rest.get("name"), &rest["id"]), (None, &json!(id)));
    assert_eq!(rest["emails"][0].get("type"), None);
    let again = provider.ask("POST /Users", body).await;
    assert_eq!(again.json["scimType"], "uniqueness");
    again.expect(409);
}

async fn put_replaces_and_keeps_the_state(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let target = format!("/Users/{id}");
    let off = patch(&json!([{"op": "replace", "path": "active", "value": false}]));
    provider.ask(&format!("PATCH {target}"), off).await.expect(200);
    let body = json!({"schemas": [USER], "userName": "ada.l", "displayName": "A. L.", "id": "other", "nickName": "a"});
    let replaced = provider.ask(&format!("PUT {target}"), body).await.expect(200);
    assert_eq!((&replaced["userName"], &replaced["displayName"]), (&json!("ada.l"), &json!("A. L.")));
    assert_eq!((&replaced["id"], &replaced["active"]), (&json!(id), &json!(false)));
    assert_eq!((replaced.get("emails"), replaced.get("externalId")), (None, None));
    assert_eq!(replaced["name"], json!({"formatted": "A. L.", "givenName": "A.", "familyName": "L."}));
    let missing = provider.ask(&format!("PUT {target}"), json!({"schemas": [USER]})).await;
    assert_eq!(missing.json["scimType"], "invalidValue");
    missing.expect(400);
}

async fn versions_guard_reads_and_writes(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let group = provider.group("ops", &[&id]).await;
    for (target, operation) in [
        (format!("/Users/{id}"), json!([{"op": "replace", "path": "displayName", "value": "B"}])),
        (format!("/Groups/{group}"), json!([{"op": "replace", "path": "displayName", "value": "dev"}])),
    ] {
        let ask = async |method: &str, headers: &[(&str, &str)], body: Value| {
            provider.ask_as("okta", &format!("{method} {target}"), headers, body).await
        };
        let old = ask("GET", &[], Value::Null).await.etag();
        assert_eq!(ask("GET", &[("if-none-match", &old)], Value::Null).await.status, 304, "{target}");
        let known = ask("HEAD", &[("if-none-match", &old)], Value::Null).await;
        assert_eq!((known.status, known.headers.get("content-length")), (304, None), "{target}");
        assert_eq!(ask("PATCH", &[("if-match", "W/\"x\"")], patch(&operation)).await.status, 412, "{target}");
        assert_eq!(ask("PATCH", &[("if-none-match", "*")], patch(&operation)).await.status, 412, "{target}");
        let new = ask("PATCH", &[("if-match", &old)], patch(&operation)).await;
        assert_eq!(new.status, 200, "{}", new.json);
        assert_ne!(new.etag(), old);
        assert_eq!(ask("GET", &[("if-none-match", &old)], Value::Null).await.status, 200);
        assert_eq!(ask("GET", &[("if-match", &old)], Value::Null).await.status, 412);
        assert_eq!(ask("DELETE", &[("if-match", &old)], Value::Null).await.status, 412);
        if target.contains("Groups") {
            // A version without the members is the state of the group, with and without members.
            let query = format!("GET {target}?excludedAttributes=members");
            let part = provider.ask_as("okta", &query, &[], Value::Null).await.etag();
            assert_eq!(ask("GET", &[("if-match", &part)], Value::Null).await.status, 200);
            let full = ask("GET", &[], Value::Null).await.etag();
            assert_eq!(
                provider.ask_as("okta", &query, &[("if-match", &full)], Value::Null).await.status,
                200
            );
            // The host adds a member on the side of the user.
            let other = provider.user("other").await;
            let user = provider
                .host
                .retrieve(&Actor::system(), UserRef::Uuid(other.parse().unwrap()))
                .await
                .unwrap();
            let gid = userbook::GroupId(group.parse().unwrap());
            let join = UserUpdate::patch().join_group(gid);
            provider.host.update_user(&Actor::system(), user.user.id, join).await.unwrap();
            let whole = json!({"schemas": [crate::provider::GROUP], "displayName": "dev", "members": [{"value": id}]});
            assert_eq!(ask("PUT", &[("if-match", &full)], whole.clone()).await.status, 412);
            // The members count also beside a version without them.
            let mixed = format!("W/\"x\", {full}");
            assert_eq!(ask("PUT", &[("if-match", &mixed)], whole).await.status, 412);
            assert_eq!(ask("DELETE", &[("if-match", &full)], Value::Null).await.status, 412);
            let full = ask("GET", &[], Value::Null).await.etag();
            assert_eq!(ask("DELETE", &[("if-match", &full)], Value::Null).await.status, 204);
            continue;
        }
        assert_eq!(ask("DELETE", &[("if-match", &new.etag())], Value::Null).await.status, 204);
    }
}

async fn deactivation_ends_sessions(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let uuid = UserRef::Uuid(id.parse().unwrap());
    let epoch = async || {
        let user = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user;
        (user.is_active, user.session_epoch)
    };
    let (_, before) = epoch().await;
    let off = patch(&json!([{"op": "Replace", "path": "active", "value": "False"}]));
    let answer = provider.ask(&format!("PATCH /Users/{id}"), off).await.expect(200);
    assert_eq!(answer["active"], false);
    let (is_active, after) = epoch().await;
    assert!(!is_active && before != after);
    assert_eq!(provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200)["active"], false);
}

async fn deleted_users_are_gone(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    assert_eq!(provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.status, 204);
    for method in ["GET", "DELETE"] {
        provider.ask(&format!("{method} /Users/{id}"), Value::Null).await.expect(404);
    }
    let uuid = UserRef::Uuid(id.parse().unwrap());
    assert!(provider.host.retrieve(&Actor::system(), uuid).await.is_err());
}

async fn deactivated_users_are_gone_for_the_connection_and_return(kind: Kind) {
    let options = |connection: userbook_scim::Connection| connection.deletion(Deletion::Deactivate);
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    let id = provider.user("ada").await;
    let group = provider.group("ops", &[&id]).await;
    assert_eq!(provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.status, 204);
    let off = patch(&json!([{"op": "replace", "path": "active", "value": true}]));
    provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(404);
    provider.ask(&format!("PATCH /Users/{id}"), off).await.expect(404);
    provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(404);
    assert_eq!(provider.ask("GET /Users", Value::Null).await.expect(200)["totalResults"], 0);
    let found = provider.ask("GET /Users?filter=userName eq \"ada\"", Value::Null).await.expect(200);
    assert_eq!(found["totalResults"], 0);
    assert!(provider.members(&group).await.is_empty());
    let uuid = UserRef::Uuid(id.parse().unwrap());
    let stored = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user;
    assert!(!stored.is_active && stored.groups.is_empty());
    // Another connection does not take the user.
    provider.ask_as("entra", "POST /Users", &[], user("ada")).await.expect(409);
    let returned = provider.ask("POST /Users", user("ada")).await;
    assert_eq!((returned.status, returned.id()), (201, id.clone()));
    assert_eq!(returned.json["active"], true);
    assert_eq!(returned.json["externalId"], "ext-ada");
    provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
    provider.ask("POST /Users", user("ada")).await.expect(409);
    // A user who was inactive already returns as well.
    let off = patch(&json!([{"op": "replace", "path": "active", "value": false}]));
    provider.ask(&format!("PATCH /Users/{id}"), off).await.expect(200);
    provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
    let returned = provider.ask("POST /Users", user("Ada")).await.expect(201);
    assert_eq!((&returned["id"], &returned["active"]), (&json!(id), &json!(true)));
    // The identifier of a removed user is free, also for a second removal.
    assert_eq!(provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.status, 204);
    let mut other = user("bo");
    other["externalId"] = "ext-ada".into();
    let other = provider.ask("POST /Users", other).await.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(provider.ask(&format!("DELETE /Users/{other}"), Value::Null).await.status, 204);
}

async fn external_ids_are_unique_per_connection(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let mut other = user("bo");
    other["externalId"] = "ext-ada".into();
    let taken = provider.ask("POST /Users", other.clone()).await;
    assert_eq!(taken.json["scimType"], "uniqueness", "{}", taken.json);
    taken.expect(409);
    let foreign = provider.ask_as("entra", "POST /Users", &[], other).await;
    assert_eq!(foreign.status, 201, "{}", foreign.json);
    let found = provider.ask("GET /Users?filter=externalId eq \"ext-ada\"", Value::Null).await.expect(200);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    let changed = patch(&json!([{"op": "replace", "path": "externalId", "value": "new"}]));
    assert_eq!(provider.ask(&format!("PATCH /Users/{id}"), changed).await.expect(200)["externalId"], "new");
    let removed = patch(&json!([{"op": "remove", "path": "externalId"}]));
    let shown = provider.ask(&format!("PATCH /Users/{id}"), removed).await.expect(200);
    assert_eq!(shown.get("externalId"), None);
    provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
}

#[derive(Debug)]
struct Staff;

impl Adoption for Staff {
    fn may_adopt(&self, source: &userbook::model::ExternalSource, user: &userbook::User) -> bool {
        source.as_str() == "scim:okta" && user.username == "ann"
    }
}

async fn a_host_lets_a_connection_adopt(kind: Kind) {
    let options = |connection: userbook_scim::Connection| connection.adoption(Staff);
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    let ann = row(&provider.store, ANN).await;
    assert_eq!(ann.username, "ann");
    let adopted = provider.ask("POST /Users", user("ann")).await;
    assert_eq!(
        (adopted.status, adopted.json["id"].clone()),
        (201, json!(ann.uuid.to_string())),
        "{}",
        adopted.json
    );
    provider.ask("POST /Users", user("ann")).await.expect(409);
    // The host refuses, and a safeguard protects a superuser whatever the host says.
    provider.ask("POST /Users", user("viewer")).await.expect(409);
}

/// Any user.
#[derive(Debug)]
struct Anyone;

impl Adoption for Anyone {
    fn may_adopt(&self, _: &userbook::model::ExternalSource, _: &userbook::User) -> bool {
        true
    }
}

async fn many_users_with_the_address_do_not_hide_the_name(kind: Kind) {
    let options = |connection: userbook_scim::Connection| connection.adoption(Anyone);
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    // The host lets a name be the address of others.
    let permissions = PermissionAuthorizer::new(StaticPermissions::none());
    let policy = Policy::default().without(Safeguard::DistinctLogins);
    let host = UserService::new(Arc::clone(&provider.store), permissions).with_policy(policy);
    let insert = async |name: String, email: &str| {
        let new = NewUser::new(name, "").with(|user| user.email(email));
        host.insert_user(&Actor::system(), new).await.unwrap().view.user.uuid.to_string()
    };
    for n in 0..60 {
        insert(format!("a{n}"), "Zoe@Example.com").await;
    }
    let zoe = insert("zoe@example.com".to_owned(), "").await;
    let body = json!({"schemas": [USER], "userName": "zoe@example.com", "active": true});
    assert_eq!(provider.ask("POST /Users", body).await.expect(201)["id"], zoe.as_str());
}

async fn mapped_attributes_are_stored_under_their_keys(kind: Kind) {
    let urn = "urn:example:2.0:User";
    let mapping = || {
        Mapping::default()
            .with_attribute(urn, Attribute::string("badge", "The badge."), "badge_number")
            .with_key(ENTERPRISE, "department", "team")
    };
    let options = |connection: userbook_scim::Connection| connection.mapping(mapping());
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    let id = provider.user("ada").await;
    let operations = json!([
        {"op": "add", "path": format!("{urn}:badge"), "value": "7"},
        {"op": "add", "value": {ENTERPRISE: {"department": "Ops"}}},
    ]);
    let shown = provider.ask(&format!("PATCH /Users/{id}"), patch(&operations)).await.expect(200);
    assert_eq!((&shown[urn]["badge"], &shown["schemas"][1]), (&json!("7"), &json!(ENTERPRISE)));
    let uuid = UserRef::Uuid(id.parse().unwrap());
    let stored = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user;
    assert_eq!(
        (&stored.attributes["badge_number"], &stored.attributes["team"]),
        (&json!("7"), &json!("Ops"))
    );
    // The host's own attributes stay, and a changed address is shown.
    let own = json!({"own": {"a": 1}}).as_object().cloned().unwrap();
    let update = UserUpdate::patch().merge_attributes(own).email("new@example.com");
    provider.host.update_user(&Actor::system(), stored.id, update).await.unwrap();
    let operations = json!([{"op": "replace", "path": "title", "value": "Dr"}]);
    let shown = provider.ask(&format!("PATCH /Users/{id}"), patch(&operations)).await.expect(200);
    assert_eq!(shown["emails"][0]["value"], "new@example.com");
    let stored = provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user;
    assert_eq!(
        (&stored.attributes["own"], &stored.attributes["badge_number"]),
        (&json!({"a": 1}), &json!("7"))
    );
    let schemas = provider.ask("GET /Schemas", Value::Null).await.expect(200);
    assert!(schemas["Resources"].as_array().unwrap().iter().any(|schema| schema["id"] == urn));
}

async fn strictness_is_a_policy(kind: Kind) {
    let strict = |connection: userbook_scim::Connection| connection.strictness(Strictness::strict());
    let provider = Provider::with(kind, StaticPermissions::none(), strict).await;
    let id = provider.user("ada").await;
    let replace = |value: Value| json!([{"op": "replace", "path": "active", "value": value}]);
    for (body, status) in [
        (patch(&replace(json!("False"))), 400),
        (patch(&replace(json!([false]))), 400),
        (json!({"Operations": replace(json!(false))}), 400),
        (
            json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": false}]}),
            400,
        ),
        (patch(&replace(json!(false))), 200),
    ] {
        assert_eq!(provider.ask(&format!("PATCH /Users/{id}"), body.clone()).await.status, status, "{body}");
    }
    provider.ask("POST /Users", json!({"userName": "bo"})).await.expect(400);
    provider.ask("GET /Users?filter=active eq True", Value::Null).await.expect(400);
}

async fn errors_have_the_format_of_the_rfc(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    for (token, target, body, status, keyword) in [
        ("", "GET /Users", Value::Null, 401, None),
        ("wrong", "GET /Users", Value::Null, 401, None),
        ("okta", "GET /Nothing", Value::Null, 404, None),
        ("okta", "GET /Users/x", Value::Null, 404, None),
        ("okta", "PATCH /Users", json!({}), 405, None),
        ("okta", "GET /Me", Value::Null, 501, None),
        ("okta", "POST /Users", json!([]), 400, Some("invalidSyntax")),
        ("okta", "POST /Users", json!({"schemas": [USER]}), 400, Some("invalidValue")),
        ("okta", "POST /Users", json!({"schemas": ["x"], "userName": "x"}), 400, Some("invalidSyntax")),
        (
            "okta",
            "POST /Users",
            json!({"schemas": [USER], "userName": "x", "emails": "nope@"}),
            400,
            Some("invalidValue"),
        ),
        ("okta", "GET /Users?filter=nonsense", Value::Null, 400, Some("invalidFilter")),
        ("okta", "GET /Users?count=many", Value::Null, 400, Some("invalidValue")),
        ("okta", "GET /Users?sortBy=nope", Value::Null, 400, Some("invalidPath")),
        ("okta", "GET /Schemas?filter=id pr", Value::Null, 403, None),
        ("okta", &*format!("PATCH /Users/{id}"), patch(&json!([{"op": "remove"}])), 400, Some("noTarget")),
    ] {
        let answer = provider.ask_as(token, target, &[], body).await;
        assert_eq!(answer.status, status, "{target} {}", answer.json);
        assert_eq!(
            answer.json["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
            "{target}"
        );
        assert_eq!(answer.json["status"], status.to_string(), "{target}");
        assert_eq!(answer.json.get("scimType").and_then(Value::as_str), keyword, "{target} {}", answer.json);
        assert!(answer.json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{target}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}
