//! Reads the operations of a PATCH.

use serde_json::{Map, Value};

use super::{Op, Patch, Step, require_ids};
use crate::{
    Strictness,
    error::{ScimError, ScimType},
    limits::{PathCount, ScimLimits},
    members::{counting_members, take_member},
    resource::{Normalizer, Place, Target, extension_members},
    schema::{GROUP, ResourceSchema},
};

/// The schema of a PATCH.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What reading depends on.
#[derive(Debug, Clone, Copy)]
struct Reader<'r> {
    schema: &'r ResourceSchema,
    strictness: Strictness,
    limits: &'r ScimLimits,
}

/// The steps so far.
#[derive(Debug)]
struct Steps {
    steps: Vec<Step>,
    paths: PathCount,
}

/// Reads the operations of a request on a resource of this schema.
pub(crate) fn read(
    body: Value,
    schema: &ResourceSchema,
    strictness: Strictness,
    limits: &ScimLimits,
) -> Result<Patch, ScimError> {
    let Value::Object(mut body) = body else { return Err(syntax("the body is not a JSON object")) };
    let is_lenient = strictness.is_lenient();
    let names_schema = take_member(&mut body, "schemas").is_some_and(|schemas| {
        schemas.as_array().is_some_and(|urns| urns.iter().any(|urn| urn.as_str() == Some(SCHEMA)))
    });
    if !names_schema && !is_lenient {
        return Err(syntax(&format!("schemas does not contain {SCHEMA}")));
    }
    let operations = match take_member(&mut body, "Operations") {
        Some(Value::Array(operations)) => operations,
        Some(operation @ Value::Object(_)) if is_lenient => vec![operation],
        _ => return Err(syntax("Operations is not a list")),
    };
    if operations.is_empty() && !is_lenient {
        return Err(syntax("Operations is empty"));
    }
    let reader = Reader { schema, strictness, limits };
    let mut steps = Steps { steps: Vec::new(), paths: PathCount::of_patch(limits) };
    for operation in operations {
        reader.operation(operation, &mut steps)?;
    }
    Ok(Patch { steps: steps.steps, strictness, bytes: limits.patch_bytes })
}

fn syntax(detail: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidSyntax, detail.to_owned())
}

impl Reader<'_> {
    fn operation(self, operation: Value, steps: &mut Steps) -> Result<(), ScimError> {
        steps.paths.add()?;
        let Value::Object(mut operation) = operation else {
            return Err(syntax("an operation is not an object"));
        };
        let op = take_member(&mut operation, "op");
        let op = self.op(op.as_ref().and_then(Value::as_str).unwrap_or_default())?;
        let value = take_member(&mut operation, "value");
        match take_member(&mut operation, "path") {
            Some(Value::String(path)) if !path.trim().is_empty() => {
                let target = self.target(&path)?;
                if op == Op::Add && !self.strictness.is_lenient() && value == Some(Value::Null) {
                    return Err(ScimError::invalid_value("add requires a value"));
                }
                self.step(op, target, value, steps)
            }
            None | Some(Value::Null | Value::String(_)) if op == Op::Remove => {
                Err(ScimError::bad_request(ScimType::NoTarget, "remove requires a path"))
            }
            None | Some(Value::Null | Value::String(_)) => self.without_path(op, value, steps),
            Some(_) => Err(ScimError::bad_request(ScimType::InvalidPath, "the path is not a text")),
        }
    }

    fn op(self, text: &str) -> Result<Op, ScimError> {
        let known = [("add", Op::Add), ("replace", Op::Replace), ("remove", Op::Remove)];
        let is_named = |name: &str| {
            if self.strictness.is_lenient() { name.eq_ignore_ascii_case(text) } else { name == text }
        };
        let found = known.into_iter().find(|(name, _)| is_named(name));
        found.map(|(_, op)| op).ok_or_else(|| syntax(&format!("unknown operation {text:?}")))
    }

    fn target(self, path: &str) -> Result<Target, ScimError> {
        Target::parse(path, self.schema, self.strictness, self.limits)
    }

    /// Adds a step for each attribute of the value. Keys may be paths.
    fn without_path(self, op: Op, value: Option<Value>, steps: &mut Steps) -> Result<(), ScimError> {
        let Some(Value::Object(members)) = value else {
            return Err(ScimError::invalid_value("an operation without a path requires an object as value"));
        };
        for (position, (key, value)) in counting_members(members).enumerate() {
            // The operation itself stands for its first key.
            if position > 0 {
                steps.paths.add()?;
            }
            match self.target(&key) {
                // Clients send `id`, `schemas` and `meta` along.
                Ok(Target::Place(place)) if self.ignores(&place) => {}
                Ok(target) => self.step(op, target, Some(value), steps)?,
                Err(_) if self.strictness.is_lenient() => {}
                // The key is a part of the value.
                Err(error) => return Err(error.with_type(ScimType::InvalidValue)),
            }
        }
        Ok(())
    }

    fn ignores(self, place: &Place) -> bool {
        place.attribute.name == "schemas" || self.strictness.is_lenient() && place.is_read_only()
    }

    fn step(self, op: Op, target: Target, value: Option<Value>, steps: &mut Steps) -> Result<(), ScimError> {
        let normalizer = Normalizer { nulls: op != Op::Remove, ..Normalizer::new(self.strictness) };
        let value = self.value(op, &target, value, normalizer).map_err(of_value)?;
        if target.place().is_none_or(|place| place.attribute.name != "schemas") {
            steps.steps.push(Step { op, target, value });
        }
        Ok(())
    }

    /// Returns the canonical value of an operation.
    fn value(
        self,
        op: Op,
        target: &Target,
        value: Option<Value>,
        normalizer: Normalizer,
    ) -> Result<Option<Value>, ScimError> {
        match (target, value) {
            (Target::Extension(_), Some(Value::Null)) => Ok(None),
            (Target::Extension(urn), Some(value)) if op != Op::Remove => match self.schema.extension(urn) {
                Some(extension) => Ok(Some(Value::Object(extension_members(value, extension, normalizer)?))),
                None => Ok(None),
            },
            (Target::Place(place), value) if place.attribute.name != "schemas" => {
                check_mutability(op, place)?;
                match value {
                    // Null is no value (RFC 7643 §2.5).
                    None | Some(Value::Null) if op == Op::Remove => Ok(None),
                    Some(value) => self.place_value(op, place, value, normalizer),
                    None => Err(ScimError::invalid_value("the operation requires a value")),
                }
            }
            (Target::Place(_) | Target::Extension(_), _) => Ok(None),
        }
    }

    /// Returns the canonical value of an operation on an attribute.
    fn place_value(
        self,
        op: Op,
        place: &Place,
        value: Value,
        normalizer: Normalizer,
    ) -> Result<Option<Value>, ScimError> {
        if op == Op::Remove {
            return self.removed(place, value, normalizer);
        }
        if place.attribute.name == "members" && self.schema.is_core(GROUP) {
            require_ids(&value)?;
        }
        // An object without members that the schema has changes nothing: it is not the absence of a value.
        let empty = || Value::Object(Map::new());
        let empty = (value.is_object() && place.is_complex()).then(empty);
        let value = match &place.sub {
            Some(sub) => normalizer.value(value, sub)?,
            // The value of a selected element is one element.
            None if place.filter.is_some() => match value {
                Value::Array(mut items) if items.len() == 1 && self.strictness.is_lenient() => {
                    match items.pop() {
                        Some(item) => normalizer.single(item, &place.attribute)?,
                        None => None,
                    }
                }
                value => normalizer.single(value, &place.attribute)?,
            },
            None => normalizer.value(value, &place.attribute)?,
        };
        let value = value.or(empty);
        if value.is_none() {
            check_required(place)?;
        }
        Ok(value)
    }
}

impl Reader<'_> {
    /// Returns the elements that a removal with a value removes; `None` if the path alone selects them. A value that
    /// would be ignored, so that more than it names is removed, is an error.
    fn removed(
        self,
        place: &Place,
        value: Value,
        normalizer: Normalizer,
    ) -> Result<Option<Value>, ScimError> {
        let attribute = &place.attribute;
        if !attribute.multi_valued || place.filter.is_some() {
            return Ok(None);
        }
        let name = &attribute.name;
        if !self.strictness.is_lenient() || place.sub.is_some() {
            return Err(ScimError::invalid_value(format!("removal of {name} has a value; use a filter")));
        }
        let items = match value {
            Value::Array(items) => items,
            item => vec![item],
        };
        let element = |item| {
            let item = normalizer.single(item, attribute)?;
            item.ok_or_else(|| ScimError::invalid_value(format!("removal of {name} names no value")))
        };
        Ok(Some(items.into_iter().map(element).collect::<Result<_, _>>()?))
    }
}

/// What is wrong with a value is the value (RFC 7644 §3.12): an attribute that the schema does not have, too.
fn of_value(error: ScimError) -> ScimError {
    match error.scim_type {
        Some(ScimType::InvalidSyntax) => error.with_type(ScimType::InvalidValue),
        _ => error,
    }
}

/// Attributes that only the server writes cannot be targets, and attributes that always have a value cannot be removed.
fn check_mutability(op: Op, place: &Place) -> Result<(), ScimError> {
    if place.is_read_only() {
        let name = &place.value_attribute().name;
        return Err(ScimError::bad_request(ScimType::Mutability, format!("{name} is read-only")));
    }
    if op == Op::Remove { check_required(place) } else { Ok(()) }
}

/// Requires that the target, which loses its value, is not an attribute that always has a value.
fn check_required(place: &Place) -> Result<(), ScimError> {
    let is_whole = place.filter.is_none() && place.sub.is_none();
    if is_whole && place.attribute.required {
        let name = &place.attribute.name;
        return Err(ScimError::bad_request(ScimType::Mutability, format!("{name} is required")));
    }
    Ok(())
}
