//! Reading one page: first which rows, then the rows.

use serde_json::Value as Json;
use userbook::{GroupListQuery, GroupPage, StoreError, UserListQuery, UserPage, json_contains};

use super::{
    Dialect, Statement, Value, pages,
    query::{Query, What},
};
use crate::decode::{self, Columns};

/// A connection on which several statements see one state.
pub(crate) trait Reader: Send {
    type Dialect: Dialect;
    type Row: Columns + Send;

    /// Runs a statement and shows each row as it comes.
    fn scan(
        &mut self,
        statement: Statement,
        see: impl FnMut(Self::Row) -> Result<(), StoreError> + Send,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

pub(crate) async fn list_users<R: Reader>(
    reader: &mut R,
    query: &UserListQuery,
) -> Result<UserPage, StoreError> {
    let (ids, count) = find(reader, query).await?;
    let wanted = Value::Users(ids.iter().map(|id| id.0).collect());
    let rows = rows(reader, R::Dialect::LIST_USERS, ids.is_empty(), wanted).await?;
    Ok(pages::users(&ids, count, &rows)?)
}

pub(crate) async fn list_groups<R: Reader>(
    reader: &mut R,
    query: &GroupListQuery,
) -> Result<GroupPage, StoreError> {
    let (ids, count) = find(reader, query).await?;
    let wanted = Value::Groups(ids.iter().map(|id| id.0).collect());
    let rows = rows(reader, R::Dialect::LIST_GROUPS, ids.is_empty(), wanted).await?;
    Ok(pages::groups(&ids, count, &rows)?)
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
        Ok(())
    };
    reader.scan(query.statement::<R::Dialect>(What::Page), see).await?;
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
        query.statement::<R::Dialect>(What::Count)
    };
    let mut count = None;
    let see = |row| {
        count = Some(decode::counter(&row, "count")?);
        Ok(())
    };
    reader.scan(statement, see).await?;
    count.ok_or_else(|| StoreError::corrupt("there is no count"))
}

/// Looks into the attributes of all that the rest of the query leaves.
async fn search<R: Reader, Q: Query>(
    reader: &mut R,
    query: &Q,
    part: &Json,
) -> Result<(Vec<Q::Id>, u64), StoreError> {
    let (mut ids, mut count) = (Vec::new(), 0);
    let see = |row| {
        if json_contains(&decode::attributes(&row)?, part) {
            if count >= query.offset() && (ids.len() as u64) < query.limit().into() {
                ids.push(Q::id(&row)?);
            }
            count += 1;
        }
        Ok(())
    };
    reader.scan(query.statement::<R::Dialect>(What::Documents), see).await?;
    Ok((ids, count))
}

async fn rows<R: Reader>(
    reader: &mut R,
    statement: &'static str,
    nothing: bool,
    wanted: Value,
) -> Result<Vec<R::Row>, StoreError> {
    let mut rows = Vec::new();
    if !nothing {
        let see = |row| {
            rows.push(row);
            Ok(())
        };
        reader.scan(Statement::fixed(statement, vec![wanted]), see).await?;
    }
    Ok(rows)
}
