//! A store over authentik's tables: columns that Userbook has no name for are never written, and everything else is in
//! companion tables. One lock on the counters orders all commits.

use std::{borrow::Cow, collections::BTreeSet};

use serde::de::DeserializeOwned;
use sqlx::{Decode, PgConnection, PgPool, Postgres, Row, Transaction, Type, postgres::PgRow};
use userbook::{
    Group, GroupId, Revision, Timestamp, User, UserId, UserRef, UserStore, UserType, Violations,
    event::Event,
    field::{Attributes, EmailAddress, Name, UserPath, Username, fold},
    model::{ChangeId, ExternalIds, GroupGraph, SessionEpoch},
    store::{
        ActorState, ChangeSet, Claim, CommitOutcome, EpochGuard, Epochs, Guards, Outbox, OutboxLimit,
        Snapshot, SnapshotQuery, StoreError, StoreErrorKind, Superusers,
    },
};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct ForeignStore(pub(crate) PgPool);

type Answer<T> = Result<T, StoreError>;

/// Errors before `COMMIT`: a deadlock with another program is worth another attempt.
fn failure(error: sqlx::Error) -> StoreError {
    let state = error.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
    let kind = match state.as_deref() {
        Some("40001" | "40P01" | "55P03") => StoreErrorKind::Transient,
        _ if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => StoreErrorKind::Transient,
        _ => StoreErrorKind::Other,
    };
    StoreError::new(kind, error)
}

/// In a task of its own: sqlx would return the connection of a dropped future with an open transaction.
async fn begin(pool: &PgPool, sql: &'static str) -> Answer<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(sql).await }).await;
    begun.map_err(StoreError::corrupt)?.map_err(failure)
}

const USER: &str = "
    SELECT u.id::bigint AS id, u.uuid, u.username, u.name, u.email, u.is_active, u.last_login, u.path, u.type,
        u.attributes::text AS attributes, u.password_change_date, u.date_joined, c.updated_at, c.revision, c.version,
        c.session_epoch, c.external_ids::text AS external_ids,
        ARRAY(SELECT group_id FROM authentik_core_user_ak_groups WHERE user_id = u.id) AS groups
    FROM authentik_core_user AS u JOIN companion_user AS c ON c.user_id = u.id
    WHERE u.id = $1 OR u.uuid = $2";

fn text(value: &impl serde::Serialize) -> Answer<String> {
    serde_json::to_string(value).map_err(StoreError::corrupt)
}

/// Attributes may nest deeper than the default of `serde_json` allows.
fn json<T: DeserializeOwned>(text: &str) -> Answer<T> {
    let mut text = serde_json::Deserializer::from_str(text);
    text.disable_recursion_limit();
    T::deserialize(&mut text).map_err(StoreError::corrupt)
}

fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(row: &'r PgRow, column: &str) -> Answer<T> {
    row.try_get(column).map_err(StoreError::corrupt)
}

fn decode_user(row: &PgRow) -> Answer<User> {
    Ok(User {
        id: UserId(get(row, "id")?),
        uuid: get(row, "uuid")?,
        username: get(row, "username")?,
        name: get(row, "name")?,
        email: get(row, "email")?,
        is_active: get(row, "is_active")?,
        last_login: get(row, "last_login")?,
        path: get(row, "path")?,
        user_type: get::<&str>(row, "type")?.parse().map_err(StoreError::corrupt)?,
        attributes: json::<serde_json::Value>(get(row, "attributes")?)?.into(),
        external_ids: json(get(row, "external_ids")?)?,
        groups: get::<Vec<Uuid>>(row, "groups")?.into_iter().map(GroupId).collect(),
        password_change_date: get(row, "password_change_date")?,
        created_at: get(row, "date_joined")?,
        updated_at: get(row, "updated_at")?,
        revision: Revision(get(row, "revision")?),
        version: get::<i64>(row, "version")?.unsigned_abs(),
        session_epoch: SessionEpoch(get(row, "session_epoch")?),
    })
}

async fn find(conn: &mut PgConnection, target: Option<UserRef>) -> Answer<Option<User>> {
    let (id, uuid) = match target {
        Some(UserRef::Id(id)) => (Some(id.0), None),
        Some(UserRef::Uuid(uuid)) => (None, Some(uuid)),
        None => return Ok(None),
    };
    let row = sqlx::query(USER).bind(id).bind(uuid).fetch_optional(conn).await.map_err(failure)?;
    row.as_ref().map(decode_user).transpose()
}

/// Returns groups with their ancestors, up to 19 above.
async fn closure(conn: &mut PgConnection, starts: Vec<Uuid>) -> Answer<GroupGraph> {
    let rows = sqlx::query(
        "WITH RECURSIVE closure (id, depth) AS (
            SELECT unnest($1::uuid[]), 0
            UNION
            SELECT g.parent_id, depth + 1 FROM closure JOIN authentik_core_group AS g ON g.group_uuid = closure.id
            WHERE g.parent_id IS NOT NULL AND depth < 19
        )
        SELECT g.group_uuid, g.name, g.is_superuser, g.parent_id, g.attributes::text AS attributes, c.created_at,
            c.updated_at, c.external_ids::text AS external_ids
        FROM authentik_core_group AS g JOIN companion_group AS c ON c.group_id = g.group_uuid
        WHERE g.group_uuid IN (SELECT id FROM closure)",
    );
    let mut graph = GroupGraph::default();
    for row in rows.bind(starts).fetch_all(conn).await.map_err(failure)? {
        graph.insert(Group {
            id: GroupId(get(&row, "group_uuid")?),
            name: get(&row, "name")?,
            is_superuser: get(&row, "is_superuser")?,
            parent: get::<Option<_>>(&row, "parent_id")?.map(GroupId),
            attributes: json(get(&row, "attributes")?)?,
            external_ids: json(get(&row, "external_ids")?)?,
            created_at: get(&row, "created_at")?,
            updated_at: get(&row, "updated_at")?,
        });
    }
    Ok(graph)
}

async fn has(db: &mut PgConnection, sql: &'static str, text: Option<&str>, id: Option<i64>) -> Answer<bool> {
    let Some(text) = text else { return Ok(false) };
    sqlx::query_scalar(sql).bind(text).bind(id).fetch_one(db).await.map_err(failure)
}

const HAS_NAME: &str =
    "SELECT EXISTS (SELECT FROM authentik_core_user WHERE username = $1 AND id::bigint IS DISTINCT FROM $2)";
const HAS_KEY: &str = "SELECT EXISTS (SELECT FROM companion_claim WHERE key = $1 AND key <> '' AND user_id::bigint IS DISTINCT FROM $2)";
const HAS_EXCLUSIVE_KEY: &str =
    "SELECT EXISTS (SELECT FROM companion_claim WHERE key = $1 AND exclusive AND user_id::bigint <> $2)";
const HAS_EVENT: &str =
    "SELECT EXISTS (SELECT FROM companion_event WHERE id::text = $1 AND $2::bigint IS NULL)";

async fn other_superusers(conn: &mut PgConnection, except: Option<i64>) -> Answer<Superusers> {
    let types = sqlx::query_scalar(
        "WITH RECURSIVE granting (id, depth) AS (
            SELECT group_uuid, 0 FROM authentik_core_group WHERE is_superuser
            UNION
            SELECT g.group_uuid, depth + 1 FROM granting JOIN authentik_core_group AS g ON g.parent_id = granting.id
            WHERE depth < 19
        )
        SELECT DISTINCT u.type FROM authentik_core_user AS u JOIN authentik_core_user_ak_groups AS m ON m.user_id = u.id
        WHERE m.group_id IN (SELECT id FROM granting) AND u.is_active AND u.username <> 'AnonymousUser'
            AND u.id::bigint IS DISTINCT FROM $1",
    );
    let types: Vec<String> = types.bind(except).fetch_all(conn).await.map_err(failure)?;
    let has = |kind: &str| types.iter().any(|found| found == kind);
    Ok(Superusers { person: has("internal") || has("external"), service_account: has("service_account") })
}

/// Returns the counters `graph` and `superusers`.
async fn counters(conn: &mut PgConnection, sql: &'static str) -> Answer<Epochs> {
    let values: Vec<i64> = sqlx::query_scalar(sql).fetch_all(conn).await.map_err(failure)?;
    let [graph, superusers] = *values else { return Err(StoreError::corrupt("a counter is missing")) };
    Ok(Epochs { graph: graph.unsigned_abs(), superusers: superusers.unsigned_abs(), next_user: 0 })
}

#[async_trait::async_trait]
impl UserStore for ForeignStore {
    async fn load(&self, query: &SnapshotQuery) -> Answer<Snapshot> {
        let conn = &mut *begin(&self.0, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        let user = find(conn, query.target).await?;
        let actor = find(conn, query.actor.map(UserRef::Id)).await?;
        let except = user.as_ref().map(|user| user.id.0);
        let own = user.iter().chain(&actor).flat_map(|user| &user.groups);
        let starts = own.chain(&query.groups).map(|group| group.0).collect();
        let others = if query.other_superusers { Some(other_superusers(conn, except).await?) } else { None };
        let event = query.change.map(|id| id.0.to_string());
        let (login, email) = (query.login.as_deref().map(fold), query.email.as_deref().map(fold));
        Ok(Snapshot {
            groups: closure(conn, starts).await?,
            username_taken: has(conn, HAS_NAME, query.username.as_deref(), except).await?,
            login_taken: has(conn, HAS_KEY, login.as_deref(), except).await?,
            email_taken: has(conn, HAS_KEY, email.as_deref(), except).await?,
            other_superusers: others,
            epochs: counters(conn, "SELECT value FROM companion_counter ORDER BY name").await?,
            change_committed: has(conn, HAS_EVENT, event.as_deref(), None).await?,
            actor: actor.as_ref().map(ActorState::from),
            user,
        })
    }

    async fn commit(&self, change: &ChangeSet) -> Answer<CommitOutcome> {
        let mut transaction = begin(&self.0, "BEGIN").await?;
        let outcome = match apply(&mut transaction, change).await {
            Err(error) if error.kind == StoreErrorKind::Transient => CommitOutcome::Conflict,
            outcome => outcome?,
        };
        if outcome == CommitOutcome::Applied {
            transaction.commit().await.map_err(|error| StoreError::new(StoreErrorKind::Ambiguous, error))?;
        }
        Ok(outcome)
    }
}

/// Compares everything, then writes everything. An outcome other than `Applied` is rolled back.
async fn apply(conn: &mut PgConnection, change: &ChangeSet) -> Answer<CommitOutcome> {
    let own = sqlx::query("SELECT set_config('companion.own', 'on', true)");
    own.execute(&mut *conn).await.map_err(failure)?;
    let epochs = counters(conn, "SELECT value FROM companion_counter ORDER BY name FOR UPDATE").await?;
    let (id, fields) = (change.user.0, &change.fields);
    let Guards { graph, superusers, actor, .. } = change.guards;
    let locked = "SELECT revision FROM companion_user WHERE user_id = $1 FOR UPDATE";
    let mut revisions = Vec::new();
    for user in [Some(id), actor.map(|guard| guard.user.0)] {
        let found = sqlx::query_scalar(locked).bind(user);
        revisions.push(found.fetch_optional(&mut *conn).await.map_err(failure)?.map(Revision));
    }
    let username = fields.username.as_ref().map(Username::as_str);
    let joined: Vec<_> = change.groups_added.iter().map(|group| group.0).collect();
    let count = "SELECT count(*) FROM authentik_core_group WHERE group_uuid = ANY ($1)";
    let joinable: i64 =
        sqlx::query_scalar(count).bind(&joined).fetch_one(&mut *conn).await.map_err(failure)?;
    match *revisions {
        [None, _] => return Ok(CommitOutcome::Gone),
        [Some(revision), _] if revision != change.expected => return Ok(CommitOutcome::Conflict),
        [_, revision] if actor.is_some_and(|guard| revision != Some(guard.revision)) => {
            return Ok(CommitOutcome::Conflict);
        }
        _ if graph.is_some_and(|guard| guard.expected != epochs.graph) => return Ok(CommitOutcome::Conflict),
        _ if superusers.is_some_and(|guard| guard.expected != epochs.superusers) => {
            return Ok(CommitOutcome::Conflict);
        }
        _ if has(conn, HAS_NAME, username, Some(id)).await? => return Ok(CommitOutcome::Conflict),
        _ if joinable.unsigned_abs() != joined.len() as u64 => return Ok(CommitOutcome::Conflict),
        _ => {}
    }
    let claims: Vec<_> = change.claims().into_iter().flatten().collect();
    for claim in &claims {
        let key = claim.key.as_deref().filter(|_| claim.exclusive);
        if has(conn, HAS_EXCLUSIVE_KEY, key, Some(id)).await? {
            return Ok(CommitOutcome::Conflict);
        }
    }
    put_claims(conn, id, &claims).await?;
    if let Some(ids) = &fields.external_ids
        && let Some(source) = taken_source(conn, id, ids).await?
    {
        let source = source.parse().map_err(StoreError::corrupt)?;
        return Ok(CommitOutcome::Rejected(Violations::external_id_taken(&source)));
    }
    write(conn, change).await?;
    Ok(CommitOutcome::Applied)
}

/// Returns the first source in which another user has one of these identifiers.
async fn taken_source(conn: &mut PgConnection, id: i64, ids: &ExternalIds) -> Answer<Option<String>> {
    let source = sqlx::query_scalar(
        "SELECT own.key FROM jsonb_each_text($2::jsonb) AS own
         JOIN companion_user AS c ON c.external_ids ->> own.key = own.value AND c.user_id <> $1 ORDER BY own.key LIMIT 1",
    );
    source.bind(id).bind(text(ids)?).fetch_optional(conn).await.map_err(failure)
}

/// A key that the user claims exclusively stays exclusive, whichever name has it.
pub(crate) async fn put_claims(conn: &mut PgConnection, id: i64, claims: &[Claim]) -> Answer<()> {
    let put = "INSERT INTO companion_claim
         SELECT $1, new.namespace, new.key, bool_or(new.exclusive OR EXISTS (SELECT FROM companion_claim AS own
             WHERE own.user_id = $1 AND own.key = new.key AND own.exclusive)) OVER (PARTITION BY new.key)
         FROM unnest($2::text[], $3::text[], $4::boolean[]) AS new (namespace, key, exclusive)
         ON CONFLICT (user_id, namespace) DO UPDATE SET key = excluded.key, exclusive = excluded.exclusive";
    let namespaces: Vec<_> = claims.iter().map(|claim| claim.namespace.as_str()).collect();
    let keys: Vec<_> = claims.iter().map(|claim| claim.key.as_deref().unwrap_or_default()).collect();
    let exclusive: Vec<_> = claims.iter().map(|claim| claim.exclusive).collect();
    let put = sqlx::query(put).bind(id).bind(namespaces).bind(keys).bind(exclusive);
    put.execute(conn).await.map_err(failure).map(|_| ())
}

async fn write(conn: &mut PgConnection, change: &ChangeSet) -> Answer<()> {
    let ChangeSet { fields, guards, event, .. } = change;
    let user = sqlx::query(
        "UPDATE authentik_core_user SET username = coalesce($2, username), name = coalesce($3, name),
            email = coalesce($4, email), is_active = coalesce($5, is_active), path = coalesce($6, path),
            type = coalesce($7, type), attributes = coalesce($8::jsonb, attributes),
            password_change_date = coalesce($9, password_change_date),
            last_login = CASE WHEN $10 THEN $11 ELSE last_login END
         WHERE id = $1",
    )
    .bind(change.user.0)
    .bind(fields.username.as_ref().map(Username::as_str))
    .bind(fields.name.as_ref().map(Name::as_str))
    .bind(fields.email.as_ref().map(EmailAddress::as_str))
    .bind(fields.is_active)
    .bind(fields.path.as_ref().map(UserPath::as_str))
    .bind(fields.user_type.map(UserType::as_str))
    .bind(fields.attributes.as_ref().map(Attributes::as_value).map(ToString::to_string))
    .bind(fields.password_change_date)
    .bind(fields.last_login.is_some())
    .bind(fields.last_login.flatten());
    let companion = sqlx::query(
        "UPDATE companion_user SET revision = $2, version = $3, updated_at = $4,
            session_epoch = coalesce($5, session_epoch), external_ids = coalesce($6::jsonb, external_ids) WHERE user_id = $1",
    )
    .bind(change.user.0)
    .bind(change.change.0)
    .bind(change.version.cast_signed())
    .bind(event.time)
    .bind(change.new_session_epoch().map(|epoch| epoch.0))
    .bind(fields.external_ids.as_ref().map(text).transpose()?);
    let groups = |ids: &BTreeSet<GroupId>| ids.iter().map(|group| group.0).collect::<Vec<_>>();
    let join = "INSERT INTO authentik_core_user_ak_groups (user_id, group_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING";
    let leave = "DELETE FROM authentik_core_user_ak_groups WHERE user_id = $1 AND group_id = ANY ($2)";
    let count = "UPDATE companion_counter SET value = value + 1 WHERE (name = 'graph' AND $1) OR (name = 'superusers' AND $2)";
    let bumps = |guard: Option<EpochGuard>| guard.is_some_and(EpochGuard::is_bump);
    let insert = "INSERT INTO companion_event (id, time, body) VALUES ($1, $2, $3)";
    for statement in [
        user,
        companion,
        sqlx::query(join).bind(change.user.0).bind(groups(&change.groups_added)),
        sqlx::query(leave).bind(change.user.0).bind(groups(&change.groups_removed)),
        sqlx::query(count).bind(bumps(guards.graph)).bind(bumps(guards.superusers)),
        sqlx::query(insert).bind(event.id.0).bind(event.time).bind(text(&**event)?),
    ] {
        statement.execute(&mut *conn).await.map_err(failure)?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl Outbox for ForeignStore {
    async fn pending(&self, limit: OutboxLimit) -> Answer<Vec<Event>> {
        let select = "SELECT body FROM (
                SELECT body, sum(octet_length(body)) OVER (ORDER BY place) AS size, row_number() OVER (ORDER BY place) AS n
                FROM (SELECT place, body FROM companion_event WHERE is_pending ORDER BY place LIMIT $1) AS first
            ) AS measured WHERE size <= $2 OR n = 1 ORDER BY n";
        let bodies = sqlx::query_scalar::<_, String>(select).bind(i64::from(limit.events));
        let bytes = i64::try_from(limit.bytes).unwrap_or(i64::MAX);
        let bodies = bodies.bind(bytes).fetch_all(&self.0).await.map_err(failure)?;
        bodies.iter().map(|body| json(body)).collect()
    }

    async fn ack(&self, ids: &[ChangeId]) -> Answer<()> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let ack = sqlx::query("UPDATE companion_event SET is_pending = false WHERE id = ANY ($1)").bind(ids);
        ack.execute(&self.0).await.map_err(failure).map(|_| ())
    }

    async fn prune_before(&self, time: Timestamp) -> Answer<u64> {
        let prune = sqlx::query("DELETE FROM companion_event WHERE NOT is_pending AND time < $1").bind(time);
        Ok(prune.execute(&self.0).await.map_err(failure)?.rows_affected())
    }
}
