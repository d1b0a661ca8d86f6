//! The table that maps attributes of SCIM to stored values.

use std::borrow::Cow;

use userbook::store::FurtherAddresses;

use crate::schema::{Attribute, ENTERPRISE, ResourceSchema, Schema, USER, Uniqueness, user};

/// The table that maps the attributes of a user to stored values.
///
/// `userName`, `displayName`, `active`, `emails` and `groups` belong to fields of the user. All other attributes are
/// members of the user's attributes; the table names the key. By default, the key is the name of the attribute, in the
/// core schema and in the enterprise extension.
///
/// ```
/// use userbook_scim::{Mapping, schema::{Attribute, ENTERPRISE}};
///
/// let mapping = Mapping::default()
///     .with_attribute("urn:example:scim:2.0:User", Attribute::string("badge", "The badge."), "badge_number")
///     .with_key(ENTERPRISE, "department", "team")
///     .without(ENTERPRISE, "costCenter");
/// # let _ = mapping;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub(crate) schema: ResourceSchema,
    /// Keys of stored attributes, in the order of [`ResourceSchema::all`] and of the attributes of each schema.
    keys: Vec<Vec<String>>,
}

/// The stored value behind an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored<'m> {
    Username,
    DisplayName,
    Active,
    Emails(&'m str),
    Name(&'m str),
    /// Written by the server only.
    Computed,
    /// A member of the attributes.
    Attribute(&'m str),
}

/// The attributes of the core schema with a fixed meaning.
const FIXED: [&str; 6] = ["userName", "displayName", "active", "name", "emails", "groups"];

impl Default for Mapping {
    fn default() -> Self {
        let mut attributes = vec![
            user::user_name(),
            user::name(),
            user::display_name(),
            user::emails(),
            user::active(),
            user::groups(),
        ];
        attributes.extend(user::stored());
        let schema = |urn: &'static str, name: &'static str, description: &'static str, attributes| Schema {
            urn: urn.into(),
            name: name.into(),
            description: description.into(),
            attributes,
        };
        let core = schema(USER, "User", "A user account", attributes);
        let enterprise =
            schema(ENTERPRISE, "Enterprise User", "A user of an organization", user::enterprise());
        let names = |schema: &Schema| schema.attributes.iter().map(|it| it.name.to_string()).collect();
        let keys = vec![names(&core), names(&enterprise)];
        Self { schema: ResourceSchema::new(core, vec![enterprise]), keys }
    }
}

impl Mapping {
    /// Adds an attribute to a schema, or replaces the one with its name. `key` is the member of the stored attributes.
    /// A new URN becomes an extension. Has no effect on attributes that belong to fields of the user. The provider
    /// enforces the type, `required` and the mutability; values may repeat among users, so the uniqueness becomes
    /// [`Uniqueness::None`].
    #[must_use]
    pub fn with_attribute(
        mut self,
        urn: impl Into<Cow<'static, str>>,
        attribute: Attribute,
        key: impl Into<String>,
    ) -> Self {
        let urn = urn.into();
        let attribute = Attribute { uniqueness: Uniqueness::None, ..attribute };
        if is_fixed(&urn, &attribute.name) {
            return self;
        }
        self = self.without(&urn, &attribute.name);
        if let Some((schema, keys)) = self.schema_mut(&urn) {
            schema.attributes.push(attribute);
            keys.push(key.into());
        } else {
            let name = urn.rsplit(':').next().unwrap_or_default().to_owned();
            let description = "An extension of users";
            let attributes = vec![attribute];
            let schema = Schema { urn, name: name.into(), description: description.into(), attributes };
            self.schema.extensions.push(schema);
            self.keys.push(vec![key.into()]);
        }
        self
    }

    /// Stores an attribute under another key of the stored attributes. Stores have an index of the addresses under the
    /// key `emails` only: with another key, a search for an address reads all users of the connection.
    #[must_use]
    pub fn with_key(mut self, urn: &str, name: &str, key: impl Into<String>) -> Self {
        let found = self.schema_mut(urn).and_then(|(schema, keys)| {
            let position = schema.attributes.iter().position(|it| it.name.eq_ignore_ascii_case(name))?;
            keys.get_mut(position)
        });
        if let Some(stored) = found {
            *stored = key.into();
        }
        self
    }

    /// Removes an attribute; an extension without attributes disappears. Has no effect on attributes that belong to
    /// fields of the user.
    #[must_use]
    pub fn without(mut self, urn: &str, name: &str) -> Self {
        if is_fixed(urn, name) {
            return self;
        }
        if let Some((schema, keys)) = self.schema_mut(urn) {
            let is_kept = |it: &Attribute| !it.name.eq_ignore_ascii_case(name);
            let mut attributes = schema.attributes.iter();
            keys.retain(|_| attributes.next().is_some_and(is_kept));
            schema.attributes.retain(is_kept);
        }
        self.schema.extensions.retain(|schema| !schema.attributes.is_empty());
        self.keys.retain(|keys| !keys.is_empty());
        self
    }

    /// Returns whether the stores have an index of the stored list of addresses.
    pub(crate) fn has_indexed_addresses(&self) -> bool {
        self.entries().any(|(_, _, stored)| stored == Stored::Emails(FurtherAddresses::MEMBER))
    }

    /// Returns the schema with this URN, in any case, and its keys.
    fn schema_mut(&mut self, urn: &str) -> Option<(&mut Schema, &mut Vec<String>)> {
        let ResourceSchema { core, extensions, .. } = &mut self.schema;
        let mut schemas = std::iter::once(core).chain(extensions).zip(&mut self.keys);
        schemas.find(|(schema, _)| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// Returns every attribute with its extension and its stored value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Option<&Schema>, &Attribute, Stored<'_>)> {
        let extensions = std::iter::once(None).chain(self.schema.extensions.iter().map(Some));
        extensions.zip(&self.keys).flat_map(|(extension, keys)| {
            let schema = extension.unwrap_or(&self.schema.core);
            let entries = schema.attributes.iter().zip(keys);
            entries.map(move |(attribute, key)| (extension, attribute, stored(extension, attribute, key)))
        })
    }
}

fn stored<'m>(extension: Option<&Schema>, attribute: &Attribute, key: &'m str) -> Stored<'m> {
    match attribute.name.as_ref() {
        _ if extension.is_some() => Stored::Attribute(key),
        "userName" => Stored::Username,
        "displayName" => Stored::DisplayName,
        "active" => Stored::Active,
        "emails" => Stored::Emails(key),
        "name" => Stored::Name(key),
        "groups" => Stored::Computed,
        _ => Stored::Attribute(key),
    }
}

fn is_fixed(urn: &str, name: &str) -> bool {
    urn.eq_ignore_ascii_case(USER) && FIXED.iter().any(|fixed| fixed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_added_renamed_and_removed() {
        let urn = "urn:example:2.0:User";
        let mapping = Mapping::default()
            .with_attribute(urn, Attribute::string("badge", ""), "number")
            .with_key(ENTERPRISE, "department", "team")
            .without(USER, "nickname")
            .without(ENTERPRISE, "costCenter")
            .without(USER, "userName")
            .with_attribute(USER, Attribute::string("username", ""), "x");
        let stored = |extension: Option<&str>, name: &str| {
            let of = |schema: &Schema| schema.urn.clone();
            let mut entries = mapping.entries();
            let found =
                entries.find(|(schema, it, _)| schema.map(of).as_deref() == extension && it.name == name);
            found.map(|(.., stored)| stored)
        };
        assert_eq!(stored(Some(urn), "badge"), Some(Stored::Attribute("number")));
        assert_eq!(stored(Some(ENTERPRISE), "department"), Some(Stored::Attribute("team")));
        assert_eq!(stored(Some(ENTERPRISE), "manager"), Some(Stored::Attribute("manager")));
        assert_eq!(stored(Some(ENTERPRISE), "costCenter"), None);
        assert_eq!(stored(None, "userName"), Some(Stored::Username));
        assert_eq!(stored(None, "title"), Some(Stored::Attribute("title")));
        assert_eq!(stored(None, "nickName"), None);
        assert!(mapping.schema.attribute(None, "nickName").is_none());
        assert_eq!(mapping.schema.attribute(None, "USERNAME").map(|it| it.attribute.required), Some(true));
        assert_eq!(
            mapping.schema.attribute(Some(urn), "Badge").map(|it| it.attribute.name.as_ref()),
            Some("badge")
        );
        assert!(mapping.without(urn, "badge").schema.extension(urn).is_none());
    }
}
