//! A database for one test.

use std::sync::Arc;

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tempfile::TempDir;
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserType,
    event::{Event, EventActor, EventKind, EventTarget},
    field::Name,
    model::ChangeId,
    store::{ChangeSet, FieldChanges, Guards, ImportData, ImportStore, OutboxLimit},
};
use userbook_sqlx::sqlite::{SqliteStore, connect, connect_options};
use uuid::Uuid;

/// Nine events of any size.
#[allow(dead_code, reason = "one of the test targets needs no events")]
pub(crate) const NINE: OutboxLimit = OutboxLimit { events: 9, bytes: u64::MAX };

/// A migrated database in a folder that is removed with this value.
pub(crate) struct Database {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) folder: TempDir,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(pool(options(&folder)).await);
        store.migrate().await.unwrap();
        Self { store: Arc::new(store), folder }
    }

    pub(crate) async fn with(rows: &ImportData) -> Self {
        let database = Self::new().await;
        database.store.import(rows).await.unwrap();
        database
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        self.store.pool()
    }
}

pub(crate) fn options(folder: &TempDir) -> SqliteConnectOptions {
    connect_options(&format!("sqlite://{}", folder.path().join("users.db").display())).unwrap()
}

pub(crate) async fn pool(options: SqliteConnectOptions) -> SqlitePool {
    connect(SqlitePoolOptions::new().max_connections(8), options).await.unwrap()
}

pub(crate) fn user(id: i64) -> User {
    User {
        id: UserId(id),
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        username: format!("user {id}"),
        name: "Original".to_owned(),
        email: String::new(),
        is_active: true,
        last_login: None,
        path: "users".to_owned(),
        user_type: UserType::Internal,
        attributes: serde_json::json!({}).into(),
        groups: [].into(),
        password_change_date: Timestamp::UNIX_EPOCH,
        revision: Revision(Uuid::from_u128(1)),
        version: 0,
        ..User::example()
    }
}

pub(crate) fn group(n: u128) -> Group {
    Group {
        id: GroupId(Uuid::from_u128(n)),
        name: format!("group {n}"),
        is_superuser: false,
        parent: None,
        attributes: serde_json::json!({}),
        ..Group::example()
    }
}

/// Change number `n` of this user, to another name.
pub(crate) fn rename(user: &User, n: u128) -> ChangeSet {
    let id = ChangeId(Uuid::from_u128(1000 + n));
    ChangeSet {
        user: user.id,
        expected: user.revision,
        change: id,
        version: user.version + 1,
        fields: FieldChanges { name: Some(Name::parse("renamed").unwrap()), ..FieldChanges::default() },
        groups_added: [].into(),
        groups_removed: [].into(),
        guards: Guards::default(),
        event: Event {
            id,
            kind: EventKind::UserUpdated,
            target: EventTarget::User(user.id),
            target_uuid: user.uuid,
            version: user.version + 1,
            time: Timestamp::UNIX_EPOCH,
            actor: EventActor::System,
            impersonator: None,
            request_id: None,
            diff: [].into(),
            effects: vec![],
        }
        .into(),
    }
}
