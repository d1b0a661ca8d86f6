//! The result of an operation.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ETAG, LOCATION},
};
use serde_json::Value;
use userbook_http::{Denials, Failure};
use uuid::Uuid;

use crate::{
    resource::{Document, Resource},
    respond,
};

/// The JSON of a response.
#[derive(Debug)]
pub(super) enum Body {
    Value(Value),
    Text(Vec<u8>),
}

/// The result of an operation, alone or within a bulk request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Body>,
    /// The id of a resource.
    pub(super) id: Option<Uuid>,
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
        Self { body: Some(Body::Value(body)), ..Self::empty(status) }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, id: None, location: None, version: None, failure: None, denials: 0 }
    }

    /// A resource. `project` returns the part of it that the client wants; without it, the client wants the whole.
    pub(super) fn resource(
        status: StatusCode,
        mut whole: Resource<'_>,
        project: Option<impl FnOnce(Document) -> Document>,
    ) -> Self {
        let (id, location, version) = (whole.id, whole.location.clone(), whole.version.clone());
        let body = match project {
            None => Body::Text(whole.take_text()),
            Some(project) => Body::Value(Value::Object(project(whole.into_document()))),
        };
        let (id, location, version) = (Some(id), Some(location), Some(version));
        Self { body: Some(body), id, location, version, ..Self::empty(status) }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let mut response = match self.body {
            Some(Body::Value(body)) => respond::json(self.status, &body),
            Some(Body::Text(text)) => respond::text(self.status, text),
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
