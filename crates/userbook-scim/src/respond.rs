//! Builds responses.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS},
};
use serde_json::Value;

use crate::resource::USUAL_BYTES;

/// The media type of SCIM.
pub(crate) const SCIM_JSON: &str = "application/scim+json";

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    // A JSON value always has a text.
    if serde_json::to_writer(&mut text, body).is_err() {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    self::text(status, text)
}

/// A response with this JSON.
pub(crate) fn text(status: StatusCode, text: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    response
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// Adds the headers of every response. A response to HEAD has no body.
pub(crate) fn finish(method: &Method, response: &mut Response<Bytes>) {
    let length = response.body().len();
    let headers = response.headers_mut();
    // Responses contain personal data.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(VARY, HeaderValue::from_static("Authorization"));
    // A response without a body has no length (RFC 9110 §8.6).
    if *method == Method::HEAD && length > 0 {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        *response.body_mut() = Bytes::new();
    }
}
