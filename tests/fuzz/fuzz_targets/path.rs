//! URL paths (the first byte is `/`), and user paths.
#![no_main]

use bytes::Bytes;
use http::{HeaderValue, header};
use http::{Method, Uri};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use userbook::field::UserPath;
use userbook_fuzz::{Before, Fixture, Message, check};

fuzz_target!(|text: &str| if text.starts_with('/') { url(text) } else { user_path(text) });

fn url(text: &str) {
    let Ok(uri) = Uri::try_from(text) else { return };
    let fixture = Fixture::new(true);
    for method in [Method::GET, Method::PATCH] {
        let message = Message {
            method: method.clone(),
            uri: uri.clone(),
            headers: vec![
                (header::AUTHORIZATION, HeaderValue::from_static("Bearer root")),
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            ],
            body: Bytes::from_static(br#"{"name": "Changed"}"#),
        };
        let before = Before::of(&fixture);
        let answer = fixture.send(message.request());
        check(&fixture, &before, &message, &answer);
        let allowed: &[u16] = if method == Method::GET { &[200, 404] } else { &[200, 400, 404] };
        assert!(allowed.contains(&answer.status.as_u16()), "{answer:?}");
        if answer.status == 200 && answer.json().get("dry_run").is_none() {
            // The path contains only the number in digits, and the response shows the user with this id.
            let decoded = percent_encoding::percent_decode_str(uri.path()).decode_utf8().expect("digits");
            let digits = decoded.strip_prefix("/api/v3/core/users/").and_then(|rest| rest.strip_suffix('/'));
            let digits = digits.unwrap_or_else(|| panic!("{decoded} was accepted"));
            let pk = answer.json()["pk"].to_string();
            assert_eq!(digits.trim_start_matches('0'), pk);
        }
    }
}

fn user_path(text: &str) {
    let parsed = UserPath::parse(text);
    if let Ok(path) = &parsed {
        let kept = path.as_str();
        assert!(!kept.is_empty() && !kept.contains('\0') && text.contains(kept));
        assert!(kept.split('/').all(|segment| !segment.is_empty()), "{kept:?}");
        assert_eq!(UserPath::parse(kept).as_ref(), Ok(path));
    }
    let fixture = Fixture::new(true);
    let answer = fixture.send_as("root", "PATCH", 2, "application/json", json!({ "path": text }).to_string());
    assert_eq!(answer.status, if parsed.is_ok() { 200 } else { 400 }, "{answer:?}");
    let stored = fixture.row(2).path;
    assert_eq!(stored, parsed.as_ref().map_or("users", UserPath::as_str));
}
