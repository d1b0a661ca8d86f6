//! The actor of a request.

use crate::{event::EventActor, json::JsonObject, model::UserId};

/// The actor of a request, as the host's authentication identified it.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// The actor.
    pub subject: Subject,
    /// The impersonating user.
    pub impersonator: Option<UserId>,
    /// Further claims of the host's authentication, for the host's own [`Authorizer`](super::Authorizer).
    pub claims: JsonObject,
}

/// The kinds of actor.
///
/// Exhaustive: an authorizer decides about every kind of actor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// No credentials.
    Anonymous,
    /// A user of this directory. Every load reads whether the user is active and a superuser.
    User(UserId),
    /// An identity that only the host knows. Never a superuser.
    External(String),
    /// The host's own code, with the rights of a superuser. Never create this actor from a request.
    System,
}

impl Actor {
    /// An actor without credentials.
    pub fn anonymous() -> Self {
        Self::from(Subject::Anonymous)
    }

    /// A user of this directory.
    pub fn user(id: UserId) -> Self {
        Self::from(Subject::User(id))
    }

    /// An identity that only the host knows.
    pub fn external(name: impl Into<String>) -> Self {
        Self::from(Subject::External(name.into()))
    }

    /// The host's own code, which may do everything that the safeguards allow. Never create this actor from a request.
    pub fn system() -> Self {
        Self::from(Subject::System)
    }

    /// Returns the id of the acting user, if the actor is a user of this directory.
    pub fn user_id(&self) -> Option<UserId> {
        match self.subject {
            Subject::User(id) => Some(id),
            Subject::Anonymous | Subject::External(_) | Subject::System => None,
        }
    }

    /// Returns whether the host's own code acts.
    pub fn is_system(&self) -> bool {
        self.subject == Subject::System
    }

    pub(crate) fn to_event(&self) -> EventActor {
        match &self.subject {
            Subject::Anonymous => EventActor::Anonymous,
            Subject::User(id) => EventActor::User(*id),
            Subject::External(name) => EventActor::External(name.clone()),
            Subject::System => EventActor::System,
        }
    }
}

impl From<Subject> for Actor {
    fn from(subject: Subject) -> Self {
        Self { subject, impersonator: None, claims: JsonObject::new() }
    }
}
