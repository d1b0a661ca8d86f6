//! Request sequences of identity providers, as documented.
#![allow(clippy::too_many_lines, reason = "each function is a table of requests")]

use serde_json::{Value, json};
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{ENTERPRISE, GROUP, Provider, USER},
};

on_each_store!(entra, okta, google, authentik);

/// A request, the expected status, and expected values of the response by JSON pointer. `{user}` and `{group}` stand
/// for the ids of the created resources.
type Step = (&'static str, Value, u16, Vec<(&'static str, Value)>);

async fn run(provider: &Provider, vendor: &str, steps: Vec<Step>) {
    let (mut user, mut group) = (String::new(), String::new());
    for (target, body, status, expected) in steps {
        let fill = |text: &str| text.replace("{user}", &user).replace("{group}", &group);
        let body: Value = serde_json::from_str(&fill(&body.to_string())).unwrap();
        let answer = provider.ask(&fill(target), body.clone()).await;
        assert_eq!(answer.status, status, "{vendor}: {target} {body}: {}", answer.json);
        for (pointer, value) in expected {
            let value: Value = serde_json::from_str(&fill(&value.to_string())).unwrap();
            let found = answer.json.pointer(pointer).unwrap_or(&Value::Null);
            assert_eq!(*found, value, "{vendor}: {target} {pointer}: {}", answer.json);
        }
        match target {
            "POST /Users" if status == 201 => user = answer.id(),
            "POST /Groups" if status == 201 => group = answer.id(),
            _ => {}
        }
    }
}

/// Microsoft: "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID", the sections on user and group
/// operations.
async fn entra(kind: Kind) {
    let none = || json!(null);
    let patch = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let new_user = json!({
        "schemas": [USER, ENTERPRISE], "externalId": "0a21f0f2", "userName": "Test_User_ab6490ee", "active": true,
        "emails": [{"primary": true, "type": "work", "value": "ryan3@testuser.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
    });
    let new_group = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "displayName", "meta": {"resourceType": "Group"},
    });
    let steps = vec![
        (
            "GET /Users?filter=userName eq \"non-existent user\"",
            none(),
            200,
            vec![("/totalResults", json!(0))],
        ),
        ("POST /Users", new_user, 201, vec![("/userName", json!("Test_User_ab6490ee"))]),
        ("GET /Users/{user}", none(), 200, vec![("/name/familyName", json!("familyName"))]),
        (
            "GET /Users?filter=userName eq \"Test_User_ab6490ee\"",
            none(),
            200,
            vec![("/Resources/0/id", json!("{user}"))],
        ),
        (
            "PATCH /Users/{user}",
            patch(json!([
                {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com"},
                {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
                {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 206 555 0100"},
                {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Tour Operations"},
            ])),
            200,
            vec![
                ("/emails/0/value", json!("updatedEmail@microsoft.com")),
                ("/name/familyName", json!("updatedFamilyName")),
                ("/name/givenName", json!("givenName")),
                ("/phoneNumbers/0", json!({"type": "mobile", "value": "+1 206 555 0100"})),
            ],
        ),
        (
            "PATCH /Users/{user}",
            patch(json!([{"op": "Replace", "path": "userName", "value": "new@testuser.com"}])),
            200,
            vec![("/userName", json!("new@testuser.com"))],
        ),
        (
            "PATCH /Users/{user}",
            patch(json!([{"op": "Replace", "path": "active", "value": false}])),
            200,
            vec![("/active", json!(false))],
        ),
        (
            "PATCH /Users/{user}",
            patch(json!([{"op": "Replace", "path": "active", "value": "True"}])),
            200,
            vec![("/active", json!(true))],
        ),
        (
            "POST /Groups",
            new_group,
            201,
            vec![("/displayName", json!("displayName")), ("/externalId", json!("8aa1a0c0"))],
        ),
        ("GET /Groups/{group}?excludedAttributes=members", none(), 200, vec![("/members", none())]),
        (
            "GET /Groups?excludedAttributes=members&filter=displayName eq \"displayName\"",
            none(),
            200,
            vec![("/Resources/0/id", json!("{group}"))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "Replace", "path": "displayName", "value": "renamed"}])),
            200,
            vec![("/displayName", json!("renamed"))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "{user}"}]}])),
            200,
            vec![("/members/0/value", json!("{user}"))],
        ),
        (
            "GET /Groups?filter=id eq \"{group}\" and members eq \"{user}\"&attributes=id",
            none(),
            200,
            vec![("/totalResults", json!(1))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "{user}"}]}])),
            200,
            vec![("/members", json!([]))],
        ),
        ("DELETE /Groups/{group}", none(), 204, vec![]),
        ("DELETE /Users/{user}", none(), 204, vec![]),
        ("GET /Users/{user}", none(), 404, vec![]),
    ];
    run(&Provider::new(kind).await, "Entra", steps).await;
}

/// Okta: "SCIM 2.0 Protocol Reference", user and group operations.
async fn okta(kind: Kind) {
    let none = || json!(null);
    let patch = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let new_user = json!({
        "schemas": [USER], "userName": "test.user@okta.local", "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}], "displayName": "Test User",
        "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
    });
    let changed = json!({
        "schemas": [USER], "id": "{user}", "userName": "test.user@okta.local",
        "name": {"givenName": "Another", "middleName": "Excited", "familyName": "User"},
        "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work", "display": "test.user@okta.local"}],
        "active": true, "groups": [], "meta": {"resourceType": "User"},
    });
    let steps = vec![
        (
            "GET /Users?filter=userName eq \"test.user@okta.local\"&startIndex=1&count=100",
            none(),
            200,
            vec![("/totalResults", json!(0)), ("/Resources", json!([]))],
        ),
        (
            "POST /Users",
            new_user.clone(),
            201,
            vec![("/externalId", json!("00ujl29u0le5T6Aj10h7")), ("/password", none())],
        ),
        ("POST /Users", new_user, 409, vec![("/status", json!("409"))]),
        (
            "GET /Users?startIndex=1&count=2",
            none(),
            200,
            vec![("/itemsPerPage", json!(1)), ("/startIndex", json!(1))],
        ),
        ("PUT /Users/{user}", changed, 200, vec![("/name/middleName", json!("Excited"))]),
        (
            "PATCH /Users/{user}",
            patch(json!([{"op": "replace", "value": {"active": false}}])),
            200,
            vec![("/active", json!(false))],
        ),
        (
            "PATCH /Users/{user}",
            patch(json!([{"op": "replace", "value": {"active": true}}])),
            200,
            vec![("/active", json!(true))],
        ),
        (
            "POST /Groups",
            json!({"schemas": [GROUP], "displayName": "Test SCIMv2", "members": []}),
            201,
            vec![("/members", json!([]))],
        ),
        ("GET /Groups?startIndex=1&count=100", none(), 200, vec![("/totalResults", json!(1))]),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "replace", "value": {"id": "{group}", "displayName": "Test SCIMv3"}}])),
            200,
            vec![("/displayName", json!("Test SCIMv3"))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(json!([
                {"op": "remove", "path": "members[value eq \"23a35c27-23d3-4c03-b4c5-6443c09e7173\"]"},
                {"op": "add", "path": "members", "value": [{"value": "{user}", "display": "test.user@okta.local"}]},
            ])),
            200,
            vec![("/members/0/value", json!("{user}"))],
        ),
        (
            "GET /Users/{user}",
            none(),
            200,
            vec![("/groups/0/value", json!("{group}")), ("/groups/0/display", json!("Test SCIMv3"))],
        ),
        (
            "PUT /Groups/{group}",
            json!({"schemas": [GROUP], "id": "{group}", "displayName": "Test SCIMv2", "members": []}),
            200,
            vec![("/members", json!([]))],
        ),
        ("DELETE /Groups/{group}", none(), 204, vec![]),
    ];
    run(&Provider::new(kind).await, "Okta", steps).await;
}

/// Google publishes no list of requests. Service providers describe them: a probe at set-up, a search before each
/// creation, PATCH or PUT for changes and suspension, DELETE later. Groups are not provisioned.
async fn google(kind: Kind) {
    let none = || json!(null);
    let new_user = json!({
        "schemas": [USER, ENTERPRISE], "userName": "liz@example.com", "externalId": "118", "active": true,
        "name": {"givenName": "Liz", "familyName": "Smith"}, "displayName": "Liz Smith",
        "emails": [{"value": "liz@example.com", "type": "work", "primary": true}], ENTERPRISE: {"department": "Sales"},
    });
    let suspend = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "value": {"active": false}}]});
    let mut moved = new_user.clone();
    moved[ENTERPRISE] = json!({"department": "Support"});
    let steps = vec![
        ("GET /Users?count=1", none(), 200, vec![("/totalResults", json!(0))]),
        ("GET /Users?filter=userName eq \"liz@example.com\"", none(), 200, vec![("/totalResults", json!(0))]),
        ("POST /Users", new_user, 201, vec![("/active", json!(true))]),
        (
            "PUT /Users/{user}",
            moved,
            200,
            vec![(
                "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
                json!("Support"),
            )],
        ),
        ("PATCH /Users/{user}", suspend, 200, vec![("/active", json!(false))]),
        ("DELETE /Users/{user}", none(), 204, vec![]),
    ];
    run(&Provider::new(kind).await, "Google", steps).await;
}

/// The requests of authentik's SCIM provider, `authentik/providers/scim/clients/` in its repository.
async fn authentik(kind: Kind) {
    let none = || json!(null);
    let patch = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let new_user = json!({
        "schemas": [USER], "externalId": "c0ffee", "userName": "ken", "displayName": "Ken T", "active": true,
        "name": {"formatted": "Ken T", "givenName": "Ken", "familyName": "T"}, "photos": [],
        "emails": [{"value": "ken@example.com", "type": "other", "primary": true}],
    });
    let mut renamed = new_user.clone();
    renamed["id"] = "{user}".into();
    renamed["userName"] = "kenneth".into();
    let steps = vec![
        (
            "GET /ServiceProviderConfig",
            none(),
            200,
            vec![("/patch/supported", json!(true)), ("/filter/supported", json!(true))],
        ),
        ("POST /Users", new_user, 201, vec![("/emails/0/type", json!("other"))]),
        (
            "PUT /Users/{user}",
            renamed,
            200,
            vec![("/userName", json!("kenneth")), ("/emails/0/type", json!("other"))],
        ),
        (
            "POST /Groups",
            json!({"schemas": [GROUP], "externalId": "g-1", "displayName": "crew"}),
            201,
            vec![],
        ),
        (
            "POST /Groups",
            json!({"schemas": [GROUP], "externalId": "g-2", "displayName": "crew"}),
            409,
            vec![],
        ),
        (
            "GET /Groups?filter=displayName eq \"crew\"",
            none(),
            200,
            vec![("/Resources/0/id", json!("{group}"))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "add", "path": "members", "value": [{"value": "{user}"}]}])),
            200,
            vec![("/members/0/value", json!("{user}"))],
        ),
        (
            "PATCH /Groups/{group}",
            patch(
                json!([{"op": "replace", "value": {"schemas": [GROUP], "id": "{group}", "externalId": "g-1", "displayName": "team"}}]),
            ),
            200,
            vec![("/displayName", json!("team")), ("/members/0/value", json!("{user}"))],
        ),
        ("GET /Groups/{group}", none(), 200, vec![("/members/0/value", json!("{user}"))]),
        (
            "PATCH /Groups/{group}",
            patch(json!([{"op": "remove", "path": "members", "value": [{"value": "{user}"}]}])),
            200,
            vec![("/members", json!([]))],
        ),
        ("DELETE /Groups/{group}", none(), 204, vec![]),
        ("DELETE /Users/{user}", none(), 204, vec![]),
    ];
    run(&Provider::new(kind).await, "authentik", steps).await;
}
