//! Lists of users.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter};
use userbook::{
    ListError,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, Order, ProvisioningStore, UserColumn, UserFilter},
};

use super::{
    Exchange,
    lookup::{Indexed, Lookups, Term},
    parse_id,
    scan::{Plan, Rows, measured},
};
use crate::{resource::Document, schema::ResourceSchema, work::convert_each};

const INDEXED: Indexed = Indexed { name: "userName", list: "emails" };

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
        let documents = convert_each(&page.users, |view| measured(form.resource(view))).await;
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
        if let Some(plan) = INDEXED.terms(filter, schema).and_then(|terms| self.lookups(terms)) {
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

    /// Returns the lookups of these terms; `None` if a scan is better. An index has all spellings of names and of
    /// primary addresses. Only a search of the store finds further addresses: it follows if no index finds the address,
    /// so no other term may find users instead.
    fn lookups(&self, terms: Vec<Term>) -> Option<Plan<UserFilter>> {
        let lookups = Lookups::new(terms)?;
        if !lookups.elements.is_empty() && lookups.values() > 1 {
            return None;
        }
        let Lookups { names, ids, external_ids, elements: emails } = lookups;
        let mut filters: Vec<_> = external_ids.into_iter().map(|id| self.managed(Some(id))).collect();
        for name in names.iter().chain(&emails) {
            filters.push(UserFilter { folded_name: Some(name.clone()), ..self.managed(None) });
        }
        if !ids.is_empty() {
            filters.push(UserFilter { uuids: ids, ..self.managed(None) });
        }
        let text = emails.into_iter().next();
        let otherwise = text.map(|text| UserFilter { search: vec![text], ..self.managed(None) });
        Some(Plan::Indexed { filters, otherwise })
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
