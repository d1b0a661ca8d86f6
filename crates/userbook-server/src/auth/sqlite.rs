//! Tokens and permissions in the SQLite database that holds the users.

use async_trait::async_trait;
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use userbook::{
    AuthorizerError, GrantQuery, Grants, Permission, PermissionSource, StoreError, StoreErrorKind, Timestamp,
    UserId,
};
use userbook_http::{TokenHash, TokenIntent, TokenRecord, TokenStore};
use userbook_sqlx::{MigrateError, Migration, sqlite::migrate};
use uuid::Uuid;

use super::{AuthRows, AuthStore, GrantedOn};

const MIGRATIONS: [Migration; 1] =
    [Migration { version: 1, name: "auth", sql: include_str!("../../migrations/sqlite/0001_auth.sql") }];

const FIND_TOKEN: &str = include_str!("sql/find_token.sql");
const GRANTS: &str = include_str!("sql/grants.sql");
const CLEAR_TOKENS: &str = include_str!("sql/clear_tokens.sql");
const CLEAR_GRANTS: &str = include_str!("sql/clear_grants.sql");
const PUT_TOKEN: &str = include_str!("sql/put_token.sql");
const PUT_GRANT: &str = include_str!("sql/put_grant.sql");

/// Tokens and permissions in SQLite.
#[derive(Debug, Clone)]
pub struct SqliteAuth {
    pool: SqlitePool,
}

impl SqliteAuth {
    /// In the database of this pool, whose tables are brought up to date.
    ///
    /// # Errors
    /// [`MigrateError`] if they cannot be.
    pub async fn open(pool: SqlitePool) -> Result<Self, MigrateError> {
        migrate(&pool, "userbook-server", &MIGRATIONS).await?;
        Ok(Self { pool })
    }
}

#[async_trait]
impl TokenStore for SqliteAuth {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let row = sqlx::query(FIND_TOKEN).bind(hash.as_bytes().as_slice()).fetch_optional(&self.pool).await;
        row.map_err(failure)?.as_ref().map(token).transpose()
    }
}

fn token(row: &SqliteRow) -> Result<TokenRecord, StoreError> {
    let intent: String = row.try_get("intent").map_err(StoreError::corrupt)?;
    let expires: Option<i64> = row.try_get("expires").map_err(StoreError::corrupt)?;
    Ok(TokenRecord {
        user: UserId(row.try_get("user_id").map_err(StoreError::corrupt)?),
        user_is_active: row.try_get("is_active").map_err(StoreError::corrupt)?,
        intent: intent.parse::<TokenIntent>().map_err(StoreError::corrupt)?,
        expiring: row.try_get("expiring").map_err(StoreError::corrupt)?,
        expires: expires
            .map(|micros| {
                Timestamp::from_timestamp_micros(micros)
                    .ok_or_else(|| StoreError::corrupt("the end of a token is no moment"))
            })
            .transpose()?,
    })
}

#[async_trait]
impl PermissionSource for SqliteAuth {
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError> {
        let groups: Vec<String> = query.groups.iter().map(ToString::to_string).collect();
        let rows = sqlx::query(GRANTS)
            .bind(query.actor.0)
            .bind(query.user.map(|user| user.0))
            .bind(serde_json::to_string(&groups).map_err(AuthorizerError::new)?)
            .bind(Permission::ViewUser.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(AuthorizerError::new)?;
        let mut grants = Grants::default();
        for row in rows {
            note(&mut grants, &row).map_err(AuthorizerError::new)?;
        }
        Ok(grants)
    }
}

fn note(grants: &mut Grants, row: &SqliteRow) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // A permission that Userbook does not know opens nothing here.
    let Ok(permission) = row.try_get::<String, _>("permission")?.parse::<Permission>() else { return Ok(()) };
    match row.try_get::<String, _>("scope")?.as_str() {
        "everything" => grants.global.insert(permission),
        "user" => grants.on_user.insert(permission),
        "some user" => std::mem::replace(&mut grants.views_some_user, true),
        "group" => {
            let group = Uuid::parse_str(&row.try_get::<String, _>("on_group")?)?;
            grants.on_groups.entry(userbook::GroupId(group)).or_default().insert(permission)
        }
        other => return Err(format!("unknown scope {other:?}").into()),
    };
    Ok(())
}

#[async_trait]
impl AuthStore for SqliteAuth {
    async fn replace(&self, rows: &AuthRows) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failure)?;
        for clear in [CLEAR_TOKENS, CLEAR_GRANTS] {
            sqlx::query(clear).execute(&mut *transaction).await.map_err(failure)?;
        }
        for token in &rows.tokens {
            sqlx::query(PUT_TOKEN)
                .bind(token.hash.as_bytes().as_slice())
                .bind(token.user.0)
                .bind(token.intent.as_str())
                .bind(token.expiring)
                .bind(token.expires.map(|moment| moment.timestamp_micros()))
                .execute(&mut *transaction)
                .await
                .map_err(failure)?;
        }
        for grant in &rows.grants {
            let (user, group) = match grant.on {
                GrantedOn::Everything => (None, None),
                GrantedOn::User(user) => (Some(user.0), None),
                GrantedOn::Group(group) => (None, Some(group.to_string())),
            };
            sqlx::query(PUT_GRANT)
                .bind(grant.user.0)
                .bind(&grant.permission)
                .bind(user)
                .bind(group)
                .execute(&mut *transaction)
                .await
                .map_err(failure)?;
        }
        transaction.commit().await.map_err(failure)
    }
}

fn failure(error: sqlx::Error) -> StoreError {
    let transient = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_));
    StoreError::new(if transient { StoreErrorKind::Transient } else { StoreErrorKind::Other }, error)
}
