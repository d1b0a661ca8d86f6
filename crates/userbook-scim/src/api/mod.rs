//! The entry point: takes a request and returns a finished response.

mod bulk;
mod bulk_denied;
mod change_user;
mod create_user;
mod discovery;
mod group_members;
mod groups;
mod handle;
mod list;
mod list_groups;
mod list_users;
mod lookup;
mod payload;
mod reply;
mod route;
mod scan;
mod search;
mod sort_key;

use std::sync::Arc;

use http::StatusCode;
use userbook::{
    UserService,
    clock::{Clock, SystemClock},
    model::ExternalSource,
};

use crate::{
    Connection, ScimLimits,
    error::ScimError,
    etag::Preconditions,
    params::Params,
    resource::{Document, Form, ResourceKind},
    schema::ResourceSchema,
};

pub use route::SCIM_PATH;

/// A SCIM 2.0 service provider: a service over a store, and the connections that may call. Cheap to clone.
#[derive(Debug)]
pub struct ScimApi<S, A, C> {
    provider: Arc<Provider<S, A>>,
    connections: Arc<C>,
}

impl<S, A, C> Clone for ScimApi<S, A, C> {
    fn clone(&self) -> Self {
        Self { provider: Arc::clone(&self.provider), connections: Arc::clone(&self.connections) }
    }
}

/// What every connection shares.
#[derive(Debug)]
struct Provider<S, A> {
    service: Arc<UserService<S, A>>,
    base: String,
    limits: ScimLimits,
    groups: ResourceSchema,
    clock: Arc<dyn Clock>,
}

impl<S, A> Clone for Provider<S, A> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            base: self.base.clone(),
            limits: self.limits.clone(),
            groups: self.groups.clone(),
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<S, A, C> ScimApi<S, A, C> {
    /// Serves a service. Its authorizer is a [`ConnectionAuthorizer`](crate::ConnectionAuthorizer).
    pub fn new(service: impl Into<Arc<UserService<S, A>>>, connections: C) -> Self {
        let provider = Provider {
            service: service.into(),
            base: SCIM_PATH.trim_end_matches('/').to_owned(),
            limits: ScimLimits::default(),
            groups: ResourceSchema::group(),
            clock: Arc::new(SystemClock),
        };
        Self { provider: Arc::new(provider), connections: Arc::new(connections) }
    }

    /// Uses this URL in `meta.location` and `$ref`, for example `https://app.example.com/scim/v2`. The default is the
    /// path without a host.
    #[must_use]
    pub fn with_base_url(self, url: impl Into<String>) -> Self {
        let url = url.into().trim_end_matches('/').to_owned();
        self.with(|provider| provider.base = url)
    }

    /// Uses other limits.
    #[must_use]
    pub fn with_limits(self, limits: ScimLimits) -> Self {
        self.with(|provider| provider.limits = limits)
    }

    /// Uses another clock for the time limits of searches and bulk requests.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.with(|provider| provider.clock = Arc::new(clock))
    }

    /// Returns the service behind the API.
    pub fn service(&self) -> &UserService<S, A> {
        &self.provider.service
    }

    fn with(mut self, set: impl FnOnce(&mut Provider<S, A>)) -> Self {
        set(Arc::make_mut(&mut self.provider));
        self
    }
}

/// One request of a connection, or one operation of a bulk request.
#[derive(Debug)]
struct Exchange<'e, S, A> {
    provider: &'e Provider<S, A>,
    connection: &'e Connection,
    actor: &'e userbook::Actor,
    params: Params,
    preconditions: Preconditions,
    request_id: Option<&'e str>,
    /// Whether a search covers users and groups.
    searches_all: bool,
}

impl<S, A> Exchange<'_, S, A> {
    fn service(&self) -> &UserService<S, A> {
        &self.provider.service
    }

    fn source(&self) -> &ExternalSource {
        self.connection.source()
    }

    /// Returns the most rows of a page.
    fn most_rows(&self) -> u32 {
        self.provider.limits.page_rows.min(self.service().policy().limits().page_rows)
    }

    fn form(&self) -> Form<'_> {
        Form {
            mapping: &self.connection.mapping,
            source: self.connection.source(),
            base: &self.provider.base,
        }
    }

    fn schema(&self, kind: ResourceKind) -> &ResourceSchema {
        match kind {
            ResourceKind::User => &self.connection.mapping.schema,
            ResourceKind::Group => &self.provider.groups,
        }
    }

    /// Returns a resource as `attributes` and `excludedAttributes` select it.
    fn resource(&self, kind: ResourceKind, status: StatusCode, document: Document) -> reply::Reply {
        reply::Reply::resource(status, document, |document| self.projected(kind, document))
    }

    /// Applies `attributes` and `excludedAttributes`.
    fn projected(&self, kind: ResourceKind, document: Document) -> Document {
        let schema = self.schema(kind);
        self.params.projection(schema).apply(document, schema)
    }
}

/// An id that is not a UUID names no resource.
fn parse_id(text: &str) -> Option<uuid::Uuid> {
    uuid::Uuid::try_parse(text).ok().filter(|uuid| uuid.to_string().eq_ignore_ascii_case(text))
}

type Answer = Result<reply::Reply, ScimError>;
