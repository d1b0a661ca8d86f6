//! Values at the limits of MariaDB's types.

use serde_json::json;
use sqlx::Executor;
use userbook::{
    Group, Timestamp, User, UserId, UserStore,
    field::Attributes,
    store::{CommitOutcome, FieldChanges, ImportData, ImportStore, SnapshotQuery},
};
use userbook_tests::{
    rows::{group, prepared, rename, user},
    servers::mariadb::Database,
};

#[tokio::test]
async fn attributes_of_megabytes_are_stored() {
    let large = json!({ "text": "ä\u{1}".repeat(1 << 18) });
    let database = Database::new().await;
    let imported = User { attributes: large.clone().into(), ..user(1) };
    let groups = vec![Group { attributes: large.clone(), ..group(1) }];
    let rows = ImportData { groups, users: vec![imported.clone(), user(2)], ..ImportData::default() };
    database.store.import(&rows).await.unwrap();
    let found = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!(found, imported);

    let mut change = rename(&user(2), 1);
    let attributes = Some(Attributes::try_from(large.clone()).unwrap());
    change.fields = FieldChanges { attributes, ..FieldChanges::default() };
    assert_eq!(database.store.commit(&change).await.unwrap(), CommitOutcome::Applied);
    let found = database.store.load(&SnapshotQuery::user(UserId(2))).await.unwrap().user.unwrap();
    assert_eq!(found.attributes, large);
}

#[tokio::test]
async fn values_that_do_not_fit_are_rejected_instead_of_truncated() {
    let late: Timestamp = Timestamp::from_timestamp_micros(253_402_300_800_000_000).unwrap();
    for odd in [
        User { username: "x".repeat(601), ..user(1) },
        User { last_login: Some(late), ..user(1) },
        User { password_change_date: late, ..user(1) },
    ] {
        let database = Database::new().await;
        let rows = ImportData { users: vec![odd.clone()], ..ImportData::default() };
        assert!(database.store.import(&rows).await.is_err(), "{odd:?}");
        assert_eq!(database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user, None);
    }
    let database: Database = prepared().await;
    let mut change = rename(&user(1), 1);
    change.fields.last_login = Some(Some(late));
    assert!(database.store.commit(&change).await.is_err());
    let found = database.store.load(&SnapshotQuery::user(UserId(1))).await.unwrap().user.unwrap();
    assert_eq!(found, user(1));
}

#[tokio::test]
async fn long_group_names_are_compared_completely() {
    let named = |n, end: &str| Group { name: "ä".repeat(50_000) + end, ..group(n) };
    let groups = vec![named(1, ""), named(2, " "), named(3, "a"), named(4, "A")];
    let database = Database::new().await;
    database.store.import(&ImportData { groups, ..ImportData::default() }).await.unwrap();
}

#[tokio::test]
async fn user_rows_written_by_the_host_update_can_act() {
    let database: Database = prepared().await;
    for (set, expected) in [
        ("is_active = 0", 0),
        ("is_active = 1", 2),
        ("type = 'service_account'", 1),
        ("username = 'AnonymousUser'", 0),
        ("username = 'user 2', type = 'internal_service_account'", 0),
        ("type = 'external'", 2),
    ] {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE userbook_user SET {set} WHERE id = 2"));
        sqlx::query(sql).execute(database.pool()).await.unwrap();
        let copy: i64 = sqlx::query_scalar("SELECT CAST(SUM(can_act) AS INT) FROM userbook_membership")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert_eq!(copy, expected, "{set}");
    }
    database.pool().execute("DELETE FROM userbook_user").await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM userbook_membership")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
}
