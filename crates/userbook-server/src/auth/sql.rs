//! Tokens and permissions in the database that holds the users.

use async_trait::async_trait;
use sqlx::Pool;
use userbook::{
    UserId,
    authz::{AuthorizerError, GrantQuery, GrantedObjects, Grants, Permission, PermissionSource},
    store::{ImportData, ImportOutcome, StoreError, StoreErrorKind},
};
use userbook_http::{TokenHash, TokenRecord, TokenStore};
use userbook_sqlx::{
    MigrateError, SqlStore,
    host::{Value, execute, fetch},
    migrate,
};

use super::{
    AuthRows, AuthStore, BeforeCommit, GrantRow, TokenRow, decode,
    statements::{
        AuthBackend, DELETE_GRANT, DELETE_TOKEN, FIND_IDENTIFIER, FIND_TOKEN, GRANTED_OBJECTS, LIST_GRANTS,
        LIST_TOKENS, LIST_TOKENS_OF_USER, PUT_GRANT, PUT_TOKEN,
    },
};

/// The name of the server's tables among the migrations of a database.
pub(crate) const COMPONENT: &str = "userbook-server";

/// Tokens and permissions in a database of sqlx: `Sqlite`, `Postgres` or `MySql`.
#[derive(Debug, Clone)]
pub struct SqlAuth<B: AuthBackend> {
    pub(super) store: SqlStore<B>,
}

impl<B: AuthBackend> SqlAuth<B> {
    /// Uses the database of this store; see [`migrate`](Self::migrate).
    pub fn new(store: SqlStore<B>) -> Self {
        Self { store }
    }

    /// Migrates the tables, after those of the store.
    ///
    /// # Errors
    /// [`MigrateError`] if the migration fails.
    pub async fn migrate(pool: &Pool<B>) -> Result<(), MigrateError> {
        migrate(pool, COMPONENT, <B as AuthBackend>::MIGRATIONS).await
    }
}

#[async_trait]
impl<B: AuthBackend> TokenStore for SqlAuth<B> {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let hash = [("hash", Value::Bytes(hash.as_bytes().to_vec()))];
        let rows = fetch(&self.store, &FIND_TOKEN, &hash).await?;
        rows.first().map(decode::token_record).transpose()
    }
}

#[async_trait]
impl<B: AuthBackend> PermissionSource for SqlAuth<B> {
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError> {
        let groups: Vec<String> = query.groups.iter().map(ToString::to_string).collect();
        let parameters = [
            ("actor", query.actor.0.into()),
            ("target", query.user.map(|user| user.0).into()),
            ("groups", serde_json::to_string(&groups).map_err(AuthorizerError::new)?.into()),
            ("view_user", Permission::ViewUser.as_str().into()),
            ("grant", Permission::EnableGroupSuperuser.as_str().into()),
            ("view_group", Permission::ViewGroup.as_str().into()),
        ];
        let rows = fetch(&self.store, B::grants(), &parameters).await?;
        Ok(decode::grants(&rows)?)
    }

    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError> {
        let parameters = [("user", actor.0.into()), ("permission", permission.as_str().into())];
        let rows = fetch(&self.store, &GRANTED_OBJECTS, &parameters).await?;
        Ok(decode::granted_objects(&rows)?)
    }
}

#[async_trait]
impl<B: AuthBackend> AuthStore for SqlAuth<B> {
    async fn fill(
        &self,
        directory: &ImportData,
        rows: &AuthRows,
        before_commit: BeforeCommit<'_>,
    ) -> Result<ImportOutcome, StoreError> {
        let mut transaction = self.store.begin_import().await?;
        if SqlStore::<B>::import_in(&mut transaction, directory).await? == ImportOutcome::NotEmpty {
            return Ok(ImportOutcome::NotEmpty);
        }
        for token in &rows.tokens {
            PUT_TOKEN.execute::<B>(&mut transaction, &token_values(token)).await?;
        }
        for grant in &rows.grants {
            PUT_GRANT.execute::<B>(&mut transaction, &grant_values(grant)).await?;
        }
        before_commit().map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        transaction.commit().await?;
        Ok(ImportOutcome::Imported)
    }

    async fn create_token(&self, token: &TokenRow) -> Result<bool, StoreError> {
        let mut transaction = self.store.begin_write().await?;
        let identifier = [("identifier", token.identifier.as_str().into())];
        if !FIND_IDENTIFIER.fetch_all::<B>(&mut transaction, &identifier).await?.is_empty() {
            return Ok(false);
        }
        PUT_TOKEN.execute::<B>(&mut transaction, &token_values(token)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn has_token(&self, identifier: &str) -> Result<bool, StoreError> {
        let identifier = [("identifier", identifier.into())];
        Ok(!fetch(&self.store, &FIND_IDENTIFIER, &identifier).await?.is_empty())
    }

    async fn revoke_token(&self, identifier: &str) -> Result<bool, StoreError> {
        let identifier = [("identifier", identifier.into())];
        Ok(execute(&self.store, &DELETE_TOKEN, &identifier).await? > 0)
    }

    async fn tokens(&self, user: Option<UserId>) -> Result<Vec<TokenRow>, StoreError> {
        let mut connection = self.store.acquire().await?;
        let tokens = read_tokens::<B>(&mut connection, user).await?;
        connection.release();
        Ok(tokens)
    }

    async fn grant(&self, grant: &GrantRow) -> Result<bool, StoreError> {
        let mut transaction = self.store.begin_write().await?;
        let values = grant_values(grant);
        let known = DELETE_GRANT.execute::<B>(&mut transaction, &values).await?;
        PUT_GRANT.execute::<B>(&mut transaction, &values).await?;
        transaction.commit().await?;
        Ok(known == 0)
    }

    async fn revoke(&self, grant: &GrantRow) -> Result<bool, StoreError> {
        let values = grant_values(grant);
        Ok(execute(&self.store, &DELETE_GRANT, &values).await? > 0)
    }

    async fn grants_of_all(&self) -> Result<Vec<GrantRow>, StoreError> {
        let mut connection = self.store.acquire().await?;
        let grants = read_grants::<B>(&mut connection).await?;
        connection.release();
        Ok(grants)
    }
}

/// Reads the tokens of a user, or all.
pub(crate) async fn read_tokens<B: AuthBackend>(
    conn: &mut B::Connection,
    user: Option<UserId>,
) -> Result<Vec<TokenRow>, StoreError> {
    let rows = match user {
        None => LIST_TOKENS.fetch_all::<B>(conn, &[]).await?,
        Some(user) => LIST_TOKENS_OF_USER.fetch_all::<B>(conn, &[("user", user.0.into())]).await?,
    };
    rows.iter().map(decode::token).collect()
}

/// Reads all granted permissions.
pub(crate) async fn read_grants<B: AuthBackend>(
    conn: &mut B::Connection,
) -> Result<Vec<GrantRow>, StoreError> {
    LIST_GRANTS.fetch_all::<B>(conn, &[]).await?.iter().map(decode::grant).collect()
}

fn token_values(token: &TokenRow) -> [(&'static str, Value<'_>); 6] {
    [
        ("hash", Value::Bytes(token.hash.as_bytes().to_vec())),
        ("user", token.user.0.into()),
        ("identifier", token.identifier.as_str().into()),
        ("intent", token.intent.as_str().into()),
        ("expiring", token.expiring.into()),
        ("expires", token.expires.map(|time| time.timestamp_micros()).into()),
    ]
}

fn grant_values(grant: &GrantRow) -> [(&'static str, Value<'_>); 4] {
    let (user, group) = grant.on.columns();
    [
        ("user", grant.user.0.into()),
        ("permission", grant.permission.as_str().into()),
        ("on_user", user.into()),
        ("on_group", Value::Text(group.map(Into::into))),
    ]
}
