//! The port to tokens of service accounts: the server's own table.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use userbook::{
    UserId,
    clock::{ChangeIds, Clock},
};
use userbook_http::{NewToken, PortError, TokenKey, Tokens};

use super::WithTimeout;
use crate::{
    ambient::Ambient,
    auth::{AuthStore, TokenRow},
};

/// The lifetime of a token whose request leaves it to the server, as authentik's default.
const USUAL_LIFETIME: Duration = Duration::from_mins(30);

const TAKEN: &str = "A token with this identifier exists.";

/// The tokens of service accounts.
#[derive(Debug)]
pub(crate) struct AccountTokens {
    store: WithTimeout<Arc<dyn AuthStore>>,
    ambient: Ambient,
}

impl AccountTokens {
    pub(crate) fn new(store: WithTimeout<Arc<dyn AuthStore>>, ambient: Ambient) -> Self {
        Self { store, ambient }
    }
}

#[async_trait]
impl Tokens for AccountTokens {
    async fn is_taken(&self, identifier: &str) -> Result<bool, PortError> {
        Ok(self.store.read(self.store.inner.has_token(identifier)).await?)
    }

    async fn create(&self, token: &NewToken) -> Result<TokenKey, PortError> {
        let key = TokenKey::random(|| self.ambient.next_uuid());
        let NewToken { identifier, user, intent, expiring, expires } = token.clone();
        let expires = expires.or_else(|| expiring.then(|| self.ambient.now() + USUAL_LIFETIME));
        let row = TokenRow { hash: key.hash(), user, identifier, intent, expiring, expires };
        let store = Arc::clone(&self.store.inner);
        if self.store.write(async move { store.create_token(&row).await }).await? {
            Ok(key)
        } else {
            Err(PortError::Rejected(TAKEN.into()))
        }
    }

    /// Databases delete the tokens with their owner.
    async fn forget(&self, user: UserId) -> Result<(), PortError> {
        for token in self.store.read(self.store.inner.tokens(Some(user))).await? {
            let store = Arc::clone(&self.store.inner);
            self.store.write(async move { store.revoke_token(&token.identifier).await }).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use userbook_http::{TokenIntent, TokenStore};
    use userbook_memory::MemoryStore;

    use super::*;
    use crate::auth::MemoryAuth;

    #[tokio::test]
    async fn tokens_are_created_once_and_forgotten_with_their_owner() {
        let auth: Arc<dyn AuthStore> = Arc::new(MemoryAuth::new(MemoryStore::new()));
        let store = WithTimeout::new(Arc::clone(&auth), Duration::from_secs(5));
        let tokens = AccountTokens::new(store, Ambient::default());
        let token = NewToken {
            identifier: "service-account-x-password".to_owned(),
            user: UserId(7),
            intent: TokenIntent::AppPassword,
            expiring: true,
            expires: None,
        };
        assert!(!tokens.is_taken(&token.identifier).await.unwrap());
        let key = tokens.create(&token).await.unwrap();
        assert_eq!(key.reveal().len(), 60);
        assert!(tokens.is_taken(&token.identifier).await.unwrap());
        assert!(matches!(tokens.create(&token).await, Err(PortError::Rejected(_))));
        let stored = auth.tokens(Some(UserId(7))).await.unwrap();
        assert_eq!((stored.len(), stored[0].hash), (1, key.hash()));
        let lifetime = stored[0].expires.unwrap() - Ambient::default().now();
        assert!((28..=30).contains(&lifetime.num_minutes()), "{lifetime}");
        // The owner does not exist, so the token opens nothing.
        assert_eq!(auth.find(&key.hash()).await.unwrap(), None);
        tokens.forget(UserId(7)).await.unwrap();
        assert!(!tokens.is_taken(&token.identifier).await.unwrap());
        tokens.forget(UserId(7)).await.unwrap();
    }
}
