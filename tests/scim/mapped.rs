//! Attributes of the host: what clients cannot write stays, and definitions bind.

use serde_json::{Value, json};
use userbook::{Actor, StaticPermissions, UserUpdate, model::UserRef};
use userbook_scim::{Mapping, schema::Attribute};
use userbook_tests::fixture::Kind;

use crate::{
    on_each_store,
    provider::{Provider, USER, patch},
};

on_each_store!(
    values_that_clients_cannot_write_stay,
    required_and_immutable_attributes_bind,
    names_and_addresses_survive_changes,
);

const URN: &str = "urn:example:2.0:User";

async fn attributes(provider: &Provider, id: &str) -> Value {
    let uuid = UserRef::Uuid(id.parse().unwrap());
    Value::clone(&provider.host.retrieve(&Actor::system(), uuid).await.unwrap().user.attributes)
}

async fn set_attributes(provider: &Provider, id: &str, attributes: &Value) {
    let user =
        provider.host.retrieve(&Actor::system(), UserRef::Uuid(id.parse().unwrap())).await.unwrap().user;
    let attributes = attributes.as_object().cloned().unwrap();
    let update = UserUpdate::patch().attributes(attributes);
    provider.host.update_user(&Actor::system(), user.id, update).await.unwrap();
}

async fn values_that_clients_cannot_write_stay(kind: Kind) {
    let badge = vec![Attribute::string("value", ""), Attribute::string("issuer", "").read_only()];
    let mapping = Mapping::default()
        .with_attribute(URN, Attribute::string("tier", "").read_only(), "tier")
        .with_attribute(URN, Attribute::complex("badge", "", badge), "badge");
    let provider = Provider::with(kind, StaticPermissions::none(), |it| it.mapping(mapping)).await;
    let id = provider.user("ada").await;
    let stored = json!({
        "tier": "gold", "other": 1, "badge": {"value": "7", "issuer": "host"},
        "name": {"givenName": "A", "x": 1},
    });
    let kept = |attributes: &Value| {
        let at = |pointer| attributes.pointer(pointer).cloned();
        assert_eq!(at("/tier"), Some("gold".into()), "{attributes}");
        assert_eq!(at("/other"), Some(1.into()), "{attributes}");
        assert_eq!(at("/badge/issuer"), Some("host".into()), "{attributes}");
        assert_eq!(at("/name/x"), Some(1.into()), "{attributes}");
    };
    let put = json!({"schemas": [USER], "userName": "ada"});
    for (target, body) in [
        ("PUT", put),
        ("PATCH", patch(&json!([{"op": "remove", "path": URN}]))),
        (
            "PATCH",
            patch(&json!([{"op": "replace", "path": format!("{URN}:badge"), "value": {"value": "8"}}])),
        ),
        ("PATCH", patch(&json!([{"op": "add", "path": "name.middleName", "value": "M"}]))),
    ] {
        set_attributes(&provider, &id, &stored).await;
        let shown = provider.ask(&format!("GET /Users/{id}"), Value::Null).await.expect(200);
        assert_eq!(shown[URN]["badge"]["issuer"], "host");
        provider.ask(&format!("{target} /Users/{id}"), body).await.expect(200);
        kept(&attributes(&provider, &id).await);
    }
}

async fn required_and_immutable_attributes_bind(kind: Kind) {
    let mapping = Mapping::default()
        .with_attribute(URN, Attribute::string("staff", "").immutable(), "staff")
        .with_attribute(URN, Attribute::string("site", "").required(), "site");
    let provider = Provider::with(kind, StaticPermissions::none(), |it| it.mapping(mapping)).await;
    let body = |extension: Value| json!({"schemas": [USER, URN], "userName": "ada", URN: extension});
    let missing = provider.ask("POST /Users", body(json!({"staff": "1"}))).await.expect(400);
    assert_eq!(missing["scimType"], "invalidValue");
    let id = provider.ask("POST /Users", body(json!({"site": "x"}))).await.id();
    let set = |path: &str, value: &str| {
        patch(&json!([{"op": "replace", "path": format!("{URN}:{path}"), "value": value}]))
    };
    let remove = |path: &str| patch(&json!([{"op": "remove", "path": format!("{URN}:{path}")}]));
    let target = format!("PATCH /Users/{id}");
    provider.ask(&target, set("staff", "1")).await.expect(200);
    for operation in
        [set("staff", "2"), remove("staff"), remove("site"), patch(&json!([{"op": "remove", "path": URN}]))]
    {
        let denied = provider.ask(&target, operation.clone()).await.expect(400);
        assert_eq!(denied["scimType"], "mutability", "{operation}");
    }
    provider.ask(&target, set("staff", "1")).await.expect(200);
    let put = format!("PUT /Users/{id}");
    assert_eq!(
        provider.ask(&put, body(json!({"site": "y", "staff": "2"}))).await.expect(400)["scimType"],
        "mutability"
    );
    assert_eq!(provider.ask(&put, body(json!({"staff": "1"}))).await.expect(400)["scimType"], "invalidValue");
    let shown = provider.ask(&put, body(json!({"site": "y"}))).await.expect(200);
    assert_eq!(shown[URN], json!({"site": "y", "staff": "1"}));
}

async fn names_and_addresses_survive_changes(kind: Kind) {
    let provider = Provider::new(kind).await;
    let created = json!({
        "schemas": [USER], "userName": "ada", "displayName": "Ada Lovelace",
        "emails": [{"value": "a@x.org", "type": "work", "primary": true}, {"value": "b@x.org", "type": "home"}],
    });
    let id = provider.ask("POST /Users", created).await.id();
    let put = json!({
        "schemas": [USER], "userName": "ada", "displayName": "Ada King",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work"}, {"value": "b@x.org", "type": "home"}],
    });
    let shown = provider.ask(&format!("PUT /Users/{id}"), put).await.expect(200);
    assert_eq!(
        (&shown["name"]["familyName"], &shown["displayName"]),
        (&json!("Lovelace"), &json!("Ada King"))
    );
    assert_eq!(shown["emails"], json!([{"value": "b@x.org", "type": "home"}]));
    // A component that a whole resource names stays, even if it was equal to the one that follows from the display
    // name.
    let put = json!({
        "schemas": [USER], "userName": "ada", "displayName": "Ada King",
        "name": {"givenName": "Ada", "familyName": "King"}, "emails": [{"value": "b@x.org", "type": "home"}],
    });
    for body in [json!({"schemas": [USER], "userName": "ada", "displayName": "Ada King"}), put] {
        provider.ask(&format!("PUT /Users/{id}"), body).await.expect(200);
    }
    let rename = patch(&json!([{"op": "replace", "path": "displayName", "value": "Bo"}]));
    let shown = provider.ask(&format!("PATCH /Users/{id}"), rename).await.expect(200);
    assert_eq!(shown["name"]["familyName"], "King");
    let both =
        json!([{"value": "a@x.org", "type": "work", "primary": true}, {"value": "b@x.org", "type": "home"}]);
    let target = format!("PATCH /Users/{id}");
    provider
        .ask(&target, patch(&json!([{"op": "replace", "path": "emails", "value": both}])))
        .await
        .expect(200);
    let remove = patch(&json!([{"op": "remove", "path": "emails[type eq \"work\"].value"}]));
    let shown = provider.ask(&target, remove).await.expect(200);
    assert_eq!(shown["emails"], json!([{"value": "b@x.org", "type": "home"}]));
}
