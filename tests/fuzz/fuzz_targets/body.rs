//! Bodies of every type that is understood. The first byte chooses type, method, actor and policy.
#![no_main]

use bytes::Bytes;
use http::{HeaderValue, Method, Uri, header};
use libfuzzer_sys::fuzz_target;
use userbook_fuzz::{Before, Message, Scene, check, scene::json_of};

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
    let scene = Scene::new(hardened);
    let before = Before::of(&scene);
    let answer = scene.send(message.request());
    check(&scene, &before, &message, &answer);

    let understood = media_type == TYPES[0]
        || (hardened && method == Method::PATCH && (media_type == TYPES[1] || media_type == TYPES[2]));
    assert_eq!(answer.status == 415, !understood && !body.is_empty(), "{answer:?}");
    if understood && !body.is_empty() && json_of(body).is_err() {
        let fault = answer.json();
        let detail = fault["detail"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        assert!(answer.status == 400 && detail.starts_with("JSON parse error"), "{answer:?}");
    }
    // Again: what was written once is there, so a PUT of the same changes nothing.
    if answer.status == 200 && method == Method::PUT {
        let rows = scene.rows();
        let again = scene.send(message.request());
        assert_eq!(again.body, answer.body);
        assert_eq!(scene.rows(), rows);
    }
});
