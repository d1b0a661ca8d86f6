//! The target of a PATCH operation: what a path names.

use scim_v2::filter::{AttrPath, PatchPath, ValFilter};

use crate::{
    Strictness,
    error::{ScimError, ScimType},
    filter::{all_names, check_size, parse_path},
    limits::ScimLimits,
    schema::{Attribute, Kind, Located, ResourceSchema, split_path},
};

/// The target of an operation.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// An extension as a whole, by its URN.
    Extension(String),
    /// An attribute, or a part of an attribute.
    Place(Box<Place>),
}

/// An attribute, or a part of an attribute.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The URN of the extension; `None` for the core schema.
    pub(crate) extension: Option<String>,
    pub(crate) attribute: Attribute,
    /// Selects values of a multi-valued attribute.
    pub(crate) filter: Option<ValFilter>,
    pub(crate) sub: Option<Attribute>,
}

/// What a path names, besides a filter.
#[derive(Debug, Clone, Copy)]
struct Names<'p> {
    urn: Option<&'p str>,
    name: &'p str,
    sub: Option<&'p str>,
}

impl<'p> Names<'p> {
    fn of(path: &'p AttrPath) -> Self {
        Self { urn: path.uri.as_deref(), name: &path.name, sub: path.sub_attr.as_deref() }
    }

    /// Reads a path without a filter. The grammar has no `$`.
    fn split(path: &'p str) -> Option<Self> {
        let (urn, name, sub) = split_path(path);
        sub.is_none_or(|sub| !sub.starts_with('$')).then_some(Self { urn, name, sub })
    }
}

impl Target {
    /// Parses a path.
    pub(crate) fn parse(
        text: &str,
        schema: &ResourceSchema,
        strictness: Strictness,
        limits: &ScimLimits,
    ) -> Result<Self, ScimError> {
        // The URN of a schema has the syntax of a path to an attribute.
        if let Some(extension) = schema.extension(text.trim()) {
            return Ok(Self::Extension(extension.urn.to_string()));
        }
        check_size(text, limits)?;
        // Most paths are names. The parser, which builds tables for each text, reads only paths with a filter.
        let target = if text.contains('[') {
            match parse_path(text, strictness, limits)? {
                PatchPath::Attr(path) => Self::resolve(&Names::of(&path), None, schema, strictness),
                PatchPath::Value(value) => {
                    let names = Names { sub: value.sub_attr.as_deref(), ..Names::of(&value.attr) };
                    Self::resolve(&names, Some(value.filter), schema, strictness)
                }
            }
        } else {
            Names::split(text.trim()).and_then(|names| Self::resolve(&names, None, schema, strictness))
        };
        let target = target.ok_or_else(|| {
            ScimError::bad_request(ScimType::InvalidPath, format!("no attribute at path {text:?}"))
        })?;
        let Some(place) = target.place() else { return Ok(target) };
        let has_values = place.filter.is_none() || place.attribute.multi_valued;
        if has_values && (strictness.is_lenient() || !place.filters_unknown()) {
            return Ok(target);
        }
        let detail = format!("the filter of path {text:?} selects nothing that the schema has");
        Err(ScimError::bad_request(ScimType::InvalidFilter, detail))
    }

    /// Returns the place, if the target is not an extension as a whole.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Place(place) => Some(place),
            Self::Extension(_) => None,
        }
    }

    fn resolve(
        names: &Names<'_>,
        filter: Option<ValFilter>,
        schema: &ResourceSchema,
        strictness: Strictness,
    ) -> Option<Self> {
        let Names { urn, name, sub } = *names;
        let located = schema.attribute(urn, name).or_else(|| {
            let may_search = strictness.is_lenient() && urn.is_none();
            let mut extensions = schema.extensions.iter().filter(|_| may_search);
            extensions.find_map(|extension| schema.attribute(Some(&extension.urn), name))
        })?;
        let sub = match sub {
            Some(name) => Some(located.attribute.sub(name)?.clone()),
            None => None,
        };
        Some(Self::place_of(located, filter, sub))
    }

    fn place_of(located: Located<'_>, filter: Option<ValFilter>, sub: Option<Attribute>) -> Self {
        let extension = located.extension.map(|schema| schema.urn.to_string());
        Self::Place(Box::new(Place { extension, attribute: located.attribute.clone(), filter, sub }))
    }
}

impl Place {
    /// Returns the attribute that a value of the operation has: the sub-attribute, if the path names one.
    pub(crate) fn value_attribute(&self) -> &Attribute {
        self.sub.as_ref().unwrap_or(&self.attribute)
    }

    /// Returns whether the value is an object.
    pub(crate) fn is_complex(&self) -> bool {
        matches!(self.value_attribute().kind, Kind::Complex(_))
    }

    /// Returns whether the filter compares a sub-attribute that the schema does not have.
    fn filters_unknown(&self) -> bool {
        let is_known = |name: &str| match self.attribute.kind {
            Kind::Complex(_) => self.attribute.sub(name).is_some(),
            _ => name.eq_ignore_ascii_case("value"),
        };
        self.filter.as_ref().is_some_and(|filter| !all_names(filter, &is_known))
    }

    /// Returns whether clients cannot write the target.
    pub(crate) fn is_read_only(&self) -> bool {
        self.attribute.is_read_only() || self.sub.as_ref().is_some_and(Attribute::is_read_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mapping, schema::ENTERPRISE};

    #[test]
    fn paths_without_a_filter_name_what_the_parser_reads() {
        let schema = Mapping::default().schema;
        let mut paths: Vec<String> =
            ["id", "meta.version", "USERNAME", "Name.GIVENNAME", "members"].map(Into::into).into();
        for schema in schema.all() {
            for attribute in &schema.attributes {
                paths.push(format!("{}:{}", schema.urn, attribute.name));
                // The grammar does not have `$ref`, which RFC 7643 defines.
                let subs = attribute.sub_attributes().iter().filter(|sub| sub.name != "$ref");
                paths.extend(subs.map(|sub| format!("{}:{}.{}", schema.urn, attribute.name, sub.name)));
            }
        }
        paths.extend(["title", "name.familyName", "emails.value", "title.x", "x.value"].map(Into::into));
        paths.extend([format!("{ENTERPRISE}:x"), "urn:x:title".to_owned(), "department".to_owned()]);
        for text in paths {
            for strictness in [Strictness::strict(), Strictness::lenient()] {
                let limits = ScimLimits::default();
                let Ok(PatchPath::Attr(path)) = parse_path(&text, strictness, &limits) else {
                    panic!("{text}")
                };
                let parsed = Target::resolve(&Names::of(&path), None, &schema, strictness);
                let target = Target::parse(&text, &schema, strictness, &limits).ok();
                assert_eq!(format!("{target:?}"), format!("{parsed:?}"), "{text}");
            }
        }
    }

    #[test]
    fn paths_beyond_the_grammar_and_its_limits_are_refused() {
        let schema = Mapping::default().schema;
        let long = format!("{}title", " ".repeat(ScimLimits::default().filter_bytes));
        let texts = [
            "groups.$ref",
            "GROUPS.$REF",
            "manager.$ref",
            "title eq 1",
            "1",
            ".",
            "name.",
            ".x",
            ":title",
            "a:",
        ];
        for text in texts.map(str::to_owned).into_iter().chain([format!("{ENTERPRISE}:manager.$ref"), long]) {
            for strictness in [Strictness::strict(), Strictness::lenient()] {
                let target = Target::parse(&text, &schema, strictness, &ScimLimits::default());
                assert!(target.is_err(), "{text}: {target:?}");
            }
        }
    }
}
