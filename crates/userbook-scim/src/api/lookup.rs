//! The comparisons of a filter that an index of the store answers.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use uuid::Uuid;

use super::parse_id;
use crate::schema::ResourceSchema;

/// Names and external ids that one search looks up, each by a query; more are one scan.
const MAX_QUERIES: usize = 8;

/// A comparison with `eq` that an index answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Name(String),
    Id(String),
    ExternalId(String),
    /// The `value` of an element of the list.
    Element(String),
}

/// The attributes with an index, besides `id` and `externalId`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexed {
    /// The name of the resource.
    pub(super) name: &'static str,
    /// The attribute with several values.
    pub(super) list: &'static str,
}

impl Indexed {
    /// Returns comparisons with few results that together find every match; `None` if an index does not help.
    pub(super) fn terms(self, filter: &Filter, schema: &ResourceSchema) -> Option<Vec<Term>> {
        match filter {
            Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text))) => {
                let name = core_attribute(path, schema)?;
                let term = self.term(name, path.sub_attr.as_deref(), text)?;
                Some(vec![term])
            }
            Filter::ValuePath(path) if core_attribute(&path.attr, schema)? == self.list => {
                element(&path.filter).map(|term| vec![term])
            }
            Filter::And(items) => items.iter().find_map(|item| self.terms(item, schema)),
            Filter::Or(items) => {
                let found: Option<Vec<_>> = items.iter().map(|item| self.terms(item, schema)).collect();
                Some(found?.into_iter().flatten().collect())
            }
            Filter::Attr(_) | Filter::ValuePath(_) | Filter::Not(_) => None,
        }
    }

    fn term(self, name: &str, sub: Option<&str>, text: &str) -> Option<Term> {
        let text = text.to_owned();
        match (name, sub) {
            (name, None) if name == self.name => Some(Term::Name(text)),
            ("id", None) => Some(Term::Id(text)),
            ("externalId", None) => Some(Term::ExternalId(text)),
            (name, sub) if name == self.list && sub.is_none_or(is_value) => Some(Term::Element(text)),
            _ => None,
        }
    }
}

/// Returns the name of an attribute outside of the extensions: no index has theirs.
fn core_attribute<'s>(path: &AttrPath, schema: &'s ResourceSchema) -> Option<&'s str> {
    let located = schema.attribute(path.uri.as_deref(), &path.name)?;
    located.extension.is_none().then_some(located.attribute.name.as_ref())
}

fn is_value(sub: &str) -> bool {
    sub.eq_ignore_ascii_case("value")
}

fn element(filter: &ValFilter) -> Option<Term> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text)))
            if is_value(&path.name) =>
        {
            Some(Term::Element(text.clone()))
        }
        ValFilter::And(items) => items.iter().find_map(element),
        ValFilter::Attr(_) | ValFilter::Or(_) | ValFilter::Not(_) => None,
    }
}

/// The values of terms, by the index that finds them.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    pub(super) names: BTreeSet<String>,
    pub(super) ids: BTreeSet<Uuid>,
    pub(super) external_ids: BTreeSet<String>,
    pub(super) elements: BTreeSet<String>,
}

impl Lookups {
    /// Sorts terms; `None` if they are too many. An id that is not a UUID finds nothing.
    pub(super) fn new(terms: Vec<Term>) -> Option<Self> {
        let mut lookups = Self::default();
        for term in terms {
            match term {
                Term::Name(name) => _ = lookups.names.insert(name),
                Term::Id(id) => lookups.ids.extend(parse_id(&id)),
                Term::ExternalId(id) => _ = lookups.external_ids.insert(id),
                Term::Element(value) => _ = lookups.elements.insert(value),
            }
        }
        let queries = lookups.external_ids.len() + lookups.names.len();
        (queries <= MAX_QUERIES).then_some(lookups)
    }

    /// The number of different values.
    pub(super) fn values(&self) -> usize {
        self.names.len() + self.ids.len() + self.external_ids.len() + self.elements.len()
    }
}

/// Returns the spelling of the request and the one in lower case. An index compares bytes; the search of the store
/// finds other spellings.
pub(super) fn spellings(text: &str) -> BTreeSet<String> {
    [text.to_owned(), text.to_lowercase()].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use userbook::field::fold;

    use crate::{Mapping, ScimLimits, Strictness, filter::parse_filter, schema::Attribute};

    #[test]
    fn comparisons_with_an_index() {
        let users = Indexed { name: "userName", list: "emails" };
        let urn = "urn:example:2.0:User";
        let emails = Attribute::complex(
            "emails",
            "Other addresses.",
            vec![Attribute::string("value", "The address.")],
        );
        let schema = Mapping::default().with_attribute(urn, emails.multi(), "own").schema;
        let name = |text: &str| Term::Name(text.to_owned());
        let email = |text: &str| Term::Element(text.to_owned());
        for (filter, expected) in [
            ("userName eq \"A\"", Some(vec![name("A")])),
            ("USERNAME eq \"A\" and active eq true", Some(vec![name("A")])),
            ("active eq true and id eq \"7\"", Some(vec![Term::Id("7".to_owned())])),
            (
                "externalId eq \"x\" or userName eq \"A\"",
                Some(vec![Term::ExternalId("x".to_owned()), name("A")]),
            ),
            ("externalId eq \"x\" or active eq true", None),
            ("emails eq \"a@x.org\"", Some(vec![email("a@x.org")])),
            ("emails.value eq \"a@x.org\"", Some(vec![email("a@x.org")])),
            ("emails[type eq \"work\" and value eq \"a@x.org\"]", Some(vec![email("a@x.org")])),
            ("emails[value eq \"a\" or type eq \"work\"]", None),
            ("emails.type eq \"work\"", None),
            ("urn:ietf:params:scim:schemas:core:2.0:User:EMAILS[value eq \"a\"]", Some(vec![email("a")])),
            ("urn:example:2.0:User:emails[value eq \"a\"]", None),
            ("urn:example:2.0:User:emails.value eq \"a\"", None),
            ("userName sw \"A\"", None),
            ("not (userName eq \"A\")", None),
            ("title eq \"A\"", None),
        ] {
            let filter_text = filter;
            let filter = parse_filter(filter, Strictness::strict(), &ScimLimits::default()).unwrap();
            assert_eq!(users.terms(&filter, &schema), expected, "{filter_text}");
        }
        let many = (0..9).map(|n| Term::ExternalId(n.to_string())).collect();
        assert!(Lookups::new(many).is_none());
    }
    #[test]
    fn what_upper_and_lower_case_make_equal_has_one_folded_name() {
        for letter in '\0'..=char::MAX {
            let lower: String = letter.to_lowercase().collect();
            if !lower.chars().eq([letter]) {
                assert_eq!(fold(&lower), fold(&letter.to_string()), "{letter:?}");
            }
        }
    }
}
