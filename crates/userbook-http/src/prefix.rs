//! Where a host mounts the API.

use std::sync::Arc;

/// The default path of the API, which [`UserApi::at`](crate::UserApi::at) replaces.
pub const API_PREFIX: &str = "/api/v3";

/// The path that replaces [`API_PREFIX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(Arc<str>);

/// A text that is no path for an API: neither empty nor segments of letters, digits, `-`, `.`, `_` and `~` that begin
/// with a slash each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid prefix {prefix:?}: expected a path such as \"/v1\"")]
pub struct InvalidPrefix {
    prefix: String,
}

impl Default for Prefix {
    fn default() -> Self {
        Self(API_PREFIX.into())
    }
}

impl Prefix {
    pub(crate) fn parse(prefix: &str) -> Result<Self, InvalidPrefix> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
        let is_valid =
            prefix.is_empty() || prefix.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment));
        if is_valid { Ok(Self(prefix.into())) } else { Err(InvalidPrefix { prefix: prefix.to_owned() }) }
    }

    /// Returns the rest of a path below the prefix; it begins with a slash.
    pub(crate) fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.0).filter(|rest| rest.starts_with('/'))
    }

    /// Returns where a path of the default prefix is mounted.
    pub(crate) fn mount(&self, path: &str) -> String {
        match path.strip_prefix(API_PREFIX) {
            Some(rest) => format!("{}{rest}", self.0),
            None => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_plain_paths() {
        for valid in ["", "/v1", "/api/v3", "/a-b/c.d/e_f~/G7"] {
            let prefix = Prefix::parse(valid).unwrap();
            assert_eq!(prefix.mount("/api/v3/core/users/"), format!("{valid}/core/users/"));
            assert_eq!(prefix.strip(&format!("{valid}/x/")), Some("/x/"));
        }
        for invalid in
            ["v1", "/", "/v1/", "//", "/a//b", "/{id}", "/*", "/a?b", "/a b", "/ä", "/%41", "/..", "/a/."]
        {
            let error = Prefix::parse(invalid).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("invalid prefix {invalid:?}: expected a path such as \"/v1\"")
            );
        }
        let prefix = Prefix::parse("/v1").unwrap();
        for path in ["/v10/x/", "/v1", "/api/v3/x/", ""] {
            assert_eq!(prefix.strip(path), None, "{path}");
        }
    }
}
