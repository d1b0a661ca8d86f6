//! Applies operations to a document.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use serde_json::{Map, Value};

use super::{Budget, Op, Patch, Step};
use crate::{
    Strictness,
    error::{ScimError, ScimType},
    filter::{element_matches, terms_of},
    resource::{Document, Place, Target, with_object},
};

/// Applies all operations, or fails.
pub(crate) fn apply(patch: &Patch, document: &mut Document) -> Result<(), ScimError> {
    let mut budget = Budget::new(patch.bytes);
    for step in &patch.steps {
        budget.spend(step.value.as_ref().map_or(0, size))?;
        match &step.target {
            Target::Extension(urn) => apply_to_extension(step, urn, document),
            Target::Place(place) => match &place.extension {
                Some(urn) => with_object(document, urn, |members| {
                    apply_to_place(step, place, members, &mut budget, patch.strictness)
                })?,
                None => apply_to_place(step, place, document, &mut budget, patch.strictness)?,
            },
        }
    }
    Ok(())
}

/// The approximate size of a value in bytes.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 8,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 8,
        Value::Object(members) => {
            members.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 8
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

fn apply_to_extension(step: &Step, urn: &str, document: &mut Document) {
    match (&step.value, step.op) {
        (Some(Value::Object(value)), Op::Add | Op::Replace) => with_object(document, urn, |members| {
            members.extend(value.iter().map(|(key, value)| (key.clone(), value.clone())));
        }),
        _ => _ = document.remove(urn),
    }
}

fn apply_to_place(
    step: &Step,
    place: &Place,
    members: &mut Document,
    budget: &mut Budget,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let name = place.attribute.name.as_ref();
    if place.attribute.multi_valued {
        let mut items = match members.remove(name) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let primaries = positions(&items, is_primary);
        if place.filter.is_some() || place.sub.is_some() {
            change_selected(step, place, &mut items, budget, strictness)?;
        } else {
            change_list(step, &mut items, budget)?;
        }
        keep_one_primary(&mut items, &primaries);
        items.retain(|item| !item.as_object().is_some_and(Map::is_empty));
        if !items.is_empty() {
            members.insert(name.to_owned(), Value::Array(items));
        }
        return Ok(());
    }
    match (&place.sub, &step.value, step.op) {
        (Some(sub), Some(value), Op::Add | Op::Replace) => with_object(members, name, |object| {
            object.insert(sub.name.to_string(), value.clone());
        }),
        (Some(sub), _, _) => with_object(members, name, |object| {
            object.remove(sub.name.as_ref());
        }),
        // Sub-attributes that the value does not name stay (RFC 7644 §3.5.2.3).
        (None, Some(Value::Object(value)), Op::Add | Op::Replace) => with_object(members, name, |object| {
            object.extend(value.iter().map(|(key, value)| (key.clone(), value.clone())));
        }),
        (None, Some(value), Op::Add | Op::Replace) => _ = members.insert(name.to_owned(), value.clone()),
        (None, _, _) => _ = members.remove(name),
    }
    Ok(())
}

/// Changes a multi-valued attribute as a whole.
fn change_list(step: &Step, items: &mut Vec<Value>, budget: &mut Budget) -> Result<(), ScimError> {
    let value = match &step.value {
        Some(Value::Array(value)) => value.as_slice(),
        _ => &[],
    };
    match step.op {
        Op::Replace => *items = value.to_vec(),
        Op::Remove if step.value.is_some() => {
            budget.spend(items.len().saturating_mul(value.len()))?;
            items.retain(|item| !value.iter().any(|removed| contains(item, removed)));
        }
        Op::Remove => items.clear(),
        Op::Add => {
            budget.spend(items.len().saturating_mul(value.len()))?;
            for item in value {
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
        }
    }
    Ok(())
}

/// Returns whether an element has the value that a client names for removal: the same `value`, or else all members.
fn contains(item: &Value, named: &Value) -> bool {
    match (item, named) {
        (Value::Object(item), Value::Object(named)) => match named.get("value") {
            Some(value) => item.get("value") == Some(value),
            None => named.iter().all(|(key, value)| item.get(key) == Some(value)),
        },
        _ => item == named,
    }
}

/// Changes the elements that a filter selects, or a sub-attribute of all elements.
fn change_selected(
    step: &Step,
    place: &Place,
    items: &mut Vec<Value>,
    budget: &mut Budget,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let terms = place.filter.as_ref().map_or(0, terms_of);
    budget.spend(items.len().saturating_mul(terms + 1))?;
    let is_selected = |item: &Value| {
        place.filter.as_ref().is_none_or(|filter| element_matches(filter, item, &place.attribute))
    };
    let selected = positions(items, is_selected);
    if step.op == Op::Remove || step.value.is_none() {
        match &place.sub {
            Some(sub) => {
                for item in at(items, &selected) {
                    if let Value::Object(item) = item {
                        item.remove(sub.name.as_ref());
                    }
                }
            }
            None => items.retain(|item| !is_selected(item)),
        }
        return Ok(());
    }
    let Some(value) = &step.value else { return Ok(()) };
    budget.spend(size(value).saturating_mul(selected.len()))?;
    if selected.is_empty() {
        return create(step, place, value, items, strictness);
    }
    for item in at(items, &selected) {
        match (&place.sub, &mut *item, value) {
            (Some(sub), Value::Object(item), value) => _ = item.insert(sub.name.to_string(), value.clone()),
            (None, Value::Object(item), Value::Object(value)) if step.op == Op::Add => {
                item.extend(value.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            (_, item, value) => *item = value.clone(),
        }
    }
    Ok(())
}

/// Creates the element that the filter describes by its equalities.
fn create(
    step: &Step,
    place: &Place,
    value: &Value,
    items: &mut Vec<Value>,
    strictness: Strictness,
) -> Result<(), ScimError> {
    let described = match &place.filter {
        None => Some(Map::new()),
        Some(filter) => described(filter, place),
    };
    let may_create = strictness.is_lenient() || (place.filter.is_none() && step.op == Op::Add);
    let Some(mut element) = described.filter(|_| may_create) else {
        let name = &place.attribute.name;
        return Err(ScimError::bad_request(
            ScimType::NoTarget,
            format!("no value of {name} matches the filter"),
        ));
    };
    match (&place.sub, value) {
        (Some(sub), value) => _ = element.insert(sub.name.to_string(), value.clone()),
        (None, Value::Object(value)) => {
            element.extend(value.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (None, value) => {
            items.push(value.clone());
            return Ok(());
        }
    }
    items.push(Value::Object(element));
    Ok(())
}

/// Returns the members that a filter of equalities requires; `None` for other filters.
fn described(filter: &ValFilter, place: &Place) -> Option<Map<String, Value>> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) => {
            let sub = place.attribute.sub(&path.name)?;
            let value = match value {
                CompValue::Str(text) => match text.as_str() {
                    text if sub.kind != crate::schema::Kind::Boolean => text.into(),
                    text => text.eq_ignore_ascii_case("true").into(),
                },
                CompValue::Number(number) => number.clone().into(),
                CompValue::True => true.into(),
                CompValue::False => false.into(),
                CompValue::Null => return Some(Map::new()),
            };
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

/// A new primary value replaces the former one (RFC 7644 §3.5.2).
fn keep_one_primary(items: &mut [Value], before: &[usize]) {
    let primaries = positions(items, is_primary);
    if primaries.len() < 2 {
        return;
    }
    let newest = primaries.iter().rev().find(|position| !before.contains(position)).or(primaries.last());
    for (position, item) in items.iter_mut().enumerate() {
        if let Value::Object(item) = item
            && Some(&position) != newest
            && item.contains_key("primary")
        {
            item.insert("primary".to_owned(), false.into());
        }
    }
}
