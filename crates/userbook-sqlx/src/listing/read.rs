//! Reads one page: first the ids, then the rows.

use std::collections::BTreeSet;

use userbook::store::{
    ContentFilter, GroupListQuery, GroupPage, PathListQuery, PathPage, ROW_BYTES, Scope, StoreError,
    UserListQuery, UserPage,
};

use super::{
    page::{GroupRows, Meter, UserRows},
    query::{Projection, Query, Selection, is_void},
    users,
};
use crate::{
    backend::Backend,
    decode::{self, RowExt, required},
    driver::{Conn, Flow, bind, scan},
    encode::saturating,
    error::SqlResult,
    value::Value,
};

/// The work after which a scan yields, in bytes. Rows often arrive together: without a yield a long scan would block
/// the other tasks of its thread.
const TURN: usize = 64 * 1024;

/// The cost of a row besides its bytes.
const ROW_COST: usize = 1024;

/// Counts the work since the last yield.
#[derive(Debug, Default)]
pub(super) struct Pace(usize);

impl Pace {
    /// Counts one row with this many bytes to parse.
    pub(super) fn step(&mut self, bytes: usize) -> Flow {
        self.0 += bytes + ROW_COST;
        if self.0 < TURN {
            return Flow::Continue;
        }
        self.0 = 0;
        Flow::Yield
    }
}

pub(crate) async fn list_users<B: Backend>(
    conn: &mut Conn<B>,
    query: &UserListQuery,
) -> SqlResult<B, UserPage> {
    let (ids, count) = find::<B, _>(conn, query).await?;
    let mut page = UserRows::new(query.max_bytes);
    if !ids.is_empty() {
        let parameters = [
            ("users", Value::Integers(ids.iter().map(|id| id.0).collect())),
            ("max_rows", saturating(most_rows(query.max_bytes)).into()),
        ];
        let query = bind::<B>(&B::statements().list_users, &parameters)?;
        scan(conn, query, |row| Ok(page.see(&row)?)).await?;
    }
    Ok(page.finish(&ids, count))
}

pub(crate) async fn list_groups<B: Backend>(
    conn: &mut Conn<B>,
    query: &GroupListQuery,
) -> SqlResult<B, GroupPage> {
    let (ids, count) = find::<B, _>(conn, query).await?;
    let mut page = GroupRows::new(query.max_bytes);
    if !ids.is_empty() {
        // AnonymousUser may be a member of each group, and is neither shown nor counted.
        let max_rows = most_rows(query.max_bytes).saturating_add(ids.len() as u64);
        let (all_members, members) = match &query.members {
            None | Some(Scope::Nothing) => (false, Vec::new()),
            Some(Scope::Everything) => (true, Vec::new()),
            Some(Scope::Only(users)) if users.is_by_id() => {
                (false, users.ids.iter().map(|user| user.0).collect())
            }
            Some(Scope::Only(users)) => {
                let mut members = Vec::new();
                let see = |row| {
                    members.push(required(&row, "id", RowExt::integer)?);
                    Ok(Flow::Continue)
                };
                scan(conn, users::members_in::<B>(&ids, users, max_rows).into_query::<B>()?, see).await?;
                (false, members)
            }
        };
        let parameters = [
            ("groups", Value::Uuids(ids.iter().map(|id| id.0).collect())),
            ("all_members", all_members.into()),
            ("members", Value::Integers(members)),
            ("group_attributes", query.attributes.groups.into()),
            ("member_attributes", query.attributes.members.into()),
            ("max_rows", saturating(max_rows).into()),
        ];
        let query = bind::<B>(&B::statements().list_groups, &parameters)?;
        scan(conn, query, |row| Ok(page.see(&row)?)).await?;
    }
    Ok(page.finish(&ids, count))
}

/// The smallest number of rows that makes every page too large.
fn most_rows(max_bytes: u64) -> u64 {
    max_bytes / ROW_BYTES + 1
}

/// The ids of the page, in order, and their number on all pages.
async fn find<B: Backend, Q: Query>(conn: &mut Conn<B>, query: &Q) -> SqlResult<B, (Vec<Q::Id>, u64)> {
    let Selection { is_void, content, offset, limit, .. } = query.selection();
    if is_void {
        return Ok((Vec::new(), 0));
    }
    if let Some(content) = content {
        return search::<B, _>(conn, query, &content).await;
    }
    let mut ids = Vec::new();
    let see = |row| {
        ids.push(Q::id(&row)?);
        Ok(Flow::Continue)
    };
    // A caller who only counts requests no row.
    if limit > 0 {
        let page = query.statement::<B>(Projection::Page).into_query::<B>()?;
        scan(conn, page, see).await?;
    }
    let found = ids.len() as u64;
    // A page that is not full is the last page, unless its offset is beyond the end.
    let is_last = found < limit.into() && (found > 0 || offset == 0);
    let count = if is_last { offset + found } else { count::<B, _>(conn, query).await? };
    Ok((ids, count))
}

async fn count<B: Backend, Q: Query>(conn: &mut Conn<B>, query: &Q) -> SqlResult<B, u64> {
    let count = if query.selection().is_whole {
        bind::<B>(Q::count_whole(), &[])?
    } else {
        query.statement::<B>(Projection::Count).into_query::<B>()?
    };
    let mut counted = None;
    let see = |row| {
        counted = Some(decode::counter(&row, "count")?);
        Ok(Flow::Continue)
    };
    scan(conn, count, see).await?;
    Ok(counted.ok_or_else(|| StoreError::corrupt("there is no count"))?)
}

/// Reads the content of all rows that match the rest of the query.
async fn search<B: Backend, Q: Query>(
    conn: &mut Conn<B>,
    query: &Q,
    content: &ContentFilter,
) -> SqlResult<B, (Vec<Q::Id>, u64)> {
    let Selection { offset, limit, .. } = query.selection();
    let (mut ids, mut count, mut pace) = (Vec::new(), 0, Pace::default());
    let see = |row| {
        let (found, bytes) = Q::matches(&row, content)?;
        if found {
            if count >= offset && (ids.len() as u64) < limit.into() {
                ids.push(Q::id(&row)?);
            }
            count += 1;
        }
        Ok(pace.step(bytes))
    };
    let rows = query.statement::<B>(Projection::Content).into_query::<B>()?;
    scan(conn, rows, see).await?;
    Ok((ids, count))
}

pub(crate) async fn list_paths<B: Backend>(
    conn: &mut Conn<B>,
    query: &PathListQuery,
) -> SqlResult<B, PathPage> {
    if is_void(&query.scope) {
        return Ok(PathPage::default());
    }
    let content = ContentFilter::of_users(&query.filter);
    let statement = users::paths::<B>(query, content.is_some(), most_rows(query.max_bytes));
    let (mut paths, mut meter) = (BTreeSet::new(), Meter::new(query.max_bytes));
    let see = |row| {
        let (found, bytes) = match &content {
            Some(content) => UserListQuery::matches(&row, content)?,
            None => (true, 0),
        };
        let path = required(&row, "path", RowExt::text)?;
        if !found || paths.contains(&path) {
            return Ok(meter.skip(bytes));
        }
        let flow = meter.count(path.len());
        paths.insert(path);
        Ok(flow)
    };
    scan(conn, statement.into_query::<B>()?, see).await?;
    if meter.is_too_large() {
        return Ok(PathPage { paths: BTreeSet::new(), too_large: true });
    }
    Ok(PathPage { paths, too_large: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_yields_after_many_rows_and_after_large_ones() {
        let mut pace = Pace::default();
        let first = (1..=1000).find(|_| pace.step(0) == Flow::Yield);
        assert_eq!(first, Some(TURN / ROW_COST));
        assert_eq!(pace.step(TURN), Flow::Yield);
        assert_eq!(pace.step(0), Flow::Continue, "a yield starts anew");
    }
}
