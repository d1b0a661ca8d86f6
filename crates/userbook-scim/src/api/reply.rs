//! The result of an operation.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ETAG, LOCATION},
};
use serde_json::Value;
use userbook_http::{Denials, Failure};

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
    /// The cause of a failed operation of a bulk request, or of work left behind a change that succeeded.
    pub(super) failure: Option<Failure>,
    /// The denied operations of a bulk request.
    pub(super) denials: u32,
}

impl Reply {
    /// A response that is not a resource.
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        Self { body: Some(body), ..Self::empty(status) }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, location: None, version: None, failure: None, denials: 0 }
    }

    /// A resource. `project` returns the part of the resource that the client wants.
    pub(super) fn resource(
        status: StatusCode,
        whole: Document,
        project: impl FnOnce(Document) -> Document,
    ) -> Self {
        let location = location(&whole).map(str::to_owned);
        let version = version(&whole).map(str::to_owned);
        let body = Some(Value::Object(project(whole)));
        Self { body, location, version, ..Self::empty(status) }
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
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        if self.denials > 0 {
            response.extensions_mut().insert(Denials(self.denials));
        }
        response
    }
}
