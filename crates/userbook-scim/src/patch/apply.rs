//! Applies operations to a document.

use std::collections::{BTreeMap, BTreeSet};

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Map, Value};

use super::{Op, Patch, Step};
use crate::{
    Strictness,
    error::{ScimError, ScimType},
    filter::element_matches,
    resource::{Document, Normalizer, Place, Target, size, with_object},
    schema::Attribute,
    work::Work,
};

/// Applies all operations, or fails.
pub(crate) fn apply(patch: &Patch, document: &mut Document) -> Result<(), ScimError> {
    let mut work = Work::patch(patch.bytes);
    for step in &patch.steps {
        work.spend(step.value.as_ref().map_or(0, size))?;
        match &step.target {
            Target::Extension(urn) => apply_to_extension(step, urn, document),
            Target::Place(place) => match &place.extension {
                Some(urn) => with_object(document, urn, |members| {
                    apply_to_place(step, place, members, &mut work, patch.strictness)
                })?,
                None => apply_to_place(step, place, document, &mut work, patch.strictness)?,
            },
        }
    }
    Ok(())
}

/// The cost of visiting one element.
const ELEMENT: usize = 16;

fn apply_to_extension(step: &Step, urn: &str, document: &mut Document) {
    match (&step.value, step.op) {
        (Some(Value::Object(value)), Op::Add | Op::Replace) => with_object(document, urn, |members| {
            assign_all(members, value);
        }),
        _ => _ = document.remove(urn),
    }
}

fn apply_to_place(
    step: &Step,
    place: &Place,
    members: &mut Document,
    work: &mut Work,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let name = place.attribute.name.as_ref();
    if place.attribute.multi_valued {
        let mut items = match members.remove(name) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        work.spend(items.len().saturating_mul(ELEMENT))?;
        // A value for all elements makes each of them primary anew.
        let sets_all = place.filter.is_none() && place.sub.as_ref().is_some_and(|sub| sub.name == "primary");
        let primaries = if sets_all { Vec::new() } else { positions(&items, is_primary) };
        if place.filter.is_some() || place.sub.is_some() {
            change_selected(step, place, &mut items, work, strictness)?;
        } else {
            change_list(step, &place.attribute, &mut items, work)?;
        }
        keep_one_primary(&mut items, &primaries, strictness)?;
        items.retain(|item| !item.as_object().is_some_and(Map::is_empty));
        if !items.is_empty() {
            members.insert(name.to_owned(), Value::Array(items));
        }
        return Ok(());
    }
    match (&place.sub, &step.value, step.op) {
        (Some(sub), Some(value), Op::Add | Op::Replace) => with_object(members, name, |object| {
            assign(object, &sub.name, value);
        }),
        (Some(sub), _, _) => with_object(members, name, |object| {
            object.remove(sub.name.as_ref());
        }),
        // Sub-attributes that the value does not name stay (RFC 7644 §3.5.2.3).
        (None, Some(Value::Object(value)), Op::Add | Op::Replace) => with_object(members, name, |object| {
            assign_all(object, value);
        }),
        (None, Some(value), Op::Add | Op::Replace) => assign(members, name, value),
        (None, _, _) => _ = members.remove(name),
    }
    Ok(())
}

/// Changes a multi-valued attribute as a whole.
fn change_list(
    step: &Step,
    attribute: &Attribute,
    items: &mut Vec<Value>,
    work: &mut Work,
) -> Result<(), ScimError> {
    let value = match &step.value {
        Some(Value::Array(value)) => value.as_slice(),
        // An object without members that the schema has.
        Some(Value::Object(_)) => return Ok(()),
        _ => &[],
    };
    match step.op {
        Op::Replace => *items = value.iter().filter_map(pruned).collect(),
        Op::Remove if step.value.is_some() => {
            work.spend(items.len().saturating_mul(value.iter().map(size).sum()))?;
            items.retain(|item| !value.iter().any(|removed| contains(item, removed, attribute)));
        }
        Op::Remove => items.clear(),
        Op::Add => {
            work.spend(items.iter().map(size).sum())?;
            let mut present: BTreeSet<String> = items.iter().map(|item| identity(item, attribute)).collect();
            for item in value.iter().filter_map(pruned) {
                if present.insert(identity(&item, attribute)) {
                    items.push(item);
                }
            }
        }
    }
    Ok(())
}

/// Returns a text in lower case where upper and lower case are the same, and other values unchanged.
fn folded(value: &Value, attribute: &Attribute) -> Value {
    match value {
        Value::String(text) if !attribute.case_exact => text.to_lowercase().into(),
        other => other.clone(),
    }
}

/// Returns a text that equal values have in common. Upper and lower case differ only where the schema says so.
fn identity(item: &Value, attribute: &Attribute) -> String {
    match item {
        // In the order of the names: the map may keep the order of the request.
        Value::Object(members) => {
            let of = |name: &str| attribute.sub(name).unwrap_or(attribute);
            let members: BTreeMap<&str, String> = members
                .iter()
                .map(|(name, value)| (name.as_str(), folded(value, of(name)).to_string()))
                .collect();
            format!("{members:?}")
        }
        other => folded(other, attribute).to_string(),
    }
}

/// Returns the value without members that are null; `None` if nothing is left.
fn pruned(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept = members.iter().filter_map(|(key, value)| Some((key.clone(), pruned(value)?)));
            let kept: Map<String, Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => Some(items.iter().filter_map(pruned).collect()),
        other => Some(other.clone()),
    }
}

/// Sets a member; null removes it (RFC 7643 §2.5).
fn assign(members: &mut Map<String, Value>, key: &str, value: &Value) {
    match pruned(value) {
        Some(value) => _ = members.insert(key.to_owned(), value),
        None => _ = members.remove(key),
    }
}

fn assign_all(members: &mut Map<String, Value>, values: &Map<String, Value>) {
    for (key, value) in values {
        assign(members, key, value);
    }
}

/// Returns whether an element has the value that a client names for removal: the same `value`, or else all members.
fn contains(item: &Value, named: &Value, attribute: &Attribute) -> bool {
    match (item, named) {
        (Value::Object(item), Value::Object(named)) => {
            let has = |(key, value): (&String, &Value)| {
                let sub = attribute.sub(key).unwrap_or(attribute);
                item.get(key).is_some_and(|stored| folded(stored, sub) == folded(value, sub))
            };
            match named.get_key_value("value") {
                Some(value) => has(value),
                None => named.iter().all(has),
            }
        }
        _ => folded(item, attribute) == folded(named, attribute),
    }
}

/// Changes the elements that a filter selects, or a sub-attribute of all elements.
fn change_selected(
    step: &Step,
    place: &Place,
    items: &mut Vec<Value>,
    work: &mut Work,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let mut selected = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let is_selected = match &place.filter {
            Some(filter) => element_matches(filter, item, &place.attribute, work)?,
            None => true,
        };
        if is_selected {
            selected.push(position);
        }
    }
    let is_unmatched = selected.is_empty() && step.op != Op::Remove;
    if is_unmatched && !strictness.is_lenient() {
        // Without a filter, a path to a sub-attribute names the ones of all elements, and here there is none.
        return if place.filter.is_none() { Ok(()) } else { Err(no_target(place)) };
    }
    if step.op == Op::Remove || step.value.is_none() {
        if let Some(sub) = &place.sub {
            for item in at(items, &selected) {
                if let Value::Object(item) = item {
                    item.remove(sub.name.as_ref());
                }
            }
        } else {
            let (mut position, mut selected) = (0..items.len(), selected.into_iter().peekable());
            items.retain(|_| position.next().and_then(|at| selected.next_if_eq(&at)).is_none());
        }
        return Ok(());
    }
    let Some(value) = &step.value else { return Ok(()) };
    work.spend(size(value).saturating_mul(selected.len()))?;
    if is_unmatched {
        return create(place, value, items);
    }
    for item in at(items, &selected) {
        match (&place.sub, &mut *item, value) {
            (Some(sub), Value::Object(item), value) => assign(item, &sub.name, value),
            // Sub-attributes that the value does not name stay (RFC 7644 §3.5.2.3).
            (None, Value::Object(item), Value::Object(value)) => assign_all(item, value),
            // An empty element is removed with the other empty ones.
            (_, item, value) => *item = pruned(value).unwrap_or_else(|| Value::Object(Map::new())),
        }
    }
    Ok(())
}

fn no_target(place: &Place) -> ScimError {
    let detail = format!("no value of {} matches the filter", place.attribute.name);
    ScimError::bad_request(ScimType::NoTarget, detail)
}

/// Creates the element that the filter describes by its equalities.
fn create(place: &Place, value: &Value, items: &mut Vec<Value>) -> Result<(), ScimError> {
    let described = match &place.filter {
        None => Some(Map::new()),
        Some(filter) => described(filter, place),
    };
    let mut element = described.ok_or_else(|| no_target(place))?;
    match (&place.sub, value) {
        (Some(sub), value) => assign(&mut element, &sub.name, value),
        (None, Value::Object(value)) if value.is_empty() => return Ok(()),
        (None, Value::Object(value)) => assign_all(&mut element, value),
        (None, value) => {
            items.extend(pruned(value));
            return Ok(());
        }
    }
    items.push(Value::Object(element));
    Ok(())
}

/// Returns the members that a filter of equalities requires; `None` for other filters, and for a value of another type.
fn described(filter: &ValFilter, place: &Place) -> Option<Map<String, Value>> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) => {
            let sub = place.attribute.sub(&path.name)?;
            let value = match value {
                CompValue::Str(text) => text.as_str().into(),
                CompValue::Number(number) => number.clone().into(),
                CompValue::True => true.into(),
                CompValue::False => false.into(),
                CompValue::Null => return Some(Map::new()),
            };
            let value = Normalizer::new(Strictness::lenient()).value(value, sub).ok()??;
            Some([(sub.name.to_string(), value)].into_iter().collect())
        }
        ValFilter::And(items) => items.iter().try_fold(Map::new(), |mut members, item| {
            members.extend(described(item, place)?);
            Some(members)
        }),
        ValFilter::Attr(_) | ValFilter::Not(_) | ValFilter::Or(_) => None,
    }
}

fn positions(items: &[Value], test: impl Fn(&Value) -> bool) -> Vec<usize> {
    items.iter().enumerate().filter(|(_, item)| test(item)).map(|(position, _)| position).collect()
}

/// Returns the elements at these ascending positions.
fn at<'i>(items: &'i mut [Value], positions: &'i [usize]) -> impl Iterator<Item = &'i mut Value> {
    let mut wanted = positions.iter().copied().peekable();
    items.iter_mut().enumerate().filter_map(move |(position, item)| {
        wanted.next_if_eq(&position)?;
        Some(item)
    })
}

fn is_primary(item: &Value) -> bool {
    item.get("primary") == Some(&Value::Bool(true))
}

/// A new primary value replaces the former one (RFC 7644 §3.5.2). Of several new ones the last one counts; strictly,
/// they are an error.
fn keep_one_primary(items: &mut [Value], before: &[usize], strictness: Strictness) -> Result<(), ScimError> {
    let primaries = positions(items, is_primary);
    if primaries.len() < 2 {
        return Ok(());
    }
    let mut new = primaries.iter().rev().filter(|position| !before.contains(position));
    let newest = new.next().or(primaries.last());
    if new.next().is_some() && !strictness.is_lenient() {
        return Err(ScimError::invalid_value("several values become primary"));
    }
    for (position, item) in items.iter_mut().enumerate() {
        if let Value::Object(item) = item
            && Some(&position) != newest
            && item.contains_key("primary")
        {
            item.insert("primary".to_owned(), false.into());
        }
    }
    Ok(())
}
