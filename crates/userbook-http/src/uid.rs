//! The opaque identifier of a user for other systems.

use sha2::{Digest, Sha256};
use userbook::UserId;

/// Returns authentik's `uid`: the lower-case hexadecimal SHA-256 of `{pk}-{install_id}`. It is stable within one
/// installation, and unrelated to the same user in other installations.
///
/// ```
/// let uid = userbook_http::uid(userbook::UserId(1001), "888ac2bb-5169-4b08-a5b5-13e1f0a1f7d7");
/// assert_eq!(uid, "8a44ccdd2a7277dfc1a89b851100aef844d315703123c68de805ada8973eb5c1");
/// ```
pub fn uid(user: UserId, install_id: &str) -> String {
    let digest = Sha256::digest(format!("{user}-{install_id}"));
    let mut hex = String::with_capacity(digest.len() * 2);
    for byte in digest {
        hex.extend(
            [byte >> 4, byte & 0xF].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16)),
        );
    }
    hex
}
