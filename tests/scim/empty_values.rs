//! Values that name nothing, and attributes that only the server writes or that repeat.

use serde_json::{Value, json};
use userbook::StaticPermissions;
use userbook_scim::Strictness;
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{ENTERPRISE, GROUP, Provider, USER, patch, user},
};

on_each_store!(
    members_without_ids_leave_a_group_as_it_is,
    lists_of_unknown_values_leave_a_user_as_it_is,
    strictly_a_new_value_requires_the_selected_member,
    schemas_without_values_are_accepted,
    managers_have_no_stored_name,
    names_of_groups_repeat_in_another_case,
);

async fn strict(kind: Kind) -> Provider {
    Provider::with(kind, StaticPermissions::none(), |it| it.strictness(Strictness::strict())).await
}

async fn members_without_ids_leave_a_group_as_it_is(kind: Kind) {
    for provider in [Provider::new(kind).await, strict(kind).await] {
        let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
        let group = provider.group("crew", &[&ada, &bo]).await;
        let before = provider.members(&group).await;
        let target = format!("/Groups/{group}");
        for value in [
            json!([{"display": "Ada"}]),
            json!([{}]),
            json!([null]),
            json!({}),
            json!([{"value": null}]),
            json!([{"value": []}]),
            json!([{"value": {"value": null}}]),
            json!([{"value": ada}, {"display": "Bo"}]),
        ] {
            let body = json!({"schemas": [GROUP], "displayName": "crew", "members": value});
            let operation = patch(&json!([{"op": "replace", "path": "members", "value": value}]));
            for (method, body) in [("PUT", body), ("PATCH", operation)] {
                let answer = provider.ask(&format!("{method} {target}"), body).await.expect(400);
                assert_eq!(answer["scimType"], "invalidValue", "{method} {value}");
                assert_eq!(provider.members(&group).await, before, "{method} {value}");
            }
        }
        // An empty list and null clear.
        for value in [json!([]), Value::Null] {
            let fill = patch(&json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]));
            provider.ask(&format!("PATCH {target}"), fill).await.expect(200);
            let clear = patch(&json!([{"op": "replace", "path": "members", "value": value}]));
            let cleared = provider.ask(&format!("PATCH {target}"), clear).await.expect(200);
            assert_eq!(cleared["members"], json!([]), "{value}");
        }
    }
}

async fn lists_of_unknown_values_leave_a_user_as_it_is(kind: Kind) {
    let provider = Provider::new(kind).await;
    let mut body = user("ada");
    body["roles"] = json!([{"value": "admin"}]);
    let id = provider.ask("POST /Users", body.clone()).await.id();
    for name in ["emails", "roles"] {
        for value in [json!([{"foo": 1}]), json!([{}])] {
            let replace = patch(&json!([{"op": "replace", "path": name, "value": value}]));
            let mut put = body.clone();
            put[name] = value;
            for (method, body) in [("PUT", put), ("PATCH", replace)] {
                let answer = provider.ask(&format!("{method} /Users/{id}"), body).await.expect(400);
                assert_eq!(answer["scimType"], "invalidValue", "{method} {name}");
            }
        }
        let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
        assert_eq!(shown[name], body[name], "{name}");
    }
    // A removal finds a value in every case of its letters.
    for (name, value) in [("roles", "ADMIN"), ("emails", "Ada@EXAMPLE.com")] {
        let remove = patch(&json!([{"op": "remove", "path": name, "value": [{"value": value}]}]));
        let shown = provider.ask(&format!("PATCH /Users/{id}"), remove).await.expect(200);
        assert_eq!(shown.get(name), None, "{name}");
    }
}

async fn strictly_a_new_value_requires_the_selected_member(kind: Kind) {
    let provider = strict(kind).await;
    let (ada, bo) = (provider.user("ada").await, provider.user("bo").await);
    let group = provider.group("crew", &[]).await;
    let target = format!("PATCH /Groups/{group}");
    let replace = patch(&json!([
        {"op": "replace", "path": format!("members[value eq \"{ada}\"]"), "value": {"value": bo}},
    ]));
    let unknown = patch(&json!([
        {"op": "replace", "path": "members[value eq \"unknown\"]", "value": {"value": bo}},
    ]));
    for body in [&replace, &unknown] {
        let answer = provider.ask(&target, body.clone()).await.expect(400);
        assert_eq!(answer["scimType"], "noTarget", "{body}");
        assert!(provider.members(&group).await.is_empty(), "{body}");
    }
    let add = patch(&json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]));
    provider.ask(&target, add).await.expect(200);
    provider.ask(&target, replace.clone()).await.expect(200);
    assert_eq!(provider.members(&group).await, std::slice::from_ref(&bo));
    provider.ask(&target, replace).await.expect(400);
    // Leniently, the new member joins.
    let provider = Provider::new(kind).await;
    let ada = provider.user("ada").await;
    let group = provider.group("crew", &[]).await;
    let replace = patch(&json!([
        {"op": "replace", "path": "members[value eq \"unknown\"]", "value": {"value": ada}},
    ]));
    provider.ask(&format!("PATCH /Groups/{group}"), replace).await.expect(200);
    assert_eq!(provider.members(&group).await, [ada]);
}

async fn schemas_without_values_are_accepted(kind: Kind) {
    let (lenient, strict) = (Provider::new(kind).await, strict(kind).await);
    for (position, (schemas, status)) in [
        (json!(USER), 201),
        (Value::Null, 201),
        (json!([]), 201),
        (json!("x"), 400),
        (json!(["x"]), 400),
        (json!(7), 400),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = user(&format!("ada{position}"));
        body["schemas"] = schemas.clone();
        assert_eq!(lenient.ask("POST /Users", body.clone()).await.status, status, "{schemas}");
        assert_eq!(strict.ask("POST /Users", body).await.status, 400, "{schemas}");
    }
}

async fn managers_have_no_stored_name(kind: Kind) {
    let provider = Provider::new(kind).await;
    let mut body = user("ada");
    body[ENTERPRISE] = json!({"manager": {"value": "m1", "displayName": "Old"}});
    let created = provider.ask("POST /Users", body).await.expect(201);
    assert_eq!(created[ENTERPRISE]["manager"], json!({"value": "m1"}));
    let target = format!("PATCH /Users/{}", created["id"].as_str().unwrap());
    let path = format!("{ENTERPRISE}:manager");
    let replace = json!([
        {"op": "replace", "path": path, "value": {"value": "m1", "displayName": "Old"}},
        {"op": "replace", "path": path, "value": "m2"},
    ]);
    let shown = provider.ask(&target, patch(&replace)).await.expect(200);
    assert_eq!(shown[ENTERPRISE]["manager"], json!({"value": "m2"}));
    let named = json!([{"op": "replace", "path": format!("{path}.displayName"), "value": "New"}]);
    assert_eq!(provider.ask(&target, patch(&named)).await.expect(400)["scimType"], "mutability");
}

async fn names_of_groups_repeat_in_another_case(kind: Kind) {
    let provider = Provider::new(kind).await;
    for name in ["Team X", "team x"] {
        provider.group(name, &[]).await;
    }
    let schema = provider.ask(&format!("GET /Schemas/{GROUP}"), Value::Null).await.expect(200);
    let attributes = schema["attributes"].as_array().unwrap();
    let name = attributes.iter().find(|attribute| attribute["name"] == "displayName").unwrap();
    assert_eq!((&name["uniqueness"], &name["caseExact"]), (&json!("none"), &json!(false)));
    let exact = json!({"schemas": [GROUP], "displayName": "Team X"});
    provider.ask("POST /Groups", exact).await.expect(409);
}
