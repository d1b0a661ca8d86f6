//! Lists of users.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};
use userbook::{
    ListError,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, Order, ProvisioningStore, UserColumn, UserFilter},
};

use super::{
    Exchange,
    list::SLICE,
    parse_id,
    scan::{Plan, Rows},
};
use crate::{resource::Document, schema::ResourceSchema, work::yield_once};

/// Lookups of one search; more are one scan.
pub(super) const MAX_LOOKUPS: usize = 8;

/// A comparison that an index answers.
enum Term {
    Username(String),
    Id(String),
    ExternalId(String),
    Email(String),
}

/// The users of a connection.
pub(super) struct UserRows<'r, 'e, S, A>(pub(super) &'r Exchange<'e, S, A>);

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Rows for UserRows<'_, '_, S, A> {
    type Filter = UserFilter;
    type Column = UserColumn;

    async fn page(
        &self,
        filter: UserFilter,
        order: Option<Order<UserColumn>>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Document>, u64), ListError> {
        let Self(exchange) = self;
        let listing = Listing { filter, order: order.into_iter().collect(), offset, limit };
        let page = exchange.service().list_users(exchange.actor, listing).await?;
        let form = exchange.form();
        let mut documents = Vec::with_capacity(page.users.len());
        for view in &page.users {
            documents.push(form.resource(view));
            if documents.len().is_multiple_of(SLICE) {
                yield_once().await;
            }
        }
        Ok((documents, page.count))
    }

    fn with_ids(&self, ids: &[String]) -> UserFilter {
        UserFilter { uuids: ids.iter().filter_map(|id| parse_id(id)).collect(), ..self.managed(None) }
    }
}

impl<S, A> UserRows<'_, '_, S, A> {
    fn managed(&self, identifier: Option<String>) -> UserFilter {
        let source = self.0.source().clone();
        UserFilter { external_id: Some(ExternalIdFilter { source, identifier }), ..UserFilter::default() }
    }

    /// Returns how the store finds the users that may match.
    pub(super) fn plan(&self, filter: Option<&Filter>, schema: &ResourceSchema) -> Plan<UserFilter> {
        let Some(filter) = filter else { return Plan::Scan { filter: self.managed(None), exact: true } };
        if let Some(plan) = indexed(filter, schema).and_then(|terms| self.lookups(terms)) {
            return plan;
        }
        match activity(filter, schema) {
            Some(active) => {
                let filter = UserFilter { is_active: Some(active), ..self.managed(None) };
                Plan::Scan { filter, exact: true }
            }
            None => Plan::Scan { filter: self.managed(None), exact: false },
        }
    }

    /// Returns the lookups of these terms; `None` if a scan is better.
    ///
    /// The index of names and addresses compares bytes, so the spelling of the request and the one in lower case are
    /// looked up. The search of the store finds other spellings, and further addresses.
    fn lookups(&self, terms: Vec<Term>) -> Option<Plan<UserFilter>> {
        let (mut names, mut ids) = (UserFilter::default().usernames, UserFilter::default().uuids);
        let (mut filters, mut texts) = (Vec::new(), Vec::new());
        for term in terms {
            match term {
                Term::Username(text) => {
                    names.extend([text.to_lowercase(), text.clone()]);
                    texts.push(text);
                }
                Term::Id(id) => ids.extend(parse_id(&id)),
                Term::ExternalId(id) => filters.push(self.managed(Some(id))),
                Term::Email(text) => {
                    let lower = Some(text.to_lowercase()).filter(|lower| *lower != text);
                    let addresses = std::iter::once(text.clone()).chain(lower);
                    filters.extend(
                        addresses.map(|email| UserFilter { email: Some(email), ..self.managed(None) }),
                    );
                    texts.push(text);
                }
            }
        }
        if !names.is_empty() {
            filters.push(UserFilter { usernames: names, ..self.managed(None) });
        }
        if !ids.is_empty() {
            filters.push(UserFilter { uuids: ids, ..self.managed(None) });
        }
        let text = texts.pop();
        if filters.len() > MAX_LOOKUPS || !texts.is_empty() {
            return None;
        }
        let otherwise = text.map(|text| UserFilter { search: vec![text], ..self.managed(None) });
        Some(Plan::Indexed { filters, otherwise })
    }
}

/// Returns comparisons with few results that together find every match; `None` if an index does not help.
fn indexed(filter: &Filter, schema: &ResourceSchema) -> Option<Vec<Term>> {
    match filter {
        Filter::Attr(expression) => indexed_term(expression, None, schema).map(|term| vec![term]),
        Filter::ValuePath(path) if path.attr.name.eq_ignore_ascii_case("emails") => {
            indexed_value(&path.filter, schema).map(|term| vec![term])
        }
        Filter::And(items) => items.iter().find_map(|item| indexed(item, schema)),
        Filter::Or(items) => {
            let found: Option<Vec<_>> = items.iter().map(|item| indexed(item, schema)).collect();
            Some(found?.into_iter().flatten().collect())
        }
        Filter::ValuePath(_) | Filter::Not(_) => None,
    }
}

fn indexed_value(filter: &ValFilter, schema: &ResourceSchema) -> Option<Term> {
    match filter {
        ValFilter::Attr(expression) => indexed_term(expression, Some("emails"), schema),
        ValFilter::And(items) => items.iter().find_map(|item| indexed_value(item, schema)),
        ValFilter::Or(_) | ValFilter::Not(_) => None,
    }
}

fn indexed_term(expression: &AttrExp, within: Option<&str>, schema: &ResourceSchema) -> Option<Term> {
    let AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text)) = expression else { return None };
    let (name, sub) = if let Some(attribute) = within {
        (attribute, Some(path.name.as_str()))
    } else {
        let located = schema.attribute(path.uri.as_deref(), &path.name)?;
        if located.extension.is_some() {
            return None;
        }
        (located.attribute.name.as_ref(), path.sub_attr.as_deref())
    };
    let is_value = sub.is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    match (name, sub) {
        ("userName", None) => Some(Term::Username(text.clone())),
        ("id", None) => Some(Term::Id(text.clone())),
        ("externalId", None) => Some(Term::ExternalId(text.clone())),
        ("emails", _) if is_value => Some(Term::Email(text.clone())),
        _ => None,
    }
}

/// Returns the state that a filter on `active` alone wants.
fn activity(filter: &Filter, schema: &ResourceSchema) -> Option<bool> {
    let Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, value)) = filter else { return None };
    let located = schema.attribute(path.uri.as_deref(), &path.name)?;
    match value {
        _ if located.attribute.name != "active" || located.extension.is_some() => None,
        CompValue::True => Some(true),
        CompValue::False => Some(false),
        _ => None,
    }
}

/// Returns the column of an attribute.
pub(super) fn column(attribute: &str) -> Option<UserColumn> {
    match attribute {
        "id" => Some(UserColumn::Uuid),
        "userName" => Some(UserColumn::Username),
        "displayName" => Some(UserColumn::Name),
        "active" => Some(UserColumn::IsActive),
        "meta.created" => Some(UserColumn::CreatedAt),
        "meta.lastModified" => Some(UserColumn::UpdatedAt),
        _ => None,
    }
}
