//! The request id for the event.

use http::HeaderMap;

/// The maximum length of an id; longer ids are ignored.
const MAX_LENGTH: usize = 200;

/// Returns the id in `X-Request-Id` if it is short and visible ASCII.
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    ((1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())).then_some(id)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_short_visible_ascii_is_accepted() {
        let longest = "x".repeat(200);
        for (value, accepted) in [
            (longest.as_bytes(), true),
            (b"0190-abc/{}", true),
            (b"", false),
            (b"a b", false),
            (b"a\tb", false),
            (b"\xfc", false),
            ("x".repeat(201).as_bytes(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", HeaderValue::from_bytes(value).unwrap());
            assert_eq!(request_id(&headers).is_some(), accepted, "{value:?}");
        }
        assert_eq!(request_id(&HeaderMap::new()), None);
    }
}
