//! Filters (RFC 7644 §3.4.2.2): parsing, and evaluation on resources.

mod evaluate;
mod normalize;

use scim_v2::filter::{AttrExp, Filter, PatchPath, ValFilter};

pub(crate) use evaluate::{all_names, element_matches, first_value, is_same_text, matches, terms_of};

use crate::{
    Strictness,
    error::{ScimError, ScimType},
    limits::ScimLimits,
};

/// Parses a filter.
pub(crate) fn parse_filter(
    text: &str,
    strictness: Strictness,
    limits: &ScimLimits,
) -> Result<Filter, ScimError> {
    let mut text = prepared(text, strictness, limits)?;
    if strictness.is_lenient() {
        text = normalize::with_comparisons_inside(&text);
    }
    let filter: Filter = text.parse().map_err(|error| {
        ScimError::bad_request(ScimType::InvalidFilter, format!("invalid filter: {error}"))
    })?;
    let (limit, count) = (limits.filter_terms, count_terms(&filter));
    if count > limit {
        return Err(ScimError::bad_request(
            ScimType::TooMany,
            format!("filter exceeds {limit} comparisons (got {count})"),
        ));
    }
    check(&filter)?;
    Ok(filter)
}

/// Parses the path of a PATCH operation.
pub(crate) fn parse_path(
    text: &str,
    strictness: Strictness,
    limits: &ScimLimits,
) -> Result<PatchPath, ScimError> {
    let text = prepared(text, strictness, limits)?;
    let invalid = |error: &dyn std::fmt::Display| {
        ScimError::bad_request(ScimType::InvalidPath, format!("invalid path: {error}"))
    };
    let path: PatchPath = text.parse().map_err(|error| invalid(&error))?;
    if let PatchPath::Value(value) = &path {
        let (limit, count) = (limits.filter_terms, terms_of(&value.filter));
        if count > limit {
            return Err(invalid(&format!("filter exceeds {limit} comparisons (got {count})")));
        }
        check_values(&value.filter)?;
    }
    Ok(path)
}

fn prepared(text: &str, strictness: Strictness, limits: &ScimLimits) -> Result<String, ScimError> {
    check_size(text, limits)?;
    Ok(normalize::normalized(text.trim(), strictness.is_lenient()))
}

/// Requires that a filter or a path is small.
pub(crate) fn check_size(text: &str, limits: &ScimLimits) -> Result<(), ScimError> {
    let (limit, size) = (limits.filter_bytes, text.len());
    if size > limit {
        return Err(ScimError::too_large(format!("filter exceeds {limit} bytes (got {size})")));
    }
    Ok(())
}

fn count_terms(filter: &Filter) -> usize {
    match filter {
        Filter::Attr(_) => 1,
        Filter::ValuePath(path) => terms_of(&path.filter),
        Filter::Not(inner) => count_terms(inner),
        Filter::And(items) | Filter::Or(items) => items.iter().map(count_terms).sum(),
    }
}

/// Rejects comparisons that have no meaning: an order of booleans and of null.
fn check(filter: &Filter) -> Result<(), ScimError> {
    match filter {
        Filter::Attr(expression) => check_expression(expression),
        Filter::ValuePath(path) => check_values(&path.filter),
        Filter::Not(inner) => check(inner),
        Filter::And(items) | Filter::Or(items) => items.iter().try_for_each(check),
    }
}

fn check_values(filter: &ValFilter) -> Result<(), ScimError> {
    match filter {
        ValFilter::Attr(expression) => check_expression(expression),
        ValFilter::Not(inner) => check_values(inner),
        ValFilter::And(items) | ValFilter::Or(items) => items.iter().try_for_each(check_values),
    }
}

fn check_expression(expression: &AttrExp) -> Result<(), ScimError> {
    use scim_v2::filter::{CompValue, CompareOp};
    match expression {
        AttrExp::Comparison(
            path,
            CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le,
            CompValue::True | CompValue::False | CompValue::Null,
        ) => Err(ScimError::bad_request(
            ScimType::InvalidFilter,
            format!("{} has no order with booleans and null", path.name),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
