//! Builds responses and their common headers.

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS},
};

use crate::{
    Extension, ExtensionSet,
    media::{JSON, JSON_PATCH, MERGE_PATCH},
};

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The methods of a user, as in `Allow`.
pub(crate) const USER_METHODS: &str = "GET, PUT, PATCH, HEAD, OPTIONS";

/// The same where users can be deleted.
pub(crate) const DELETABLE_USER_METHODS: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

/// The methods of one resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Methods {
    /// The methods, as in `Allow`.
    pub(crate) allow: &'static str,
    /// Whether PATCH also accepts the media types of extensions.
    pub(crate) accepts_patches: bool,
}

impl Methods {
    /// The methods of a single user.
    pub(crate) const fn of_user(allow: &'static str) -> Self {
        Self { allow, accepts_patches: true }
    }

    /// The methods of any other resource.
    pub(crate) const fn of_resource(allow: &'static str) -> Self {
        Self { allow, accepts_patches: false }
    }
}

/// A response with a body.
pub(crate) fn with_body(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// A successful response.
pub(crate) fn ok(body: Bytes) -> Response<Bytes> {
    with_body(StatusCode::OK, JSON, body)
}

/// A successful response without a body.
pub(crate) fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Adds the headers that depend only on the method, the policy and the `methods` of the resource.
pub(crate) fn finish(
    method: &Method,
    extensions: ExtensionSet,
    methods: Methods,
    response: &mut Response<Bytes>,
) {
    // As recorded, a response depends on the host's session cookie; with problem details it also depends on `Accept`.
    let vary = if extensions.contains(Extension::ProblemDetails) {
        "Accept, Authorization, Cookie"
    } else {
        "Authorization, Cookie"
    };
    let options = *method == Method::OPTIONS && response.status() == StatusCode::OK;
    let lists_methods = options || response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let patches = (options || *method == Method::PATCH) && methods.accepts_patches;
    let patches = patches.then(|| accept_patch(extensions)).flatten();
    let length = response.body().len();
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static(vary));
    // Responses contain personal data, or tell which caller may see them.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if lists_methods {
        headers.insert(ALLOW, HeaderValue::from_static(methods.allow));
    }
    if let Some(types) = patches {
        headers.insert(ACCEPT_PATCH, types);
    }
    // The length of the GET response; a response without a body has none (RFC 9110 §8.6).
    if *method == Method::HEAD && length > 0 {
        headers.insert(CONTENT_LENGTH, length.into());
        *response.body_mut() = Bytes::new();
    }
}

/// Returns the media types of patches, if there are any beyond the recorded one.
fn accept_patch(extensions: ExtensionSet) -> Option<HeaderValue> {
    let merge = extensions.contains(Extension::MergePatch).then_some(MERGE_PATCH);
    let patch = extensions.contains(Extension::JsonPatch).then_some(JSON_PATCH);
    let types: Vec<&str> = [Some(JSON), merge, patch].into_iter().flatten().collect();
    (types.len() > 1).then(|| HeaderValue::from_str(&types.join(", ")).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(method: &Method, extensions: ExtensionSet, status: StatusCode) -> Response<Bytes> {
        let mut response = with_body(status, JSON, "{}");
        finish(method, extensions, Methods::of_user(USER_METHODS), &mut response);
        response
    }

    #[test]
    fn accept_patch_lists_the_supported_media_types() {
        let all_extensions = ExtensionSet::all();
        let all = "application/json, application/merge-patch+json, application/json-patch+json";
        for (method, extensions, expected) in [
            (Method::PATCH, all_extensions, Some(all)),
            (Method::OPTIONS, all_extensions, Some(all)),
            (Method::PUT, all_extensions, None),
            (
                Method::PATCH,
                all_extensions.without(Extension::MergePatch),
                Some("application/json, application/json-patch+json"),
            ),
            (Method::PATCH, ExtensionSet::none(), None),
            (Method::OPTIONS, ExtensionSet::none(), None),
        ] {
            let response = finished(&method, extensions, StatusCode::OK);
            let header = response.headers().get(ACCEPT_PATCH).map(|types| types.to_str().unwrap());
            assert_eq!(header, expected, "{method}");
        }
        let mut elsewhere = with_body(StatusCode::OK, JSON, "{}");
        let methods = Methods::of_resource("GET, HEAD, OPTIONS");
        finish(&Method::OPTIONS, ExtensionSet::all(), methods, &mut elsewhere);
        assert!(!elsewhere.headers().contains_key(ACCEPT_PATCH));
        assert_eq!(elsewhere.headers()[ALLOW], "GET, HEAD, OPTIONS");
    }

    #[test]
    fn head_has_the_length_and_no_body() {
        let response = finished(&Method::HEAD, ExtensionSet::all(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[CONTENT_LENGTH], "2");
        assert!(response.body().is_empty());
        let mut known = Response::new(Bytes::new());
        *known.status_mut() = StatusCode::NOT_MODIFIED;
        finish(&Method::HEAD, ExtensionSet::all(), Methods::of_user(USER_METHODS), &mut known);
        assert!(!known.headers().contains_key(CONTENT_LENGTH));
    }

    #[test]
    fn options_and_405_list_the_methods() {
        let extensions = ExtensionSet::none();
        for (method, status, listed) in [
            (Method::OPTIONS, StatusCode::OK, true),
            (Method::OPTIONS, StatusCode::NOT_FOUND, false),
            (Method::POST, StatusCode::METHOD_NOT_ALLOWED, true),
            (Method::GET, StatusCode::OK, false),
        ] {
            let response = finished(&method, extensions, status);
            assert_eq!(response.headers().contains_key(ALLOW), listed, "{method} {status}");
            assert_eq!(response.headers()[VARY], "Authorization, Cookie");
        }
    }
}
