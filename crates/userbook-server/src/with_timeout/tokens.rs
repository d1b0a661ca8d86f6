//! The port to tokens of service accounts: the server's own table.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use userbook::{
    UserId,
    clock::{ChangeIds, Clock, RandomIds, SystemClock},
};
use userbook_http::{NewToken, PortError, TokenKey, Tokens};

use super::WithTimeout;
use crate::auth::{AuthStore, TokenRow};

/// The lifetime of a token whose request leaves it to the server, as authentik's default.
const USUAL_LIFETIME: Duration = Duration::from_mins(30);

const TAKEN: &str = "A token with this identifier exists.";

#[async_trait]
impl Tokens for WithTimeout<Arc<dyn AuthStore>> {
    async fn is_taken(&self, identifier: &str) -> Result<bool, PortError> {
        Ok(self.read(self.inner.has_token(identifier)).await?)
    }

    async fn create(&self, token: &NewToken) -> Result<TokenKey, PortError> {
        let key = TokenKey::random(|| RandomIds.next_uuid());
        let NewToken { identifier, user, intent, expiring, expires } = token.clone();
        let expires = expires.or_else(|| expiring.then(|| SystemClock.now() + USUAL_LIFETIME));
        let row = TokenRow { hash: key.hash(), user, identifier, intent, expiring, expires };
        let store = Arc::clone(&self.inner);
        if self.write(async move { store.create_token(&row).await }).await? {
            Ok(key)
        } else {
            Err(PortError::Rejected(TAKEN.into()))
        }
    }

    /// Databases delete the tokens with their owner.
    async fn forget(&self, user: UserId) -> Result<(), PortError> {
        for token in self.read(self.inner.tokens(Some(user))).await? {
            let store = Arc::clone(&self.inner);
            self.write(async move { store.revoke_token(&token.identifier).await }).await?;
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
        let tokens = WithTimeout::new(Arc::clone(&auth), Duration::from_secs(5));
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
        let lifetime = stored[0].expires.unwrap() - SystemClock.now();
        assert!((28..=30).contains(&lifetime.num_minutes()), "{lifetime}");
        // The owner does not exist, so the token opens nothing.
        assert_eq!(auth.find(&key.hash()).await.unwrap(), None);
        tokens.forget(UserId(7)).await.unwrap();
        assert!(!tokens.is_taken(&token.identifier).await.unwrap());
        tokens.forget(UserId(7)).await.unwrap();
    }
}
