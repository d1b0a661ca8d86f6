//! The table that maps attributes of SCIM to stored values.

use std::{borrow::Cow, collections::BTreeMap};

use crate::schema::{Attribute, ENTERPRISE, ResourceSchema, Schema, USER, user};

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
    /// Keys of stored attributes by URN and name.
    keys: BTreeMap<(String, String), String>,
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
        let names = |schema: &Schema| -> Vec<_> {
            let entry = |it: &Attribute| ((schema.urn.to_string(), it.name.to_string()), it.name.to_string());
            schema.attributes.iter().map(entry).collect()
        };
        let keys = names(&core).into_iter().chain(names(&enterprise)).collect();
        Self { schema: ResourceSchema::new(core, vec![enterprise]), keys }
    }
}

impl Mapping {
    /// Adds an attribute to a schema, or replaces the one with its name. `key` is the member of the stored attributes. A
    /// new URN becomes an extension. Has no effect on attributes that belong to fields of the user.
    #[must_use]
    pub fn with_attribute(
        mut self,
        urn: impl Into<Cow<'static, str>>,
        attribute: Attribute,
        key: impl Into<String>,
    ) -> Self {
        let urn = urn.into();
        if is_fixed(&urn, &attribute.name) {
            return self;
        }
        self = self.without(&urn, &attribute.name);
        self.keys.insert((urn.to_string(), attribute.name.to_string()), key.into());
        if let Some(schema) = self.schema_mut(&urn) {
            schema.attributes.push(attribute);
        } else {
            let name = urn.rsplit(':').next().unwrap_or_default().to_owned();
            let description = "An extension of users";
            let attributes = vec![attribute];
            let schema = Schema { urn, name: name.into(), description: description.into(), attributes };
            self.schema.extensions.push(schema);
        }
        self
    }

    /// Stores an attribute under another key of the stored attributes.
    #[must_use]
    pub fn with_key(mut self, urn: &str, name: &str, key: impl Into<String>) -> Self {
        if let Some(stored) = self.keys.get_mut(&(urn.to_owned(), name.to_owned())) {
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
        if let Some(schema) = self.schema_mut(urn) {
            schema.attributes.retain(|it| !it.name.eq_ignore_ascii_case(name));
        }
        self.schema.extensions.retain(|schema| !schema.attributes.is_empty());
        self.keys.retain(|(of, key), _| of != urn || !key.eq_ignore_ascii_case(name));
        self
    }

    fn schema_mut(&mut self, urn: &str) -> Option<&mut Schema> {
        if self.schema.is_core(urn) {
            return Some(&mut self.schema.core);
        }
        self.schema.extensions.iter_mut().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// Returns every writable attribute with its extension and its stored value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Option<&Schema>, &Attribute, Stored<'_>)> {
        let of = |extension: Option<&'_ Schema>, attribute: &'_ Attribute| {
            let urn = extension.map_or(&self.schema.core.urn, |schema| &schema.urn);
            self.stored(urn, &attribute.name)
        };
        let core = self.schema.core.attributes.iter();
        let core = core.map(move |attribute| (None, attribute, of(None, attribute)));
        let extensions = self.schema.extensions.iter().flat_map(move |schema| {
            let of_schema = move |it| (Some(schema), it, of(Some(schema), it));
            schema.attributes.iter().map(of_schema)
        });
        core.chain(extensions)
    }

    fn stored(&self, urn: &str, name: &str) -> Stored<'_> {
        let key = self.keys.get(&(urn.to_owned(), name.to_owned())).map_or("", String::as_str);
        if urn != self.schema.core.urn {
            return Stored::Attribute(key);
        }
        match name {
            "userName" => Stored::Username,
            "displayName" => Stored::DisplayName,
            "active" => Stored::Active,
            "emails" => Stored::Emails(key),
            "name" => Stored::Name(key),
            "groups" => Stored::Computed,
            _ => Stored::Attribute(key),
        }
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
            .without(USER, "userName")
            .with_attribute(USER, Attribute::string("username", ""), "x");
        assert_eq!(mapping.stored(urn, "badge"), Stored::Attribute("number"));
        assert_eq!(mapping.stored(ENTERPRISE, "department"), Stored::Attribute("team"));
        assert_eq!(mapping.stored(USER, "userName"), Stored::Username);
        assert!(mapping.schema.attribute(None, "nickName").is_none());
        assert_eq!(mapping.schema.attribute(None, "USERNAME").map(|it| it.attribute.required), Some(true));
        assert_eq!(
            mapping.schema.attribute(Some(urn), "Badge").map(|it| it.attribute.name.as_ref()),
            Some("badge")
        );
        assert!(mapping.without(urn, "badge").schema.extension(urn).is_none());
    }
}
