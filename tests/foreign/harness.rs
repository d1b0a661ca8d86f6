//! A database with authentik's tables and the companion tables, for one test.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Decode, Postgres, Type};
use userbook::{
    Timestamp, User, UserId,
    event::{Event, EventActor, EventKind, EventTarget},
    model::ChangeId,
    store::{ChangeSet, Claim, DistinctNames, FieldChanges, Guards, ImportData},
};
use userbook_conformance::{Harness, Task};
use userbook_tests::servers::postgres::Database;
use uuid::Uuid;

use crate::store::ForeignStore;

#[derive(Debug)]
pub(crate) struct Authentik {
    store: Arc<ForeignStore>,
    database: Database,
}

impl Authentik {
    /// Runs statements of another program.
    pub(crate) async fn run(&self, statements: &'static str) {
        sqlx::raw_sql(statements).execute(self.database.pool()).await.unwrap();
    }

    /// Returns one value.
    pub(crate) async fn value<T>(&self, query: &'static str) -> T
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(query).fetch_one(self.database.pool()).await.unwrap()
    }

    async fn insert(&self, rows: &ImportData) {
        let mut transaction = self.database.pool().begin().await.unwrap();
        let conn = &mut *transaction;
        sqlx::query("SELECT set_config('companion.own', 'on', true)").execute(&mut *conn).await.unwrap();
        for group in &rows.groups {
            let sql = "INSERT INTO authentik_core_group VALUES ($1, $2, $3::jsonb, $4, $5)";
            let put = sqlx::query(sql).bind(group.id.0).bind(&group.name).bind(group.attributes.to_string());
            put.bind(group.parent.map(|id| id.0)).bind(group.is_superuser).execute(&mut *conn).await.unwrap();
            let sql = "UPDATE companion_group SET created_at = $2, updated_at = $3, external_ids = $4::jsonb WHERE group_id = $1";
            let put = sqlx::query(sql).bind(group.id.0).bind(group.created_at).bind(group.updated_at);
            put.bind(serde_json::to_string(&group.external_ids).unwrap()).execute(&mut *conn).await.unwrap();
        }
        for user in &rows.users {
            insert_user(conn, user).await;
        }
        transaction.commit().await.unwrap();
    }
}

async fn insert_user(conn: &mut sqlx::PgConnection, user: &User) {
    let sql = "INSERT INTO authentik_core_user (id, username, name, email, is_active, last_login, path, type,
            attributes, password_change_date, date_joined, uuid, password, first_name, last_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, '', '', '')";
    let put = sqlx::query(sql).bind(user.id.0).bind(&user.username).bind(&user.name).bind(&user.email);
    let put = put.bind(user.is_active).bind(user.last_login).bind(&user.path).bind(user.user_type.as_str());
    let put = put.bind(user.attributes.to_string()).bind(user.password_change_date).bind(user.created_at);
    put.bind(user.uuid).execute(&mut *conn).await.unwrap();
    let sql = "UPDATE companion_user SET revision = $2, version = $3, session_epoch = $4, updated_at = $5,
            external_ids = $6::jsonb WHERE user_id = $1";
    let put = sqlx::query(sql).bind(user.id.0).bind(user.revision.0).bind(user.version.cast_signed());
    let put = put
        .bind(user.session_epoch.0)
        .bind(user.updated_at)
        .bind(serde_json::to_string(&user.external_ids).unwrap());
    put.execute(&mut *conn).await.unwrap();
    crate::store::put_claims(conn, user.id.0, &Claim::of(user, DistinctNames::default())).await.unwrap();
    let groups: Vec<_> = user.groups.iter().map(|group| group.0).collect();
    let sql = "INSERT INTO authentik_core_user_ak_groups (user_id, group_id) SELECT $1, unnest($2::uuid[])";
    sqlx::query(sql).bind(user.id.0).bind(groups).execute(&mut *conn).await.unwrap();
}

impl Harness for Authentik {
    type Store = ForeignStore;

    async fn with(rows: &ImportData) -> Self {
        let database = Database::blank().await;
        for script in [include_str!("authentik.sql"), include_str!("companion.sql")] {
            sqlx::raw_sql(AssertSqlSafe(script)).execute(database.pool()).await.unwrap();
        }
        let harness = Self { store: Arc::new(ForeignStore(database.pool().clone())), database };
        harness.insert(rows).await;
        harness
    }

    fn store(&self) -> Arc<ForeignStore> {
        Arc::clone(&self.store)
    }

    async fn write_out_of_band(&self, user: UserId, last_login: Timestamp, password_change_date: Timestamp) {
        let sql = "UPDATE authentik_core_user SET last_login = $2, password_change_date = $3 WHERE id = $1";
        let update = sqlx::query(sql).bind(user.0).bind(last_login).bind(password_change_date);
        update.execute(self.database.pool()).await.unwrap();
    }

    fn spawn(task: Task) -> Task {
        Box::pin(async { tokio::spawn(task).await.unwrap() })
    }
}

/// Returns a change without columns.
pub(crate) fn change(user: &User) -> ChangeSet {
    let (change, version) = (ChangeId(Uuid::from_u128(77)), user.version + 1);
    let event = Event {
        id: change,
        kind: EventKind::UserUpdated,
        target: EventTarget::User(user.id),
        target_uuid: user.uuid,
        version,
        time: user.updated_at,
        actor: EventActor::System,
        impersonator: None,
        request_id: None,
        diff: [].into(),
        effects: Vec::new(),
    };
    ChangeSet {
        user: user.id,
        expected: user.revision,
        change,
        version,
        fields: FieldChanges::default(),
        groups_added: [].into(),
        groups_removed: [].into(),
        guards: Guards::default(),
        event: event.into(),
    }
}
