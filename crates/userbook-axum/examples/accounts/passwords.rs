//! Passwords of your accounts: PBKDF2 with SHA-512 in the form `SALT:HASH`. Use Argon2 if you can choose.

use std::num::NonZeroU32;

use ring::{
    digest::SHA512_OUTPUT_LEN,
    pbkdf2,
    rand::{self, SystemRandom},
};

use crate::answer::Failure;

const ROUNDS: NonZeroU32 = NonZeroU32::new(if cfg!(test) { 1 } else { 210_000 }).unwrap();

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
    hex.as_bytes().chunks(2).map(byte).collect()
}

/// Reads salt and hash. `None` if the text has another form: no password has such a hash.
fn decode(stored: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (salt, hash) = stored.split_once(':')?;
    Some((bytes(salt)?, bytes(hash).filter(|hash| hash.len() == SHA512_OUTPUT_LEN)?))
}

/// Hashes a password on a thread of its own: a good hash takes long.
pub(crate) async fn hash(password: String) -> Result<String, Failure> {
    tokio::task::spawn_blocking(move || {
        let salt: [u8; 16] = rand::generate(&SystemRandom::new()).map_err(|_| Failure::Random)?.expose();
        let mut hash = [0; SHA512_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, &salt, password.as_bytes(), &mut hash);
        Ok(format!("{}:{}", hex(&salt), hex(&hash)))
    })
    .await?
}

/// Compares a password with the stored one. Without a stored one, it is compared with a hash that no password has, so
/// that the time does not tell which users exist.
pub(crate) async fn verify(password: String, stored: Option<String>) -> Result<bool, tokio::task::JoinError> {
    tokio::task::spawn_blocking(move || {
        let none = || (Vec::new(), vec![0; SHA512_OUTPUT_LEN]);
        let (salt, hash) = stored.as_deref().and_then(decode).unwrap_or_else(none);
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, &salt, password.as_bytes(), &hash).is_ok()
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_complete_hash_is_compared() {
        let stored = hash("secret".to_owned()).await.unwrap();
        for (text, is_right) in [
            (stored.clone(), true),
            (stored.replace(':', ""), false),
            (format!("{}:00", stored.split_once(':').unwrap().0), false),
            (format!("{stored}zz"), false),
            (stored.replace(':', ":zz"), false),
            (String::new(), false),
        ] {
            assert_eq!(verify("secret".to_owned(), Some(text.clone())).await.unwrap(), is_right, "{text}");
            assert!(!verify("other".to_owned(), Some(text)).await.unwrap());
        }
        assert!(!verify("secret".to_owned(), None).await.unwrap());
    }
}
