//! The result of an operation.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ETAG, LOCATION},
};
use serde_json::Value;

use crate::{
    resource::{Document, location, version},
    respond,
};

/// The result of an operation, alone or within a bulk request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Value>,
    pub(super) location: Option<String>,
    pub(super) version: Option<String>,
}

impl Reply {
    /// A response that is not a resource.
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body), location: None, version: None }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, location: None, version: None }
    }

    /// A resource; `shown` is the part of the resource that the client wants.
    pub(super) fn resource(status: StatusCode, whole: &Document, shown: Document) -> Self {
        Self {
            status,
            body: Some(Value::Object(shown)),
            location: location(whole).map(str::to_owned),
            version: version(whole).map(str::to_owned),
        }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let mut response = match &self.body {
            Some(body) => respond::json(self.status, body),
            None => respond::empty(self.status),
        };
        let headers = response.headers_mut();
        // Both are visible ASCII, so the conversions succeed.
        if let Some(Ok(version)) = self.version.map(HeaderValue::try_from) {
            headers.insert(ETAG, version);
        }
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from)
            && self.status == StatusCode::CREATED
        {
            headers.insert(LOCATION, location);
        }
        response
    }
}
