//! Lists of groups.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, Filter, ValFilter};
use userbook::{
    GroupId, ListError, UserId,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, GroupColumn, GroupFilter, ListStore, Order, ProvisioningStore},
};
use uuid::Uuid;

use super::{
    Exchange,
    lookup::{Indexed, Lookups, Term, spellings},
    parse_id,
    scan::{Plan, Rows, measured},
};
use crate::{
    error::ScimError,
    resource::{Document, group},
    schema::ResourceSchema,
    work::convert_each,
};

/// The groups of a connection.
pub(super) struct GroupRows<'r, 'e, S, A> {
    pub(super) exchange: &'r Exchange<'e, S, A>,
    /// Whether the response or the filter needs the members.
    pub(super) with_members: bool,
}

const INDEXED: Indexed = Indexed { name: "displayName", list: "members" };

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Rows for GroupRows<'_, '_, S, A> {
    type Filter = GroupFilter;
    type Column = GroupColumn;

    async fn page(
        &self,
        filter: GroupFilter,
        order: Option<Order<GroupColumn>>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<Document>, u64), ListError> {
        let Self { exchange, with_members } = self;
        let listing = Listing { filter, order: order.into_iter().collect(), offset, limit };
        let authorized = exchange.service().authorize_group_list(exchange.actor).await?;
        let page = authorized.without_member_attributes().page(listing, *with_members).await?;
        let (source, base) = (exchange.source(), &exchange.provider.base);
        let document = |entry| measured(group::resource(entry, source, base, *with_members));
        Ok((convert_each(&page.groups, document).await, page.count))
    }

    fn with_ids(&self, ids: &[String]) -> GroupFilter {
        GroupFilter {
            ids: ids.iter().filter_map(|id| parse_id(id)).map(GroupId).collect(),
            ..self.managed(None)
        }
    }
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> GroupRows<'_, '_, S, A> {
    /// Returns how the store finds the groups that may match.
    pub(super) async fn plan(
        &self,
        filter: Option<&Filter>,
        schema: &ResourceSchema,
    ) -> Result<Plan<GroupFilter>, ScimError> {
        let Some(filter) = filter else { return Ok(Plan::Scan { filter: self.managed(None), exact: true }) };
        if let Some(terms) = exact(filter, schema) {
            return Ok(match self.conjunction(terms).await? {
                Some(filter) => Plan::Scan { filter, exact: true },
                None => Plan::Indexed { filters: Vec::new(), otherwise: None },
            });
        }
        let scan = Plan::Scan { filter: self.managed(None), exact: false };
        match INDEXED.terms(filter, schema) {
            Some(terms) => Ok(self.lookups(terms).await?.unwrap_or(scan)),
            None => Ok(scan),
        }
    }

    /// Returns the filter that finds the groups for which all terms hold; `None` if nothing can match.
    async fn conjunction(&self, terms: Vec<Term>) -> Result<Option<GroupFilter>, ScimError> {
        let mut filter = self.managed(None);
        for term in terms {
            match term {
                Term::Id(id) => {
                    let Some(id) = parse_id(&id).map(GroupId) else { return Ok(None) };
                    if !filter.ids.is_empty() && !filter.ids.contains(&id) {
                        return Ok(None);
                    }
                    filter.ids = [id].into();
                }
                Term::Element(id) => {
                    let users = self.users([id]).await?;
                    if users.is_empty() {
                        return Ok(None);
                    }
                    filter.members.push(users);
                }
                Term::Name(_) | Term::ExternalId(_) => {}
            }
        }
        Ok(Some(filter))
    }

    /// Returns the lookups of these terms, which together find every candidate; `None` if a scan is better. Only a
    /// search of the store finds every spelling of a name: it follows if no index finds the name, so no other term may
    /// find groups instead.
    async fn lookups(&self, terms: Vec<Term>) -> Result<Option<Plan<GroupFilter>>, ScimError> {
        let Some(lookups) = Lookups::new(terms) else { return Ok(None) };
        if !lookups.names.is_empty() && lookups.values() > 1 {
            return Ok(None);
        }
        let Lookups { names, ids, external_ids, elements: members } = lookups;
        let text = names.first().cloned();
        let mut filters: Vec<_> = external_ids.into_iter().map(|id| self.managed(Some(id))).collect();
        if !names.is_empty() {
            let names = names.iter().flat_map(|name| spellings(name)).collect();
            filters.push(GroupFilter { names, ..self.managed(None) });
        }
        if !ids.is_empty() {
            let ids = ids.into_iter().map(GroupId).collect();
            filters.push(GroupFilter { ids, ..self.managed(None) });
        }
        let users = self.users(members).await?;
        if !users.is_empty() {
            filters.push(GroupFilter { members: vec![users], ..self.managed(None) });
        }
        let otherwise = text.map(|text| GroupFilter { search: vec![text], ..self.managed(None) });
        Ok(Some(Plan::Indexed { filters, otherwise }))
    }

    /// Returns the managed users with these ids.
    async fn users(&self, ids: impl IntoIterator<Item = String>) -> Result<BTreeSet<UserId>, ScimError> {
        let uuids: BTreeSet<Uuid> = ids.into_iter().filter_map(|id| parse_id(&id)).collect();
        let found = self.exchange.managed_users(&uuids).await?;
        Ok(found.into_values().map(|(id, _)| id).collect())
    }
}

impl<S, A> GroupRows<'_, '_, S, A> {
    fn managed(&self, identifier: Option<String>) -> GroupFilter {
        let source = self.exchange.source().clone();
        GroupFilter { external_id: Some(ExternalIdFilter { source, identifier }), ..GroupFilter::default() }
    }
}

/// Returns the terms of a filter that the store answers exactly: a conjunction of ids and members.
fn exact(filter: &Filter, schema: &ResourceSchema) -> Option<Vec<Term>> {
    match filter {
        Filter::And(items) => {
            let terms: Option<Vec<_>> = items.iter().map(|item| exact(item, schema)).collect();
            Some(terms?.into_iter().flatten().collect())
        }
        Filter::Attr(_) => {
            let terms = INDEXED.terms(filter, schema)?;
            terms.iter().all(|term| matches!(term, Term::Id(_) | Term::Element(_))).then_some(terms)
        }
        Filter::ValuePath(path) if matches!(*path.filter, ValFilter::Attr(_)) => {
            INDEXED.terms(filter, schema)
        }
        Filter::ValuePath(_) | Filter::Or(_) | Filter::Not(_) => None,
    }
}

/// Returns whether the filter compares members.
pub(super) fn names_members(filter: &Filter) -> bool {
    let is_members = |name: &str| name.eq_ignore_ascii_case("members");
    match filter {
        Filter::Attr(AttrExp::Present(path) | AttrExp::Comparison(path, _, _)) => is_members(&path.name),
        Filter::ValuePath(path) => is_members(&path.attr.name),
        Filter::Not(inner) => names_members(inner),
        Filter::And(items) | Filter::Or(items) => items.iter().any(names_members),
    }
}

/// Returns the column of an attribute.
pub(super) fn column(attribute: &str) -> Option<GroupColumn> {
    match attribute {
        "id" => Some(GroupColumn::Id),
        "displayName" => Some(GroupColumn::Name),
        "meta.created" => Some(GroupColumn::CreatedAt),
        "meta.lastModified" => Some(GroupColumn::UpdatedAt),
        _ => None,
    }
}
