//! Hostile requests: read-only fields, repeated keys, look-alike names, extreme numbers, contradictory headers.

use http::{HeaderValue, Request, header::AUTHORIZATION};
use http_body_util::Full;
use serde_json::{Value, json};
use userbook::Policy;
use userbook_tests::fixture::{
    ADMINS, ANN, HELPER, Kind, ROOT, UNPRIVILEGED, api, events, group_id, path, raw_request, request, row,
    send, store,
};

on_every_store!(
    read_only_fields_are_never_written,
    last_value_of_a_repeated_key_counts,
    look_alike_names_are_different_names,
    numbers_outside_the_range_return_400,
    wide_bodies_are_accepted,
    contradictory_headers_do_not_change_the_caller,
);

async fn read_only_fields_are_never_written(kind: Kind) {
    let store = store(kind).await;
    let before = row(&store, ANN).await;
    for policy in [Policy::hardened(), Policy::authentik_2025_2()] {
        let api = api(&store, policy);
        let shown = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await.json;
        // Response members that are no request fields, and columns that no response contains.
        let hidden =
            ["id", "password", "revision", "version", "user_type", "is_staff", "permissions", "__proto__"];
        let writable =
            ["username", "name", "is_active", "last_login", "groups", "email", "attributes", "path", "type"];
        let keys = shown.as_object().unwrap().keys().map(String::as_str);
        let read_only: Vec<&str> = keys.filter(|key| !writable.contains(key)).chain(hidden).collect();
        assert!(
            ["pk", "uuid", "uid", "is_superuser", "groups_obj", "avatar", "password_change_date"]
                .iter()
                .all(|key| read_only.contains(key))
        );
        for key in read_only {
            let group = json!([{"pk": group_id(ADMINS), "is_superuser": true}]);
            for value in [json!(true), json!(ROOT), json!("x"), json!(null), json!({"a": [1]}), group] {
                let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({key: value}))).await;
                assert_eq!((answer.status.as_u16(), &answer.json), (200, &shown), "{key}: {value}");
            }
        }
    }
    assert_eq!(row(&store, ANN).await, before);
    assert_eq!(events(&store).await, []);
}

async fn last_value_of_a_repeated_key_counts(kind: Kind) {
    let store = store(kind).await;
    let api = crate::api_with_groups(&store, Policy::hardened());
    let admins = group_id(ADMINS);
    // Authorization and decision use the same value.
    for (body, status) in [
        (format!(r#"{{"groups":[],"groups":["{admins}"]}}"#), 403),
        (format!(r#"{{"groups":[],"gr\u006fups":["{admins}"]}}"#), 403),
        (r#"{"username":"ann","username":"root"}"#.to_owned(), 400),
        (r#"{"type":"internal","type":"internal_service_account"}"#.to_owned(), 400),
    ] {
        let answer = send(&api, raw_request(HELPER, "PATCH 2", &[], body.clone().into_bytes())).await;
        assert_eq!(answer.status, status, "{body}");
    }
    assert_eq!(events(&store).await, []);
    let last = br#"{"name":"first","name":"last","attributes":{"a":1,"a":2}}"#.to_vec();
    let answer = send(&api, raw_request(HELPER, "PATCH 2", &[], last)).await;
    assert_eq!((&answer.json["name"], &answer.json["attributes"]), (&json!("last"), &json!({"a": 2})));
}

async fn look_alike_names_are_different_names(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for (name, kept) in [
        ("rооt", "rооt"),
        ("ro\u{301}ot", "ro\u{301}ot"),
        ("r\u{f3}ot", "r\u{f3}ot"),
        ("\u{a0}\u{1680}\u{2003}zoe\u{3000}\u{85}\u{1f}", "zoe"),
    ] {
        let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({ "username": name }))).await;
        assert_eq!((answer.status.as_u16(), &answer.json["username"]), (200, &json!(kept)), "{name:?}");
        assert_eq!(row(&store, ANN).await.username, kept);
    }
    for (name, character) in
        [("root\u{200b}", "U+200B"), ("\u{feff}root", "U+FEFF"), ("\u{202e}toor", "U+202E")]
    {
        let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({ "username": name }))).await;
        assert_eq!(answer.status, 400, "{name:?}");
        assert!(answer.json["username"][0].as_str().unwrap().contains(character), "{answer:?}");
    }
    // Names that are equal after trimming, or apart from case and width, are equal.
    for name in ["root", " root", "root\u{a0}", "\u{2003}root\u{1c}", "Root", "ＲＯＯＴ"] {
        let answer = send(&api, request(ROOT, "PATCH 2", &[], &json!({ "username": name }))).await;
        assert_eq!(answer.json, json!({"username": ["This field must be unique."]}), "{name:?}");
    }
    // Body keys are compared exactly.
    for key in ["grоups", "Groups", "groups\u{200b}", " groups", "ｇroups"] {
        let body = json!({ key: [group_id(ADMINS)] });
        assert_eq!(send(&api, request(HELPER, "PATCH 2", &[], &body)).await.status, 200, "{key:?}");
    }
    assert!(!row(&store, ANN).await.groups.contains(&group_id(ADMINS)));
}

async fn numbers_outside_the_range_return_400(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    for number in [
        "0",
        "-0",
        "-0.0",
        "5e-324",
        "1e-400",
        "1.7976931348623157e308",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
    ] {
        let body = format!(r#"{{"attributes":{{"n":{number}}},"name":{number}}}"#);
        let answer = send(&api, raw_request(ROOT, "PATCH 2", &[], body.into_bytes())).await;
        assert_eq!(answer.status, 200, "{number}");
        let shown = send(&api, request(ROOT, "GET 2", &[], &Value::Null)).await;
        assert_eq!(shown.json, answer.json, "{number}");
    }
    let before = row(&store, ANN).await;
    for number in [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1_000",
        "1e",
        "--1",
    ] {
        let body = format!(r#"{{"attributes":{{"n":{number}}}}}"#);
        let answer = send(&api, raw_request(ROOT, "PATCH 2", &[], body.into_bytes())).await;
        assert_eq!(answer.status, 400, "{number}");
        assert!(answer.json["detail"].as_str().unwrap().starts_with("JSON parse error"), "{number}");
    }
    assert_eq!(row(&store, ANN).await, before);
}

async fn wide_bodies_are_accepted(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let groups: Vec<_> = (0..20_000_u128).map(|n| group_id(0x1_0000 + n)).collect();
    let fields: serde_json::Map<_, _> = (0..50_000).map(|n| (format!("field{n}"), json!(n))).collect();
    for (body, status) in [
        (json!({ "groups": groups }), 400),
        (json!({ "groups": vec![group_id(ADMINS); 20_000] }), 200),
        (json!({ "username": "x".repeat(1_000_000) }), 400),
        (json!({ "email": format!("{}@b.co", "a.".repeat(100_000)) }), 400),
        (json!({ "path": "a/".repeat(100_000) }), 400),
        (json!({ "last_login": "1".repeat(1_000_000) }), 400),
        (json!({ "type": vec!["["; 50_000] }), 400),
        (Value::Object(fields), 200),
    ] {
        let answer = send(&api, request(ROOT, "PATCH 2", &[], &body)).await;
        assert_eq!(answer.status, status, "{}", body.as_object().unwrap().keys().next().unwrap());
    }
}

async fn contradictory_headers_do_not_change_the_caller(kind: Kind) {
    let store = store(kind).await;
    let api = api(&store, Policy::hardened());
    let ask = async |authorizations: &[&str], more: &[(&'static str, &[u8])]| {
        let mut request =
            Request::patch(path(ANN)).body(Full::<bytes::Bytes>::from(r#"{"name":"x"}"#)).unwrap();
        for value in authorizations {
            request.headers_mut().append(AUTHORIZATION, value.parse().unwrap());
        }
        for (name, value) in more {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        api.handle(request).await.status().as_u16()
    };
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    let unprivileged = format!("Bearer {UNPRIVILEGED}");
    // The first authorization header counts; no other header changes the caller or the target.
    assert_eq!(ask(&[&unprivileged, "Bearer 1"], &[json]).await, 403);
    let claims: [(&str, &[u8]); 9] = [
        ("x-authentik-username", b"root"),
        ("x-forwarded-user", b"root"),
        ("remote-user", b"root"),
        ("cookie", b"authentik_session=x"),
        ("x-http-method-override", b"GET"),
        ("x-original-url", b"/api/v3/core/users/5/"),
        ("x-rewrite-url", b"/api/v3/core/users/5/"),
        ("x-forwarded-for", b"127.0.0.1"),
        ("proxy-authorization", b"Bearer 1"),
    ];
    for claim in claims {
        assert_eq!(ask(&[&unprivileged], &[json, claim]).await, 403, "{}", claim.0);
        assert_eq!(ask(&[], &[json, claim]).await, 403, "{}", claim.0);
    }
    assert_eq!(events(&store).await, []);
    // Only type and encoding of the body matter, and header bytes that are not UTF-8 are harmless.
    for (more, status) in [
        (&[("content-type", &b"text/plain"[..]), json][..], 415),
        (&[("content-type", b"\xff\xfe")], 415),
        (&[json, ("accept", b"\xff")], 406),
        (&[json, ("content-encoding", b"gzip")], 415),
        (&[json, ("content-length", b"-1")], 200),
        (&[json, ("content-length", b"99999999999999999999999")], 200),
        (&[json, ("if-match", b"\xff\"")], 412),
        (&[json, ("if-match", b"*"), ("if-match", b"\"x\"")], 412),
        (&[json, ("x-request-id", b"\xff")], 200),
        (&[json, ("expect", b"100-continue")], 200),
    ] {
        assert_eq!(ask(&["Bearer 1"], more).await, status, "{more:?}");
    }
}
