//! Bearer tokens in the `Authorization` header.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};
use userbook::{
    Actor,
    clock::{Clock, SystemClock},
};

use super::{AuthenticationError, Authenticator, TokenKey, TokenStore};

/// Authenticates by a bearer token, as the recorded release does. A missing header, or a header without a blank, is
/// anonymous. Another scheme than bearer is an error, and so is a token without access to the API.
#[derive(Debug, Clone)]
pub struct BearerAuthenticator<T> {
    tokens: T,
    clock: Arc<dyn Clock>,
}

impl<T: TokenStore> BearerAuthenticator<T> {
    /// Looks up tokens in this store, and uses the system clock.
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
        let found = self.tokens.find(&key.hash()).await?;
        match found {
            Some(token) if token.opens_api(self.clock.now()) => Ok(Actor::user(token.user)),
            _ => Err(AuthenticationError::token_invalid()),
        }
    }
}

/// Returns the token of the header, if the header contains one.
fn bearer_token(headers: &HeaderMap) -> Result<Option<TokenKey>, AuthenticationError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let header = String::from_utf8_lossy(header.as_bytes());
    // Surrounding white space is not part of a header value (RFC 9110 §5.5).
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
    fn header_is_read_as_recorded() {
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
            let rejected = "authentication refused: Unsupported authentication type";
            assert_eq!(token(Some(header)), Err(rejected.to_owned()), "{header:?}");
        }
    }
}
