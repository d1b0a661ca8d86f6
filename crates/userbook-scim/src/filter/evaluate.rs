//! Evaluates filters on a resource in its JSON form.
//!
//! The recursion follows the filter, whose depth the parser limits.

use std::cmp::Ordering;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use serde_json::{Map, Value};
use userbook::model::parse_timestamp;

use crate::{
    error::ScimError,
    schema::{Attribute, Kind, Located, ResourceSchema},
    work::Work,
};

/// The cost of a comparison beyond the compared text.
const TERM: usize = 32;

/// Returns whether the resource matches. An attribute without a value matches only `ne` and `not`.
pub(crate) fn matches(
    filter: &Filter,
    resource: &Map<String, Value>,
    schema: &ResourceSchema,
    work: &mut Work,
) -> Result<bool, ScimError> {
    match filter {
        Filter::Attr(expression) => expression_holds(expression, resource, schema, work),
        Filter::ValuePath(path) => {
            let Some((located, value)) = lookup(&path.attr, resource, schema) else { return Ok(false) };
            any(elements(value), |it| element_matches(&path.filter, it, located.attribute, work))
        }
        Filter::Not(inner) => Ok(!matches(inner, resource, schema, work)?),
        Filter::And(items) => Ok(!any(items, |item| Ok(!matches(item, resource, schema, work)?))?),
        Filter::Or(items) => any(items, |item| matches(item, resource, schema, work)),
    }
}

/// Returns whether one value of a multi-valued attribute matches.
pub(crate) fn element_matches(
    filter: &ValFilter,
    element: &Value,
    attribute: &Attribute,
    work: &mut Work,
) -> Result<bool, ScimError> {
    match filter {
        ValFilter::Attr(expression) => {
            let path = path_of(expression);
            // A value that is not an object is its own `value`.
            let (sub, value) = match (attribute.sub(&path.name), element) {
                (Some(sub), Value::Object(members)) => (Some(sub), members.get(sub.name.as_ref())),
                (None, Value::Object(_)) => (None, None),
                (_, other) => (None, path.name.eq_ignore_ascii_case("value").then_some(other)),
            };
            holds(expression, value.into_iter(), sub.unwrap_or(attribute), work)
        }
        ValFilter::Not(inner) => Ok(!element_matches(inner, element, attribute, work)?),
        ValFilter::And(items) => Ok(!any(items, |it| Ok(!element_matches(it, element, attribute, work)?))?),
        ValFilter::Or(items) => any(items, |it| element_matches(it, element, attribute, work)),
    }
}

/// Returns whether the test holds for an item.
fn any<T>(
    items: impl IntoIterator<Item = T>,
    mut test: impl FnMut(T) -> Result<bool, ScimError>,
) -> Result<bool, ScimError> {
    for item in items {
        if test(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the number of comparisons.
pub(crate) fn terms_of(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::Attr(_) => 1,
        ValFilter::Not(inner) => terms_of(inner),
        ValFilter::And(items) | ValFilter::Or(items) => items.iter().map(terms_of).sum(),
    }
}

/// Returns whether the test holds for each name that the filter compares.
pub(crate) fn all_names(filter: &ValFilter, test: &impl Fn(&str) -> bool) -> bool {
    match filter {
        ValFilter::Attr(expression) => test(&path_of(expression).name),
        ValFilter::Not(inner) => all_names(inner, test),
        ValFilter::And(items) | ValFilter::Or(items) => items.iter().all(|item| all_names(item, test)),
    }
}

fn path_of(expression: &AttrExp) -> &AttrPath {
    match expression {
        AttrExp::Present(path) | AttrExp::Comparison(path, _, _) => path,
    }
}

/// Returns the attribute and its value.
fn lookup<'r>(
    path: &AttrPath,
    resource: &'r Map<String, Value>,
    schema: &'r ResourceSchema,
) -> Option<(Located<'r>, &'r Value)> {
    let located = schema.attribute(path.uri.as_deref(), &path.name)?;
    let container = match located.extension {
        Some(extension) => resource.get(extension.urn.as_ref())?.as_object()?,
        None => resource,
    };
    Some((located, container.get(located.attribute.name.as_ref())?))
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    }
}

fn expression_holds(
    expression: &AttrExp,
    resource: &Map<String, Value>,
    schema: &ResourceSchema,
    work: &mut Work,
) -> Result<bool, ScimError> {
    let path = path_of(expression);
    let Some((located, value)) = lookup(path, resource, schema) else {
        work.spend(TERM)?;
        return Ok(match expression {
            AttrExp::Comparison(_, CompareOp::Ne, value) => *value != CompValue::Null,
            AttrExp::Comparison(_, CompareOp::Eq, CompValue::Null) => true,
            AttrExp::Comparison(..) | AttrExp::Present(_) => false,
        });
    };
    let attribute = located.attribute;
    let is_complex = matches!(attribute.kind, Kind::Complex(_));
    let sub = match &path.sub_attr {
        Some(name) => match attribute.sub(name) {
            Some(sub) => Some(sub),
            None => return Ok(matches!(expression, AttrExp::Comparison(_, CompareOp::Ne, _))),
        },
        // A comparison of a complex attribute compares `value` (RFC 7644 §3.4.2.2).
        None if is_complex && matches!(expression, AttrExp::Comparison(..)) => attribute.sub("value"),
        None => None,
    };
    match sub {
        Some(sub) => {
            let values = elements(value).filter_map(|element| element.get(sub.name.as_ref()));
            holds(expression, values, sub, work)
        }
        None => holds(expression, elements(value), attribute, work),
    }
}

/// Returns whether one of the values satisfies the expression; for `ne` none may be equal.
fn holds<'v>(
    expression: &AttrExp,
    values: impl Iterator<Item = &'v Value>,
    attribute: &Attribute,
    work: &mut Work,
) -> Result<bool, ScimError> {
    work.spend(TERM)?;
    match expression {
        AttrExp::Present(_) => any(values, |value| {
            work.spend(TERM)?;
            Ok(is_present(value))
        }),
        AttrExp::Comparison(_, CompareOp::Ne, wanted) => Ok(!any_or_null(values, wanted, |value| {
            compares(value, &CompareOp::Eq, wanted, attribute, work)
        })?),
        AttrExp::Comparison(_, op, wanted) => {
            any_or_null(values, wanted, |value| compares(value, op, wanted, attribute, work))
        }
    }
}

/// No value equals null.
fn any_or_null<'v>(
    values: impl Iterator<Item = &'v Value>,
    wanted: &CompValue,
    test: impl FnMut(&'v Value) -> Result<bool, ScimError>,
) -> Result<bool, ScimError> {
    let mut values = values.peekable();
    if values.peek().is_none() {
        return Ok(*wanted == CompValue::Null);
    }
    any(values, test)
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(
    value: &Value,
    op: &CompareOp,
    wanted: &CompValue,
    attribute: &Attribute,
    work: &mut Work,
) -> Result<bool, ScimError> {
    let text = value.as_str().map_or(0, str::len);
    let wanted_text = if let CompValue::Str(wanted) = wanted { wanted.len() } else { 0 };
    work.spend(TERM.saturating_add(text).saturating_add(wanted_text))?;
    Ok(match (value, wanted) {
        (Value::Bool(value), CompValue::True) => *op == CompareOp::Eq && *value,
        (Value::Bool(value), CompValue::False) => *op == CompareOp::Eq && !*value,
        // Clients that quote every value.
        (Value::Bool(value), CompValue::Str(text)) => {
            *op == CompareOp::Eq && text.eq_ignore_ascii_case(if *value { "true" } else { "false" })
        }
        (Value::Number(value), CompValue::Number(wanted)) => {
            let order = value.as_f64().zip(wanted.as_f64()).and_then(|(a, b)| a.partial_cmp(&b));
            order.is_some_and(|order| is_ordered(order, op))
        }
        (Value::String(value), CompValue::Str(wanted)) => text_compares(value, op, wanted, attribute),
        (Value::String(value), CompValue::Number(wanted)) => {
            text_compares(value, op, &wanted.to_string(), attribute)
        }
        (Value::Null, CompValue::Null) => *op == CompareOp::Eq,
        _ => false,
    })
}

fn text_compares(value: &str, op: &CompareOp, wanted: &str, attribute: &Attribute) -> bool {
    if attribute.kind == Kind::DateTime
        && let (Some(value), Some(wanted)) = (parse_timestamp(value), parse_timestamp(wanted))
        && !matches!(op, CompareOp::Co | CompareOp::Sw | CompareOp::Ew)
    {
        return is_ordered(value.cmp(&wanted), op);
    }
    if attribute.case_exact {
        return test_text(value, op, wanted);
    }
    match op {
        CompareOp::Co | CompareOp::Ew => test_text(&folded(value), op, &folded(wanted)),
        CompareOp::Sw => {
            let mut letters = fold(value);
            fold(wanted).all(|letter| letters.next() == Some(letter))
        }
        order => is_ordered(fold(value).cmp(fold(wanted)), order),
    }
}

/// Returns the letters in lower case.
fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn folded(text: &str) -> String {
    fold(text).collect()
}

/// Returns whether the texts differ at most in upper and lower case.
pub(crate) fn is_same_text(a: &str, b: &str) -> bool {
    fold(a).eq(fold(b))
}

fn test_text(value: &str, op: &CompareOp, wanted: &str) -> bool {
    match op {
        CompareOp::Co => value.contains(wanted),
        CompareOp::Sw => value.starts_with(wanted),
        CompareOp::Ew => value.ends_with(wanted),
        order => is_ordered(value.cmp(wanted), order),
    }
}

fn is_ordered(order: Ordering, op: &CompareOp) -> bool {
    match op {
        CompareOp::Eq => order == Ordering::Equal,
        CompareOp::Ne => order != Ordering::Equal,
        CompareOp::Gt => order == Ordering::Greater,
        CompareOp::Ge => order != Ordering::Less,
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::Le => order != Ordering::Greater,
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

/// Returns the value to sort by: the value of an attribute; of several values the primary or the first one. Also
/// returns whether upper and lower case of the value differ.
pub(crate) fn first_value<'r>(
    path: &AttrPath,
    resource: &'r Map<String, Value>,
    schema: &'r ResourceSchema,
) -> Option<(&'r Value, bool)> {
    let (located, value) = lookup(path, resource, schema)?;
    let element = match value {
        Value::Array(items) => {
            let primary = items.iter().find(|item| item.get("primary") == Some(&Value::Bool(true)));
            primary.or_else(|| items.first())?
        }
        other => other,
    };
    let sub = match &path.sub_attr {
        Some(name) => Some(located.attribute.sub(name)?),
        None => located.attribute.sub("value").or_else(|| located.attribute.sub("formatted")),
    };
    match sub {
        Some(sub) => Some((element.get(sub.name.as_ref())?, sub.case_exact)),
        None => Some((element, located.attribute.case_exact)),
    }
}
