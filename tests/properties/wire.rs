//! No request may cause a status of 500 or above, or a panic.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use proptest::{collection::vec, prelude::*, sample::select};
use userbook::Policy;
use userbook_tests::fixture::{ANN, api, row};

use crate::{
    generate::{any_json, body, json_patch},
    on_a_directory,
};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = |value: serde_json::Value| value.to_string().into_bytes();
    prop_oneof![
        4 => body().prop_map(text),
        2 => json_patch().prop_map(text),
        2 => any_json().prop_map(text),
        1 => vec(any::<u8>(), 0..64),
        // JSON with some bytes overwritten, or truncated.
        2 => (body(), any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(value, at, byte)| {
            let mut bytes = text(value);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        2 => (body(), any::<prop::sample::Index>()).prop_map(move |(value, at)| {
            let mut bytes = text(value);
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
    ]
}

fn target() -> impl Strategy<Value = String> {
    let id = prop_oneof![
        12 => select(vec!["1", "2", "2", "2", "6", "99", "0002", "%32"]).prop_map(str::to_owned),
        1 => "[0-9a-z.%_+-]{1,12}",
    ];
    let slash = prop_oneof![20 => Just("/"), 1 => Just(""), 1 => Just("//")];
    let query = prop_oneof![
        4 => Just(String::new()),
        2 => select(vec![
            "?include_groups=false", "?dry_run=true", "?dry_run=x", "?allow_self_lockout=true&dry_run=false",
            "?include_groups=%ff&&=&dry_run", "?%64ry_run=true",
        ]).prop_map(str::to_owned),
        1 => "\\?[a-z_=&%0-9]{0,20}",
    ];
    (id, slash, query).prop_map(|(id, slash, query)| format!("/api/v3/core/users/{id}{slash}{query}"))
}

/// A header with this probability: usually one of these values, sometimes any other.
fn header(
    name: &'static str,
    sent: f64,
    values: &[&str],
) -> impl Strategy<Value = Option<(&'static str, Vec<u8>)>> + use<> {
    let values: Vec<Vec<u8>> = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    let garbage = vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8], 0..24);
    let value = prop_oneof![12 => select(values), 1 => garbage];
    prop::option::weighted(sent, (Just(name), value))
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    const JSON: &str = "application/json";
    const PROBLEM: &str = "application/problem+json";
    let tags =
        ["*", "\"x\"", "W/\"00000000000000000000000000001000.0\"", "\"00000000000000000000000000001000.0\""];
    let types =
        [JSON, JSON, "*/*", "application/merge-patch+json", "application/json-patch+json", "text/plain"];
    (
        header("content-type", 0.95, &types),
        header("accept", 0.3, &["*/*", JSON, PROBLEM, PROBLEM, "text/html", ",,"]),
        header(
            "authorization",
            0.95,
            &["Bearer 1", "Bearer 1", "Bearer 1", "Bearer 3", "Bearer 99", "Basic x"],
        ),
        header("if-match", 0.1, &tags),
        header("if-none-match", 0.1, &tags),
        header("content-length", 0.05, &["0", "5", "99999999999", "-1"]),
        header("x-request-id", 0.2, &["abc", ""]),
    )
        .prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g].into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_request_is_answered_cleanly(
        method in select(vec!["PUT", "PATCH", "PATCH", "PATCH", "GET", "HEAD", "OPTIONS", "DELETE", "BREW"]),
        target in target(),
        headers in headers(),
        body in bytes(),
        hardened in any::<bool>(),
    ) {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_bytes(&value).unwrap());
        }
        // Skip targets that HTTP cannot express.
        let Ok(request) = request.body(Full::new(Bytes::from(body))) else { return Ok(()) };
        let policy = if hardened { Policy::hardened() } else { Policy::authentik_2025_2() };
        on_a_directory(async |store| {
            let response = api(&store, policy).handle(request).await;
            let status = response.status().as_u16();
            prop_assert!((200..500).contains(&status), "{response:?}");
            let body = response.body();
            prop_assert!(body.is_empty() || userbook_tests::corpus::json(body).is_ok(), "{response:?}");
            prop_assert_eq!(body.is_empty(), method == "HEAD" || status == 304);
            prop_assert_eq!(row(&store, ANN).await.id.0, ANN);
            Ok(())
        })?;
    }
}
