//! Two users claim one name: exactly one gets it.

use std::sync::Arc;

use userbook::{
    Actor, Policy, StaticPermissions, UpdateError, User, UserService, UserUpdate, field::fold,
    model::ExternalSource, violation::Field,
};

use super::{
    Ground, Service, Spread, YieldingAuthorizer, rounds, together,
    users::{ANN, HELPER, ground, stored},
};

/// How two users claim one name, the fields of their requests, and the code of the loser's violation.
type Claim = (fn(&str) -> UserUpdate, Field, &'static str);

const USERNAME: Claim = (|name| UserUpdate::patch().username(name), Field::Username, "unique");
const EMAIL: Claim = (|name| UserUpdate::patch().email(name), Field::Email, "unique");
const EXTERNAL_ID: Claim = (
    |name| UserUpdate::patch().set_external_id(okta(), Some(fold(name).as_ref())),
    Field::ExternalIds,
    "external_id_taken",
);

fn okta() -> ExternalSource {
    "scim:okta".parse().expect("it is a source")
}

/// Two users want usernames that fold alike.
pub async fn one_owner_of_a_username<G: Ground>() {
    race::<G>([USERNAME, USERNAME]).await;
}

/// Two users want one e-mail address, and the policy requires unique ones.
pub async fn one_owner_of_an_address<G: Ground>() {
    race::<G>([EMAIL, EMAIL]).await;
}

/// One user wants an address as username, the other one as address.
pub async fn a_username_is_no_address_of_another<G: Ground>() {
    race::<G>([USERNAME, EMAIL]).await;
}

/// Two users are connected with one identifier of an external source.
pub async fn one_owner_of_an_external_id<G: Ground>() {
    race::<G>([EXTERNAL_ID, EXTERNAL_ID]).await;
}

async fn race<G: Ground>(claims: [Claim; 2]) {
    let ground: G = ground(1).await;
    let service = unique(&ground);
    for round in 0..rounds(G::ROUNDS) {
        let names = [format!("Name{round}@Example.org"), format!("nAME{round}@example.ORG")];
        let racers = [ANN, HELPER].into_iter().zip(claims).zip(&names).map(|((user, (update, ..)), name)| {
            let (service, update) = (Arc::clone(&service), update(name));
            async move { service.update_user(&Actor::system(), user, update).await.map(|_| ()) }
        });
        let results = together(racers).await;
        let won: Vec<_> = results.iter().map(Result::is_ok).collect();
        assert!(won == [true, false] || won == [false, true], "round {round}: {results:?}");
        for (result, (_, field, code)) in results.into_iter().zip(claims) {
            let Err(error) = result else { continue };
            let UpdateError::Invalid(violations) = error else { panic!("round {round}: {error:?}") };
            let violations: Vec<_> =
                violations.iter().map(|violation| (violation.field, violation.kind.code())).collect();
            assert_eq!(violations, [(Some(field), code)], "round {round}");
        }
        assert_eq!(owners(&ground, &names[0]).await, 1, "round {round}");
    }
}

fn unique<G: Ground>(ground: &G) -> Arc<Service<G>> {
    let authorizer = YieldingAuthorizer::new(StaticPermissions::none());
    let service = UserService::new(ground.store().clone(), authorizer).with_backoff(Spread);
    Arc::new(service.with_policy(Policy::hardened().with_unique_email()))
}

/// Returns the number of racers that have the name.
async fn owners<G: Ground>(ground: &G, name: &str) -> usize {
    let mut owners = 0;
    for id in [ANN, HELPER] {
        owners += usize::from(has(&stored(ground, id).await, name));
    }
    owners
}

fn has(user: &User, name: &str) -> bool {
    let external = user.external_ids.identifier(&okta()).unwrap_or_default();
    [user.username.as_str(), &user.email, external].iter().any(|own| fold(own) == fold(name))
}
