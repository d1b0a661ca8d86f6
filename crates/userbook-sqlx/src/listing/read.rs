//! Reading one page: first which rows, then the rows.

use serde_json::Value as Json;
use userbook::{
    json::json_contains,
    store::{GroupListQuery, GroupPage, ROW_BYTES, StoreError, UserListQuery, UserPage},
};

use super::{
    Dialect, Statement, Value,
    group_page::GroupRows,
    query::{Projection, Query},
    user_page::UserRows,
};
use crate::{
    decode::{self, RowExt},
    encode,
};

/// A connection on which several statements see one state.
pub(crate) trait Reader: Send {
    type Dialect: Dialect;
    type Row: RowExt + Send;

    /// Runs a statement and calls `see` with each row as it comes.
    fn scan(
        &mut self,
        statement: Statement,
        see: impl FnMut(Self::Row) -> Result<Flow, StoreError> + Send,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// How a scan goes on after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With the next row.
    Continue,
    /// With the next row, after other tasks of the runtime had their turn.
    Yield,
    /// Not at all.
    Stop,
}

/// The work after which a scan yields, in bytes. Rows are often there at once: without a yield a scan of many would
/// keep its thread from all other tasks.
const TURN: usize = 64 * 1024;

/// What a row costs besides its bytes.
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

pub(crate) async fn list_users<R: Reader>(
    reader: &mut R,
    query: &UserListQuery,
) -> Result<UserPage, StoreError> {
    let (ids, count) = find(reader, query).await?;
    let mut page = UserRows::new(query.max_bytes);
    if !ids.is_empty() {
        let wanted = Value::Users(ids.iter().map(|id| id.0).collect());
        let most = Value::Integer(encode::saturating(most_rows(query.max_bytes)));
        let statement = Statement::fixed(R::Dialect::LIST_USERS, vec![wanted, most]);
        reader.scan(statement, |row| Ok(page.see(&row)?)).await?;
    }
    Ok(page.finish(&ids, count))
}

pub(crate) async fn list_groups<R: Reader>(
    reader: &mut R,
    query: &GroupListQuery,
) -> Result<GroupPage, StoreError> {
    let (ids, count) = find(reader, query).await?;
    let mut page = GroupRows::new(query.max_bytes);
    if !ids.is_empty() {
        let wanted = Value::Groups(ids.iter().map(|id| id.0).collect());
        let (all, some) = encode::member_scope(query.members.as_ref());
        // AnonymousUser, who may be a member of each group, is not shown and so not counted.
        let most = most_rows(query.max_bytes).saturating_add(ids.len() as u64);
        let values =
            vec![wanted, Value::Flag(all), Value::Users(some), Value::Integer(encode::saturating(most))];
        reader.scan(Statement::fixed(R::Dialect::LIST_GROUPS, values), |row| Ok(page.see(&row)?)).await?;
    }
    Ok(page.finish(&ids, count))
}

/// The number of rows that makes every page too large.
fn most_rows(max_bytes: u64) -> u64 {
    max_bytes / ROW_BYTES + 1
}

/// The ids of the page, in order, and how many there are on all pages.
async fn find<R: Reader, Q: Query>(reader: &mut R, query: &Q) -> Result<(Vec<Q::Id>, u64), StoreError> {
    if query.is_void() {
        return Ok((Vec::new(), 0));
    }
    if let Some(part) = query.part() {
        return search(reader, query, &part).await;
    }
    let mut ids = Vec::new();
    let see = |row| {
        ids.push(Q::id(&row)?);
        Ok(Flow::Continue)
    };
    reader.scan(query.statement::<R::Dialect>(Projection::Page), see).await?;
    let found = ids.len() as u64;
    // A page that is not full is the last one, unless it lies behind the last one.
    let is_last = found < query.limit().into() && (found > 0 || query.offset() == 0);
    let count = if is_last { query.offset() + found } else { count(reader, query).await? };
    Ok((ids, count))
}

async fn count<R: Reader, Q: Query>(reader: &mut R, query: &Q) -> Result<u64, StoreError> {
    let statement = if query.is_whole() {
        Statement::fixed(Q::count_whole::<R::Dialect>(), Vec::new())
    } else {
        query.statement::<R::Dialect>(Projection::Count)
    };
    let mut count = None;
    let see = |row| {
        count = Some(decode::counter(&row, "count")?);
        Ok(Flow::Continue)
    };
    reader.scan(statement, see).await?;
    count.ok_or_else(|| StoreError::corrupt("there is no count"))
}

/// Reads the attributes of all rows that match the rest of the query.
async fn search<R: Reader, Q: Query>(
    reader: &mut R,
    query: &Q,
    part: &Json,
) -> Result<(Vec<Q::Id>, u64), StoreError> {
    let (mut ids, mut count, mut pace) = (Vec::new(), 0, Pace::default());
    let see = |row| {
        let bytes = RowExt::text_len(&row, "attributes")?;
        if json_contains(&decode::attributes(&row)?, part) {
            if count >= query.offset() && (ids.len() as u64) < query.limit().into() {
                ids.push(Q::id(&row)?);
            }
            count += 1;
        }
        Ok(pace.step(bytes))
    };
    reader.scan(query.statement::<R::Dialect>(Projection::Documents), see).await?;
    Ok((ids, count))
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
