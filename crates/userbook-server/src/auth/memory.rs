//! Tokens and permissions in memory, for `--database memory:`.

use std::{
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use userbook::{
    StaticPermissions, UserId, UserStore,
    authz::{AuthorizerError, GrantQuery, GrantedObjects, Grants, Permission, PermissionSource},
    store::{SnapshotQuery, StoreError},
};
use userbook_http::{TokenHash, TokenRecord, TokenStore};
use userbook_memory::MemoryStore;

use super::{AuthRows, AuthStore, GrantedOn, TokenRow};

/// Tokens and permissions in memory.
#[derive(Default)]
pub struct MemoryAuth {
    users: MemoryStore,
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    tokens: HashMap<TokenHash, TokenRow>,
    permissions: StaticPermissions,
}

impl MemoryAuth {
    /// Creates an empty store of tokens and permissions for the users of this store.
    pub fn new(users: MemoryStore) -> Self {
        Self { users, kept: RwLock::default() }
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
        let Some(token) = self.kept.read().unwrap_or_else(PoisonError::into_inner).tokens.get(hash).copied()
        else {
            return Ok(None);
        };
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
        let permissions = self.kept.read().unwrap_or_else(PoisonError::into_inner).permissions.clone();
        permissions.grants(query).await
    }

    async fn granted_objects(
        &self,
        actor: UserId,
        permission: Permission,
    ) -> Result<GrantedObjects, AuthorizerError> {
        let permissions = self.kept.read().unwrap_or_else(PoisonError::into_inner).permissions.clone();
        permissions.granted_objects(actor, permission).await
    }
}

#[async_trait]
impl AuthStore for MemoryAuth {
    async fn replace(&self, rows: &AuthRows) -> Result<(), StoreError> {
        let mut permissions = StaticPermissions::none();
        for row in &rows.grants {
            let Ok(permission) = row.permission.parse() else { continue };
            permissions = match row.on {
                GrantedOn::Everything => permissions.grant(row.user, permission),
                GrantedOn::User(user) => permissions.grant_on_user(row.user, permission, user),
                GrantedOn::Group(group) => permissions.grant_on_group(row.user, permission, group),
            };
        }
        let tokens = rows.tokens.iter().map(|token| (token.hash, *token)).collect();
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept { tokens, permissions };
        Ok(())
    }
}
