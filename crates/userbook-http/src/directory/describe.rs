//! The methods of a resource, and the response to OPTIONS: identical for every caller and for missing ids.

use bytes::Bytes;
use http::{Method, Response};
use serde::Serialize;

use super::json;
use crate::{error::ApiError, media::JSON, route::ResourcePath};

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
            Self::Users | Self::Session | Self::Paths | Self::Groups | Self::Group(_) | Self::Config => {
                "GET, HEAD, OPTIONS"
            }
            Self::AddUser(_) | Self::RemoveUser(_) => "POST, OPTIONS",
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
            Self::Config => ("Config", "Retrieve public configuration options"),
        };
        json(&Metadata { name, description, renders: [JSON], parses: [JSON] })
    }
}
