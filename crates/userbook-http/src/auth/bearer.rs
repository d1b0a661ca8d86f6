//! Bearer tokens in the `Authorization` header.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};
use userbook::{
    Actor,
    clock::{Clock, SystemClock},
    store::StoreErrorKind,
};

use super::{AuthenticationError, Authenticator, TokenKey, TokenStore};

/// Authenticates by a bearer token, as the recorded release does: no header, or one without a blank, is anonymous; a
/// scheme other than bearer is an error, and so is a token that does not give access to the API.
#[derive(Debug, Clone)]
pub struct BearerAuthenticator<T> {
    tokens: T,
    clock: Arc<dyn Clock>,
}

impl<T: TokenStore> BearerAuthenticator<T> {
    /// Looks up tokens in this store, by the machine's clock.
    pub fn new(tokens: T) -> Self {
        Self { tokens, clock: Arc::new(SystemClock) }
    }

    /// Uses another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

#[async_trait]
impl<T: TokenStore> Authenticator for BearerAuthenticator<T> {
    async fn authenticate(&self, head: &Parts) -> Result<Actor, AuthenticationError> {
        let Some(key) = bearer_token(&head.headers)? else {
            return Ok(Actor::anonymous());
        };
        let found = self.tokens.find(&key.hash()).await.map_err(|error| match error.kind {
            StoreErrorKind::Transient => AuthenticationError::Unavailable(error.into()),
            _ => AuthenticationError::Failed(error.into()),
        })?;
        match found {
            Some(token) if token.opens_api(self.clock.now()) => Ok(Actor::user(token.user)),
            _ => Err(AuthenticationError::token_invalid()),
        }
    }
}

/// The token in the header, if there is one.
fn bearer_token(headers: &HeaderMap) -> Result<Option<TokenKey>, AuthenticationError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let header = String::from_utf8_lossy(header.as_bytes());
    // White space around a header's value is not part of the value (RFC 9110 §5.5).
    match header.trim_matches([' ', '\t']).split_once(' ') {
        None => Ok(None),
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(TokenKey::new(key))),
        Some(_) => Err(AuthenticationError::unsupported_scheme()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_header_as_recorded() {
        let token = |header: Option<&[u8]>| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(AUTHORIZATION, HeaderValue::from_bytes(header).unwrap());
            }
            bearer_token(&headers).map_err(|error| error.to_string())
        };
        for (header, expected) in [
            (&b"Bearer abc"[..], Some("abc")),
            (b"bEARER abc ", Some("abc")),
            (b"Bearer a b", Some("a b")),
            (b"Bearer  abc", Some(" abc")),
            (b"Bearer", None),
            (b"Bearer ", None),
            (b"abc", None),
            (b"", None),
        ] {
            assert_eq!(token(Some(header)), Ok(expected.map(TokenKey::new)), "{header:?}");
        }
        assert_eq!(token(None), Ok(None));
        for header in [&b"Basic YWxp"[..], b"Token abc", b"\xff\xfe abc", b"Bearer, Bearer abc"] {
            let refused = "authentication refused: Unsupported authentication type";
            assert_eq!(token(Some(header)), Err(refused.to_owned()), "{header:?}");
        }
    }
}
