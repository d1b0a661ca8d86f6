//! Evaluates filters on a resource in its JSON form.
//!
//! The recursion follows the filter, whose depth the parser limits.

use std::cmp::Ordering;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use serde_json::{Map, Value};
use userbook::model::parse_timestamp;

use crate::schema::{Attribute, Kind, Located, ResourceSchema};

/// Returns whether the resource matches. An attribute without a value matches only `ne` and `not`.
pub(crate) fn matches(filter: &Filter, resource: &Map<String, Value>, schema: &ResourceSchema) -> bool {
    match filter {
        Filter::Attr(expression) => expression_holds(expression, resource, schema),
        Filter::ValuePath(path) => {
            let Some((located, value)) = lookup(&path.attr, resource, schema) else { return false };
            elements(value).any(|element| element_matches(&path.filter, element, located.attribute))
        }
        Filter::Not(inner) => !matches(inner, resource, schema),
        Filter::And(items) => items.iter().all(|item| matches(item, resource, schema)),
        Filter::Or(items) => items.iter().any(|item| matches(item, resource, schema)),
    }
}

/// Returns whether one value of a multi-valued attribute matches.
pub(crate) fn element_matches(filter: &ValFilter, element: &Value, attribute: &Attribute) -> bool {
    match filter {
        ValFilter::Attr(expression) => {
            let path = path_of(expression);
            // A value that is not an object is its own `value`.
            let (sub, value) = match (attribute.sub(&path.name), element) {
                (Some(sub), Value::Object(members)) => (Some(sub), members.get(sub.name.as_ref())),
                (None, Value::Object(_)) => (None, None),
                (_, other) => (None, path.name.eq_ignore_ascii_case("value").then_some(other)),
            };
            holds(expression, value.into_iter(), sub.unwrap_or(attribute))
        }
        ValFilter::Not(inner) => !element_matches(inner, element, attribute),
        ValFilter::And(items) => items.iter().all(|item| element_matches(item, element, attribute)),
        ValFilter::Or(items) => items.iter().any(|item| element_matches(item, element, attribute)),
    }
}

/// Returns the number of comparisons.
pub(crate) fn terms_of(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::Attr(_) => 1,
        ValFilter::Not(inner) => terms_of(inner),
        ValFilter::And(items) | ValFilter::Or(items) => items.iter().map(terms_of).sum(),
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

fn expression_holds(expression: &AttrExp, resource: &Map<String, Value>, schema: &ResourceSchema) -> bool {
    let path = path_of(expression);
    let Some((located, value)) = lookup(path, resource, schema) else {
        return matches!(expression, AttrExp::Comparison(_, CompareOp::Ne, value) if *value != CompValue::Null)
            || matches!(expression, AttrExp::Comparison(_, CompareOp::Eq, CompValue::Null));
    };
    let attribute = located.attribute;
    let is_complex = matches!(attribute.kind, Kind::Complex(_));
    let sub = match &path.sub_attr {
        Some(name) => match attribute.sub(name) {
            Some(sub) => Some(sub),
            None => return matches!(expression, AttrExp::Comparison(_, CompareOp::Ne, _)),
        },
        // A comparison of a complex attribute compares `value` (RFC 7644 §3.4.2.2).
        None if is_complex && matches!(expression, AttrExp::Comparison(..)) => attribute.sub("value"),
        None => None,
    };
    match sub {
        Some(sub) => {
            holds(expression, elements(value).filter_map(|element| element.get(sub.name.as_ref())), sub)
        }
        None => holds(expression, elements(value), attribute),
    }
}

/// Returns whether one of the values satisfies the expression; for `ne` none may be equal.
fn holds<'v>(
    expression: &AttrExp,
    mut values: impl Iterator<Item = &'v Value>,
    attribute: &Attribute,
) -> bool {
    match expression {
        AttrExp::Present(_) => values.any(is_present),
        AttrExp::Comparison(_, CompareOp::Ne, wanted) => {
            !any_or_null(values, wanted, |value| compares(value, &CompareOp::Eq, wanted, attribute))
        }
        AttrExp::Comparison(_, op, wanted) => {
            any_or_null(values, wanted, |value| compares(value, op, wanted, attribute))
        }
    }
}

/// No value equals null.
fn any_or_null<'v>(
    values: impl Iterator<Item = &'v Value>,
    wanted: &CompValue,
    test: impl Fn(&Value) -> bool,
) -> bool {
    let mut values = values.peekable();
    if values.peek().is_none() {
        return *wanted == CompValue::Null;
    }
    values.any(test)
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

fn compares(value: &Value, op: &CompareOp, wanted: &CompValue, attribute: &Attribute) -> bool {
    match (value, wanted) {
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
    }
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
    test_text(&value.to_lowercase(), op, &wanted.to_lowercase())
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

/// Returns the value to sort by: the value of an attribute; of several values the primary or the first one.
pub(crate) fn first_value<'r>(
    path: &AttrPath,
    resource: &'r Map<String, Value>,
    schema: &'r ResourceSchema,
) -> Option<&'r Value> {
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
        Some(sub) => element.get(sub.name.as_ref()),
        None => Some(element),
    }
}
