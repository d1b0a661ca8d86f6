//! Reads the whole directory in one transaction.

use std::io;

use userbook::{
    User, UserRef,
    model::ANONYMOUS_USERNAME,
    store::{
        GroupColumn, GroupFilter, GroupListQuery, Order, ReadAttributes, Scope, SnapshotQuery, StoreError,
        StoreErrorKind, UserColumn, UserFilter, UserListQuery,
    },
};
use userbook_sqlx::{
    SqlStore,
    host::{RowExt, Statement, Value, required},
};

use super::ExportSink;
use crate::auth::{AuthBackend, read_grants, read_tokens};

static INSTALL_ID: Statement = Statement::new(include_str!("sql/install_id.sql"));
static USER_NAMED: Statement = Statement::new(include_str!("sql/user_named.sql"));

/// The number of rows in one page.
const PAGE: u32 = 500;

pub(super) async fn export<B: AuthBackend>(
    conn: &mut B::Connection,
    sink: &mut dyn ExportSink,
) -> Result<(), StoreError> {
    let rows = INSTALL_ID.fetch_all::<B>(conn, &[]).await?;
    let id = rows.first().map(|row| required(row, "install_id", RowExt::text)).transpose()?;
    written(sink.install_id(&id.unwrap_or_default()))?;
    groups::<B>(conn, sink).await?;
    users::<B>(conn, sink).await?;
    written(sink.tokens(&read_tokens::<B>(conn, None).await?))?;
    written(sink.grants(&read_grants::<B>(conn).await?))
}

async fn groups<B: AuthBackend>(
    conn: &mut B::Connection,
    sink: &mut dyn ExportSink,
) -> Result<(), StoreError> {
    let mut offset = 0;
    loop {
        let query = GroupListQuery {
            members: None,
            attributes: ReadAttributes::ALL,
            scope: Scope::Everything,
            filter: GroupFilter::default(),
            order: vec![Order { column: GroupColumn::Id, descending: false }],
            offset,
            limit: PAGE,
            max_bytes: u64::MAX,
        };
        let page = SqlStore::<B>::list_groups_in(conn, &query).await?.groups;
        if page.is_empty() {
            return Ok(());
        }
        offset += page.len() as u64;
        let groups: Vec<_> = page.into_iter().map(|entry| entry.group).collect();
        written(sink.groups(&groups))?;
    }
}

async fn users<B: AuthBackend>(
    conn: &mut B::Connection,
    sink: &mut dyn ExportSink,
) -> Result<(), StoreError> {
    if let Some(user) = anonymous::<B>(conn).await? {
        written(sink.users(&[user]))?;
    }
    let mut offset = 0;
    loop {
        let query = UserListQuery {
            scope: Scope::Everything,
            filter: UserFilter::default(),
            order: vec![Order { column: UserColumn::Id, descending: false }],
            offset,
            limit: PAGE,
            max_bytes: u64::MAX,
        };
        let page = SqlStore::<B>::list_users_in(conn, &query).await?.users;
        if page.is_empty() {
            return Ok(());
        }
        offset += page.len() as u64;
        written(sink.users(&page))?;
    }
}

/// Reads the user that no list contains.
async fn anonymous<B: AuthBackend>(conn: &mut B::Connection) -> Result<Option<User>, StoreError> {
    let name = [("username", Value::Username(Some(ANONYMOUS_USERNAME.into())))];
    let rows = USER_NAMED.fetch_all::<B>(conn, &name).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let id = userbook::UserId(required(row, "id", RowExt::integer)?);
    Ok(SqlStore::<B>::load_in(conn, &SnapshotQuery::user(UserRef::from(id))).await?.user)
}

fn written(outcome: io::Result<()>) -> Result<(), StoreError> {
    outcome.map_err(|error| StoreError::new(StoreErrorKind::Other, error))
}
