//! The users and what clients call around an update: the list, the acting user, groups, the configuration.

mod config;
mod describe;
mod groups;
mod session;
mod users;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, request::Parts};
use http_body::Body;
use serde::Serialize;
use userbook::{ListAuthorizer, UserDirectory, UserService, UserStore};

use crate::{
    Authenticator, CONFIG_PATH, Endpoint, GROUPS_PATH, PathPattern, Representation, USERS_PATH, UserApi,
    negotiate::negotiate,
    refusal::Refusal,
    respond,
    route::{Neighbour, Route, route},
};

/// [`UserApi`] and its neighbours, for a store and an authorizer that can list. Cheap to clone.
///
/// | path | methods | is |
/// | --- | --- | --- |
/// | `/api/v3/core/users/` | GET | a page of the users whom the caller may see |
/// | `/api/v3/core/users/me/` | GET | the caller |
/// | `/api/v3/core/users/{id}/` | GET, PUT, PATCH | a user: [`UserApi`] |
/// | `/api/v3/core/groups/` | GET | a page of groups |
/// | `/api/v3/core/groups/{uuid}/` | GET | a group with its members |
/// | `/api/v3/root/config/` | GET | what this server can do; for everybody |
///
/// Each of them answers OPTIONS, and HEAD where it answers GET. Only single users have entity tags: a list, a group
/// and the configuration have no revision that a condition could be about.
///
/// Where it is stricter than the recorded release: of a group's members those are shown whom the caller may see;
/// a group that a filter names and that does not exist is no fault, the list is empty; what is no boolean is
/// refused; `page=last` is no page.
#[derive(Debug)]
pub struct DirectoryApi<S, A, N> {
    users: UserApi<S, A, N>,
}

impl<S, A, N> Clone for DirectoryApi<S, A, N> {
    fn clone(&self) -> Self {
        Self { users: self.users.clone() }
    }
}

impl<S, A, N> DirectoryApi<S, A, N> {
    /// Puts the service on the wire; see [`UserApi::new`].
    pub fn new(
        service: impl Into<Arc<UserService<S, A>>>,
        authenticator: N,
        representation: Representation,
    ) -> Self {
        UserApi::new(service, authenticator, representation).into()
    }

    /// Answers 413 to bodies of more bytes.
    #[must_use]
    pub fn with_body_limit(self, bytes: usize) -> Self {
        self.users.with_body_limit(bytes).into()
    }

    /// The service behind the API.
    pub fn service(&self) -> &UserService<S, A> {
        self.users.service()
    }
}

impl<S, A, N> From<UserApi<S, A, N>> for DirectoryApi<S, A, N> {
    fn from(users: UserApi<S, A, N>) -> Self {
        Self { users }
    }
}

impl<S: UserStore + UserDirectory, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Answers a request as [`UserApi::handle`] does.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Route::Neighbour(neighbour) = route(request.uri().path()) else {
            return self.users.handle(request).await;
        };
        let (head, _body) = request.into_parts();
        let policy = self.service().policy();
        let (format, acceptable) = negotiate(&head.headers, policy);
        let answer = match acceptable {
            Ok(()) => self.answer(&head, neighbour).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = answer.unwrap_or_else(|refusal| refusal.into_response(format));
        respond::finish(&head.method, policy, neighbour.methods(), &mut response);
        response
    }

    /// The stages that follow on the route and `Accept`, in the contract's order.
    async fn answer(&self, head: &Parts, neighbour: Neighbour) -> Result<Response<Bytes>, Refusal> {
        let actor = self.users.authenticator.authenticate(head).await?;
        if !neighbour.has(&head.method) {
            return Err(Refusal::method_not_allowed(&head.method));
        }
        if head.method == Method::OPTIONS {
            return neighbour.describe();
        }
        match neighbour {
            Neighbour::Users => self.list_users(head, &actor).await,
            Neighbour::Session => self.show_session(&actor).await,
            Neighbour::Groups => self.list_groups(head, &actor).await,
            Neighbour::Group(id) => self.show_group(head, &actor, id).await,
            Neighbour::AddUser(_) | Neighbour::RemoveUser(_) => Err(Refusal::not_found()),
            Neighbour::Config => config::show(),
        }
    }
}

/// A successful response with this as JSON.
fn json(body: &impl Serialize) -> Result<Response<Bytes>, Refusal> {
    serde_json::to_vec(body).map(|body| respond::ok(body.into())).map_err(Refusal::internal)
}

impl<S, A, N> Endpoint for DirectoryApi<S, A, N>
where
    S: UserStore + UserDirectory,
    A: ListAuthorizer,
    N: Authenticator,
{
    const PATHS: &'static [PathPattern] = &[
        PathPattern::Exactly(USERS_PATH),
        PathPattern::Below(USERS_PATH),
        PathPattern::Exactly(GROUPS_PATH),
        PathPattern::Below(GROUPS_PATH),
        PathPattern::Exactly(CONFIG_PATH),
    ];

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
