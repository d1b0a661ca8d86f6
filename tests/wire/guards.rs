//! The safeguards of the hardened policy over HTTP.

use serde_json::json;
use userbook::{Policy, Safeguard, event::Effect};
use userbook_tests::fixture::{
    ADMINS, ANN, BOSS, CHIEFS, DEVS, HELPER, Kind, MACHINE, ROOT, STAFF, api, events, group_id, request, row,
    send, store,
};

on_every_store!(
    granting_superuser_status_requires_the_right,
    revoking_superuser_status_requires_the_right,
    only_superusers_change_superusers,
    no_user_becomes_an_internal_service_account,
    last_superuser_cannot_be_demoted,
    self_lockout_requires_a_confirmation,
    each_safeguard_can_be_switched_off,
    deactivation_revokes_sessions_and_is_logged,
);

async fn granting_superuser_status_requires_the_right(kind: Kind) {
    let store = store(kind).await;
    let api = crate::api_with_groups(&store, Policy::hardened());
    let before = row(&store, ANN).await;
    for (group, named) in [(ADMINS, "admins"), (CHIEFS, "chiefs")] {
        let body = json!({"name": "x", "groups": [group_id(STAFF), group_id(group)]});
        let answer = send(&api, request(HELPER, "PATCH 2", &[], &body)).await;
        assert_eq!((answer.status.as_u16(), &answer.json["code"]), (403, &json!("grants_superuser")));
        assert!(answer.json["detail"].as_str().unwrap().contains(named), "{answer:?}");
        let mut params = json!({"group": group_id(group), "name": named});
        if group == CHIEFS {
            params["through"] = json!("admins");
        }
        assert_eq!(answer.json["params"], params);
        let accept = [("accept", "application/problem+json")];
        let problem = send(&api, request(HELPER, "PATCH 2", &accept, &body)).await;
        assert_eq!(problem.json["params"], params);
    }
    assert_eq!(row(&store, ANN).await, before);
    let body = json!({"groups": [group_id(CHIEFS)]});
    let answer = send(&api, request(ROOT, "PATCH 2", &[], &body)).await;
    assert_eq!((answer.status.as_u16(), &answer.json["is_superuser"]), (200, &json!(true)));
    // Current groups may be sent again.
    assert_eq!(send(&api, request(HELPER, "PATCH 2", &[], &body)).await.status, 200);
}

async fn revoking_superuser_status_requires_the_right(kind: Kind) {
    let store = store(kind).await;
    for (api, shows) in
        [(api(&store, Policy::hardened()), false), (crate::api_with_groups(&store, Policy::hardened()), true)]
    {
        for (target, body, group) in [
            ("PATCH 7", json!({"groups": []}), CHIEFS),
            ("PUT 7", json!({"username": "boss", "name": "BOSS"}), CHIEFS),
            ("PATCH 1", json!({"groups": []}), ADMINS),
        ] {
            let answer = send(&api, request(HELPER, target, &[], &body)).await;
            let code = &answer.json["code"];
            assert_eq!((answer.status.as_u16(), code), (403, &json!("revokes_superuser")), "{answer:?}");
            assert_eq!(answer.json["params"]["group"], json!(group_id(group)));
            assert_eq!(answer.json["params"].get("name").is_some(), shows, "{answer:?}");
            let text = answer.json.to_string();
            assert_eq!(text.contains("admins") || text.contains("chiefs"), shows, "{text}");
        }
    }
    assert_eq!(events(&store).await, []);
}

async fn only_superusers_change_superusers(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (body, status) in [
        (json!({"email": "me@example.com"}), 403),
        (json!({"username": "r00t"}), 403),
        (json!({"is_active": false}), 403),
        (json!({"attributes": {}}), 403),
        (json!({"type": "external"}), 403),
        (json!({"path": "elsewhere"}), 403),
        (json!({"last_login": "2024-01-01T00:00:00Z"}), 403),
        (json!({"email": "root@example.com", "name": "Root"}), 200),
    ] {
        assert_eq!(send(&api, request(HELPER, "PATCH 1", &[], &body)).await.status, status, "{body}");
    }
    let body = json!({"email": "me@example.com", "type": "external"});
    let answer = send(&api, request(HELPER, "PATCH 1", &[], &body)).await;
    assert_eq!(answer.json["code"], "protected_superuser");
    assert_eq!(answer.json["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["email", "type"]);
    let answer = send(&api, request(BOSS, "PATCH 1", &[], &json!({"email": "r@example.com"}))).await;
    assert_eq!(answer.status, 200);
}

async fn no_user_becomes_an_internal_service_account(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let answer =
        send(&api, request(ROOT, "PATCH 2", &[], &json!({"type": "internal_service_account"}))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json),
        (400, json!({"type": ["Setting a user to internal service account is not allowed."]}))
    );
    let answer = send(&api, request(ROOT, &format!("PATCH {MACHINE}"), &[], &json!({"name": "x"}))).await;
    assert_eq!(answer.json, json!({"non_field_errors": ["Can't modify internal service account users"]}));
}

async fn last_superuser_cannot_be_demoted(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let deactivate = json!({"is_active": false});
    assert_eq!(send(&api, request(ROOT, "PATCH 7", &[], &deactivate)).await.status, 200);
    for body in [deactivate, json!({"groups": []})] {
        let target = "PATCH 1 ?allow_self_lockout=true";
        let answer =
            send(&api, request(ROOT, target, &[("accept", "application/problem+json")], &body)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["code"]),
            (400, &json!("last_superuser"))
        );
    }
    assert!(row(&store, ROOT).await.is_active);
}

async fn self_lockout_requires_a_confirmation(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (target, status) in
        [("PATCH 7", 400), ("PATCH 7 ?allow_self_lockout=1", 400), ("PATCH 7 ?allow_self_lockout=true", 200)]
    {
        let answer = send(&api, request(BOSS, target, &[], &json!({"groups": []}))).await;
        assert_eq!(answer.status, status, "{target}");
        if status == 400 {
            assert_eq!(answer.json.as_object().unwrap().keys().collect::<Vec<_>>(), ["non_field_errors"]);
        }
    }
}

async fn each_safeguard_can_be_switched_off(kind: Kind) {
    for (guard, by, target, body) in [
        (Safeguard::Escalation, HELPER, "PATCH 2", json!({"groups": [group_id(ADMINS)]})),
        (Safeguard::ProtectPrivileged, HELPER, "PATCH 1", json!({"email": "me@example.com"})),
        (Safeguard::InternalServiceAccount, ROOT, "PATCH 2", json!({"type": "internal_service_account"})),
        (Safeguard::SelfLockout, BOSS, "PATCH 7", json!({"is_active": false})),
        (Safeguard::Demotion, HELPER, "PATCH 7", json!({"groups": []})),
        (Safeguard::HideGroups, HELPER, "PATCH 2", json!({"groups": [group_id(STAFF), group_id(DEVS)]})),
        (Safeguard::PlainNames, ROOT, "PATCH 2", json!({"username": "a\u{200b}nn"})),
        (Safeguard::RfcEmail, ROOT, "PATCH 2", json!({"email": format!("{}@example.com", "a".repeat(65))})),
    ] {
        let store = store(kind).await;
        let api = if guard == Safeguard::Escalation { crate::api_with_groups } else { api };
        let rejected = send(&api(&store, Policy::hardened()), request(by, target, &[], &body)).await;
        assert!([400, 403].contains(&rejected.status.as_u16()), "{guard:?}");
        let lenient = api(&store, Policy::hardened().without(guard));
        assert_eq!(send(&lenient, request(by, target, &[], &body)).await.status, 200, "{guard:?}");
    }
}

async fn deactivation_revokes_sessions_and_is_logged(kind: Kind) {
    for method in ["PUT 2", "PATCH 2"] {
        let store = store(kind).await;
        let api = api(&store, Policy::hardened());
        let body = json!({"username": "ann", "name": "ANN", "is_active": false, "groups": [group_id(STAFF)]});
        for id in ["req-7/a", "with blank"] {
            send(&api, request(ROOT, method, &[("x-request-id", id)], &body)).await;
        }
        send(&api, request(ROOT, "PATCH 2", &[("x-request-id", "with blank")], &json!({"is_active": true})))
            .await;
        let events = events(&store).await;
        let brief: Vec<_> =
            events.iter().map(|it| (it.request_id.as_deref(), &it.effects[..], it.version)).collect();
        assert_eq!(brief, [(Some("req-7/a"), &[Effect::RevokeSessions][..], 2), (None, &[], 3)], "{method}");
        assert_eq!(serde_json::to_value(&events[0].actor).unwrap(), json!({"user": ROOT}));
        assert_eq!(events[0].diff.keys().collect::<Vec<_>>(), ["is_active"]);
    }
}
