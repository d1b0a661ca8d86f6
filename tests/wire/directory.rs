//! Behaviour that all directory resources share; the current user and the configuration.

use serde_json::{Value, json};
use userbook::{Actor, Policy, StaticPermissions, UserId, UserUpdate};
use userbook_http::{DirectoryApi, Representation, UserApi};
use userbook_tests::fixture::{
    ADMINS, ANN, BOSS, CHIEFS, Kind, MISSING, ROOT, STAFF, UNPRIVILEGED, ask, directory, group_id,
    raw_request, send, store,
};

on_every_store!(
    methods_and_options,
    errors_are_reported_in_the_recorded_order,
    actions_on_passwords_require_the_state_of_if_match,
    me_returns_the_caller,
    me_includes_the_impersonator,
    the_configuration_needs_no_authentication,
    user_api_leaves_other_resources_to_the_host,
    directory_api_serves_single_users_unchanged,
);

const TARGETS: [(&str, &str, &str); 17] = [
    ("/core/users/", "GET, POST, HEAD, OPTIONS", "User List"),
    ("/core/users/me/", "GET, HEAD, OPTIONS", "User me"),
    ("/core/users/paths/", "GET, HEAD, OPTIONS", "Paths"),
    ("/core/groups/", "GET, POST, HEAD, OPTIONS", "Group List"),
    ("/core/users/service_account/", "POST, OPTIONS", "Service account"),
    ("/core/users/2/set_password/", "POST, OPTIONS", "Set password"),
    ("/core/users/2/recovery/", "POST, OPTIONS", "Recovery"),
    ("/core/users/2/recovery_email/", "POST, OPTIONS", "Recovery email"),
    ("/core/users/2/impersonate/", "POST, OPTIONS", "Impersonate"),
    ("/core/users/2/used_by/", "GET, HEAD, OPTIONS", "Used by"),
    ("/core/groups/00000000-0000-0000-0000-000000000005/used_by/", "GET, HEAD, OPTIONS", "Used by"),
    ("/core/authenticated_sessions/", "GET, HEAD, OPTIONS", "Authenticated Session List"),
    ("/admin/version/", "GET, HEAD, OPTIONS", "Version"),
    (
        "/core/groups/00000000-0000-0000-0000-000000000005/",
        "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
        "Group Instance",
    ),
    ("/core/groups/00000000-0000-0000-0000-000000000005/add_user/", "POST, OPTIONS", "Add user"),
    ("/core/groups/00000000-0000-0000-0000-000000000005/remove_user/", "POST, OPTIONS", "Remove user"),
    ("/root/config/", "GET, HEAD, OPTIONS", "Config"),
];

async fn methods_and_options(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for (path, allow, name) in TARGETS {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FROB"] {
            let answer = ask(&api, Some(ROOT), &format!("{method} {path}"), &[], &Value::Null).await;
            let is_there = allow.split(", ").any(|known| known == method);
            assert_eq!(answer.status == 405, !is_there, "{method} {path}");
            assert_eq!(answer.header("vary"), Some("Accept, Authorization, Cookie"));
            if !is_there {
                let detail = format!("Method \"{method}\" not allowed.");
                assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
                if method != "HEAD" {
                    assert_eq!(answer.json, json!({"detail": detail}));
                }
            } else if method == "HEAD" {
                let got = ask(&api, Some(ROOT), &format!("GET {path}"), &[], &Value::Null).await;
                assert_eq!((answer.status, &answer.json), (got.status, &Value::Null));
                let length: usize = answer.header("content-length").unwrap().parse().unwrap();
                assert_eq!(length, got.json.to_string().len(), "{path}");
            }
        }
        for by in [None, Some(UNPRIVILEGED), Some(ROOT)] {
            let answer = ask(&api, by, &format!("OPTIONS {path}"), &[], &Value::Null).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!((&answer.json["name"], answer.header("allow")), (&json!(name), Some(allow)));
            assert_eq!(answer.json["renders"], json!(["application/json"]));
            assert_eq!(answer.header("accept-patch"), None);
        }
    }
}

async fn errors_are_reported_in_the_recorded_order(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for (path, ..) in TARGETS {
        // `Accept` first, then authentication, then the method.
        for (method, headers, status) in [
            ("FROB", &[("accept", "text/html"), ("authorization", "Bearer x")][..], 406),
            ("FROB", &[("authorization", "Bearer x")], 403),
            ("FROB", &[], 405),
        ] {
            let answer = ask(&api, None, &format!("{method} {path}"), headers, &Value::Null).await;
            assert_eq!(answer.status, status, "{method} {path}");
        }
        let gone = path.trim_end_matches('/');
        for path in [gone.to_owned(), format!("{path}/"), format!("{gone}/x/y/")] {
            let answer =
                ask(&api, None, &format!("GET {path}"), &[("accept", "text/html")], &Value::Null).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json),
                (404, json!({"detail": "Not found."})),
                "{path}"
            );
        }
    }
    assert_eq!(ask(&api, Some(ROOT), "GET /core/%75sers/%6De/", &[], &Value::Null).await.status, 200);
}

async fn actions_on_passwords_require_the_state_of_if_match(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    let tag = ask(&api, Some(ROOT), "GET /core/users/2/", &[], &Value::Null).await.etag();
    for action in ["set_password", "recovery", "recovery_email"] {
        let target = format!("POST /core/users/2/{action}/");
        let stale = ask(&api, Some(ROOT), &target, &[("if-match", "\"0-0\"")], &json!({})).await;
        assert_eq!(stale.status, 412, "{action}: {}", stale.json);
        // The fixture has no ports for passwords and links.
        let current = ask(&api, Some(ROOT), &target, &[("if-match", &tag)], &json!({})).await;
        assert_eq!(current.status, 400, "{action}: {}", current.json);
    }
}

async fn me_returns_the_caller(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    // Requires no permission.
    let answer = ask(&api, Some(UNPRIVILEGED), "GET /core/users/me/", &[], &Value::Null).await;
    assert_eq!(answer.status, 200);
    let user = answer.json["user"].as_object().unwrap();
    let expected = [
        "avatar",
        "email",
        "groups",
        "is_active",
        "is_superuser",
        "name",
        "pk",
        "settings",
        "system_permissions",
        "type",
        "uid",
        "username",
    ];
    let mut keys: Vec<&str> = user.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(
        (&user["pk"], &user["type"], &user["groups"]),
        (&json!(UNPRIVILEGED), &json!("external"), &json!([]))
    );
    assert_eq!(user["settings"], json!({"locale": "de", "theme": "dark"}));
    assert_eq!(answer.json.as_object().unwrap().len(), 1);
    let boss = ask(&api, Some(BOSS), "GET /core/users/me/", &[], &Value::Null).await.json;
    let groups = json!([
        {"name": "admins", "pk": group_id(ADMINS)},
        {"name": "chiefs", "pk": group_id(CHIEFS)},
    ]);
    assert_eq!((&boss["user"]["groups"], &boss["user"]["is_superuser"]), (&groups, &json!(true)));
    let shown = ask(&api, Some(ROOT), &format!("GET /core/users/{BOSS}/"), &[], &Value::Null).await.json;
    for same in ["uid", "avatar", "email", "username", "name", "is_active"] {
        assert_eq!(boss["user"][same], shown[same], "{same}");
    }
    for (by, detail) in [
        (None, "Authentication credentials were not provided."),
        (Some(MISSING), "Your account is not in this directory."),
    ] {
        let answer = ask(&api, by, "GET /core/users/me/", &[], &Value::Null).await;
        assert_eq!((answer.status.as_u16(), &answer.json["detail"]), (403, &json!(detail)));
    }
    api.service()
        .update_user(&Actor::system(), UserId(ANN), UserUpdate::patch().is_active(false))
        .await
        .unwrap();
    assert_eq!(ask(&api, Some(ANN), "GET /core/users/me/", &[], &Value::Null).await.status, 403);
}

/// Root, impersonating Ann.
#[derive(Debug)]
struct Impersonated;

#[async_trait::async_trait]
impl userbook_http::Authenticator for Impersonated {
    async fn authenticate(
        &self,
        _head: &http::request::Parts,
    ) -> Result<Actor, userbook_http::AuthenticationError> {
        Ok(Actor { impersonator: Some(UserId(ROOT)), ..Actor::user(UserId(ANN)) })
    }
}

async fn me_includes_the_impersonator(kind: Kind) {
    let store = store(kind).await;
    let authorizer = userbook::PermissionAuthorizer::new(StaticPermissions::none());
    let service = userbook::UserService::new(store, authorizer);
    let api = DirectoryApi::new(service, Impersonated, Representation::new("fixture"));
    let request = http::Request::get("/api/v3/core/users/me/").body(String::new()).unwrap();
    let response = api.handle(request).await;
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((&body["user"]["username"], &body["original"]["username"]), (&json!("ann"), &json!("root")));
    assert_eq!(body["user"]["groups"], json!([{"name": "staff", "pk": group_id(STAFF)}]));
}

async fn the_configuration_needs_no_authentication(kind: Kind) {
    let store = store(kind).await;
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for by in [None, Some(UNPRIVILEGED), Some(ROOT)] {
        let answer = ask(&api, by, "GET /root/config/", &[], &Value::Null).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json,
            json!({
                "error_reporting": {
                    "enabled": false, "sentry_dsn": "", "environment": "", "send_pii": false,
                    "traces_sample_rate": 0.0,
                },
                "capabilities": [],
                "cache_timeout": 0, "cache_timeout_flows": 0, "cache_timeout_policies": 0,
                "cache_timeout_reputation": 0,
            })
        );
    }
}

async fn user_api_leaves_other_resources_to_the_host(kind: Kind) {
    let store = store(kind).await;
    let api: UserApi<_, _, _> = userbook_tests::fixture::api(&store, Policy::hardened());
    for (path, ..) in TARGETS {
        let request = http::Request::get(format!("/api/v3{path}"))
            .header("authorization", format!("Bearer {ROOT}"))
            .body(String::new())
            .unwrap();
        assert_eq!(api.handle(request).await.status(), 404, "{path}");
    }
}

async fn directory_api_serves_single_users_unchanged(kind: Kind) {
    let store = store(kind).await;
    let alone = userbook_tests::fixture::api(&store, Policy::hardened());
    let api = directory(&store, Policy::hardened(), |granted| granted);
    for method in ["GET", "HEAD", "PATCH", "PUT"] {
        for user in [ANN, MISSING] {
            let target = format!("{method} {user}");
            let expected = send(&alone, raw_request(ROOT, &target, &[], Vec::new())).await;
            let answer =
                ask(&api, Some(ROOT), &format!("{method} /core/users/{user}/"), &[], &Value::Null).await;
            assert_eq!((answer.status, answer.json), (expected.status, expected.json), "{target}");
            assert_eq!(answer.headers, expected.headers, "{target}");
        }
    }
}
