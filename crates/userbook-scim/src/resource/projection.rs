//! `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Document;
use crate::schema::{Located, ResourceSchema, Returned};

/// The attributes that a response contains.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Projection {
    /// All attributes.
    #[default]
    Everything,
    /// These attributes, and those that are always returned.
    Only(Vec<Name>),
    /// All but these attributes.
    Without(Vec<Name>),
}

/// The name of an attribute in a projection. Unknown names are ignored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    extension: Option<String>,
    /// `None` for an extension as a whole.
    attribute: Option<String>,
    sub: Option<String>,
}

impl Projection {
    /// Reads both parameters. `attributes` wins over `excludedAttributes`.
    pub(crate) fn new(attributes: &[String], excluded: &[String], schema: &ResourceSchema) -> Self {
        // Each name once: the work for a document must not depend on how often the client repeats a name.
        let names = |texts: &[String]| {
            let names: BTreeSet<Name> = texts.iter().filter_map(|text| name(text.trim(), schema)).collect();
            Vec::from_iter(names)
        };
        if !attributes.is_empty() {
            return Self::Only(names(attributes));
        }
        match names(excluded) {
            none if none.is_empty() => Self::Everything,
            names => Self::Without(names),
        }
    }

    /// Returns whether the response contains this attribute of the core schema, as a whole or in part.
    pub(crate) fn contains(&self, attribute: &str) -> bool {
        let is_named = |names: &[Name], whole: bool| {
            names.iter().any(|name| {
                name.extension.is_none()
                    && name.attribute.as_deref() == Some(attribute)
                    && (!whole || name.sub.is_none())
            })
        };
        match self {
            Self::Everything => true,
            Self::Only(names) => is_named(names, false),
            Self::Without(names) => !is_named(names, true),
        }
    }

    /// Returns whether the response contains the whole resource.
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::Everything
    }

    /// Removes the other attributes.
    pub(crate) fn apply(&self, document: Document, schema: &ResourceSchema) -> Document {
        match self {
            Self::Everything => document,
            Self::Only(names) => only(names, document, schema),
            Self::Without(names) => without(names, document, schema),
        }
    }
}

fn name(text: &str, schema: &ResourceSchema) -> Option<Name> {
    if let Some(extension) = schema.extension(text) {
        return Some(Name { extension: Some(extension.urn.to_string()), attribute: None, sub: None });
    }
    let (Located { extension, attribute }, sub) = schema.at_path(text)?;
    let sub = sub.map(|sub| sub.name.to_string());
    let extension = extension.map(|schema| schema.urn.to_string());
    Some(Name { extension, attribute: Some(attribute.name.to_string()), sub })
}

fn is_always_returned(name: &str, schema: &ResourceSchema) -> bool {
    schema.attribute(None, name).is_some_and(|it| it.attribute.returned == Returned::Always)
}

fn only(names: &[Name], document: Document, schema: &ResourceSchema) -> Document {
    let mut kept = Document::new();
    for name in names {
        let source = match &name.extension {
            Some(urn) => document.get(urn).and_then(Value::as_object),
            None => Some(&document),
        };
        let (Some(source), target) = (source, &mut kept) else { continue };
        let mut part = Map::new();
        match &name.attribute {
            None => part.clone_from(source),
            Some(attribute) => {
                let Some(value) = source.get(attribute) else { continue };
                let value = match &name.sub {
                    Some(sub) => select(value, sub),
                    None => value.clone(),
                };
                part.insert(attribute.clone(), value);
            }
        }
        let part = match &name.extension {
            Some(urn) => [(urn.clone(), Value::Object(part))].into_iter().collect(),
            None => part,
        };
        for (key, value) in part {
            merge(target, key, value);
        }
    }
    for (key, value) in document {
        if is_always_returned(&key, schema) {
            kept.insert(key, value);
        }
    }
    kept
}

/// Returns the value with only one sub-attribute.
fn select(value: &Value, sub: &str) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| select(item, sub)).collect(),
        Value::Object(members) => {
            let member = members.get(sub).map(|value| (sub.to_owned(), value.clone()));
            Value::Object(member.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// Adds a part of an attribute to the parts that are present.
fn merge(target: &mut Map<String, Value>, key: String, value: Value) {
    match (target.get_mut(&key), value) {
        (Some(Value::Object(present)), Value::Object(more)) => present.extend(more),
        (Some(Value::Array(present)), Value::Array(more)) => {
            for (present, more) in present.iter_mut().zip(more) {
                if let (Value::Object(present), Value::Object(more)) = (present, more) {
                    present.extend(more);
                }
            }
        }
        (_, value) => _ = target.insert(key, value),
    }
}

fn without(names: &[Name], mut document: Document, schema: &ResourceSchema) -> Document {
    for name in names {
        let container = match (&name.extension, &name.attribute) {
            (Some(urn), None) => {
                document.remove(urn);
                None
            }
            (Some(urn), Some(_)) => document.get_mut(urn).and_then(Value::as_object_mut),
            (None, _) => Some(&mut document),
        };
        let (Some(container), Some(attribute)) = (container, &name.attribute) else { continue };
        if name.extension.is_none() && is_always_returned(attribute, schema) {
            continue;
        }
        match &name.sub {
            None => _ = container.remove(attribute),
            Some(sub) => match container.get_mut(attribute) {
                Some(Value::Object(members)) => _ = members.remove(sub),
                Some(Value::Array(items)) => {
                    for item in items.iter_mut().filter_map(Value::as_object_mut) {
                        item.remove(sub);
                    }
                }
                _ => {}
            },
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_count_once() {
        let schema = crate::Mapping::default().schema;
        let names = ["emails", "EMAILS", "id", "emails.value", "unknown", "emails"].map(str::to_owned);
        let Projection::Only(names) = Projection::new(&names, &[], &schema) else { panic!("another kind") };
        assert_eq!(names.len(), 3, "{names:?}");
    }
}
