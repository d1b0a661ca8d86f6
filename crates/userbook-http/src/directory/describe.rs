//! The methods of a resource, and the response to OPTIONS: identical for every caller and for missing ids.

use bytes::Bytes;
use http::{Method, Response};
use serde::Serialize;

use super::json;
use crate::{
    error::ApiError,
    media::JSON,
    route::{AbsentList, ResourcePath, UserAction},
};

#[derive(Debug, Serialize)]
struct Metadata {
    name: &'static str,
    description: &'static str,
    renders: [&'static str; 1],
    parses: [&'static str; 1],
}

impl ResourcePath {
    /// Returns the methods, as in `Allow`.
    pub(super) const fn methods(self) -> &'static str {
        match self {
            Self::Users | Self::Groups => "GET, POST, HEAD, OPTIONS",
            Self::Group(_) => "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
            Self::Session
            | Self::Paths
            | Self::ImpersonateEnd
            | Self::Absent(_)
            | Self::Version
            | Self::Config
            | Self::GroupUsedBy(_)
            | Self::OfUser(_, UserAction::UsedBy) => "GET, HEAD, OPTIONS",
            Self::AddUser(_) | Self::RemoveUser(_) | Self::ServiceAccount | Self::OfUser(..) => {
                "POST, OPTIONS"
            }
        }
    }

    pub(super) fn has(self, method: &Method) -> bool {
        self.methods().split(", ").any(|known| known == method.as_str())
    }

    pub(super) fn describe(self) -> Result<Response<Bytes>, ApiError> {
        let (name, description) = match self {
            Self::Users => ("User List", "User Viewset"),
            Self::Session => ("User me", "Get information about current user"),
            Self::Paths => ("Paths", "Get all user paths"),
            Self::Groups => ("Group List", "Group Viewset"),
            Self::Group(_) => ("Group Instance", "Group Viewset"),
            Self::AddUser(_) => ("Add user", "Add user to group"),
            Self::RemoveUser(_) => ("Remove user", "Remove user from group"),
            Self::GroupUsedBy(_) | Self::OfUser(_, UserAction::UsedBy) => {
                ("Used by", "Get a list of all objects that use this object")
            }
            Self::ServiceAccount => {
                ("Service account", "Create a new user account that is marked as a service account")
            }
            Self::ImpersonateEnd => ("Impersonate end", "End Impersonation a user"),
            Self::OfUser(_, UserAction::SetPassword) => ("Set password", "Set password for user"),
            Self::OfUser(_, UserAction::Recovery) => {
                ("Recovery", "Create a temporary link that a user can use to recover their accounts")
            }
            Self::OfUser(_, UserAction::RecoveryEmail) => {
                ("Recovery email", "Create a temporary link that a user can use to recover their accounts")
            }
            Self::OfUser(_, UserAction::Impersonate) => ("Impersonate", "Impersonate a user"),
            Self::Absent(AbsentList::Sessions) => {
                ("Authenticated Session List", "AuthenticatedSession Viewset")
            }
            Self::Absent(AbsentList::Roles) => ("Role List", "Role viewset"),
            Self::Absent(AbsentList::Events) => ("Event List", "Event Read-Only Viewset"),
            Self::Version => ("Version", "Get running and latest version."),
            Self::Config => ("Config", "Retrieve public configuration options"),
        };
        json(&Metadata { name, description, renders: [JSON], parses: [JSON] })
    }
}
