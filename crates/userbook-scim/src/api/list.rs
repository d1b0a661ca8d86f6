//! GET on a collection.

use http::StatusCode;
use scim_v2::filter::{AttrPath, Filter, PatchPath};
use serde_json::{Value, json};
use userbook::{
    authz::ListAuthorizer,
    store::{ListStore, ProvisioningStore},
};

use super::{
    Answer, Exchange,
    discovery::LIST,
    list_groups::{self, GroupRows},
    list_users::{self, UserRows},
    reply::Reply,
    scan::{Found, Plan, Query, Rows, ScanLimits, Sort, find, unsortable},
};
use crate::{
    error::ScimError,
    filter::{parse_filter, parse_path},
    resource::{ResourceKind, members_size},
    schema::ResourceSchema,
    work::convert_each,
};

/// Rows that a scan reads at once.
const CHUNK: u32 = 200;

/// The position and size of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) offset: u64,
    pub(super) limit: u32,
}

impl<S: ProvisioningStore + ListStore, A: ListAuthorizer> Exchange<'_, S, A> {
    pub(super) async fn list(&self, kind: ResourceKind) -> Answer {
        let window = self.window();
        let (resources, count) = self.page(kind, window).await?;
        Ok(self.list_reply(&resources, count))
    }

    /// Returns the requested page; a larger `count` than the limit gets the limit.
    pub(super) fn window(&self) -> Window {
        let most = self.most_rows();
        let wanted = self.params.count.map_or(most, |count| u32::try_from(count).unwrap_or(u32::MAX));
        Window { offset: self.params.start_index.saturating_sub(1), limit: wanted.min(most) }
    }

    pub(super) fn list_reply(&self, resources: &[Value], count: u64) -> Reply {
        let body = json!({
            "schemas": [LIST],
            "totalResults": count,
            "startIndex": self.params.start_index,
            "itemsPerPage": resources.len(),
            "Resources": resources,
        });
        Reply::json(StatusCode::OK, body)
    }

    /// Returns the resources of one page, with the attributes that the client wants, and the number of all results.
    pub(super) async fn page(
        &self,
        kind: ResourceKind,
        window: Window,
    ) -> Result<(Vec<Value>, u64), ScimError> {
        let schema = self.schema(kind);
        let strictness = self.connection.strictness;
        let filter = self.params.filter.as_deref();
        let filter = filter.map(|text| parse_filter(text, strictness, &self.provider.limits)).transpose()?;
        let projection = self.params.projection(schema);
        let sort_path = self.sort_path()?;
        let (documents, count) = match kind {
            ResourceKind::User => {
                let rows = UserRows(self);
                let plan = rows.plan(filter.as_ref(), schema);
                let sort = self.sort(sort_path.as_ref(), schema, list_users::column)?;
                self.find(&rows, plan, filter.as_ref(), sort, schema, window).await?
            }
            ResourceKind::Group => {
                let mut rows = GroupRows { exchange: self, with_members: projection.contains("members") };
                let plan = rows.plan(filter.as_ref(), schema).await?;
                let compares = !matches!(plan, Plan::Scan { exact: true, .. });
                rows.with_members |= compares && filter.as_ref().is_some_and(list_groups::names_members);
                let sort = self.sort(sort_path.as_ref(), schema, list_groups::column)?;
                self.find(&rows, plan, filter.as_ref(), sort, schema, window).await?
            }
        };
        let shown = |document| {
            let bytes = members_size(&document);
            (Value::Object(projection.apply(document, schema)), bytes)
        };
        Ok((convert_each(documents, shown).await, count))
    }

    async fn find<R: Rows>(
        &self,
        rows: &R,
        plan: Plan<R::Filter>,
        filter: Option<&Filter>,
        sort: Sort<'_, R::Column>,
        schema: &ResourceSchema,
        window: Window,
    ) -> Result<Found, ScimError> {
        let policy = self.service().policy().limits();
        let limits = ScanLimits {
            clock: &*self.provider.clock,
            time: policy.search_time,
            sorted_rows: self.provider.limits.sorted_rows,
            sorted_bytes: self.provider.limits.sorted_bytes,
            page_bytes: policy.page_bytes,
            chunk: CHUNK.min(policy.page_rows).max(1),
            bytes: self.provider.limits.search_bytes,
        };
        let query = Query { filter, schema, sort, offset: window.offset, limit: window.limit };
        find(rows, plan, query, limits).await
    }

    fn is_sortable(&self, path: &AttrPath) -> bool {
        let mut schemas = [ResourceKind::User, ResourceKind::Group].into_iter().map(|kind| self.schema(kind));
        schemas.any(|schema| schema.attribute(path.uri.as_deref(), &path.name).is_some())
    }

    fn sort_path(&self) -> Result<Option<AttrPath>, ScimError> {
        let Some(text) = &self.params.sort_by else { return Ok(None) };
        match parse_path(text, self.connection.strictness, &self.provider.limits)? {
            PatchPath::Attr(path) => Ok(Some(path)),
            PatchPath::Value(_) => Err(unsortable(text)),
        }
    }

    /// Returns the order. `column` returns the column of an attribute by its name in the schema.
    fn sort<'q, C>(
        &self,
        path: Option<&'q AttrPath>,
        schema: &ResourceSchema,
        column: impl Fn(&str) -> Option<C>,
    ) -> Result<Sort<'q, C>, ScimError> {
        let descending = self.params.descending;
        let Some(path) = path else { return Ok(Sort { path, column: None, descending }) };
        let located = schema.attribute(path.uri.as_deref(), &path.name);
        // In a search in all types, the attribute of one type has no value in the other.
        if located.is_none() && self.searches_all && self.is_sortable(path) {
            return Ok(Sort { path: None, column: None, descending });
        }
        let located = located.ok_or_else(|| unsortable(&path.name))?;
        let name = match &path.sub_attr {
            Some(sub) => {
                let sub = located.attribute.sub(sub).ok_or_else(|| unsortable(&path.name))?;
                format!("{}.{}", located.attribute.name, sub.name)
            }
            None => located.attribute.name.to_string(),
        };
        let column = column(&name).filter(|_| located.extension.is_none());
        Ok(Sort { path: Some(path), column, descending })
    }
}
