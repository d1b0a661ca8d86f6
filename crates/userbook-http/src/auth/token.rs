//! API tokens as in authentik, stored and looked up by hash.

use std::{
    fmt::{self, Debug},
    str::FromStr,
    sync::Arc,
};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use userbook::{Timestamp, UserId, store::StoreError};
use uuid::Uuid;

/// The length of a key that the host creates.
const KEY_LENGTH: usize = 60;
/// The characters of such a key.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The secret that a client sends. Neither `Debug` nor errors show it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey(String);

impl TokenKey {
    /// Wraps a secret.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Creates a key of 60 ASCII letters and digits from random UUIDs (version 4).
    pub fn random(mut next_uuid: impl FnMut() -> Uuid) -> Self {
        let mut key = String::with_capacity(KEY_LENGTH);
        while key.len() < KEY_LENGTH {
            let uuid = next_uuid();
            // The bytes 6 and 8 contain the version and the variant.
            let random = uuid.as_bytes().iter().enumerate().filter(|(n, _)| ![6, 8].contains(n));
            let letters = random.filter_map(|(_, byte)| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
            key.extend(letters.map(|letter| char::from(*letter)).take(KEY_LENGTH - key.len()));
        }
        Self(key)
    }

    /// Returns the secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash by which a store finds the token.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(&self.0).into())
    }
}

impl Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

/// The SHA-256 of a token's key. Keys are long and random, so they need neither a salt nor a slow hash. A leaked table
/// does not reveal keys.
///
/// ```
/// use userbook_http::TokenKey;
/// let hash = TokenKey::new("abc").hash();
/// assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Creates a hash from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TokenHash {
    /// Writes lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The purpose of a token, authentik's `TokenIntents`. Only tokens with the intent `api` give access to the API.
///
/// Exhaustive: authentik defines the intents, and a host decides about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenIntent {
    /// `verification`
    Verification,
    /// `api`
    Api,
    /// `recovery`
    Recovery,
    /// `app_password`
    AppPassword,
}

/// The text is not the name of an intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown token intent {0:?}")]
pub struct UnknownTokenIntent(pub String);

impl TokenIntent {
    /// All intents.
    pub const ALL: [Self; 4] = [Self::Verification, Self::Api, Self::Recovery, Self::AppPassword];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Api => "api",
            Self::Recovery => "recovery",
            Self::AppPassword => "app_password",
        }
    }
}

impl FromStr for TokenIntent {
    type Err = UnknownTokenIntent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|intent| intent.as_str() == text)
            .ok_or_else(|| UnknownTokenIntent(text.to_owned()))
    }
}

/// A stored token, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// The owner.
    pub user: UserId,
    /// Whether the owner is active, as read in the same lookup. A token of an inactive owner is invalid like an
    /// unknown one. The service loads the actor again in every operation, so an owner who is deactivated after this
    /// lookup is denied.
    pub user_is_active: bool,
    /// The purpose.
    pub intent: TokenIntent,
    /// Whether the token expires.
    pub expiring: bool,
    /// The expiry time, if the token is `expiring`.
    pub expires: Option<Timestamp>,
}

impl TokenRecord {
    /// Returns whether the token gives access to the API at this time.
    pub fn opens_api(&self, now: Timestamp) -> bool {
        let expired = self.expiring && self.expires.is_some_and(|expires| expires < now);
        self.user_is_active && self.intent == TokenIntent::Api && !expired
    }
}

/// Stores tokens.
#[async_trait]
pub trait TokenStore: Debug + Send + Sync + 'static {
    /// Returns the token with this hash.
    ///
    /// # Errors
    /// [`StoreError`] when the storage fails; [`Transient`](userbook::store::StoreErrorKind::Transient) if trying again
    /// may help.
    async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        impl<T: TokenStore + ?Sized> TokenStore for $pointer<T> {
            async fn find(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
                (**self).find(hash).await
            }
        }
    )+};
}
forward!(Arc, Box);

#[cfg(test)]
mod tests {
    use userbook::{
        clock::{ChangeIds, RandomIds},
        model::parse_timestamp,
    };

    use super::*;

    #[test]
    fn keys_are_never_shown() {
        assert_eq!(format!("{:?}", TokenKey::new("secret")), "TokenKey(..)");
    }

    #[test]
    fn random_keys_have_60_letters_and_digits() {
        let keys = [0, 1].map(|_| TokenKey::random(|| RandomIds.next_uuid()));
        assert_ne!(keys[0], keys[1]);
        for key in keys {
            assert_eq!(key.reveal().len(), 60);
            assert!(key.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", key.reveal());
        }
        assert_eq!(TokenKey::random(Uuid::nil).reveal(), "0".repeat(60));
    }

    #[test]
    fn only_valid_api_tokens_give_access() {
        let now = parse_timestamp("2024-06-01T00:00:00Z").unwrap();
        let (past, future) = ("2024-05-31T23:59:59.999999Z", "2024-06-01T00:00:00Z");
        for (user_is_active, intent, expiring, expires, opens) in [
            (true, TokenIntent::Api, false, None, true),
            (true, TokenIntent::Api, false, Some(past), true),
            (true, TokenIntent::Api, true, None, true),
            (true, TokenIntent::Api, true, Some(future), true),
            (true, TokenIntent::Api, true, Some(past), false),
            (false, TokenIntent::Api, false, None, false),
            (true, TokenIntent::AppPassword, false, None, false),
            (true, TokenIntent::Recovery, false, None, false),
        ] {
            let expires = expires.and_then(parse_timestamp);
            let token = TokenRecord { user: UserId(1), user_is_active, intent, expiring, expires };
            assert_eq!(token.opens_api(now), opens, "{token:?}");
        }
    }

    #[test]
    fn intents_round_trip() {
        for intent in TokenIntent::ALL {
            assert_eq!(intent.as_str().parse(), Ok(intent));
        }
        assert_eq!("API".parse::<TokenIntent>(), Err(UnknownTokenIntent("API".into())));
    }
}
