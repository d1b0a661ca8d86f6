//! Texts for `last_login`: formats of authentik's clients, and the strict format of a JSON Patch.
#![no_main]

use chrono::{DateTime, SubsecRound, Utc};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use userbook::model::{is_representable, parse_timestamp, timestamp_text};
use userbook_fuzz::Fixture;

const FORMAT: &str = "Datetime has wrong format. Use one of these formats instead: \
    YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
const RANGE: &str = "Datetime value out of range.";

fuzz_target!(|text: &str| {
    let fixture = Fixture::new(true);
    let body = json!({ "last_login": text }).to_string();
    let answer = fixture.send_as("root", "PATCH", 2, "application/json", body);
    let stored = fixture.row(2).last_login;
    match answer.status.as_u16() {
        200 => {
            let stored = stored.expect("it was accepted");
            assert!(is_representable(stored));
            assert_eq!(stored.trunc_subsecs(6), stored);
            let shown = timestamp_text(stored);
            assert_eq!(answer.json()["last_login"], json!(shown));
            assert_eq!(parse_timestamp(&shown), Some(stored));
            // A shown value is accepted again.
            let body = json!({ "last_login": shown }).to_string();
            assert_eq!(fixture.send_as("root", "PATCH", 2, "application/json", body).status, 200);
            assert_eq!((fixture.row(2).last_login, fixture.events().len()), (Some(stored), 1));
        }
        _ => {
            let body = answer.json();
            assert!(
                body == json!({"last_login": [FORMAT]}) || body == json!({"last_login": [RANGE]}),
                "{body}"
            );
            assert_eq!((stored, fixture.events().len()), (None, 0));
        }
    }
    // Every parser reads RFC 3339 in upper case, with the same result.
    if let Some(moment) = rfc3339(text) {
        assert_eq!(answer.status == 200, is_representable(moment), "{text:?} is {moment}");
        assert!(stored.is_none_or(|stored| stored == moment), "{text:?} became {stored:?}");
    }
    let strict = Fixture::new(true);
    let body = json!([{"op": "replace", "path": "/last_login", "value": text}]).to_string();
    let answer = strict.send_as("root", "PATCH", 2, "application/json-patch+json", body);
    assert_eq!(answer.status == 200, parse_timestamp(text).is_some(), "{answer:?}");
    if let Some(stored) = strict.row(2).last_login {
        assert_eq!(parse_timestamp(&timestamp_text(stored)), Some(stored));
    }
});

/// Parses RFC 3339 with chrono: upper case, a year that Python supports, no leap second.
fn rfc3339(text: &str) -> Option<DateTime<Utc>> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte));
    let foreign = text.get(17..19) == Some("60") || text.starts_with("0000");
    let moment =
        DateTime::parse_from_rfc3339(text).ok().filter(|_| plain && !foreign && text.contains('T'))?;
    Some(moment.with_timezone(&Utc).trunc_subsecs(6))
}
