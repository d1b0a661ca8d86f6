//! Bodies of every supported type. The first byte selects type, method, actor and policy.
#![no_main]

use bytes::Bytes;
use http::{HeaderValue, Method, Uri, header};
use libfuzzer_sys::fuzz_target;
use userbook_fuzz::{Before, Fixture, Message, check, fixture::json_of};

const TYPES: [&str; 4] =
    ["application/json", "application/merge-patch+json", "application/json-patch+json", "text/plain"];
const ACTORS: [&str; 4] = ["Bearer root", "Bearer helper", "Bearer limited", "Bearer granter"];

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    let hardened = choice & 1 == 0;
    let method = if choice & 2 == 0 { Method::PATCH } else { Method::PUT };
    let media_type = TYPES[usize::from(choice >> 2 & 3)];
    let message = Message {
        method: method.clone(),
        uri: Uri::from_static("/api/v3/core/users/2/"),
        headers: vec![
            (header::AUTHORIZATION, HeaderValue::from_static(ACTORS[usize::from(choice >> 4 & 3)])),
            (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        ],
        body: Bytes::copy_from_slice(body),
    };
    let fixture = Fixture::new(hardened);
    let before = Before::of(&fixture);
    let answer = fixture.send(message.request());
    check(&fixture, &before, &message, &answer);

    let understood = media_type == TYPES[0]
        || (hardened && method == Method::PATCH && (media_type == TYPES[1] || media_type == TYPES[2]));
    assert_eq!(answer.status == 415, !understood && !body.is_empty(), "{answer:?}");
    if understood && !body.is_empty() && json_of(body).is_err() {
        let fault = answer.json();
        let detail = fault["detail"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        assert!(answer.status == 400 && detail.starts_with("JSON parse error"), "{answer:?}");
    }
    // A repeated PUT changes nothing.
    if answer.status == 200 && method == Method::PUT {
        let rows = fixture.rows();
        let again = fixture.send(message.request());
        assert_eq!(again.body, answer.body);
        assert_eq!(fixture.rows(), rows);
    }
});
