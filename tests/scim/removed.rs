//! Accounts that a connection has given up. The connection gets none of them back by itself.

use serde_json::Value;
use userbook::{Actor, StaticPermissions, User, UserUpdate, model::UserRef};
use userbook_scim::{Adoption, Deletion};
use userbook_tests::fixture::{ANN, Kind, row};

use crate::{
    on_each_store,
    provider::{Provider, user},
};

on_each_store!(
    an_account_that_the_host_took_back_is_not_activated,
    an_account_of_another_connection_is_not_activated,
);

/// Adopts every user.
#[derive(Debug)]
struct Anyone;

impl Adoption for Anyone {
    fn may_adopt(&self, _: &userbook::model::ExternalSource, _: &User) -> bool {
        true
    }
}

/// A provider whose connection `okta` deactivates, and the user `ada`, deleted by `okta`.
async fn removed(kind: Kind) -> (Provider, String) {
    let options = |it: userbook_scim::Connection| it.deletion(Deletion::Deactivate);
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    let id = provider.user("ada").await;
    provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
    (provider, id)
}

async fn stored(provider: &Provider, id: &str) -> User {
    provider.host.retrieve(&Actor::system(), UserRef::Uuid(id.parse().unwrap())).await.unwrap().user
}

async fn change(provider: &Provider, id: &str, update: UserUpdate) {
    provider.host.update_user(&Actor::system(), UserRef::Uuid(id.parse().unwrap()), update).await.unwrap();
}

/// Requires that no POST of the name takes the user.
async fn require_kept(provider: &Provider, id: &str) {
    let before = stored(provider, id).await;
    for name in ["ada", "ADA", "Ada"] {
        let mut body = user(name);
        body["emails"][0]["value"] = "evil@example.com".into();
        let taken = provider.ask("POST /Users", body).await.expect(409);
        assert_eq!(taken["scimType"], "uniqueness", "{taken}");
    }
    assert_eq!(stored(provider, id).await, before);
}

async fn an_account_that_the_host_took_back_is_not_activated(kind: Kind) {
    let (provider, id) = removed(kind).await;
    change(&provider, &id, UserUpdate::patch().is_active(true).email("ada.private@example.com")).await;
    require_kept(&provider, &id).await;
    // The host deactivates the user for a reason of its own.
    change(&provider, &id, UserUpdate::patch().is_active(false)).await;
    require_kept(&provider, &id).await;
    // Only the host gives the user back.
    let update = UserUpdate::patch().set_external_id("scim:okta".parse().unwrap(), None);
    change(&provider, &id, update).await;
    provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
    assert_eq!(provider.ask("POST /Users", user("ada")).await.expect(201)["id"], id.as_str());
}

async fn an_account_of_another_connection_is_not_activated(kind: Kind) {
    let (provider, id) = removed(kind).await;
    let entra = || "scim:entra".parse().unwrap();
    change(&provider, &id, UserUpdate::patch().set_external_id(entra(), None)).await;
    require_kept(&provider, &id).await;
    provider.ask_as("entra", &format!("GET /Users/{id}"), &[], Value::Null).await.expect(200);
    change(&provider, &id, UserUpdate::patch().is_active(true)).await;
    require_kept(&provider, &id).await;
    // A connection that takes a user over ends the claims of others.
    let options = |it: userbook_scim::Connection| it.adoption(Anyone).deletion(Deletion::Deactivate);
    let provider = Provider::with(kind, StaticPermissions::none(), options).await;
    let ann = row(&provider.store, ANN).await;
    let mark = "scim:entra:removed".parse().unwrap();
    change(&provider, &ann.uuid.to_string(), UserUpdate::patch().set_external_id(mark, Some("x"))).await;
    let id = provider.ask("POST /Users", user("ann")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let sources = async || {
        let ids = stored(&provider, &id).await.external_ids;
        ids.iter().map(|(source, _)| source.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((&id, sources().await), (&ann.uuid.to_string(), vec!["scim:okta".to_owned()]));
    let mark = UserUpdate::patch().set_external_id("scim:entra:removed".parse().unwrap(), Some("x"));
    change(&provider, &id, mark).await;
    provider.ask(&format!("DELETE /Users/{id}"), Value::Null).await.expect(204);
    assert_eq!(sources().await, ["scim:okta:removed"]);
}
