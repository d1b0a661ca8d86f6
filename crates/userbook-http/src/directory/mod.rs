//! The users and what clients call around an update: the list, the acting user, groups, the configuration.

mod config;
mod describe;
mod groups;
mod members;
mod session;
mod users;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, request::Parts};
use http_body::Body;
use serde::Serialize;
use userbook::{
    AccessError, Actor, Denial, ListAuthorizer, ListStore, MembershipAction, Subject, UserService, UserStore,
};

use crate::{
    Authenticator, CONFIG_PATH, Endpoint, GROUPS_PATH, PathPattern, Representation, USERS_PATH, UserApi,
    error::ApiError,
    negotiate::negotiate,
    respond,
    route::{ResourcePath, Route, route},
};

/// [`UserApi`] and its resources, for a store and an authorizer that can list. Cheap to clone.
///
/// | path | methods | is |
/// | --- | --- | --- |
/// | `/api/v3/core/users/` | GET | a page of the users whom the caller may see |
/// | `/api/v3/core/users/me/` | GET | the caller |
/// | `/api/v3/core/users/{id}/` | GET, PUT, PATCH | a user: [`UserApi`] |
/// | `/api/v3/core/groups/` | GET | a page of groups |
/// | `/api/v3/core/groups/{uuid}/` | GET | a group with its members |
/// | `/api/v3/core/groups/{uuid}/add_user/` | POST | lets the user `pk` of the body join the group |
/// | `/api/v3/core/groups/{uuid}/remove_user/` | POST | lets the user leave it |
/// | `/api/v3/root/config/` | GET | what this server can do; for everybody |
///
/// Each of them answers OPTIONS, and HEAD where it answers GET. Only single users have entity tags: a list, a group
/// and the configuration have no revision that a condition could be about.
///
/// `add_user` and `remove_user` are updates of the user ([`UserUpdate::join_group`](userbook::UserUpdate::join_group)):
/// the same guards, the same event, the same `dry_run` and `allow_self_lockout`. Two of them at once both survive.
/// They take the right to see the user, and either the right to change them or the right to the group's members
/// ([`Check::AddMember`](userbook::Check::AddMember), authentik's `add_user_to_group`); a group that grants power
/// takes that right besides. Where there is no such group, or no such user that the caller may see, it is 404.
///
/// Where it is stricter than the recorded release: of a group's members those are shown whom the caller may see;
/// a group that a filter names and that does not exist is no fault, the list is empty; what is no boolean is
/// refused; `page=last` is no page; at most 100 values of a parameter and 32 words are looked for.
///
/// ```
/// # use async_trait::async_trait;
/// # use http::{Request, StatusCode, request::Parts};
/// # use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
/// # use userbook_http::{AuthenticationError, Authenticator, DirectoryApi, Representation};
/// # use userbook_memory::MemoryStore;
/// #
/// # #[derive(Debug)]
/// # struct EverybodyIsTheHost;
/// #
/// # #[async_trait]
/// # impl Authenticator for EverybodyIsTheHost {
/// #     async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
/// #         Ok(Actor::system())
/// #     }
/// # }
/// #
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
/// service.insert_user(&Actor::system(), NewUser::new("ann", "Ann")).await?;
/// let api = DirectoryApi::new(service, EverybodyIsTheHost, Representation::new("my-install-id"));
///
/// let request = Request::get("/api/v3/core/users/?search=AN&page_size=10").body(String::new())?;
/// let response = api.handle(request).await;
/// assert_eq!(response.status(), StatusCode::OK);
/// let page: serde_json::Value = serde_json::from_slice(response.body())?;
/// assert_eq!(page["pagination"]["count"], 1);
/// assert_eq!(page["results"][0]["username"], "ann");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
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

    /// The maximum size of an answer in bytes.
    fn max_bytes(&self) -> u64 {
        self.service().policy().limits().page_bytes
    }
}

impl<S, A, N> From<UserApi<S, A, N>> for DirectoryApi<S, A, N> {
    fn from(users: UserApi<S, A, N>) -> Self {
        Self { users }
    }
}

impl<S: UserStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Answers a request as [`UserApi::handle`] does.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Route::ResourcePath(resource) = route(request.uri().path()) else {
            return self.users.handle(request).await;
        };
        let (head, body) = request.into_parts();
        let policy = self.service().policy();
        let (format, acceptable) = negotiate(&head.headers, policy);
        let answer = match acceptable {
            Ok(()) => self.answer(&head, body, resource).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = answer.unwrap_or_else(|error| error.into_response(format));
        respond::finish(&head.method, policy, resource.methods(), &mut response);
        response
    }

    /// The stages that follow on the route and `Accept`, in the contract's order.
    async fn answer<B>(
        &self,
        head: &Parts,
        body: B,
        resource: ResourcePath,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let actor = self.users.authenticator.authenticate(head).await?;
        if !resource.has(&head.method) {
            return Err(ApiError::method_not_allowed(&head.method));
        }
        if head.method == Method::OPTIONS {
            return resource.describe();
        }
        match resource {
            ResourcePath::Users => self.list_users(head, &actor).await,
            ResourcePath::Session => self.show_session(&actor).await,
            ResourcePath::Groups => self.list_groups(head, &actor).await,
            ResourcePath::Group(id) => self.show_group(head, &actor, id).await,
            ResourcePath::AddUser(group) => {
                self.change_member(head, body, &actor, group, MembershipAction::Add).await
            }
            ResourcePath::RemoveUser(group) => {
                self.change_member(head, body, &actor, group, MembershipAction::Remove).await
            }
            ResourcePath::Config => config::show(),
        }
    }
}

/// Lists, `me` and membership changes say to anonymous callers that they are anonymous, as recorded, unless the
/// authorizer has a reason of its own.
fn list_access_error(actor: &Actor, error: AccessError) -> ApiError {
    match (&actor.subject, error) {
        (Subject::Anonymous, AccessError::Forbidden(Denial::Permission(None))) => {
            ApiError::not_authenticated()
        }
        (_, error) => error.into(),
    }
}

/// A successful response with this as JSON.
fn json(body: &impl Serialize) -> Result<Response<Bytes>, ApiError> {
    serde_json::to_vec(body).map(|body| respond::ok(body.into())).map_err(ApiError::internal)
}

impl<S, A, N> Endpoint for DirectoryApi<S, A, N>
where
    S: UserStore + ListStore,
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
