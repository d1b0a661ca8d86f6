//! Lists of groups.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};
use userbook::{
    GroupId, ListError, UserId,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, GroupColumn, GroupFilter, ListStore, Order, ProvisioningStore},
};

use super::{
    Exchange, parse_id,
    scan::{Plan, Rows},
};
use crate::{
    error::ScimError,
    resource::{Document, group},
    schema::ResourceSchema,
};

/// The groups of a connection.
pub(super) struct GroupRows<'r, 'e, S, A> {
    pub(super) exchange: &'r Exchange<'e, S, A>,
    /// Whether the response or the filter needs the members.
    pub(super) with_members: bool,
}

/// A comparison that an index answers.
enum Term {
    Name(String),
    Id(String),
    ExternalId(String),
    Member(String),
}

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
        let page = exchange.service().list_groups(exchange.actor, listing, *with_members).await?;
        let (source, base) = (exchange.source(), &exchange.provider.base);
        let document = |entry| group::resource(entry, source, base, *with_members);
        Ok((page.groups.iter().map(document).collect(), page.count))
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
        let Some(terms) = indexed(filter, schema) else {
            return Ok(Plan::Scan { filter: self.managed(None), exact: false });
        };
        let mut filters = Vec::new();
        for term in terms {
            filters.extend(self.store_filter(term).await?);
        }
        Ok(Plan::Indexed(filters))
    }

    /// Returns the filter of the store; `None` if nothing can match.
    async fn store_filter(&self, term: Term) -> Result<Option<GroupFilter>, ScimError> {
        Ok(match term {
            Term::Name(name) => {
                let names = [name.to_lowercase(), name].into();
                Some(GroupFilter { names, ..self.managed(None) })
            }
            Term::Id(id) => {
                parse_id(&id).map(|id| GroupFilter { ids: [GroupId(id)].into(), ..self.managed(None) })
            }
            Term::ExternalId(id) => Some(self.managed(Some(id))),
            Term::Member(id) => {
                let uuids = parse_id(&id).into_iter().collect();
                let users: BTreeSet<UserId> =
                    self.exchange.managed_users(&uuids).await?.into_values().collect();
                (!users.is_empty()).then(|| GroupFilter { members: vec![users], ..self.managed(None) })
            }
        })
    }
}

impl<S, A> GroupRows<'_, '_, S, A> {
    fn managed(&self, identifier: Option<String>) -> GroupFilter {
        let source = self.exchange.source().clone();
        GroupFilter { external_id: Some(ExternalIdFilter { source, identifier }), ..GroupFilter::default() }
    }
}

/// Returns comparisons with few results that together find every match; `None` if an index does not help.
fn indexed(filter: &Filter, schema: &ResourceSchema) -> Option<Vec<Term>> {
    match filter {
        Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text))) => {
            let located = schema.attribute(path.uri.as_deref(), &path.name)?;
            let sub = path.sub_attr.as_deref();
            let term = match (located.attribute.name.as_ref(), sub) {
                ("displayName", None) => Term::Name(text.clone()),
                ("id", None) => Term::Id(text.clone()),
                ("externalId", None) => Term::ExternalId(text.clone()),
                ("members", _) if sub.is_none_or(|sub| sub.eq_ignore_ascii_case("value")) => {
                    Term::Member(text.clone())
                }
                _ => return None,
            };
            Some(vec![term])
        }
        Filter::ValuePath(path) if path.attr.name.eq_ignore_ascii_case("members") => {
            member(&path.filter).map(|id| vec![Term::Member(id)])
        }
        Filter::And(items) => items.iter().find_map(|item| indexed(item, schema)),
        Filter::Or(items) => {
            let found: Option<Vec<_>> = items.iter().map(|item| indexed(item, schema)).collect();
            Some(found?.into_iter().flatten().collect())
        }
        Filter::Attr(_) | Filter::ValuePath(_) | Filter::Not(_) => None,
    }
}

fn member(filter: &ValFilter) -> Option<String> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(id)))
            if path.name.eq_ignore_ascii_case("value") =>
        {
            Some(id.clone())
        }
        ValFilter::And(items) => items.iter().find_map(member),
        ValFilter::Attr(_) | ValFilter::Or(_) | ValFilter::Not(_) => None,
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
