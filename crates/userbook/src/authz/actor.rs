//! Who asks.

use crate::{EventActor, JsonObject, UserId};

/// Who asks, as the host's authentication found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Actor {
    /// Who.
    pub subject: Subject,
    /// Who really sits there, when they act as somebody else.
    pub impersonator: Option<UserId>,
    /// What else the host's authentication found out; for the host's own [`Authorizer`](super::Authorizer).
    pub claims: JsonObject,
}

/// The kinds of actor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nobody who said who they are.
    Anonymous,
    /// A user of this directory. Whether they are active and superuser is read afresh with every load.
    User(UserId),
    /// Somebody whom the host knows and this directory does not. Never superuser.
    External(String),
    /// The host's own code: counts as superuser. Never make one from a request.
    System,
}

impl Actor {
    /// Nobody who said who they are.
    pub fn anonymous() -> Self {
        Self::from(Subject::Anonymous)
    }

    /// A user of this directory.
    pub fn user(id: UserId) -> Self {
        Self::from(Subject::User(id))
    }

    /// Somebody whom the host knows and this directory does not.
    pub fn external(name: impl Into<String>) -> Self {
        Self::from(Subject::External(name.into()))
    }

    /// The host's own code, which may do everything the guards allow. Never make one from a request.
    pub fn system() -> Self {
        Self::from(Subject::System)
    }

    /// The user of this directory that acts, if one does.
    pub fn user_id(&self) -> Option<UserId> {
        match self.subject {
            Subject::User(id) => Some(id),
            Subject::Anonymous | Subject::External(_) | Subject::System => None,
        }
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
