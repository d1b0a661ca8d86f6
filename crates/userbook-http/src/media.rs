//! Media types as the contract compares them: case-insensitive type and subtype, with `*` as a wildcard. Parameters,
//! including quality values, are ignored.

pub(crate) const JSON: &str = "application/json";
pub(crate) const PROBLEM: &str = "application/problem+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";

/// Returns whether an `Accept` header accepts the media type `offered`; a missing header accepts everything.
pub(crate) fn accepts(accept: Option<&str>, offered: &str) -> bool {
    accept.is_none_or(|accept| accept.split(',').any(|range| is_media_type(range, offered)))
}

/// Returns whether `content_type`, the value of a `Content-Type` header, is the media type `wanted` or a wildcard for
/// it.
pub(crate) fn is_media_type(content_type: &str, wanted: &str) -> bool {
    let essence = content_type.split_once(';').map_or(content_type, |(essence, _)| essence).trim();
    match (essence.split_once('/'), wanted.split_once('/')) {
        (Some((main, sub)), Some((wanted_main, wanted_sub))) => {
            is_part(main, wanted_main) && is_part(sub, wanted_sub)
        }
        _ => false,
    }
}

fn is_part(part: &str, wanted: &str) -> bool {
    part == "*" || part.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json";

    #[test]
    fn content_types() {
        for (content_type, expected) in [
            (JSON, true),
            ("APPLICATION/Json", true),
            (" application/json ; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"; indent=4", true),
            ("*/*", true),
            ("application/*", true),
            ("*/json", true),
            ("", false),
            ("*", false),
            ("garbage", false),
            ("application", false),
            ("application/", false),
            ("text/json", false),
            ("text/plain; x=application/json", false),
            ("application/vnd.api+json", false),
            ("application/json-patch+json", false),
            ("application/json, text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(is_media_type(content_type, JSON), expected, "{content_type}");
        }
    }

    #[test]
    fn accept_headers() {
        for (accept, expected) in [
            (None, true),
            (Some("*/*"), true),
            (Some("application/*"), true),
            (Some("text/html,*/*;q=0.1"), true),
            (Some("text/html , Application/JSON;q=0"), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("text/html"), false),
            (Some("application/xml, text/*"), false),
            (Some(""), false),
            (Some(","), false),
            (Some("*"), false),
        ] {
            assert_eq!(accepts(accept, JSON), expected, "{accept:?}");
        }
    }
}
