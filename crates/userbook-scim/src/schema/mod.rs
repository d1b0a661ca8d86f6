//! Schemas: the definitions of attributes, and the schemas of users and groups.

mod attribute;
mod common;
pub(crate) mod user;

use std::borrow::Cow;

use serde_json::{Value, json};

pub(crate) use attribute::find;
pub use attribute::{Attribute, Kind, Mutability, Returned, Uniqueness};

/// The schema of users.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A schema: a URN with its attributes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    pub(crate) urn: Cow<'static, str>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) attributes: Vec<Attribute>,
}

/// The schema of a resource type with its extensions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResourceSchema {
    pub(crate) core: Schema,
    pub(crate) extensions: Vec<Schema>,
    /// `schemas`, `id`, `externalId` and `meta`.
    common: Vec<Attribute>,
}

/// The place of an attribute in a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Located<'s> {
    /// The extension; `None` for the core schema.
    pub(crate) extension: Option<&'s Schema>,
    pub(crate) attribute: &'s Attribute,
}

impl ResourceSchema {
    pub(crate) fn new(core: Schema, extensions: Vec<Schema>) -> Self {
        let common = vec![common::schemas(), common::id(), common::external_id(), common::meta()];
        Self { core, extensions, common }
    }

    /// The schema of groups.
    pub(crate) fn group() -> Self {
        let core = Schema {
            urn: GROUP.into(),
            name: "Group".into(),
            description: "A group of users".into(),
            attributes: vec![common::group_display_name(), common::members()],
        };
        Self::new(core, Vec::new())
    }

    /// Returns the extension with this URN, in any case.
    pub(crate) fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// Returns whether the URN is the one of the core schema, in any case.
    pub(crate) fn is_core(&self, urn: &str) -> bool {
        self.core.urn.eq_ignore_ascii_case(urn)
    }

    /// Returns the attribute with this name, in any case. `urn` is the schema that the client names, if any.
    pub(crate) fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Located<'_>> {
        match urn {
            Some(urn) if !self.is_core(urn) => {
                let extension = self.extension(urn)?;
                let attribute = find(&extension.attributes, name)?;
                Some(Located { extension: Some(extension), attribute })
            }
            _ => {
                let attribute = find(&self.core.attributes, name).or_else(|| find(&self.common, name))?;
                Some(Located { extension: None, attribute })
            }
        }
    }

    /// Returns the attribute or the sub-attribute that a path without a filter names: `name.givenName`,
    /// `urn:…:User:department`.
    pub(crate) fn at_path(&self, path: &str) -> Option<(Located<'_>, Option<&Attribute>)> {
        let (urn, name, sub) = split_path(path);
        let located = self.attribute(urn, name)?;
        let sub = match sub {
            Some(sub) => Some(located.attribute.sub(sub)?),
            None => None,
        };
        Some((located, sub))
    }

    /// Returns the attributes that every resource has.
    pub(crate) fn common(&self) -> impl Iterator<Item = &Attribute> {
        self.common.iter()
    }

    /// Returns the schemas.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Schema> {
        std::iter::once(&self.core).chain(&self.extensions)
    }
}

/// Splits a path without a filter: the URN of the schema, the attribute, and the sub-attribute.
pub(crate) fn split_path(path: &str) -> (Option<&str>, &str, Option<&str>) {
    let (urn, path) = path.rsplit_once(':').map_or((None, path), |(urn, path)| (Some(urn), path));
    let (name, sub) = path.split_once('.').map_or((path, None), |(name, sub)| (name, Some(sub)));
    (urn, name, sub)
}

impl Schema {
    /// Returns the schema as `/Schemas` shows it.
    pub(crate) fn to_json(&self, base: &str) -> Value {
        let attributes: Vec<Value> = self.attributes.iter().map(Attribute::to_json).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": self.urn,
            "name": self.name,
            "description": self.description,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", self.urn)},
        })
    }
}
