//! Rights on single fields: a help desk that may change only names and e-mail addresses.

use async_trait::async_trait;
use serde_json::json;
use userbook::{
    Actor, Authorizer, Field, Policy, User,
    authz::{AuthorizerError, Check, Resource, Verdict, Verdicts},
    model::GroupGraph,
};
use userbook_tests::fixture::{
    ANN, DEVS, HELPER, Kind, MISSING, ROOT, STAFF, api, api_with, group_id, request, row, send, store,
};

on_every_store!(denied_fields_have_reasons, unchanged_fields_need_no_right, hidden_users_return_404);

#[derive(Debug)]
struct HelpDesk;

#[async_trait]
impl Authorizer for HelpDesk {
    async fn authorize(
        &self,
        _actor: &Actor,
        target: Resource<'_>,
        checks: &[Check],
    ) -> Result<Verdicts, AuthorizerError> {
        let verdict = |check: &Check| match check {
            Check::View if target.user_id().is_some_and(|user| user.0 == ROOT) => Verdict::Hide,
            Check::View | Check::Change | Check::Set(Field::Name | Field::Email) => Verdict::Allow,
            Check::Set(Field::Type) => Verdict::because("ask an administrator"),
            _ => Verdict::deny(),
        };
        Ok(checks.iter().map(verdict).collect())
    }

    async fn can_grant_superuser(&self, _: &User, _: &GroupGraph) -> Result<bool, AuthorizerError> {
        Ok(false)
    }
}

async fn denied_fields_have_reasons(kind: Kind) {
    let store = store(kind).await;
    let api = api_with(&store, Policy::hardened(), HelpDesk);
    let before = row(&store, ANN).await;
    let body = json!({"name": "x", "type": "external", "groups": [group_id(DEVS)]});
    let answer = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.json,
        json!({
            "detail": "You do not have permission to change: groups, type.",
            "code": "permission_denied",
            "fields": {
                "groups": "You do not have permission to change this field.",
                "type": "ask an administrator",
            },
        })
    );
    // An invalid value is denied like a valid change, and its violation is not reported.
    let answer = send(&api, request(HELPER, "PATCH 2", &[], &json!({"username": "root"}))).await;
    assert_eq!((answer.status.as_u16(), &answer.json["code"]), (403, &json!("permission_denied")));
    // A PUT without groups would clear them.
    let answer = send(&api, request(HELPER, "PUT 2", &[], &json!({"username": "ann", "name": "x"}))).await;
    assert_eq!(answer.json["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["groups"]);
    assert_eq!(row(&store, ANN).await, before);
    let accept = [("accept", "application/problem+json")];
    let problem = send(&api, request(HELPER, "PATCH 2", &accept, &body)).await;
    assert_eq!(problem.json["fields"]["type"], "ask an administrator");
}

async fn unchanged_fields_need_no_right(kind: Kind) {
    let store = store(kind).await;
    let api = api_with(&store, Policy::hardened(), HelpDesk);
    let body = json!({"username": "ann", "name": "Ann B", "type": "internal", "groups": [group_id(STAFF)]});
    let answer = send(&api, request(HELPER, "PUT 2", &[], &body)).await;
    assert_eq!((answer.status.as_u16(), &answer.json["name"]), (200, &json!("Ann B")));
}

async fn hidden_users_return_404(kind: Kind) {
    let store = store(kind).await;
    let api = api_with(&store, Policy::hardened(), HelpDesk);
    for (method, user) in [("GET", ROOT), ("PATCH", ROOT), ("GET", MISSING)] {
        let answer = send(&api, request(HELPER, &format!("{method} {user}"), &[], &json!({}))).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (404, &json!({"detail": "Not found."})),
            "{method}"
        );
    }
    // OPTIONS reveals nothing to callers without access either.
    let options = send(&api, request(HELPER, "OPTIONS 1", &[], &json!(null))).await;
    assert_eq!((options.status.as_u16(), options.json.get("actions")), (200, None));
    let options =
        send(&self::api(&store, Policy::hardened()), request(HELPER, "OPTIONS 2", &[], &json!(null))).await;
    assert!(options.json["actions"]["PUT"].is_object());
    assert_eq!(options.header("allow"), Some("GET, PUT, PATCH, HEAD, OPTIONS"));
}
