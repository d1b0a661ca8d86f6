//! Compressed responses. An entity tag names one encoding, so a compressed response gets a tag of its own; both tags of
//! a user mean the same state.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Response,
    header::{CONTENT_ENCODING, ETAG, IF_MATCH, IF_NONE_MATCH},
};
use http_body::Body;
use tower_http::compression::{CompressionLayer, Predicate};

/// The end of the tag of a compressed response, before the closing quote.
const SUFFIX: &str = "-gzip\"";

/// Compresses responses for clients that accept gzip.
pub(crate) fn layer() -> CompressionLayer<Moderate> {
    CompressionLayer::new().gzip(true).compress_when(Moderate)
}

/// Small responses do not get smaller. Large ones would keep a thread of the runtime busy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moderate;

const SMALLEST: u64 = 1024;
const LARGEST: u64 = 1024 * 1024;

impl Predicate for Moderate {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        response.body().size_hint().exact().is_some_and(|size| (SMALLEST..=LARGEST).contains(&size))
    }
}

/// Makes the tags of compressed responses those that the API knows.
pub(crate) fn accept_tags(headers: &mut HeaderMap) {
    for name in [IF_MATCH, IF_NONE_MATCH] {
        rewrite(headers, &name, |tags| tags.replace(SUFFIX, "\""));
    }
}

/// Marks the tag of a compressed response.
pub(crate) fn mark_tag(headers: &mut HeaderMap) {
    if headers.contains_key(CONTENT_ENCODING) {
        rewrite(headers, &ETAG, |tag| match tag.strip_suffix('"') {
            Some(start) => format!("{start}{SUFFIX}"),
            None => tag.to_owned(),
        });
    }
}

fn rewrite(headers: &mut HeaderMap, name: &HeaderName, change: impl Fn(&str) -> String) {
    let values: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
    headers.remove(name);
    for value in values {
        let changed = value.to_str().ok().and_then(|text| HeaderValue::from_str(&change(text)).ok());
        headers.append(name, changed.unwrap_or(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_both_encodings_are_known() {
        let mut headers = HeaderMap::new();
        headers.append(IF_MATCH, HeaderValue::from_static("\"a-gzip\", W/\"b\""));
        headers.append(IF_MATCH, HeaderValue::from_static("*"));
        accept_tags(&mut headers);
        let values: Vec<_> = headers.get_all(IF_MATCH).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(values, ["\"a\", W/\"b\"", "*"]);
        headers.insert(ETAG, HeaderValue::from_static("\"a\""));
        mark_tag(&mut headers);
        assert_eq!(headers[ETAG], "\"a\"");
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        mark_tag(&mut headers);
        assert_eq!(headers[ETAG], "\"a-gzip\"");
    }
}
