//! Values of requests in their canonical form: names of attributes as in the schema, values of the right type.

use serde_json::{Map, Value};
use userbook::model::parse_timestamp;

use super::{Document, Target};
use crate::{
    Strictness,
    error::{ScimError, ScimType},
    limits::{PathCount, ScimLimits},
    members::{counting_members, member},
    schema::{Attribute, Kind, ResourceSchema, Schema, find},
};

/// Checks and converts values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Normalizer {
    pub(crate) strictness: Strictness,
    /// Whether members of objects that mean "no value" stay as null, for a PATCH that removes them.
    pub(crate) nulls: bool,
    /// Whether read-only sub-attributes stay, for stored values.
    pub(crate) read_only: bool,
}

impl Normalizer {
    /// For a resource in a request.
    pub(crate) fn new(strictness: Strictness) -> Self {
        Self { strictness, nulls: false, read_only: false }
    }

    /// For stored values.
    pub(crate) fn stored() -> Self {
        Self { read_only: true, ..Self::new(Strictness::lenient()) }
    }

    /// Returns the canonical value; `None` if the value means "no value": null, an empty list.
    pub(crate) fn value(self, value: Value, attribute: &Attribute) -> Result<Option<Value>, ScimError> {
        let value = match value {
            Value::Null => return Ok(None),
            Value::Array(items) if attribute.multi_valued => {
                if !self.strictness.is_lenient() && items.iter().any(Value::is_null) {
                    return Err(wrong(attribute, "a list of values"));
                }
                let is_foreign = items.iter().any(|item| is_foreign(item, attribute));
                let items: Vec<_> = items
                    .into_iter()
                    .map(|item| self.single(item, attribute))
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .flatten()
                    .collect();
                if items.is_empty() && is_foreign {
                    return Err(ScimError::invalid_value(format!(
                        "{} has no value with a known attribute",
                        attribute.name
                    )));
                }
                if items.is_empty() { None } else { Some(Value::Array(items)) }
            }
            value if attribute.multi_valued => {
                if !self.strictness.is_lenient() {
                    return Err(wrong(attribute, "a list"));
                }
                self.single(value, attribute)?.map(|item| Value::Array(vec![item]))
            }
            Value::Array(mut items) if self.strictness.is_lenient() && items.len() <= 1 => {
                match items.pop() {
                    Some(item) => self.single(item, attribute)?,
                    None => None,
                }
            }
            value => self.single(value, attribute)?,
        };
        if let Some(Value::Array(items)) = &value {
            let is_primary = |item: &&Value| item.get("primary") == Some(&Value::Bool(true));
            if items.iter().filter(is_primary).count() > 1 {
                return Err(ScimError::invalid_value(format!(
                    "{} has several primary values",
                    attribute.name
                )));
            }
        }
        Ok(value)
    }

    /// Returns one canonical value.
    pub(crate) fn single(self, value: Value, attribute: &Attribute) -> Result<Option<Value>, ScimError> {
        let lenient = self.strictness.is_lenient();
        let value = match (&attribute.kind, value) {
            (_, Value::Null) => return Ok(None),
            (Kind::Complex(_), Value::Object(members)) => {
                let members = self.members(members, attribute)?;
                return Ok((!members.is_empty()).then_some(Value::Object(members)));
            }
            (Kind::Complex(_), value @ (Value::String(_) | Value::Number(_))) if lenient => {
                return match attribute.sub("value") {
                    Some(sub) => {
                        let value = self.single(value, sub)?;
                        Ok(value
                            .map(|value| Value::Object([("value".to_owned(), value)].into_iter().collect())))
                    }
                    None => Err(wrong(attribute, "an object")),
                };
            }
            // An object around a single value.
            (kind, Value::Object(mut members))
                if lenient && !matches!(kind, Kind::Complex(_)) && members.len() == 1 =>
            {
                match members.remove("value") {
                    Some(value) if !value.is_object() => return self.single(value, attribute),
                    _ => return Err(wrong(attribute, attribute.kind.as_str())),
                }
            }
            (_, value) => value,
        };
        self.scalar(value, attribute).map(Some)
    }

    fn scalar(self, value: Value, attribute: &Attribute) -> Result<Value, ScimError> {
        let lenient = self.strictness.is_lenient();
        match (&attribute.kind, value) {
            (Kind::Boolean, value @ Value::Bool(_))
            | (Kind::Decimal, value @ Value::Number(_))
            | (Kind::String | Kind::Binary | Kind::Reference(_), value @ Value::String(_)) => Ok(value),
            (Kind::Boolean, Value::String(text)) if lenient && text.eq_ignore_ascii_case("true") => {
                Ok(true.into())
            }
            (Kind::Boolean, Value::String(text)) if lenient && text.eq_ignore_ascii_case("false") => {
                Ok(false.into())
            }
            (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(number.into()),
            (Kind::Integer | Kind::Decimal, Value::String(text)) if lenient => {
                let number = serde_json::from_str(text.trim()).ok().filter(Value::is_number);
                let number = number.ok_or_else(|| wrong(attribute, attribute.kind.as_str()))?;
                self.scalar(number, attribute)
            }
            (Kind::DateTime, Value::String(text)) if parse_timestamp(&text).is_some() => Ok(text.into()),
            (Kind::String, Value::Number(number)) if lenient => Ok(number.to_string().into()),
            (Kind::String, Value::Bool(flag)) if lenient => Ok(flag.to_string().into()),
            _ => Err(wrong(attribute, attribute.kind.as_str())),
        }
    }

    /// Returns the members of a complex value under their names in the schema.
    fn members(
        self,
        members: Map<String, Value>,
        attribute: &Attribute,
    ) -> Result<Map<String, Value>, ScimError> {
        let mut canonical = Map::new();
        for (name, value) in counting_members(members) {
            match attribute.sub(&name) {
                // The server computes read-only sub-attributes.
                Some(sub) if sub.is_read_only() && !attribute.is_read_only() && !self.read_only => {}
                Some(sub) => self.insert(&mut canonical, value, sub)?,
                // The examples of RFC 7644 name members with `display`, which the schema of RFC 7643 does not have.
                None if self.strictness.is_lenient() || name == "display" => {}
                None => return Err(unknown(&format!("{}.{name}", attribute.name))),
            }
        }
        Ok(canonical)
    }

    /// Inserts the canonical value of an attribute, if the attribute has a value.
    fn insert(
        self,
        members: &mut Map<String, Value>,
        value: Value,
        attribute: &Attribute,
    ) -> Result<(), ScimError> {
        let value = self.value(value, attribute)?.or_else(|| self.nulls.then_some(Value::Null));
        if let Some(value) = value {
            members.insert(attribute.name.to_string(), value);
        }
        Ok(())
    }
}

/// Returns whether an element is an object without members of the schema. A list of such elements is not the absence
/// of values.
fn is_foreign(item: &Value, attribute: &Attribute) -> bool {
    let Value::Object(members) = item else { return false };
    matches!(attribute.kind, Kind::Complex(_)) && !members.keys().any(|name| attribute.sub(name).is_some())
}

fn wrong(attribute: &Attribute, expected: &str) -> ScimError {
    ScimError::invalid_value(format!("{} is not {expected}", attribute.name))
}

fn unknown(name: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidSyntax, format!("unknown attribute {name:?}"))
}

/// Returns the body of a POST or PUT as a document: its writable attributes under their names in the schema.
pub(crate) fn canonical_resource(
    body: Value,
    schema: &ResourceSchema,
    strictness: Strictness,
    limits: &ScimLimits,
) -> Result<Document, ScimError> {
    let Value::Object(members) = body else {
        return Err(ScimError::bad_request(ScimType::InvalidSyntax, "the body is not a JSON object"));
    };
    let normalizer = Normalizer::new(strictness);
    check_schemas(&members, schema, strictness)?;
    let (mut document, mut paths) = (Document::new(), PathCount::of_resource(limits));
    for (name, value) in counting_members(members) {
        if let Some(extension) = schema.extension(&name) {
            let canonical = extension_members(value, extension, normalizer)?;
            if !canonical.is_empty() {
                document.insert(extension.urn.to_string(), Value::Object(canonical));
            }
            continue;
        }
        match schema.attribute(None, &name) {
            Some(located) if located.attribute.is_read_only() || located.attribute.name == "schemas" => {}
            Some(located) => {
                if let Some(value) = normalizer.value(value, located.attribute)? {
                    document.insert(located.attribute.name.to_string(), value);
                }
            }
            None if strictness.is_lenient() => {
                paths.add()?;
                insert_at_path(&mut document, &name, value, schema, limits)?;
            }
            // The server does not store passwords.
            None if name.eq_ignore_ascii_case("password") => {}
            None => return Err(unknown(&name)),
        }
    }
    Ok(document)
}

/// `schemas` names the schema of the resource (RFC 7643 §3).
fn check_schemas(
    members: &Map<String, Value>,
    schema: &ResourceSchema,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let named = member(members, "schemas");
    let is_lenient = strictness.is_lenient();
    let is_valid = match named {
        Some(Value::Array(urns)) if urns.is_empty() => is_lenient,
        Some(Value::Array(urns)) => urns.iter().filter_map(Value::as_str).any(|urn| schema.is_core(urn)),
        Some(Value::String(urn)) => is_lenient && schema.is_core(urn),
        None | Some(Value::Null) => is_lenient,
        Some(_) => false,
    };
    if is_valid {
        return Ok(());
    }
    let urn = &schema.core.urn;
    Err(ScimError::bad_request(ScimType::InvalidSyntax, format!("schemas does not contain {urn}")))
}

/// Returns the attributes of an extension under their names in the schema.
pub(crate) fn extension_members(
    value: Value,
    extension: &Schema,
    normalizer: Normalizer,
) -> Result<Map<String, Value>, ScimError> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        _ => return Err(ScimError::invalid_value(format!("{} is not an object", extension.urn))),
    };
    let mut canonical = Map::new();
    for (name, value) in counting_members(members) {
        match find(&extension.attributes, &name) {
            Some(attribute) if attribute.is_read_only() => {}
            Some(attribute) => normalizer.insert(&mut canonical, value, attribute)?,
            None if normalizer.strictness.is_lenient() => {}
            None => return Err(unknown(&format!("{}:{name}", extension.urn))),
        }
    }
    Ok(canonical)
}

/// Inserts the value of a key that is a path to an attribute: `name.givenName`, `urn:…:User:department`. Other keys
/// have no effect.
fn insert_at_path(
    document: &mut Document,
    name: &str,
    value: Value,
    schema: &ResourceSchema,
    limits: &ScimLimits,
) -> Result<(), ScimError> {
    let normalizer = Normalizer::new(Strictness::lenient());
    let Ok(Target::Place(place)) = Target::parse(name, schema, normalizer.strictness, limits) else {
        return Ok(());
    };
    if place.is_read_only() || place.filter.is_some() || (place.attribute.multi_valued && place.sub.is_some())
    {
        return Ok(());
    }
    let Some(value) = normalizer.value(value, place.value_attribute())? else { return Ok(()) };
    let set = |container: &mut Document| match &place.sub {
        Some(sub) => with_object(container, &place.attribute.name, |members| {
            members.insert(sub.name.to_string(), value);
        }),
        None => _ = container.insert(place.attribute.name.to_string(), value),
    };
    match &place.extension {
        Some(urn) => with_object(document, urn, set),
        None => set(document),
    }
    Ok(())
}

/// Changes the object under a key. A missing object is created, another value is replaced, and an empty object is
/// removed.
pub(crate) fn with_object<T>(
    document: &mut Document,
    key: &str,
    change: impl FnOnce(&mut Map<String, Value>) -> T,
) -> T {
    let mut members = match document.remove(key) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let result = change(&mut members);
    if !members.is_empty() {
        document.insert(key.to_owned(), Value::Object(members));
    }
    result
}
