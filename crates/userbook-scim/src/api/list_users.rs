//! Lists of users.

use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter};
use userbook::{
    ListError,
    authz::ListAuthorizer,
    service::Listing,
    store::{ExternalIdFilter, ListStore, Order, ProvisioningStore, UserColumn, UserFilter},
};

use super::{
    Exchange, parse_id,
    scan::{Plan, Rows},
};
use crate::{resource::Document, schema::ResourceSchema};

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
        Ok((page.users.iter().map(|view| form.resource(view)).collect(), page.count))
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
        if let Some(filters) = self.indexed(filter, schema) {
            return Plan::Indexed(filters);
        }
        match activity(filter, schema) {
            Some(active) => {
                let filter = UserFilter { is_active: Some(active), ..self.managed(None) };
                Plan::Scan { filter, exact: true }
            }
            None => Plan::Scan { filter: self.managed(None), exact: false },
        }
    }

    /// Returns filters with few results that together find every match; `None` if an index does not help.
    fn indexed(&self, filter: &Filter, schema: &ResourceSchema) -> Option<Vec<UserFilter>> {
        match filter {
            Filter::Attr(expression) => self.indexed_term(expression, None, schema),
            Filter::ValuePath(path) if path.attr.name.eq_ignore_ascii_case("emails") => {
                self.indexed_value(&path.filter, schema)
            }
            Filter::And(items) => items.iter().find_map(|item| self.indexed(item, schema)),
            Filter::Or(items) => {
                let found: Option<Vec<_>> = items.iter().map(|item| self.indexed(item, schema)).collect();
                Some(found?.into_iter().flatten().collect())
            }
            Filter::ValuePath(_) | Filter::Not(_) => None,
        }
    }

    fn indexed_value(&self, filter: &ValFilter, schema: &ResourceSchema) -> Option<Vec<UserFilter>> {
        match filter {
            ValFilter::Attr(expression) => self.indexed_term(expression, Some("emails"), schema),
            ValFilter::And(items) => items.iter().find_map(|item| self.indexed_value(item, schema)),
            ValFilter::Or(_) | ValFilter::Not(_) => None,
        }
    }

    /// The index of names and addresses compares bytes, so the spelling of the request and the one in lower case are
    /// looked up.
    fn indexed_term(
        &self,
        expression: &AttrExp,
        within: Option<&str>,
        schema: &ResourceSchema,
    ) -> Option<Vec<UserFilter>> {
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
        let spellings = [text.clone(), text.to_lowercase()];
        match (name, sub) {
            ("userName", None) => {
                Some(vec![UserFilter { usernames: spellings.into(), ..self.managed(None) }])
            }
            ("id", None) => Some(match parse_id(text) {
                Some(uuid) => vec![UserFilter { uuids: [uuid].into(), ..self.managed(None) }],
                None => Vec::new(),
            }),
            ("externalId", None) => Some(vec![self.managed(Some(text.clone()))]),
            ("emails", _) if is_value => {
                let [sent, lower] = spellings;
                let mut addresses = vec![sent];
                if addresses.first() != Some(&lower) {
                    addresses.push(lower);
                }
                let by = |address| UserFilter { email: Some(address), ..self.managed(None) };
                Some(addresses.into_iter().map(by).collect())
            }
            _ => None,
        }
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
