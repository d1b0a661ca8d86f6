//! Paths.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::resource::ResourceKind;

/// The path below which the provider answers.
pub const SCIM_PATH: &str = "/scim/v2/";

/// The object of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route<'p> {
    ServiceProviderConfig,
    ResourceTypes(Option<Cow<'p, str>>),
    Schemas(Option<Cow<'p, str>>),
    Collection(ResourceKind),
    Resource(ResourceKind, Cow<'p, str>),
    /// A search in one type, or in all types.
    Search(Option<ResourceKind>),
    Bulk,
    /// The caller's own resource, which a connection does not have.
    Me,
}

/// Returns the object of a path.
pub(super) fn route(path: &str) -> Option<Route<'_>> {
    let path = path.strip_prefix(SCIM_PATH)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    resolve(path)
}

/// Returns the object of a path below [`SCIM_PATH`], without a slash at either end.
pub(super) fn resolve(path: &str) -> Option<Route<'_>> {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let rest = match rest {
        Some(rest) if rest.contains('/') || rest.is_empty() => return None,
        Some(rest) => Some(percent_decode_str(rest).decode_utf8().ok()?),
        None => None,
    };
    let collection = |kind| match rest.clone() {
        None => Route::Collection(kind),
        Some(id) if id == ".search" => Route::Search(Some(kind)),
        Some(id) => Route::Resource(kind, id),
    };
    match (first, &rest) {
        ("ServiceProviderConfig", None) => Some(Route::ServiceProviderConfig),
        ("ResourceTypes", _) => Some(Route::ResourceTypes(rest)),
        ("Schemas", _) => Some(Route::Schemas(rest)),
        ("Users", _) => Some(collection(ResourceKind::User)),
        ("Groups", _) => Some(collection(ResourceKind::Group)),
        (".search", None) => Some(Route::Search(None)),
        ("Bulk", None) => Some(Route::Bulk),
        ("Me", None) => Some(Route::Me),
        _ => None,
    }
}

impl Route<'_> {
    /// Returns the methods, as in `Allow`.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Self::ServiceProviderConfig | Self::ResourceTypes(_) | Self::Schemas(_) => "GET, HEAD",
            Self::Collection(_) => "GET, HEAD, POST",
            Self::Resource(..) => "GET, HEAD, PUT, PATCH, DELETE",
            Self::Search(_) | Self::Bulk => "POST",
            Self::Me => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let id = |text: &'static str| Cow::Borrowed(text);
        for (path, expected) in [
            ("/scim/v2/ServiceProviderConfig", Some(Route::ServiceProviderConfig)),
            ("/scim/v2/Users", Some(Route::Collection(ResourceKind::User))),
            ("/scim/v2/Users/", Some(Route::Collection(ResourceKind::User))),
            ("/scim/v2/Users/7", Some(Route::Resource(ResourceKind::User, id("7")))),
            ("/scim/v2/Users/a%2Fb", Some(Route::Resource(ResourceKind::User, id("a/b")))),
            ("/scim/v2/Groups/.search", Some(Route::Search(Some(ResourceKind::Group)))),
            ("/scim/v2/.search", Some(Route::Search(None))),
            ("/scim/v2/Schemas/urn:x", Some(Route::Schemas(Some(id("urn:x"))))),
            ("/scim/v2/Bulk", Some(Route::Bulk)),
            ("/scim/v2/Me", Some(Route::Me)),
            ("/scim/v2/Me/7", None),
            ("/scim/v2/Users/7/x", None),
            ("/scim/v2/users", None),
            ("/scim/v2/", None),
            ("/other", None),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
