//! Claims: folded names of users.

use sha2::{Digest as _, Sha256};
use userbook::{
    UserId,
    field::fold,
    store::{ChangeSet, Claim, DistinctNames, ImportData},
};

use crate::{
    backend::Backend,
    bulk::write_rows,
    driver::{Conn, execute},
    encode::RowValues,
    error::SqlResult,
    value::Value,
};

/// The digest of a folded name: names have no bound, an index has.
fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let digit = |half: u8| char::from_digit(half.into(), 16);
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

/// The digest of a name to look up. No user has an empty name.
pub(crate) fn looked_up(name: Option<&str>) -> Value<'static> {
    digest_value(name.map(fold).filter(|key| !key.is_empty()).as_deref())
}

fn digest_value(key: Option<&str>) -> Value<'static> {
    key.map_or(Value::Text(None), |key| digest(key).into())
}

/// NULL if the claim is not exclusive.
fn is_exclusive(claim: &Claim) -> Value<'static> {
    Value::Flag(claim.exclusive.then_some(true))
}

fn row(user: UserId, claim: &Claim) -> RowValues<'static, 4> {
    [
        ("user", user.0.into()),
        ("namespace", claim.namespace.as_str().into()),
        ("digest", digest_value(claim.key.as_deref())),
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

/// Replaces the user's claims in the namespaces of the changed names. A key that another user holds exclusively is a
/// duplicate, which is a conflict.
pub(crate) async fn put<B: Backend>(conn: &mut Conn<B>, change: &ChangeSet) -> SqlResult<B, ()> {
    let statements = B::statements();
    for claim in change.claims().into_iter().flatten() {
        let row = row(change.user, &claim);
        if execute::<B>(conn, &statements.update_claim, &row).await? == 0 {
            execute::<B>(conn, &statements.insert_claim, &row).await?;
        }
    }
    Ok(())
}

/// Writes the claims of a new user, like [`put`].
pub(crate) async fn insert<B: Backend>(
    conn: &mut Conn<B>,
    user: UserId,
    claims: &[Claim],
) -> SqlResult<B, ()> {
    let rows = claims.iter().filter(|claim| claim.key.is_some()).map(|claim| Ok(row(user, claim)));
    write_rows::<B, _>(conn, &B::statements().import_claims, rows).await?;
    Ok(())
}

/// Writes the claims of imported users; none is exclusive.
pub(crate) async fn import<B: Backend>(conn: &mut Conn<B>, data: &ImportData) -> SqlResult<B, ()> {
    let claims = data.users.iter().flat_map(|user| {
        let claims = Claim::of(user, DistinctNames::default());
        claims.into_iter().filter(|claim| claim.key.is_some()).map(|claim| Ok(row(user.id, &claim)))
    });
    write_rows::<B, _>(conn, &B::statements().import_claims, claims).await?;
    Ok(())
}
