//! Texts for `last_login`: what authentik's clients write, and what a JSON Patch says strictly.
#![no_main]

use chrono::{DateTime, SubsecRound, Utc};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use userbook::model::{is_representable, parse_timestamp, timestamp_text};
use userbook_fuzz::Scene;

const FORMAT: &str = "Datetime has wrong format. Use one of these formats instead: \
    YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
const RANGE: &str = "Datetime value out of range.";

fuzz_target!(|text: &str| {
    let scene = Scene::new(true);
    let body = json!({ "last_login": text }).to_string();
    let answer = scene.ask("root", "PATCH", 2, "application/json", body);
    let stored = scene.row(2).last_login;
    match answer.status.as_u16() {
        200 => {
            let stored = stored.expect("it was accepted");
            assert!(is_representable(stored));
            assert_eq!(stored.trunc_subsecs(6), stored);
            let shown = timestamp_text(stored);
            assert_eq!(answer.json()["last_login"], json!(shown));
            assert_eq!(parse_timestamp(&shown), Some(stored));
            // What is shown may be sent back.
            let body = json!({ "last_login": shown }).to_string();
            assert_eq!(scene.ask("root", "PATCH", 2, "application/json", body).status, 200);
            assert_eq!((scene.row(2).last_login, scene.events().len()), (Some(stored), 1));
        }
        _ => {
            let told = answer.json();
            assert!(told == json!({"last_login": [FORMAT]}) || told == json!({"last_login": [RANGE]}), "{told}");
            assert_eq!((stored, scene.events().len()), (None, 0));
        }
    }
    // RFC 3339 in capitals is understood by everybody, and means the same to everybody.
    if let Some(moment) = rfc3339(text) {
        assert_eq!(answer.status == 200, is_representable(moment), "{text:?} is {moment}");
        assert!(stored.is_none_or(|stored| stored == moment), "{text:?} became {stored:?}");
    }
    let strict = Scene::new(true);
    let body = json!([{"op": "replace", "path": "/last_login", "value": text}]).to_string();
    let answer = strict.ask("root", "PATCH", 2, "application/json-patch+json", body);
    assert_eq!(answer.status == 200, parse_timestamp(text).is_some(), "{answer:?}");
    if let Some(stored) = strict.row(2).last_login {
        assert_eq!(parse_timestamp(&timestamp_text(stored)), Some(stored));
    }
});

/// A moment of RFC 3339 with capitals, a year that Python has and no leap second, as chrono reads it.
fn rfc3339(text: &str) -> Option<DateTime<Utc>> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte));
    let foreign = text.get(17..19) == Some("60") || text.starts_with("0000");
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| plain && !foreign && text.contains('T'))?;
    Some(moment.with_timezone(&Utc).trunc_subsecs(6))
}
