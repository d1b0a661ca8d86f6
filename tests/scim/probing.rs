//! Attacks that ask about foreign resources, disguise names, or cost work. Nothing of them succeeds.

use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::{Actor, GroupId, Limits, NewUser, StaticPermissions, UserUpdate, model::UserRef};
use userbook_scim::{ScimLimits, Strictness};
use userbook_tests::fixture::{ANN, Kind, STAFF, group_id, row};

use crate::{
    on_each_store,
    provider::{GROUP, PATCH, Provider, USER, patch, user},
};

on_each_store!(
    external_ids_of_others_are_neither_found_nor_taken,
    entity_tags_reveal_no_foreign_resource,
    names_that_look_alike_are_other_names_or_rejected,
    names_in_another_case_are_taken,
    patch_bombs_meet_limits,
    deep_nesting_meets_limits,
    bulk_references_reach_no_foreign_resource,
    sizes_of_members_do_not_show,
);

async fn external_ids_of_others_are_neither_found_nor_taken(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let group = json!({"schemas": [GROUP], "displayName": "crew", "externalId": "g-1"});
    provider.ask("POST /Groups", group).await.expect(201);
    // The host marks its own user with the identifier of another system.
    let update = UserUpdate::patch().set_external_id("hr".parse().unwrap(), Some("secret-7"));
    provider.host.update_user(&Actor::system(), userbook::UserId(ANN), update).await.unwrap();
    for (token, query) in [
        ("entra", "/Users?filter=externalId eq \"ext-ada\""),
        ("entra", "/Users?filter=externalId sw \"ext\""),
        ("entra", "/Users?filter=externalId pr"),
        ("entra", "/Users?filter=not (externalId eq \"x\")"),
        ("entra", "/Groups?filter=externalId eq \"g-1\""),
        ("okta", "/Users?filter=externalId eq \"secret-7\""),
        ("okta", "/Users?filter=externalId co \"secret\""),
    ] {
        let found = provider.ask_as(token, &format!("GET {query}"), &[], Value::Null).await.expect(200);
        assert_eq!(found["totalResults"], 0, "{token} {query}");
    }
    // The same identifier of another connection is another identifier: nothing is revealed, nothing is joined.
    let mut body = user("bo");
    body["externalId"] = "ext-ada".into();
    let other = provider.ask_as("entra", "POST /Users", &[], body.clone()).await.expect(201);
    assert_ne!(other["id"], id.as_str());
    // In the same connection it is taken.
    body["userName"] = "cy".into();
    provider.ask("POST /Users", body).await.expect(409);
    let own = provider.ask("GET /Users?filter=externalId eq \"ext-ada\"", Value::Null).await.expect(200);
    assert_eq!((&own["totalResults"], &own["Resources"][0]["id"]), (&json!(1), &json!(id)));
}

async fn entity_tags_reveal_no_foreign_resource(kind: Kind) {
    let provider = Provider::new(kind).await;
    let own = provider.ask("POST /Users", user("ada")).await;
    let (id, tag) = (own.id(), own.etag());
    let ann = row(&provider.store, ANN).await.uuid.to_string();
    let missing = "00000000-0000-4000-8000-00000000dead".to_owned();
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "x"}]));
    let staff = group_id(STAFF).to_string();
    for (token, path) in [
        ("entra", format!("/Users/{id}")),
        ("okta", format!("/Users/{ann}")),
        ("okta", format!("/Users/{missing}")),
        ("okta", format!("/Groups/{staff}")),
        ("okta", format!("/Groups/{missing}")),
    ] {
        let mut answers = Vec::new();
        for header in
            [("if-match", tag.as_str()), ("if-match", "*"), ("if-match", "W/\"0\""), ("if-none-match", "*")]
        {
            for (method, body) in [("GET", Value::Null), ("PATCH", rename.clone()), ("DELETE", Value::Null)] {
                let answer = provider.ask_as(token, &format!("{method} {path}"), &[header], body).await;
                assert_eq!(answer.status, 404, "{token} {method} {path} {header:?}");
                assert!(!answer.headers.contains_key("etag"));
                answers.push(answer.json);
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "the answers are equal: {answers:?}");
    }
    // A tag of another user, or of the past, changes nothing of one's own.
    for tag in ["W/\"0\"", "\"*\"", "W/\"\""] {
        let answer = provider
            .ask_as("okta", &format!("PATCH /Users/{id}"), &[("if-match", tag)], rename.clone())
            .await;
        assert_eq!(answer.status, 412, "{tag}");
    }
    let unchanged = provider
        .ask_as("okta", &format!("GET /Users/{id}"), &[("if-none-match", tag.as_str())], Value::Null)
        .await;
    assert_eq!(unchanged.status, 304);
}

async fn names_that_look_alike_are_other_names_or_rejected(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    assert_eq!(ann.username, "ann");
    // Cyrillic, full width, combining marks, invisible characters.
    for name in
        ["\u{430}nn", "\u{ff41}nn", "a\u{301}nn", "ann\u{200b}", "\u{202e}ann", "ann\u{0}", " ann", "ann "]
    {
        let answer = provider.ask("POST /Users", user(name)).await;
        assert!([201, 400, 409].contains(&answer.status), "{name:?} {}", answer.json);
        assert_ne!(answer.json["id"], ann.uuid.to_string(), "{name:?}");
        let found = provider.ask("GET /Users?filter=userName eq \"ann\"", Value::Null).await.expect(200);
        assert_eq!(found["totalResults"], 0, "{name:?}");
    }
    for name in ["\u{3164}", "\u{115f}", "\u{3164}\u{115f}", "\u{fe0f}", "\u{34f}", "\u{180b}"] {
        provider.ask("POST /Users", user(name)).await.expect(400);
        provider.ask("POST /Users", user(&format!("ann{name}"))).await.expect(400);
        let group = json!({"schemas": [GROUP], "displayName": name});
        provider.ask("POST /Groups", group).await.expect(400);
    }
    assert_eq!(row(&provider.store, ANN).await, ann);
}

async fn names_in_another_case_are_taken(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    let id = provider.user("ada").await;
    for name in ["ANN", "Ann", "aNN"] {
        provider.ask("POST /Users", user(name)).await.expect(409);
        let rename = patch(&json!([{"op": "replace", "path": "userName", "value": name}]));
        let taken = provider.ask(&format!("PATCH /Users/{id}"), rename).await.expect(409);
        assert_eq!(taken["scimType"], "uniqueness");
        assert!(!taken.to_string().contains(&ann.uuid.to_string()), "{taken}");
        let put = json!({"schemas": [USER], "userName": name});
        provider.ask(&format!("PUT /Users/{id}"), put).await.expect(409);
    }
    provider.ask("POST /Users", user("ADA")).await.expect(409);
    let found = provider.ask("GET /Users?filter=userName eq \"ADA\"", Value::Null).await.expect(200);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    // A group's name is a name in every case, too.
    provider.group("crew", &[]).await;
    for name in ["crew", "staff"] {
        let body = json!({"schemas": [GROUP], "displayName": name});
        provider.ask("POST /Groups", body).await.expect(409);
    }
    assert_eq!(row(&provider.store, ANN).await, ann);
}

async fn patch_bombs_meet_limits(kind: Kind) {
    let provider = Provider::new(kind).await;
    let id = provider.user("ada").await;
    let target = format!("PATCH /Users/{id}");
    let many = vec![json!({"op": "add", "path": "title", "value": "x"}); 1001];
    let items: Vec<Value> = (0..2000).map(|n| json!({"value": format!("{n}")})).collect();
    let list = json!({"op": "add", "path": "roles", "value": items});
    let every = json!({"op": "replace", "path": "roles[value pr].display", "value": "x".repeat(10_000)});
    let text = json!([{"op": "replace", "path": "title", "value": "x".repeat(70_000)}]);
    let long = format!("emails[{}]", vec!["type pr"; 300].join(" or "));
    let or = json!([{"op": "remove", "path": long}]);
    for (operations, status, named) in [
        (json!(many), 413, "1000 operations"),
        // One operation that writes to each of many elements.
        (json!([list.clone(), every]), 413, "4194304 bytes"),
        (text, 400, "65536 bytes"),
        (or, 400, "256 comparisons"),
        (json!([{"op": "add", "value": keys(1001)}]), 413, "1000 operations"),
    ] {
        let answer = provider.ask(&target, patch(&operations)).await;
        assert_eq!(answer.status, status, "{named} {:.200}", answer.json.to_string());
        assert!(answer.json["detail"].as_str().unwrap().contains(named), "{}", answer.json);
    }
    // A resource as a whole has the limit too, whether the schema has the keys or not.
    let unknown =
        |count: usize| (0..count).map(|n| (format!("k{n}"), json!(1))).collect::<serde_json::Map<_, _>>();
    for (keys, status) in
        [(keys(1001), 413), (Value::Object(unknown(1001)), 413), (Value::Object(unknown(1000)), 200)]
    {
        let mut body = user("ada");
        body.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        provider.ask(&format!("PUT /Users/{id}"), body.clone()).await.expect(status);
        body["userName"] = "bo".into();
        if status == 413 {
            let answer = provider.ask("POST /Users", body).await.expect(413);
            assert!(answer["detail"].as_str().unwrap().contains("1000"), "{answer}");
        }
    }
    let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
    assert_eq!((shown.get("roles"), shown.get("title")), (None, None), "nothing is written");
}

/// An object with this many paths as keys.
fn keys(count: usize) -> Value {
    let members = (0..count).map(|n| (format!("emails[type eq \"{n}\"].value"), json!("a@example.com")));
    Value::Object(members.collect())
}

async fn deep_nesting_meets_limits(kind: Kind) {
    let strict = |it: userbook_scim::Connection| it.strictness(Strictness::strict());
    for provider in [Provider::new(kind).await, Provider::with(kind, StaticPermissions::none(), strict).await]
    {
        let provider = provider.limited(ScimLimits::default());
        let id = provider.user("ada").await;
        let deep = format!("{}type pr{}", "not (".repeat(200), ")".repeat(200));
        for (open, close) in [("[", "]"), ("{\"name\":", "}")] {
            let value = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
            let user = format!("{{\"schemas\": [\"{USER}\"], \"userName\": \"bo\", \"name\": {value}}}");
            let operation = format!("{{\"op\": \"add\", \"path\": \"name\", \"value\": {value}}}");
            let patch = format!("{{\"schemas\": [\"{PATCH}\"], \"Operations\": [{operation}]}}");
            for (method, path, body) in
                [("POST", "/Users".to_owned(), user), ("PATCH", format!("/Users/{id}"), patch)]
            {
                let request = Request::builder().method(method).uri(format!("/scim/v2{path}"));
                let request = request.header("authorization", "Bearer okta");
                let request = request.header("content-type", "application/scim+json");
                let answer = provider.send(request.body(Full::from(body.into_bytes())).unwrap()).await;
                assert!([400, 413].contains(&answer.status), "{}", answer.json);
            }
        }
        let path = json!([{"op": "remove", "path": format!("emails[{deep}]")}]);
        provider.ask(&format!("PATCH /Users/{id}"), patch(&path)).await.expect(400);
        provider.ask(&format!("GET /Users?filter=emails[{deep}]"), Value::Null).await.expect(400);
        let brackets = "(".repeat(10_000);
        provider.ask(&format!("GET /Users?filter={brackets}"), Value::Null).await.expect(400);
        provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
    }
}

async fn bulk_references_reach_no_foreign_resource(kind: Kind) {
    let provider = Provider::new(kind).await;
    let ann = row(&provider.store, ANN).await;
    let (ann_id, staff) = (ann.uuid.to_string(), group_id(STAFF).to_string());
    let bulk = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let off =
        json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": false}]});
    let add = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:a"}]}]});
    let answer = provider
        .ask(
            "POST /Bulk",
            bulk(json!([
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ada")},
                {"method": "PATCH", "path": format!("/Users/{ann_id}"), "data": off},
                {"method": "DELETE", "path": format!("/Users/{ann_id}")},
                {"method": "PATCH", "path": format!("/Groups/{staff}"), "data": add},
                {"method": "DELETE", "path": format!("/Groups/{staff}")},
                {"method": "POST", "path": "/Bulk", "bulkId": "b", "data": bulk(json!([]))},
                {"method": "PUT", "path": "/Users/../Groups/x", "data": {}},
            ])),
        )
        .await
        .expect(200);
    let statuses: Vec<&str> =
        answer["Operations"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses[..5], ["201", "404", "404", "404", "404"], "{answer}");
    assert!(statuses[5..].iter().all(|status| ["400", "404", "405"].contains(status)), "{statuses:?}");
    assert_eq!(row(&provider.store, ANN).await, ann);
    let id = answer["Operations"][0]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let created = provider.host.retrieve(&Actor::system(), UserRef::Uuid(id.parse().unwrap())).await.unwrap();
    assert!(created.groups.is_empty());
}

/// Members do not make a group unreadable by what the response does not contain.
async fn sizes_of_members_do_not_show(kind: Kind) {
    let limits = Limits { page_bytes: 8 * 1024, ..Limits::default() };
    let provider = Provider::under(kind, StaticPermissions::none(), |it| it, limits).await;
    let own = provider.user("ada").await;
    let mut groups = Vec::new();
    for n in 0..6 {
        let group = provider.group(&format!("crew {n}"), &[&own]).await;
        // Members of the host, each with a long name and large attributes.
        let attributes = json!({"own": "x".repeat(20_000)}).as_object().cloned().unwrap();
        let hidden = NewUser::new(format!("hidden {n}"), "x".repeat(1000))
            .with(|user| user.merge_attributes(attributes));
        let hidden = provider.host.insert_user(&Actor::system(), hidden).await.unwrap().view.user;
        let id = GroupId(group.parse().unwrap());
        provider.host.add_member(&Actor::system(), id, hidden.id).await.unwrap();
        groups.push(group);
    }
    for group in &groups {
        assert_eq!(provider.members(group).await, std::slice::from_ref(&own));
    }
    groups.sort_unstable();
    for (query, expected) in
        [("?count=6", &groups[..]), ("?startIndex=2&count=4", &groups[1..5]), ("?count=0", &[])]
    {
        let page = provider.ask(&format!("GET /Groups{query}"), Value::Null).await.expect(200);
        let shown = page["Resources"].as_array().unwrap();
        assert_eq!((&page["totalResults"], shown.len()), (&json!(6), expected.len()), "{query}");
        for group in shown {
            assert_eq!(group["members"].as_array().unwrap().len(), 1, "{group}");
            assert!(expected.iter().any(|id| group["id"] == id.as_str()), "{query}");
        }
    }
}
