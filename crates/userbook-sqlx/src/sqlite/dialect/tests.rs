//! SQLite's plans of the list statements: exact filters use an index, and rows in the order of an index are not
//! sorted.

use sqlx::{AssertSqlSafe, SqlitePool, sqlite::SqlitePoolOptions};
use userbook::{
    GroupId, UserId, UserType,
    store::{
        ExternalIdFilter, GroupColumn, GroupFilter, GroupListQuery, Order, PathListQuery, ReadAttributes,
        Scope, SuperuserFilter, TimeColumn, TimeCondition, TimeTest, UserColumn, UserFilter, UserListQuery,
        UserSet,
    },
};
use uuid::Uuid;

use super::*;
use crate::{
    listing::{Projection, Query, paths},
    sqlite::{SqliteStore, connect_options},
};

async fn migrated() -> SqlitePool {
    let options = connect_options("sqlite::memory:").unwrap();
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    SqliteStore::new(pool.clone()).migrate().await.unwrap();
    pool
}

async fn plan(pool: &SqlitePool, statement: ListStatement) -> String {
    let explain = format!("EXPLAIN QUERY PLAN {}", statement.into_text());
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(explain)).fetch_all(pool).await.unwrap();
    steps.into_iter().map(|(.., detail)| detail).collect::<Vec<_>>().join("\n")
}

fn users(filter: UserFilter, column: UserColumn) -> UserListQuery {
    let order = vec![Order { column, descending: false }];
    UserListQuery { scope: Scope::Everything, filter, order, offset: 0, limit: 20, max_bytes: 1 << 24 }
}

fn groups(filter: GroupFilter, column: GroupColumn) -> GroupListQuery {
    let order = vec![Order { column, descending: false }];
    GroupListQuery {
        members: None,
        attributes: ReadAttributes::ALL,
        scope: Scope::Everything,
        filter,
        order,
        offset: 0,
        limit: 20,
        max_bytes: 1 << 24,
    }
}

fn superusers(inherited: bool) -> SuperuserFilter {
    SuperuserFilter { is_superuser: true, inherited }
}

fn managed(identifier: Option<String>) -> UserFilter {
    let source = "scim:okta".parse().unwrap();
    UserFilter { external_id: Some(ExternalIdFilter { source, identifier }), ..UserFilter::default() }
}

fn text() -> String {
    "x".to_owned()
}

#[tokio::test]
async fn exact_filters_use_indexes_and_so_do_their_counts() {
    let pool = migrated().await;
    let one = || UserFilter::default();
    let by_id = "USING INTEGER PRIMARY KEY (rowid=?)";
    let moment = userbook::Timestamp::UNIX_EPOCH;
    let at = |column, test| UserFilter { times: vec![TimeCondition { column, test }], ..one() };
    for (filter, index) in [
        (UserFilter { usernames: [text()].into(), ..one() }, "sqlite_autoindex_userbook_user_2 (username=?)"),
        (UserFilter { email: Some(text()), ..one() }, "userbook_user_email (email=?)"),
        (UserFilter { name: Some(text()), ..one() }, "userbook_user_name (name=?)"),
        (UserFilter { uuids: [Uuid::nil()].into(), ..one() }, "sqlite_autoindex_userbook_user_1 (uuid=?)"),
        (UserFilter { path: Some(text()), ..one() }, "userbook_user_path (path=?"),
        (UserFilter { path_prefix: Some(text()), ..one() }, "userbook_user_path (path>? AND path<?)"),
        (UserFilter { types: [UserType::Internal].into(), ..one() }, "userbook_user_type (type=?"),
        (UserFilter { is_active: Some(false), ..one() }, "userbook_user_active (is_active=?"),
        (at(TimeColumn::CreatedAt, TimeTest::At(moment)), "userbook_user_created (created_at=?)"),
        (at(TimeColumn::CreatedAt, TimeTest::After(moment)), "userbook_user_created (created_at>?)"),
        (at(TimeColumn::UpdatedAt, TimeTest::Before(moment)), "userbook_user_updated (updated_at<?)"),
        (UserFilter { groups: vec![[GroupId(Uuid::nil())].into()], ..one() }, by_id),
        (UserFilter { ids: [UserId(1)].into(), ..one() }, by_id),
        (UserFilter { is_superuser: Some(superusers(false)), ..one() }, by_id),
        (UserFilter { is_superuser: Some(superusers(true)), ..one() }, by_id),
        (UserFilter { folded_name: Some(text()), ..one() }, "(digest=?)"),
        (UserFilter { folded_name: Some(text()), ..managed(None) }, "(digest=?)"),
        (UserFilter { further_address: Some(text()), ..one() }, "userbook_further_address_digest (digest=?"),
        (
            UserFilter { further_address: Some(text()), ..managed(None) },
            "userbook_further_address_digest (digest=?",
        ),
        (managed(Some(text())), "(source=? AND identifier=?)"),
        (
            UserFilter { uuids: [Uuid::nil()].into(), ..managed(None) },
            "sqlite_autoindex_userbook_user_1 (uuid=?)",
        ),
    ] {
        let query = users(filter, UserColumn::Username);
        for what in [Projection::Page, Projection::Count] {
            let plan = plan(&pool, query.statement::<Sqlite>(what)).await;
            assert!(plan.contains(index) && !plan.contains("SCAN u"), "{query:?} {what:?}:\n{plan}");
        }
    }
    let group = GroupId(Uuid::nil());
    for (set, index) in [
        ([UserId(1)].into(), by_id),
        (UserSet::default().path("staff"), "userbook_user_path (path=?)"),
        (UserSet::default().path("staff"), "userbook_user_path (path>? AND path<?)"),
        (UserSet::default().path("staff").members_of(group), "userbook_membership_group (group_id=?)"),
    ] {
        let only = UserListQuery { scope: Scope::Only(set), ..users(one(), UserColumn::Username) };
        for what in [Projection::Page, Projection::Count] {
            let plan = plan(&pool, only.statement::<Sqlite>(what)).await;
            assert!(plan.contains(index) && !plan.contains("SCAN u"), "{only:?} {what:?}:\n{plan}");
        }
    }
}

#[tokio::test]
async fn rows_in_the_order_of_an_index_are_not_sorted() {
    let pool = migrated().await;
    let one = || UserFilter::default();
    for (filter, column) in [
        (one(), UserColumn::Username),
        (one(), UserColumn::Email),
        (one(), UserColumn::Name),
        (one(), UserColumn::Id),
        (one(), UserColumn::CreatedAt),
        (one(), UserColumn::UpdatedAt),
        (UserFilter { path: Some(text()), ..one() }, UserColumn::Username),
        (UserFilter { types: [UserType::Internal].into(), ..one() }, UserColumn::Username),
        (UserFilter { is_active: Some(true), ..one() }, UserColumn::Username),
        (UserFilter { search: vec!["x".to_owned()], ..one() }, UserColumn::Username),
    ] {
        let mut query = users(filter, column);
        for descending in [false, true] {
            query.order[0].descending = descending;
            let plan = plan(&pool, query.statement::<Sqlite>(Projection::Page)).await;
            let unique = [UserColumn::Username, UserColumn::Id, UserColumn::Path, UserColumn::Type];
            let last = unique.contains(&column);
            let sorts = plan.contains("TEMP B-TREE") && (last || !plan.contains("LAST TERM"));
            assert!(!sorts, "{query:?}:\n{plan}");
        }
    }
}

#[tokio::test]
async fn groups_are_found_by_name_and_member() {
    let pool = migrated().await;
    let one = || GroupFilter::default();
    for (filter, index) in [
        (one(), "SCAN g USING INDEX sqlite_autoindex_userbook_group_2"),
        (GroupFilter { names: [text()].into(), ..one() }, "sqlite_autoindex_userbook_group_2 (name=?"),
        (
            GroupFilter { members: vec![[UserId(1)].into()], ..one() },
            "sqlite_autoindex_userbook_group_1 (id=?)",
        ),
        (GroupFilter { parents: [GroupId(Uuid::nil())].into(), ..one() }, "userbook_group_parent (parent=?)"),
        (
            GroupFilter { ids: [GroupId(Uuid::nil())].into(), ..one() },
            "sqlite_autoindex_userbook_group_1 (id=?)",
        ),
    ] {
        let query = groups(filter, GroupColumn::Name);
        let plan = plan(&pool, query.statement::<Sqlite>(Projection::Page)).await;
        assert!(plan.contains(index) && !plan.contains("SCAN m"), "{query:?}:\n{plan}");
    }
}

#[tokio::test]
async fn paths_are_read_from_their_index() {
    let pool = migrated().await;
    let prefix = UserFilter { path_prefix: Some(text()), ..UserFilter::default() };
    for (filter, access) in [
        (UserFilter::default(), "SCAN u USING COVERING INDEX userbook_user_path"),
        (prefix, "SEARCH u USING COVERING INDEX userbook_user_path (path>? AND path<?)"),
    ] {
        let query = PathListQuery { scope: Scope::Everything, filter, max_bytes: 1 << 24 };
        let plan = plan(&pool, paths::<Sqlite>(&query, false, 100)).await;
        assert!(plan.contains(access) && !plan.contains("TEMP B-TREE"), "{query:?}:\n{plan}");
    }
}
