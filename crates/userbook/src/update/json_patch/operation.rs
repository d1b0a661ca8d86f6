//! One operation of a JSON Patch (RFC 6902 §4).

use json_patch::{
    PatchOperation,
    jsonptr::{Pointer, Token},
};
use serde_json::Value;

use super::{
    budget::{Budget, Exceeded},
    document::{Document, writable},
    secrets,
};
use crate::{json::equal_by_value, policy::Policy, violation::Field};

/// A reason why an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A `test` found another value, or none.
    Unequal,
    /// The location does not exist or is read-only.
    Inapplicable,
    /// The source of a `copy` or `move` does not exist or cannot be read.
    InapplicableSource,
    /// A secret would be taken to another location.
    Secret,
    /// The patch exceeds the budget.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Fault {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

/// Applies an operation. After an error the document must not be used.
pub(super) fn apply(
    operation: &PatchOperation,
    document: &mut Document<'_>,
    budget: &mut Budget,
    policy: &Policy,
) -> Result<(), Fault> {
    // Resolving a pointer visits one member for each token.
    budget.take(operation.path().len())?;
    match operation {
        PatchOperation::Add(add) => {
            budget.take_value(&add.value, add.path.count())?;
            insert(document, budget, &add.path, add.value.clone())
        }
        PatchOperation::Replace(replace) => {
            budget.take_value(&replace.value, replace.path.count())?;
            let (field, rest) = target(&replace.path)?;
            let place = document.get_mut(field).and_then(|member| member.pointer_mut(rest.as_str()));
            *place.ok_or(Fault::Inapplicable)? = replace.value.clone();
            Ok(())
        }
        PatchOperation::Remove(operation) => remove(document, budget, &operation.path).map(drop),
        PatchOperation::Copy(copy) => {
            budget.take(copy.from.len())?;
            let value = source(document, budget, policy, &copy.from, &copy.path)?;
            insert(document, budget, &copy.path, value)
        }
        PatchOperation::Move(operation) => {
            let (from, path) = (&operation.from, &operation.path);
            budget.take(from.len())?;
            // RFC 6902 §4.4: a value cannot be moved into itself.
            if path != from && path.starts_with(from) {
                return Err(Fault::Inapplicable);
            }
            check_secrets(document, policy, from, path)?;
            let value = remove(document, budget, from).map_err(at_source)?;
            budget.take_value(&value, path.count())?;
            insert(document, budget, path, value)
        }
        PatchOperation::Test(test) => {
            budget.take_comparison(&test.value)?;
            if holds(document, &test.path, &test.value) { Ok(()) } else { Err(Fault::Unequal) }
        }
    }
}

/// Returns the writable field of a pointer, and the rest of the pointer.
fn target(path: &Pointer) -> Result<(Field, &Pointer), Fault> {
    let (name, rest) = path.split_front().ok_or(Fault::Inapplicable)?;
    Ok((writable(&name.decoded()).ok_or(Fault::Inapplicable)?, rest))
}

fn holds(document: &mut Document<'_>, path: &Pointer, expected: &Value) -> bool {
    let Some((name, rest)) = path.split_front() else { return document.equals(expected) };
    match writable(&name.decoded()) {
        Some(field) => {
            let value = document.get(field).and_then(|member| member.pointer(rest.as_str()));
            value.is_some_and(|value| equal_by_value(value, expected))
        }
        None => document.read_only_equals(&name.decoded(), rest.as_str(), expected),
    }
}

/// Returns a copy of the value at `from`, to be placed at `to`. Members that the core does not know cannot be copied,
/// because groups in them may contain secret attributes.
fn source(
    document: &mut Document<'_>,
    budget: &mut Budget,
    policy: &Policy,
    from: &Pointer,
    to: &Pointer,
) -> Result<Value, Fault> {
    let (name, rest) = from.split_front().ok_or(Fault::InapplicableSource)?;
    let Some(field) = writable(&name.decoded()) else {
        let member = document.read_only(&name.decoded()).filter(|_| rest.is_root());
        return member.ok_or(Fault::InapplicableSource);
    };
    check_secrets(document, policy, from, to)?;
    let value = document.get(field).and_then(|member| member.pointer(rest.as_str()));
    let value = value.ok_or(Fault::InapplicableSource)?;
    budget.take_value(value, to.count())?;
    Ok(value.clone())
}

fn at_source(fault: Fault) -> Fault {
    if fault == Fault::Inapplicable { Fault::InapplicableSource } else { fault }
}

fn check_secrets(
    document: &mut Document<'_>,
    policy: &Policy,
    from: &Pointer,
    to: &Pointer,
) -> Result<(), Fault> {
    let attributes = document.get(Field::Attributes);
    let leaks = attributes.is_some_and(|attributes| secrets::leaks(policy, attributes, from, to));
    if leaks { Err(Fault::Secret) } else { Ok(()) }
}

/// Adds a value: RFC 6902 §4.1.
fn insert(
    document: &mut Document<'_>,
    budget: &mut Budget,
    path: &Pointer,
    value: Value,
) -> Result<(), Fault> {
    let (field, rest) = target(path)?;
    let Some((parent, last)) = rest.split_back() else {
        document.set(field, Some(value));
        return Ok(());
    };
    match container(document, field, parent)? {
        Value::Object(members) => {
            members.insert(last.decoded().into_owned(), value);
        }
        Value::Array(items) => {
            let index = index(&last, items.len(), true)?;
            budget.take(items.len().saturating_sub(index))?;
            items.insert(index, value);
        }
        _ => return Err(Fault::Inapplicable),
    }
    Ok(())
}

/// Removes a value: RFC 6902 §4.2.
fn remove(document: &mut Document<'_>, budget: &mut Budget, path: &Pointer) -> Result<Value, Fault> {
    let (field, rest) = target(path)?;
    let Some((parent, last)) = rest.split_back() else {
        let member = document.set(field, None).ok_or(Fault::Inapplicable)?;
        return Ok(member.into_value());
    };
    match container(document, field, parent)? {
        Value::Object(members) => members.remove(&*last.decoded()).ok_or(Fault::Inapplicable),
        Value::Array(items) => {
            let index = index(&last, items.len(), false)?;
            budget.take(items.len().saturating_sub(index))?;
            Ok(items.remove(index))
        }
        _ => Err(Fault::Inapplicable),
    }
}

fn container<'d>(
    document: &'d mut Document<'_>,
    field: Field,
    parent: &Pointer,
) -> Result<&'d mut Value, Fault> {
    let member = document.get_mut(field).ok_or(Fault::Inapplicable)?;
    member.pointer_mut(parent.as_str()).ok_or(Fault::Inapplicable)
}

/// Returns the index of a token in an array of this length; `-` and the length itself are valid for insertions only.
fn index(token: &Token<'_>, length: usize, inserts: bool) -> Result<usize, Fault> {
    let index = token.to_index().map_err(|_| Fault::Inapplicable)?;
    let index = if inserts { index.for_len_incl(length) } else { index.for_len(length) };
    index.map_err(|_| Fault::Inapplicable)
}
