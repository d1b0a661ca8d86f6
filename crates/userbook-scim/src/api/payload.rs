//! The body of a request.

use std::error::Error;

use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body::Body;
use serde_json::Value;
use userbook_http::{JsonBounds, parse_json, receive_body};

use crate::{
    ScimLimits,
    error::{ScimError, ScimType},
    limits::BODY_LEVELS,
};

/// The content of an operation: a body that has not arrived yet, or the data of a bulk operation.
#[derive(Debug)]
pub(super) enum Payload<'p, B> {
    Body(&'p HeaderMap, B),
    Data(Value),
}

impl<B> Payload<'_, B>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Receives and parses the content. Call this method after the authorization.
    pub(super) async fn read(self, limits: &ScimLimits) -> Result<Value, ScimError> {
        let (headers, body) = match self {
            Self::Body(headers, body) => (headers, body),
            Self::Data(data) => return Ok(data),
        };
        check_media_type(headers)?;
        let body = receive_body(headers, body, limits.body_bytes).await?;
        let bounds = JsonBounds { levels: BODY_LEVELS, nodes: limits.body_nodes };
        parse_json(&body, bounds).map_err(|error| {
            ScimError::bad_request(ScimType::InvalidSyntax, format!("invalid JSON: {error}"))
        })
    }
}

/// SCIM requires `application/scim+json` and recommends to accept `application/json` (RFC 7644 §3.1).
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let unsupported = |what: &str, value: &[u8]| {
        let value = String::from_utf8_lossy(value);
        ScimError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("unsupported {what} {value:?}"))
    };
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("content encoding", encoding.as_bytes()));
    }
    let Some(media_type) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = media_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let known = ["application/scim+json", "application/json"];
    if known.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    Err(unsupported("media type", media_type.as_bytes()))
}
