//! Tokens and permissions in SQL: code shared by all dialects.

use std::error::Error;

use userbook::{
    GroupId, Timestamp, UserId,
    authz::{GrantedObjects, Grants, Permission},
    store::StoreError,
};
use userbook_http::{TokenIntent, TokenRecord};
use uuid::Uuid;

use super::GrantedOn;

pub(super) const CLEAR_TOKENS: &str = include_str!("sql/clear_tokens.sql");
pub(super) const CLEAR_GRANTS: &str = include_str!("sql/clear_grants.sql");

/// The statements that differ between dialects.
pub(super) struct Statements {
    pub(super) begin: &'static str,
    pub(super) grants: &'static str,
    pub(super) granted_objects: &'static str,
    pub(super) find_token: &'static str,
    pub(super) put_token: &'static str,
    pub(super) put_grant: &'static str,
}

impl Statements {
    /// Returns the statements of a dialect with numbered parameters.
    pub(super) const fn numbered(begin: &'static str, grants: &'static str) -> Self {
        Self {
            begin,
            grants,
            granted_objects: include_str!("sql/granted_objects.sql"),
            find_token: include_str!("sql/find_token.sql"),
            put_token: include_str!("sql/put_token.sql"),
            put_grant: include_str!("sql/put_grant.sql"),
        }
    }
}

/// Declares the store of a dialect. A macro is shorter than generic code with sqlx's trait bounds. The macro uses
/// `migrate`, `failure`, `MIGRATIONS` and `STATEMENTS` of the calling module.
macro_rules! sql_auth {
    ($(#[$doc:meta])* $auth:ident($store:ty, $pool:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $auth {
            store: $store,
        }

        impl $auth {
            /// Uses the database of this store and shares its connections; see [`migrate`](Self::migrate).
            pub fn new(store: $store) -> Self {
                Self { store }
            }

            /// Migrates the tables.
            ///
            /// # Errors
            /// [`MigrateError`](userbook_sqlx::MigrateError) if the migration fails.
            pub async fn migrate(pool: &$pool) -> Result<(), userbook_sqlx::MigrateError> {
                migrate(pool, "userbook-server", &MIGRATIONS).await
            }
        }

        #[async_trait::async_trait]
        impl userbook_http::TokenStore for $auth {
            async fn find(
                &self,
                hash: &userbook_http::TokenHash,
            ) -> Result<Option<userbook_http::TokenRecord>, userbook::store::StoreError> {
                let find = sqlx::query_as(STATEMENTS.find_token).bind(hash.as_bytes().as_slice());
                let mut connection = self.store.acquire().await.map_err(failure)?;
                let row = find.fetch_optional(&mut *connection).await.map_err(failure)?;
                connection.release();
                row.map(super::sql::token).transpose()
            }
        }

        #[async_trait::async_trait]
        impl userbook::authz::PermissionSource for $auth {
            async fn grants(
                &self,
                query: &userbook::authz::GrantQuery,
            ) -> Result<userbook::authz::Grants, userbook::authz::AuthorizerError> {
                let groups: Vec<String> = query.groups.iter().map(ToString::to_string).collect();
                let mut connection = self.store.acquire().await.map_err(failure)?;
                let rows = sqlx::query_as(STATEMENTS.grants)
                    .bind(query.actor.0)
                    .bind(query.user.map(|user| user.0))
                    .bind(serde_json::to_string(&groups).map_err(userbook::authz::AuthorizerError::new)?)
                    .bind(userbook::authz::Permission::ViewUser.as_str())
                    .bind(userbook::authz::Permission::EnableGroupSuperuser.as_str())
                    .bind(userbook::authz::Permission::ViewGroup.as_str())
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(failure)?;
                connection.release();
                super::sql::grants(rows).map_err(userbook::authz::AuthorizerError::new)
            }

            async fn granted_objects(
                &self,
                actor: userbook::UserId,
                permission: userbook::authz::Permission,
            ) -> Result<userbook::authz::GrantedObjects, userbook::authz::AuthorizerError> {
                let mut connection = self.store.acquire().await.map_err(failure)?;
                let rows = sqlx::query_as(STATEMENTS.granted_objects)
                    .bind(actor.0)
                    .bind(permission.as_str())
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(failure)?;
                connection.release();
                super::sql::granted_objects(rows).map_err(userbook::authz::AuthorizerError::new)
            }
        }

        #[async_trait::async_trait]
        impl super::AuthStore for $auth {
            async fn replace(&self, rows: &super::AuthRows) -> Result<(), userbook::store::StoreError> {
                use super::sql::{CLEAR_GRANTS, CLEAR_TOKENS, parts};
                let mut transaction = self.store.pool().begin_with(STATEMENTS.begin).await.map_err(failure)?;
                for clear in [CLEAR_TOKENS, CLEAR_GRANTS] {
                    sqlx::query(clear).execute(&mut *transaction).await.map_err(failure)?;
                }
                for token in &rows.tokens {
                    let put = sqlx::query(STATEMENTS.put_token)
                        .bind(token.hash.as_bytes().as_slice())
                        .bind(token.user.0)
                        .bind(token.intent.as_str())
                        .bind(token.expiring)
                        .bind(token.expires.map(|moment| moment.timestamp_micros()));
                    put.execute(&mut *transaction).await.map_err(failure)?;
                }
                for grant in &rows.grants {
                    let (user, group) = parts(grant.on);
                    let put = sqlx::query(STATEMENTS.put_grant).bind(grant.user.0).bind(&grant.permission);
                    put.bind(user).bind(group).execute(&mut *transaction).await.map_err(failure)?;
                }
                transaction.commit().await.map_err(failure)
            }
        }
    };
}
pub(super) use sql_auth;

/// Reads a token: owner, intent, whether it expires, expiry, whether the owner is active.
pub(super) fn token(
    (user, intent, expiring, expires, user_is_active): (i64, String, bool, Option<i64>, bool),
) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        user: UserId(user),
        user_is_active,
        intent: intent.parse::<TokenIntent>().map_err(StoreError::corrupt)?,
        expiring,
        expires: expires
            .map(|micros| {
                Timestamp::from_timestamp_micros(micros)
                    .ok_or_else(|| StoreError::corrupt("the expiry of a token is not a valid time"))
            })
            .transpose()?,
    })
}

/// Reads grants from rows of scope, permission and group.
pub(super) fn grants(
    rows: Vec<(String, String, Option<String>)>,
) -> Result<Grants, Box<dyn Error + Send + Sync>> {
    let mut grants = Grants::default();
    for (scope, permission, group) in rows {
        // Permissions unknown to Userbook have no effect.
        let Ok(permission) = permission.parse::<Permission>() else { continue };
        match (scope.as_str(), group) {
            ("everything", _) => grants.global.insert(permission),
            ("user", _) => grants.on_user.insert(permission),
            ("some user", _) => std::mem::replace(&mut grants.views_some_user, true),
            ("of user", _) => std::mem::replace(&mut grants.user_can_grant, true),
            ("group", Some(group)) => {
                let group = GroupId(Uuid::parse_str(&group)?);
                grants.on_groups.entry(group).or_default().insert(permission)
            }
            other => return Err(format!("unknown scope {other:?}").into()),
        };
    }
    Ok(grants)
}

/// Reads the objects of a permission from rows of user and group.
pub(super) fn granted_objects(
    rows: Vec<(Option<i64>, Option<String>)>,
) -> Result<GrantedObjects, Box<dyn Error + Send + Sync>> {
    let mut granted_objects = GrantedObjects::default();
    for row in rows {
        match row {
            (None, None) => granted_objects.global = true,
            (Some(user), None) => _ = granted_objects.users.insert(UserId(user)),
            (None, Some(group)) => _ = granted_objects.groups.insert(GroupId(Uuid::parse_str(&group)?)),
            (Some(_), Some(_)) => {
                return Err("a permission has both a user and a group as object".into());
            }
        }
    }
    Ok(granted_objects)
}

/// Returns the columns of an object: user and group.
pub(super) fn parts(on: GrantedOn) -> (Option<i64>, Option<String>) {
    match on {
        GrantedOn::Everything => (None, None),
        GrantedOn::User(user) => (Some(user.0), None),
        GrantedOn::Group(group) => (None, Some(group.to_string())),
    }
}
