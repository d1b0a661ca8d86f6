//! The body of a request: receives it, and parses it by its media type.

mod roles;

use std::{borrow::Cow, error::Error};

use bytes::Bytes;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use json_patch::Patch;
use serde_json::Value;
use userbook::{
    Field, JsonObject, Limits, UserUpdate, Violations,
    field::MAX_DEPTH,
    update::{FieldOps, Mode, json_type},
    violation::ViolationKind,
};

use crate::{
    BodyError, Extension, ExtensionSet, Release,
    error::{ApiError, Kind},
    lenient::{
        self, Attributes,
        json::{self, JsonBounds, JsonError, Members},
    },
    media::{JSON, JSON_PATCH, MERGE_PATCH, is_media_type},
};

/// A reason why a body was not received.
///
/// Exhaustive: each reason has its own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// The body is too large: 413.
    #[error("body exceeds {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The host ended the body.
    #[error(transparent)]
    Host(BodyError),
    /// The client's connection failed: 400.
    #[error("the body could not be read")]
    Unreadable,
}

/// Receives a body of at most `limit` bytes, for an [`Endpoint`](crate::Endpoint) of the host. A body with a larger
/// declared length is not polled.
///
/// # Errors
/// [`ReceiveError`].
pub async fn receive_body<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, ReceiveError>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let least = body.size_hint().lower().max(announced.unwrap_or(0));
    if usize::try_from(least).map_or(true, |least| least > limit) {
        return Err(ReceiveError::TooLarge { limit });
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(json::without_negative_zero(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(ReceiveError::TooLarge { limit }),
        // Every other error belongs to the client's connection.
        Err(error) => Err(BodyError::find_in(&*error).map_or(ReceiveError::Unreadable, ReceiveError::Host)),
    }
}

/// Receives a body like [`receive_body`].
pub(crate) async fn collect<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    Ok(receive_body(headers, body, limit).await?)
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::TooLarge { limit } => {
                Self::new(Kind::BodyTooLarge, format!("The body is larger than {limit} bytes."))
            }
            ReceiveError::Host(error) => error.into(),
            ReceiveError::Unreadable => Self::new(Kind::UnreadableBody, "The body could not be read."),
        }
    }
}

/// Parses the update in a body by its media type. An empty body changes nothing, for every media type.
pub(crate) fn read(
    headers: &HeaderMap,
    body: &[u8],
    mode: Mode,
    limits: &Limits,
    extensions: ExtensionSet,
    release: Release,
) -> Result<UserUpdate, ApiError> {
    if body.is_empty() {
        return Ok(FieldOps::new(mode).into());
    }
    require_identity(headers)?;
    let media_type = media_type(headers);
    let is_patch = |extension, name| {
        mode == Mode::Patch && extensions.contains(extension) && is_media_type(&media_type, name)
    };
    if is_media_type(&media_type, JSON) {
        fields(body, limits, (mode, Attributes::Replace), release)
    } else if is_patch(Extension::MergePatch, MERGE_PATCH) {
        fields(body, limits, (mode, Attributes::Merge), release)
    } else if is_patch(Extension::JsonPatch, JSON_PATCH) {
        json_patch(body, limits, release)
    } else {
        Err(unsupported(&media_type))
    }
}

/// Parses the known members of a JSON object. An empty body is an empty object, for every media type.
pub(crate) fn read_object(
    headers: &HeaderMap,
    body: &[u8],
    limits: &Limits,
    is_known: impl Fn(&str) -> bool,
) -> Result<JsonObject, ApiError> {
    if body.is_empty() {
        return Ok(JsonObject::new());
    }
    require_identity(headers)?;
    let media_type = media_type(headers);
    if !is_media_type(&media_type, JSON) {
        return Err(unsupported(&media_type));
    }
    let members = members(body, limits, is_known)?;
    Ok(members.into_iter().map(|(key, value)| (key.into_owned(), value)).collect())
}

fn media_type(headers: &HeaderMap) -> Cow<'_, str> {
    let sent = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    sent.unwrap_or(Cow::Borrowed(""))
}

/// Requires a body that is not compressed (RFC 9110 §8.4).
fn require_identity(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(CONTENT_ENCODING) {
        let encoding = String::from_utf8_lossy(value.as_bytes());
        if !encoding.trim().eq_ignore_ascii_case("identity") {
            let detail = format!("Unsupported content encoding \"{encoding}\" in request.");
            return Err(ApiError::new(Kind::UnsupportedEncoding, detail));
        }
    }
    Ok(())
}

fn unsupported(media_type: &str) -> ApiError {
    let detail = format!("Unsupported media type \"{media_type}\" in request.");
    ApiError::new(Kind::UnsupportedMediaType, detail)
}

impl From<JsonError> for ApiError {
    fn from(fault: JsonError) -> Self {
        Self::new(Kind::ParseError, format!("JSON parse error - {fault}"))
    }
}

fn fields(
    body: &[u8],
    limits: &Limits,
    (mode, attributes): (Mode, Attributes),
    release: Release,
) -> Result<UserUpdate, ApiError> {
    let is_field = |key: &str| {
        Field::DOCUMENT.into_iter().any(|field| field.as_str() == key)
            || (release.is_2026_8() && key == roles::NAME)
    };
    let members = members(body, limits, is_field)?;
    for (_, value) in members.iter().filter(|(key, _)| key == roles::NAME) {
        roles::require_none(value)?;
    }
    Ok(lenient::field_ops(members, mode, attributes).into())
}

fn members<'a>(
    body: &'a [u8],
    limits: &Limits,
    is_known: impl Fn(&str) -> bool,
) -> Result<Members<'a>, ApiError> {
    // The object around the attributes is one more level.
    let bounds = JsonBounds { levels: MAX_DEPTH + 1, nodes: limits.body_nodes };
    json::parse_members(body, bounds, is_known)?.map_err(|other| not_an_object(&other).into())
}

fn not_an_object(value: &Value) -> Violations {
    let (code, message, params) = match value {
        Value::Null => ("null", "No data provided".to_owned(), JsonObject::new()),
        other => {
            let input_type = json_type(other);
            let message = format!("Invalid data. Expected a dictionary, but got {input_type}.");
            ("invalid", message, JsonObject::from_iter([("input_type".to_owned(), input_type.into())]))
        }
    };
    ViolationKind::Custom { code: code.to_owned(), message, params }.into()
}

fn json_patch(body: &[u8], limits: &Limits, release: Release) -> Result<UserUpdate, ApiError> {
    // The list of operations and each operation are one level each.
    let bounds = JsonBounds { levels: MAX_DEPTH + 2, nodes: limits.body_nodes };
    let patch: Patch = serde_json::from_value(json::parse(body, bounds)?)
        .map_err(|error| ApiError::new(Kind::InvalidPatch, format!("JSON Patch error - {error}")))?;
    if release.is_2026_8() {
        roles::require_no_operation(&patch)?;
    }
    Ok(UserUpdate::json_patch(patch))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> Value {
        (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
    }

    fn accepts(media_type: &'static str, body: &Value, limits: &Limits) -> Result<(), String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        let release = Release::default();
        read(&headers, body.to_string().as_bytes(), Mode::Patch, limits, ExtensionSet::all(), release)
            .map(drop)
            .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn attributes_may_use_the_full_depth_of_stores() {
        let patch = |levels| json!([{"op": "add", "path": "/attributes", "value": nested(levels)}]);
        let object = |levels| json!({ "attributes": nested(levels) });
        for (levels, is_parsed) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            for (media_type, body) in
                [(JSON, object(levels)), (MERGE_PATCH, object(levels)), (JSON_PATCH, patch(levels))]
            {
                let outcome = accepts(media_type, &body, &Limits::default());
                assert_eq!(outcome.is_ok(), is_parsed, "{media_type} {levels} {outcome:?}");
            }
        }
    }

    #[test]
    fn read_only_members_are_not_counted() {
        let limits = Limits { body_nodes: 4, ..Limits::default() };
        let groups: Vec<Value> = (0..100).map(|n| json!({"pk": n, "attributes": {"a": [n]}})).collect();
        let body = json!({"pk": 1, "groups_obj": groups, "name": "Ada", "attributes": {"a": 1}});
        assert_eq!(accepts(JSON, &body, &limits), Ok(()));
        let body = json!({"name": "Ada", "attributes": {"a": [1, 2]}});
        assert!(accepts(JSON, &body, &limits).unwrap_err().contains("more than 4 JSON values"));
        let patch = json!([{"op": "add", "path": "/name", "value": "Ada"}]);
        assert!(accepts(JSON_PATCH, &patch, &limits).unwrap_err().contains("more than 4 JSON values"));
    }
}
