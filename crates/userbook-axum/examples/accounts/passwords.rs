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

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.filter_map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
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

/// Compares a password with the stored one. Without a stored one, it is compared with a hash that no password has, so that
/// the time does not tell which users exist.
pub(crate) async fn verify(password: String, stored: Option<String>) -> Result<bool, tokio::task::JoinError> {
    tokio::task::spawn_blocking(move || {
        let (salt, hash) = stored.as_deref().and_then(|stored| stored.split_once(':')).unzip();
        let salt = salt.map_or_else(Vec::new, bytes);
        let hash = hash.map_or_else(|| vec![0; SHA512_OUTPUT_LEN], bytes);
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, &salt, password.as_bytes(), &hash).is_ok()
    })
    .await
}
