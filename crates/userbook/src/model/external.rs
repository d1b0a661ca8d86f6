//! Identifiers of users and groups in other systems.

use std::{
    collections::{BTreeMap, btree_map},
    fmt,
    str::FromStr,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

/// The name of another system that manages users or groups: 1 to 128 bytes of `a` to `z`, `0` to `9`, `.`, `_`, `:` and
/// `-`.
///
/// ```
/// use userbook::model::ExternalSource;
/// let source: ExternalSource = "scim:okta".parse()?;
/// assert_eq!(source.as_str(), "scim:okta");
/// assert!("Okta".parse::<ExternalSource>().is_err());
/// # Ok::<(), userbook::model::InvalidExternalSource>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalSource(Arc<str>);

/// The text is not the name of an external source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("external source is not 1 to 128 bytes of a-z, 0-9, '.', '_', ':' and '-' (got {0:?})")]
pub struct InvalidExternalSource(String);

impl ExternalSource {
    /// The maximum length of a name in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalSource {
    type Err = InvalidExternalSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:_-".contains(&byte);
        if text.is_empty() || text.len() > Self::MAX_BYTES || !text.bytes().all(is_allowed) {
            return Err(InvalidExternalSource(text.chars().take(Self::MAX_BYTES).collect()));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ExternalSource {
    type Error = InvalidExternalSource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ExternalSource> for String {
    fn from(source: ExternalSource) -> Self {
        source.as_str().to_owned()
    }
}

impl fmt::Display for ExternalSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The external sources that manage a user or a group, each with the identifier that the source uses, if any.
///
/// A source that is present manages the object. Two users have different identifiers in one source, and so have two
/// groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalIds(BTreeMap<ExternalSource, Option<String>>);

impl ExternalIds {
    /// The maximum number of sources of one object.
    pub const MAX_SOURCES: usize = 16;

    /// Creates an empty map.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Returns whether no source manages the object.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of sources.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the source manages the object, with an identifier or without.
    pub fn is_managed_by(&self, source: &ExternalSource) -> bool {
        self.0.contains_key(source)
    }

    /// Returns the identifier that the source uses.
    pub fn identifier(&self, source: &ExternalSource) -> Option<&str> {
        self.0.get(source)?.as_deref()
    }

    /// Returns whether the other map has all of these sources, each with the same identifier or without.
    pub fn is_contained_in(&self, other: &Self) -> bool {
        self.0.iter().all(|(source, identifier)| other.0.get(source) == Some(identifier))
    }

    /// Returns the first source in which both objects have the same identifier.
    pub fn shared_with(&self, other: &Self) -> Option<&ExternalSource> {
        let is_shared = |(source, identifier): &(&ExternalSource, Option<&str>)| {
            identifier.is_some_and(|identifier| other.identifier(source) == Some(identifier))
        };
        self.iter().find(is_shared).map(|(source, _)| source)
    }

    /// Returns all sources with their identifiers, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ExternalSource, Option<&str>)> {
        self.0.iter().map(|(source, identifier)| (source, identifier.as_deref()))
    }

    /// Sets the identifier of a source, or lets the source manage the object without an identifier.
    pub fn insert(&mut self, source: ExternalSource, identifier: Option<String>) {
        self.0.insert(source, identifier);
    }

    /// Removes a source.
    pub fn remove(&mut self, source: &ExternalSource) {
        self.0.remove(source);
    }
}

impl FromIterator<(ExternalSource, Option<String>)> for ExternalIds {
    fn from_iter<I: IntoIterator<Item = (ExternalSource, Option<String>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for ExternalIds {
    type Item = (ExternalSource, Option<String>);
    type IntoIter = btree_map::IntoIter<ExternalSource, Option<String>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_sources() {
        let long = "s".repeat(128);
        for (text, is_valid) in [
            ("scim:okta", true),
            ("a", true),
            ("hr.example_1-2", true),
            (&*long, true),
            (&*"s".repeat(129), false),
            ("", false),
            ("Okta", false),
            ("a b", false),
            ("a/b", false),
            ("ä", false),
            ("a\0", false),
        ] {
            assert_eq!(text.parse::<ExternalSource>().is_ok(), is_valid, "{text:?}");
            assert_eq!(serde_json::from_value::<ExternalSource>(json!(text)).is_ok(), is_valid, "{text:?}");
        }
        let error = "Okta".parse::<ExternalSource>().unwrap_err().to_string();
        assert!(error.contains("128 bytes") && error.contains("\"Okta\""), "{error}");
    }

    #[test]
    fn a_source_may_manage_without_an_identifier() {
        let [okta, entra]: [ExternalSource; 2] = ["scim:okta", "scim:entra"].map(|it| it.parse().unwrap());
        let mut ids = ExternalIds::new();
        assert!(ids.is_empty() && !ids.is_managed_by(&okta));
        ids.insert(okta.clone(), None);
        ids.insert(entra.clone(), Some("e-1".into()));
        assert!(ids.is_managed_by(&okta) && ids.identifier(&okta).is_none());
        assert_eq!((ids.identifier(&entra), ids.len()), (Some("e-1"), 2));
        let json = json!({"scim:entra": "e-1", "scim:okta": null});
        assert_eq!(serde_json::to_value(&ids).unwrap(), json);
        assert_eq!(serde_json::from_value::<ExternalIds>(json).unwrap(), ids);
        let other: ExternalIds =
            [(okta.clone(), None), (entra.clone(), Some("e-1".into()))].into_iter().collect();
        assert_eq!(ids.shared_with(&other), Some(&entra));
        assert!(other.is_contained_in(&ids) && ExternalIds::new().is_contained_in(&ids));
        ids.remove(&okta);
        assert!(!other.is_contained_in(&ids) && ids.is_contained_in(&other));
        assert_eq!(ids.shared_with(&[(okta, None)].into_iter().collect()), None);
        assert_eq!(ids.iter().collect::<Vec<_>>(), [(&entra, Some("e-1"))]);
        assert_eq!(ids.clone().into_iter().collect::<ExternalIds>(), ids);
    }
}
