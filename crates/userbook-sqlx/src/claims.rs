//! Claims: folded names of users.

use sha2::{Digest as _, Sha256};
use userbook::{
    UserId,
    field::fold,
    store::{ChangeSet, Claim, ClaimNamespace, DistinctNames, ImportData},
};

use crate::{
    backend::Backend,
    bulk::write_rows,
    decode::{DecodeError, Decoded, RowExt, required},
    driver::{Conn, fetch_all},
    encode::RowValues,
    error::SqlResult,
    statements,
    value::Value,
};

const NAMESPACES: [ClaimNamespace; 2] = [ClaimNamespace::Login, ClaimNamespace::Email];

/// The digest of a folded name: names have no bound, an index has.
fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let digit = |half: u8| char::from_digit(half.into(), 16);
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

/// Returns what the table `userbook_claim` contains of a username or an address: the SHA-256 of the folded name in
/// hexadecimal, or `None` for an empty name.
pub fn claim_digest(name: &str) -> Option<String> {
    Some(fold(name)).filter(|key| !key.is_empty()).as_deref().map(digest)
}

/// The digest of a name to look up. No user has an empty name.
pub(crate) fn looked_up(name: Option<&str>) -> Value<'static> {
    Value::Text(name.and_then(claim_digest).map(Into::into))
}

fn digest_value(key: Option<&str>) -> Value<'static> {
    key.map_or(Value::Text(None), |key| digest(key).into())
}

/// NULL if the claim is not exclusive.
fn is_exclusive(claim: &Claim) -> Value<'static> {
    Value::Flag(claim.exclusive.then_some(true))
}

/// The row of a claim with the digest as key.
fn row(user: UserId, claim: &Claim) -> RowValues<'static, 4> {
    [
        ("user", user.0.into()),
        ("namespace", claim.namespace.as_str().into()),
        ("digest", Value::Text(claim.key.clone().map(Into::into))),
        ("is_exclusive", is_exclusive(claim)),
    ]
}

/// The claims of an update as parameters of one statement.
pub(crate) fn parameters(change: &ChangeSet) -> RowValues<'_, 6> {
    let values = |claim: Option<&Claim>| {
        let digest = digest_value(claim.and_then(|claim| claim.key.as_deref()));
        (claim.is_some().into(), digest, claim.map_or(Value::Flag(None), is_exclusive))
    };
    let [login, email] = change.claims();
    let (changes_login, login_digest, login_is_exclusive) = values(login.as_ref());
    let (changes_email, email_digest, email_is_exclusive) = values(email.as_ref());
    [
        ("changes_login", changes_login),
        ("login_digest", login_digest),
        ("login_is_exclusive", login_is_exclusive),
        ("changes_email", changes_email),
        ("email_digest", email_digest),
        ("email_is_exclusive", email_is_exclusive),
    ]
}

/// Writes the claims of an update. All claims of the user are written anew, because the unique key compares the rows of
/// one user too. A key that another user holds exclusively is a duplicate, which is a conflict.
pub(crate) async fn put<B: Backend>(conn: &mut Conn<B>, change: &ChangeSet) -> SqlResult<B, ()> {
    if !change.has_claims() {
        return Ok(());
    }
    let rows = fetch_all::<B>(conn, &statements::TAKE_CLAIMS, &[("user", change.user.0.into())]).await?;
    let held = rows.iter().map(stored).collect::<Decoded<Vec<_>>>()?;
    let held = NAMESPACES.map(|namespace| held.iter().find(|claim| claim.namespace == namespace));
    let changes = change.claims().map(|claim| claim.as_ref().map(with_digest));
    let claims: Vec<_> = Claim::after(held, changes).into_iter().flatten().collect();
    insert_stored::<B>(conn, change.user, &claims).await
}

/// A claim as stored, with the digest as key.
fn stored(row: &impl RowExt) -> Decoded<Claim> {
    let namespace = required(row, "namespace", RowExt::text)?;
    let namespace = NAMESPACES
        .into_iter()
        .find(|it| it.as_str() == namespace)
        .ok_or_else(|| DecodeError::new("namespace", format!("{namespace:?} is unknown")))?;
    let exclusive = row.flag("is_exclusive")?.unwrap_or(false);
    Ok(Claim { namespace, key: row.text("digest")?, exclusive })
}

fn with_digest(claim: &Claim) -> Claim {
    let &Claim { namespace, ref key, exclusive } = claim;
    Claim { namespace, key: key.as_deref().map(digest), exclusive }
}

/// Writes the claims of a new user, like [`put`].
pub(crate) async fn insert<B: Backend>(
    conn: &mut Conn<B>,
    user: UserId,
    claims: &[Claim],
) -> SqlResult<B, ()> {
    let claims: Vec<_> = claims.iter().map(with_digest).collect();
    insert_stored::<B>(conn, user, &claims).await
}

async fn insert_stored<B: Backend>(conn: &mut Conn<B>, user: UserId, claims: &[Claim]) -> SqlResult<B, ()> {
    let rows = claims.iter().filter(|claim| claim.key.is_some()).map(|claim| Ok(row(user, claim)));
    write_rows::<B, _>(conn, &B::statements().import_claims, rows).await?;
    Ok(())
}

/// Writes the claims of imported users; none is exclusive.
pub(crate) async fn import<B: Backend>(conn: &mut Conn<B>, data: &ImportData) -> SqlResult<B, ()> {
    let claims = data.users.iter().flat_map(|user| {
        let claims = Claim::of(user, DistinctNames::default());
        let claims = claims.into_iter().filter(|claim| claim.key.is_some());
        claims.map(|claim| Ok(row(user.id, &with_digest(&claim))))
    });
    write_rows::<B, _>(conn, &B::statements().import_claims, claims).await?;
    Ok(())
}
