//! Dispatches a request.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW, request::Parts};
use http_body::Body;
use userbook::{
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};
use userbook_http::request_id;

use super::{
    Answer, Exchange, ScimApi, discovery,
    payload::Payload,
    route::{Route, route},
};
use crate::{
    Connections, error::ScimError, etag::Preconditions, params::Params, resource::ResourceKind, respond,
};

impl<S, A, C> ScimApi<S, A, C>
where
    S: ProvisioningStore + ListStore,
    A: ListAuthorizer,
    C: Connections,
{
    /// Handles a request. Every request gets a response; the cause of 500 and 503 is the
    /// [`Failure`](userbook_http::Failure) in the response's extensions.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let (head, body) = request.into_parts();
        let route = route(head.uri.path());
        let mut response = match self.answer(&head, route.as_ref(), body).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED
            && let Some(route) = &route
        {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(route.methods()));
        }
        respond::finish(&head.method, &mut response);
        response
    }

    async fn answer<B>(
        &self,
        head: &Parts,
        route: Option<&Route<'_>>,
        body: B,
    ) -> Result<Response<Bytes>, ScimError>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let connection = self.connections.authenticate(head).await?;
        let connection = connection.ok_or_else(|| ScimError::unauthorized("Credentials are required"))?;
        let route = route.ok_or_else(ScimError::not_found)?;
        let exchange = Exchange {
            provider: &self.provider,
            connection: &connection,
            actor: &connection.actor,
            params: Params::parse(head.uri.query(), &self.provider.limits)?,
            preconditions: Preconditions::read(&head.headers),
            request_id: request_id(&head.headers),
            searches_all: false,
        };
        let payload = Payload::Body(&head.headers, body);
        Ok(exchange.dispatch(&head.method, route, payload).await?.into_response())
    }
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    async fn dispatch<B>(&self, method: &Method, route: &Route<'_>, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let is_read = *method == Method::GET || *method == Method::HEAD;
        match route {
            Route::ServiceProviderConfig | Route::ResourceTypes(_) | Route::Schemas(_) if is_read => {
                self.require_account().await?;
                discovery::answer(self, route)
            }
            Route::Search(kind) if *method == Method::POST => self.search(*kind, payload).await,
            Route::Bulk if *method == Method::POST => self.bulk(payload).await,
            Route::Me => {
                Err(ScimError::new(StatusCode::NOT_IMPLEMENTED, "a connection has no resource of its own"))
            }
            Route::Collection(kind) if is_read => {
                self.require_account().await?;
                self.list(*kind).await
            }
            Route::Resource(kind, id) if is_read => self.show(*kind, id).await,
            Route::Collection(_) | Route::Resource(..) => self.write(method, route, payload).await,
            _ => Err(method_not_allowed(method)),
        }
    }

    /// Creates, changes or deletes a resource.
    pub(super) async fn write<B>(&self, method: &Method, route: &Route<'_>, payload: Payload<'_, B>) -> Answer
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        use ResourceKind::{Group, User};
        match (route, method.as_str()) {
            (Route::Collection(User), "POST") => self.create_user(payload).await,
            (Route::Collection(Group), "POST") => self.create_group(payload).await,
            (Route::Resource(User, id), "PUT") => self.change_user(id, payload, false).await,
            (Route::Resource(User, id), "PATCH") => self.change_user(id, payload, true).await,
            (Route::Resource(User, id), "DELETE") => self.delete_user(id).await,
            (Route::Resource(Group, id), "PUT") => self.change_group(id, payload, false).await,
            (Route::Resource(Group, id), "PATCH") => self.change_group(id, payload, true).await,
            (Route::Resource(Group, id), "DELETE") => self.delete_group(id).await,
            _ => Err(method_not_allowed(method)),
        }
    }

    /// Requires an account that may see the resources of the connection, which an inactive account may not.
    pub(super) async fn require_account(&self) -> Result<(), ScimError> {
        self.service().authorize_user_list(self.actor).await?;
        Ok(())
    }

    async fn show(&self, kind: ResourceKind, id: &str) -> Answer {
        match kind {
            ResourceKind::User => self.show_user(id).await,
            ResourceKind::Group => self.show_group(id).await,
        }
    }
}

fn method_not_allowed(method: &Method) -> ScimError {
    ScimError::new(StatusCode::METHOD_NOT_ALLOWED, format!("method {method} is not allowed"))
}
