//! Users, and the resources that clients use around an update: lists, the acting user, groups, the configuration.

mod absent;
mod config;
mod create_user;
mod delete_user;
mod describe;
mod group_tag;
mod groups;
mod impersonate;
mod members;
mod recovery;
mod service_account;
mod session;
mod set_password;
mod used_by;
mod users;
mod write_group;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, request::Parts};
use http_body::Body;
use serde::Serialize;
use userbook::{
    AccessError, Actor, UserId, UserService,
    authz::{ListAuthorizer, Subject},
    decision::Denial,
    service::MembershipAction,
    store::{ListStore, ProvisioningStore},
    update::Mode,
};

use crate::{
    Authenticator, CONFIG_PATH, Credentials, Endpoint, ExtensionSet, GROUPS_PATH, InvalidPrefix, PathPattern,
    Recovery, Release, Representation, Tokens, USERS_PATH, UserApi,
    error::ApiError,
    negotiate::negotiate,
    ports::Ports,
    respond::{self, DELETABLE_USER_METHODS, Methods},
    route::{EVENTS_PATH, ROLES_PATH, ResourcePath, Route, SESSIONS_PATH, UserAction, VERSION_PATH, route},
};

/// [`UserApi`] with further resources, for a store with provisioning and lists, and an authorizer for lists. Cheap to
/// clone.
///
/// | path | methods | resource |
/// | --- | --- | --- |
/// | `/api/v3/core/users/` | GET, POST | a page of the users that the caller may view; creates a user |
/// | `/api/v3/core/users/me/` | GET | the acting user |
/// | `/api/v3/core/users/paths/` | GET | the different paths of the users that the caller may view |
/// | `/api/v3/core/users/{id}/` | GET, PUT, PATCH, DELETE | a user: [`UserApi`]; deletes the user |
/// | `/api/v3/core/users/service_account/` | POST | creates a user with a token: [`Tokens`] |
/// | `/api/v3/core/users/{id}/set_password/` | POST | sets the password: [`Credentials`] |
/// | `/api/v3/core/users/{id}/recovery/`, `…/recovery_email/` | POST | creates or sends a recovery link: [`Recovery`] |
/// | `/api/v3/core/users/{id}/impersonate/` | POST | 401: no impersonation starts here |
/// | `/api/v3/core/users/{id}/used_by/` | GET | the groups of a user, and the external systems that manage the user |
/// | `/api/v3/core/groups/` | GET, POST | a page of groups; creates a group |
/// | `/api/v3/core/groups/{uuid}/` | GET, PUT, PATCH, DELETE | a group with its members |
/// | `/api/v3/core/groups/{uuid}/used_by/` | GET | the children and members of a group, and the external systems that manage the group |
/// | `/api/v3/core/groups/{uuid}/add_user/` | POST | adds the user `pk` of the body to the group |
/// | `/api/v3/core/groups/{uuid}/remove_user/` | POST | removes the user from the group |
/// | `/api/v3/core/authenticated_sessions/`, `/api/v3/rbac/roles/`, `/api/v3/events/events/` | GET | empty lists |
/// | `/api/v3/admin/version/` | GET | the release that the API speaks |
/// | `/api/v3/root/config/` | GET | the public configuration; needs no authentication |
///
/// All resources support OPTIONS, and HEAD if they support GET. Users and groups have entity tags. `If-Match` on a
/// group compares its own values, and its members where the write replaces them: a group has no revision.
///
/// `add_user` and `remove_user` change one membership and need the right to the group's members, globally or on the
/// group ([`Check::AddMember`](userbook::authz::Check::AddMember) and
/// [`Check::RemoveMember`](userbook::authz::Check::RemoveMember), authentik's `add_user_to_group` and
/// `remove_user_from_group`); the right to change the user does not matter. A group that grants superuser status needs
/// that right in addition. An unknown group is 404 for every caller who is authenticated, as recorded; a user that the
/// caller may not view is 404 as well. Safeguards, event, `dry_run` and `allow_self_lockout` are those of an update.
/// Two changes at once both survive.
///
/// Stricter than the recorded release for every policy: an invalid boolean is 400; `page=last` is invalid; a parameter
/// has at most 100 values and a search at most 32 words; a filter by attributes with a regular expression, or a value
/// that its lookup does not accept, is 400; an order by `attributes`, memberships or derived values is 400; a page
/// above [`Limits::page_bytes`](userbook::Limits::page_bytes) is 400 that names `page_size`; a list that takes longer
/// than [`Limits::search_time`](userbook::Limits::search_time) is 503.
///
/// Stricter with the [hardened](userbook::Policy::hardened) policy: a group shows only members that the caller may view
/// ([`Safeguard::HideMembers`](userbook::Safeguard::HideMembers)); a filter by a hidden group or member gets the same
/// error as by a missing one; `page_size` is at most [`Limits::page_rows`](userbook::Limits::page_rows).
///
/// ```
/// # use async_trait::async_trait;
/// # use http::{Request, StatusCode, request::Parts};
/// # use userbook::{Actor, NewUser, PermissionAuthorizer, StaticPermissions, UserService};
/// # use userbook_http::{AuthenticationError, Authenticator, DirectoryApi, Representation};
/// # use userbook_memory::MemoryStore;
/// #
/// # #[derive(Debug)]
/// # struct AlwaysHost;
/// #
/// # #[async_trait]
/// # impl Authenticator for AlwaysHost {
/// #     async fn authenticate(&self, _head: &Parts) -> Result<Actor, AuthenticationError> {
/// #         Ok(Actor::system())
/// #     }
/// # }
/// #
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let service = UserService::new(MemoryStore::new(), PermissionAuthorizer::new(StaticPermissions::none()));
/// service.insert_user(&Actor::system(), NewUser::new("ann", "Ann")).await?;
/// let api = DirectoryApi::new(service, AlwaysHost, Representation::new("my-install-id"));
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
    ports: Ports,
}

impl<S, A, N> Clone for DirectoryApi<S, A, N> {
    fn clone(&self) -> Self {
        Self { users: self.users.clone(), ports: self.ports.clone() }
    }
}

impl<S, A, N> DirectoryApi<S, A, N> {
    /// Serves the service over HTTP; see [`UserApi::new`].
    pub fn new(
        service: impl Into<Arc<UserService<S, A>>>,
        authenticator: N,
        representation: Representation,
    ) -> Self {
        UserApi::new(service, authenticator, representation).into()
    }

    /// Limits the size of a body in bytes; larger bodies get 413.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.users = self.users.with_body_limit(bytes);
        self
    }

    /// Selects the supported extensions; see [`UserApi::with_extensions`].
    #[must_use]
    pub fn with_extensions(mut self, extensions: ExtensionSet) -> Self {
        self.users = self.users.with_extensions(extensions);
        self
    }

    /// Mounts the API at another path; see [`UserApi::at`].
    ///
    /// # Errors
    /// As [`UserApi::at`].
    pub fn at(mut self, prefix: &str) -> Result<Self, InvalidPrefix> {
        self.users = self.users.at(prefix)?;
        Ok(self)
    }

    /// Answers callers without valid credentials 401; see [`UserApi::with_challenge`].
    #[must_use]
    pub fn with_challenge(mut self, challenge: HeaderValue) -> Self {
        self.users = self.users.with_challenge(challenge);
        self
    }

    /// Keeps passwords here; without this port `set_password` answers 400.
    #[must_use]
    pub fn with_credentials(mut self, credentials: impl Credentials) -> Self {
        self.ports.credentials = Some(Arc::new(credentials));
        self
    }

    /// Creates recovery links here; without this port `recovery` and `recovery_email` answer 400.
    #[must_use]
    pub fn with_recovery(mut self, recovery: impl Recovery) -> Self {
        self.ports.recovery = Some(Arc::new(recovery));
        self
    }

    /// Creates tokens here; without this port `service_account` answers 400.
    #[must_use]
    pub fn with_tokens(mut self, tokens: impl Tokens) -> Self {
        self.ports.tokens = Some(Arc::new(tokens));
        self
    }

    /// Returns the service behind the API.
    pub fn service(&self) -> &UserService<S, A> {
        self.users.service()
    }

    fn release(&self) -> Release {
        self.users.representation.release()
    }

    /// Returns the maximum size of a response in bytes.
    fn max_bytes(&self) -> u64 {
        self.service().policy().limits().page_bytes
    }
}

impl<S, A, N> From<UserApi<S, A, N>> for DirectoryApi<S, A, N> {
    fn from(users: UserApi<S, A, N>) -> Self {
        Self { users, ports: Ports::default() }
    }
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer, N: Authenticator> DirectoryApi<S, A, N> {
    /// Handles a request like [`UserApi::handle`].
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let route = route(&self.users.prefix, request.uri().path());
        let methods = match route {
            Route::ResourcePath(resource) => Methods::of_resource(resource.methods()),
            Route::User(_) if request.method() == Method::DELETE => Methods::of_user(DELETABLE_USER_METHODS),
            Route::User(_) | Route::Nothing => {
                return self.users.handle_with(request, DELETABLE_USER_METHODS).await;
            }
        };
        let (head, body) = request.into_parts();
        let extensions = self.users.extensions;
        let (format, acceptable) = negotiate(&head, extensions);
        let answer = match (acceptable, route) {
            (Ok(()), Route::ResourcePath(resource)) => self.answer(&head, body, resource).await,
            (Ok(()), Route::User(id)) => self.answer_deletion(&head, id).await,
            (Ok(()), Route::Nothing) => Err(ApiError::not_found()),
            (Err(error), _) => Err(error),
        };
        let mut response = answer.unwrap_or_else(|error| self.users.error_response(error, format));
        respond::finish(&head.method, extensions, methods, &mut response);
        response
    }

    async fn answer_deletion(&self, head: &Parts, id: Option<UserId>) -> Result<Response<Bytes>, ApiError> {
        let actor = self.users.authenticate(head).await?;
        let answer = self.delete_user(head, &actor, id).await;
        answer.map_err(|error| self.users.challenged(error, &actor))
    }

    /// Runs the stages after route and `Accept`, in the contract's order.
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
        let actor = self.users.authenticate(head).await?;
        let answer = self.answer_to(head, body, &actor, resource).await;
        answer.map_err(|error| self.users.challenged(error, &actor))
    }

    async fn answer_to<B>(
        &self,
        head: &Parts,
        body: B,
        actor: &Actor,
        resource: ResourcePath,
    ) -> Result<Response<Bytes>, ApiError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if !resource.has(&head.method) {
            return Err(ApiError::method_not_allowed(&head.method));
        }
        if head.method == Method::OPTIONS {
            return resource.describe();
        }
        let creates = head.method == Method::POST;
        match resource {
            ResourcePath::Users if creates => self.create_user(head, body, actor).await,
            ResourcePath::Users => self.list_users(head, actor).await,
            ResourcePath::Session => self.show_session(actor).await,
            ResourcePath::Paths => self.list_paths(head, actor).await,
            ResourcePath::Groups if creates => self.create_group(head, body, actor).await,
            ResourcePath::Groups => self.list_groups(head, actor).await,
            ResourcePath::Group(id) => match head.method {
                Method::PUT => self.update_group(head, body, actor, id, Mode::Replace).await,
                Method::PATCH => self.update_group(head, body, actor, id, Mode::Patch).await,
                Method::DELETE => self.delete_group(head, actor, id).await,
                _ => self.show_group(head, actor, id).await,
            },
            ResourcePath::AddUser(group) => {
                self.change_member(head, body, actor, group, MembershipAction::Add).await
            }
            ResourcePath::RemoveUser(group) => {
                self.change_member(head, body, actor, group, MembershipAction::Remove).await
            }
            ResourcePath::ServiceAccount => self.create_service_account(head, body, actor).await,
            ResourcePath::OfUser(id, action) => match action {
                UserAction::SetPassword => self.set_password(head, body, actor, id).await,
                UserAction::Recovery => self.create_recovery_link(head, actor, id).await,
                UserAction::RecoveryEmail => self.send_recovery_link(head, body, actor, id).await,
                UserAction::Impersonate => self.impersonate(actor, id).await,
                UserAction::UsedBy => self.user_used_by(actor, id).await,
            },
            ResourcePath::GroupUsedBy(id) => self.group_used_by(actor, id).await,
            ResourcePath::ImpersonateEnd => impersonate::end(actor),
            ResourcePath::Absent(list) => self.list_absent(head, actor, list).await,
            ResourcePath::Version => absent::version(actor, self.release()),
            ResourcePath::Config => config::show(self.release()),
        }
    }
}

/// As recorded, lists, `me` and membership changes tell anonymous callers that credentials are missing, unless the
/// authorizer returns another reason.
fn list_access_error(actor: &Actor, error: AccessError) -> ApiError {
    match (&actor.subject, error) {
        (Subject::Anonymous, AccessError::Forbidden(Denial::Permission(None))) => {
            ApiError::not_authenticated()
        }
        (_, error) => error.into(),
    }
}

/// Returns a successful response with this value as JSON.
fn json(body: &impl Serialize) -> Result<Response<Bytes>, ApiError> {
    serde_json::to_vec(body).map(|body| respond::ok(body.into())).map_err(ApiError::internal)
}

impl<S, A, N> Endpoint for DirectoryApi<S, A, N>
where
    S: ProvisioningStore + ListStore,
    A: ListAuthorizer,
    N: Authenticator,
{
    const PATHS: &'static [PathPattern] = &[
        PathPattern::Exactly(USERS_PATH),
        PathPattern::Below(USERS_PATH),
        PathPattern::Exactly(GROUPS_PATH),
        PathPattern::Below(GROUPS_PATH),
        PathPattern::Exactly(SESSIONS_PATH),
        PathPattern::Exactly(ROLES_PATH),
        PathPattern::Exactly(EVENTS_PATH),
        PathPattern::Exactly(VERSION_PATH),
        PathPattern::Exactly(CONFIG_PATH),
    ];

    fn mounted(&self, pattern: PathPattern) -> String {
        self.users.prefix.mount(pattern.path())
    }

    async fn respond<B>(&self, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        self.handle(request).await
    }
}
