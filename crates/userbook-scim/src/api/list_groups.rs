//! Lists of groups.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};
use userbook::{
    GroupId, ListError, UserId,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, GroupColumn, GroupFilter, ListStore, Order, ProvisioningStore},
};

use uuid::Uuid;

use super::{
    Exchange,
    list_users::MAX_LOOKUPS,
    parse_id,
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
        if let Some(terms) = exact(filter, schema) {
            return Ok(match self.conjunction(terms).await? {
                Some(filter) => Plan::Scan { filter, exact: true },
                None => Plan::Indexed { filters: Vec::new(), otherwise: None },
            });
        }
        let scan = Plan::Scan { filter: self.managed(None), exact: false };
        match indexed(filter, schema) {
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
                Term::Member(id) => {
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

    /// Returns the lookups of these terms, which together find every candidate; `None` if a scan is better.
    ///
    /// The index of names compares bytes, so the spelling of the request and the one in lower case are looked up. The
    /// search of the store finds other spellings.
    async fn lookups(&self, terms: Vec<Term>) -> Result<Option<Plan<GroupFilter>>, ScimError> {
        let (mut names, mut ids, mut members) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut filters, mut texts) = (Vec::new(), Vec::new());
        for term in terms {
            match term {
                Term::Name(name) => {
                    names.extend([name.to_lowercase(), name.clone()]);
                    texts.push(name);
                }
                Term::Id(id) => ids.extend(parse_id(&id).map(GroupId)),
                Term::ExternalId(id) => filters.push(self.managed(Some(id))),
                Term::Member(id) => _ = members.insert(id),
            }
        }
        let text = texts.pop();
        if filters.len() > MAX_LOOKUPS || !texts.is_empty() {
            return Ok(None);
        }
        if !names.is_empty() {
            filters.push(GroupFilter { names, ..self.managed(None) });
        }
        if !ids.is_empty() {
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
            let terms = indexed(filter, schema)?;
            terms.iter().all(|term| matches!(term, Term::Id(_) | Term::Member(_))).then_some(terms)
        }
        Filter::ValuePath(path) if matches!(*path.filter, ValFilter::Attr(_)) => indexed(filter, schema),
        Filter::ValuePath(_) | Filter::Or(_) | Filter::Not(_) => None,
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
