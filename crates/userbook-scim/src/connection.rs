//! Connections: the identity providers that may call.

use std::{collections::HashMap, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use http::{header::AUTHORIZATION, request::Parts};
use userbook::{Actor, User, UserType, model::ExternalSource, model::InvalidExternalSource};
use userbook_http::{AuthenticationError, TokenHash, TokenKey};

use crate::{
    Mapping, Strictness,
    authorizer::connection_actor,
    removal::{self, CONNECTION},
};

/// What DELETE of a user does.
///
/// Exhaustive: a host stores the setting of each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// Deletes the user.
    #[default]
    Delete,
    /// Deactivates the user, who leaves the groups of the connection. For the connection the user no longer exists. A
    /// POST of the same `userName` by the same connection activates the user again, as long as the user is inactive
    /// since that deletion and no other connection manages the user.
    Deactivate,
}

/// Decides whether a connection takes over a user that it does not manage.
///
/// The provider calls this trait when a connection creates a user whose `userName` an existing user has. All safeguards
/// apply to the change that follows: a superuser, for example, is never taken over.
pub trait Adoption: Debug + Send + Sync + 'static {
    /// Returns whether the connection may take over the user. `source` names the connection.
    fn may_adopt(&self, source: &ExternalSource, user: &User) -> bool;
}

/// An identity provider that may call: the name under which it manages users and groups, and its options.
///
/// ```
/// use userbook::{Actor, UserId};
/// use userbook_scim::{Connection, Deletion};
///
/// let okta = Connection::new("okta", Actor::user(UserId(7)))?.deletion(Deletion::Deactivate);
/// assert_eq!(okta.source().as_str(), "scim:okta");
/// # Ok::<(), userbook::model::InvalidExternalSource>(())
/// ```
#[derive(Debug, Clone)]
pub struct Connection {
    source: ExternalSource,
    /// Marks users that the connection has deleted and the provider has deactivated.
    removed: ExternalSource,
    /// The actor with the rights of the connection.
    pub(crate) actor: Actor,
    pub(crate) strictness: Strictness,
    pub(crate) deletion: Deletion,
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) adoption: Option<Arc<dyn Adoption>>,
    pub(crate) user_type: UserType,
}

impl Connection {
    /// Creates a connection that manages users and groups as `scim:<name>`. `actor` performs the changes: a service
    /// account without rights of its own, so that deactivating the account stops the connection. A superuser and
    /// [`Actor::system`] are denied everything.
    ///
    /// # Errors
    /// [`InvalidExternalSource`] if the name contains other characters than `a` to `z`, `0` to `9`, `.`, `_` and `-`,
    /// or exceeds 100 bytes.
    pub fn new(name: &str, actor: Actor) -> Result<Self, InvalidExternalSource> {
        const MAX_BYTES: usize = 100;
        let is_valid = (1..=MAX_BYTES).contains(&name.len()) && !name.contains(':');
        // The colon separates the name from the mark of removed users.
        let source: ExternalSource = format!("{CONNECTION}{}", if is_valid { name } else { "?" }).parse()?;
        let removed = removal::mark(&source)?;
        let actor = connection_actor(actor, [source.as_str()]);
        Ok(Self {
            source,
            removed,
            actor,
            strictness: Strictness::default(),
            deletion: Deletion::default(),
            mapping: Arc::default(),
            adoption: None,
            user_type: UserType::Internal,
        })
    }

    /// Returns the name under which the connection manages users and groups.
    pub fn source(&self) -> &ExternalSource {
        &self.source
    }

    pub(crate) fn removed(&self) -> &ExternalSource {
        &self.removed
    }

    /// Selects which deviations from the RFCs the connection may send.
    #[must_use]
    pub fn strictness(self, strictness: Strictness) -> Self {
        Self { strictness, ..self }
    }

    /// Selects what DELETE of a user does.
    #[must_use]
    pub fn deletion(self, deletion: Deletion) -> Self {
        Self { deletion, ..self }
    }

    /// Maps attributes by another table.
    #[must_use]
    pub fn mapping(self, mapping: impl Into<Arc<Mapping>>) -> Self {
        Self { mapping: mapping.into(), ..self }
    }

    /// Lets the connection take over users that it does not manage, if the host agrees. By default it takes over none.
    #[must_use]
    pub fn adoption(self, adoption: impl Adoption) -> Self {
        Self { adoption: Some(Arc::new(adoption)), ..self }
    }

    /// Selects the type of users that the connection creates; [`UserType::Internal`] by default.
    #[must_use]
    pub fn user_type(self, user_type: UserType) -> Self {
        Self { user_type, ..self }
    }
}

/// Finds the connection of a request; the host implements this trait, or uses [`StaticConnections`].
#[async_trait]
pub trait Connections: Debug + Send + Sync + 'static {
    /// Returns the connection of the request with this head; `None` for a request without credentials.
    ///
    /// # Errors
    /// [`AuthenticationError::Refused`] for invalid credentials (401); the other two if credentials cannot be checked.
    async fn authenticate(&self, head: &Parts) -> Result<Option<Arc<Connection>>, AuthenticationError>;
}

/// Connections with one bearer token each, fixed at start.
#[derive(Debug, Clone, Default)]
pub struct StaticConnections {
    connections: HashMap<TokenHash, Arc<Connection>>,
}

impl StaticConnections {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a connection with its token. The set keeps a hash of the token only.
    #[must_use]
    pub fn with(mut self, token: impl Into<String>, connection: Connection) -> Self {
        self.connections.insert(TokenKey::new(token).hash(), Arc::new(connection));
        self
    }
}

#[async_trait]
impl Connections for StaticConnections {
    async fn authenticate(&self, head: &Parts) -> Result<Option<Arc<Connection>>, AuthenticationError> {
        let Some(token) = bearer_token(head)? else { return Ok(None) };
        let found = self.connections.get(&token.hash()).cloned();
        found.map(Some).ok_or_else(AuthenticationError::token_invalid)
    }
}

/// Returns the bearer token in the head of a request; `None` without an `Authorization` header.
///
/// # Errors
/// [`AuthenticationError::Refused`] for another scheme.
pub fn bearer_token(head: &Parts) -> Result<Option<TokenKey>, AuthenticationError> {
    let Some(header) = head.headers.get(AUTHORIZATION) else { return Ok(None) };
    let header = String::from_utf8_lossy(header.as_bytes());
    match header.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(TokenKey::new(token.trim())))
        }
        _ => Err(AuthenticationError::unsupported_scheme()),
    }
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<C: Connections + ?Sized> Connections for $pointer<C> {
            async fn authenticate(&self, head: &Parts) -> Result<Option<Arc<Connection>>, AuthenticationError> {
                (**self).authenticate(head).await
            }
        }
    )+};
}
forward!(Arc, Box);
