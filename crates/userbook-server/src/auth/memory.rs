//! Tokens and permissions in memory, for `--database memory:`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use async_trait::async_trait;
use userbook::{
    StaticPermissions, UserId, UserStore,
    authz::{AuthorizerError, GrantQuery, GrantedObjects, Grants, Permission, PermissionSource},
    store::{ImportData, ImportOutcome, ImportStore, SnapshotQuery, StoreError, StoreErrorKind},
};
use userbook_http::{TokenHash, TokenRecord, TokenStore};
use userbook_memory::MemoryStore;

use super::{AuthRows, AuthStore, BeforeCommit, ConnectionRow, GrantRow, GrantedOn, TokenRow};

/// Tokens and permissions in memory.
#[derive(Default)]
pub struct MemoryAuth {
    users: MemoryStore,
    kept: RwLock<Kept>,
}

#[derive(Default)]
pub(super) struct Kept {
    tokens: BTreeMap<TokenHash, TokenRow>,
    grants: BTreeSet<GrantRow>,
    permissions: StaticPermissions,
    pub(super) connections: BTreeMap<String, ConnectionRow>,
}

impl MemoryAuth {
    /// Creates an empty store of tokens and permissions for the users of this store.
    pub fn new(users: MemoryStore) -> Self {
        Self { users, kept: RwLock::default() }
    }

    pub(super) fn users(&self) -> &MemoryStore {
        &self.users
    }

    pub(super) fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kept_mut(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn index_permissions(&mut self) {
        self.permissions = self.grants.iter().fold(StaticPermissions::none(), |permissions, row| {
            // Permissions unknown to Userbook have no effect.
            let Ok(permission) = row.permission.parse() else { return permissions };
            match row.on {
                GrantedOn::Everything => permissions.grant(row.user, permission),
                GrantedOn::User(user) => permissions.grant_on_user(row.user, permission, user),
                GrantedOn::Group(group) => permissions.grant_on_group(row.user, permission, group),
            }
        });
    }
}

impl fmt::Debug for MemoryAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAuth").finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenStore for MemoryAuth {
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        let Some(token) = self.kept().tokens.get(hash).cloned() else { return Ok(None) };
        let owner = self.users.load(&SnapshotQuery::user(token.user)).await?.user;
        Ok(owner.map(|owner| TokenRecord {
            user: token.user,
            user_is_active: owner.is_active,
            intent: token.intent,
            expiring: token.expiring,
            expires: token.expires,
        }))
    }
}

#[async_trait]
impl PermissionSource for MemoryAuth {
    async fn grants(&self, query: &GrantQuery) -> Result<Grants, AuthorizerError> {
        let permissions = self.kept().permissions.clone();
        permissions.grants(query).await
    }

    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError> {
        let permissions = self.kept().permissions.clone();
        permissions.granted_objects(actor, permission).await
    }
}

#[async_trait]
impl AuthStore for MemoryAuth {
    async fn fill(
        &self,
        directory: &ImportData,
        rows: &AuthRows,
        before_commit: BeforeCommit<'_>,
    ) -> Result<ImportOutcome, StoreError> {
        before_commit().map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        if self.users.import(directory).await? == ImportOutcome::NotEmpty {
            return Ok(ImportOutcome::NotEmpty);
        }
        let mut kept = self.kept_mut();
        kept.tokens = rows.tokens.iter().map(|token| (token.hash, token.clone())).collect();
        kept.grants = rows.grants.iter().cloned().collect();
        kept.index_permissions();
        Ok(ImportOutcome::Imported)
    }

    async fn create_token(&self, token: &TokenRow) -> Result<bool, StoreError> {
        let mut kept = self.kept_mut();
        if kept.tokens.values().any(|known| known.identifier == token.identifier) {
            return Ok(false);
        }
        kept.tokens.insert(token.hash, token.clone());
        Ok(true)
    }

    async fn has_token(&self, identifier: &str) -> Result<bool, StoreError> {
        Ok(self.kept().tokens.values().any(|token| token.identifier == identifier))
    }

    async fn revoke_token(&self, identifier: &str) -> Result<bool, StoreError> {
        let mut kept = self.kept_mut();
        let before = kept.tokens.len();
        kept.tokens.retain(|_, token| token.identifier != identifier);
        Ok(kept.tokens.len() < before)
    }

    async fn tokens(&self, user: Option<UserId>) -> Result<Vec<TokenRow>, StoreError> {
        let is_listed = |token: &&TokenRow| user.is_none_or(|user| token.user == user);
        Ok(self.kept().tokens.values().filter(is_listed).cloned().collect())
    }

    async fn grant(&self, grant: &GrantRow) -> Result<bool, StoreError> {
        let mut kept = self.kept_mut();
        let is_new = kept.grants.insert(grant.clone());
        kept.index_permissions();
        Ok(is_new)
    }

    async fn revoke(&self, grant: &GrantRow) -> Result<bool, StoreError> {
        let mut kept = self.kept_mut();
        let was_held = kept.grants.remove(grant);
        kept.index_permissions();
        Ok(was_held)
    }

    async fn grants_of_all(&self) -> Result<Vec<GrantRow>, StoreError> {
        Ok(self.kept().grants.iter().cloned().collect())
    }
}
