//! Claims: folded names of users.

use sha2::{Digest as _, Sha256};
use userbook::{
    UserId,
    field::fold,
    store::{Claim, DistinctNames, ImportData},
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
    digest.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// The digest of a name to look up. No user has an empty name.
pub(crate) fn looked_up(name: Option<&str>) -> Value<'static> {
    let key = name.map(fold).filter(|key| !key.is_empty());
    key.map_or(Value::Text(None), |key| digest(&key).into())
}

fn row(user: UserId, claim: &Claim) -> RowValues<'static, 4> {
    [
        ("user", user.0.into()),
        ("namespace", claim.namespace.as_str().into()),
        ("digest", claim.key.as_deref().map_or(Value::Text(None), |key| digest(key).into())),
        ("slot", if claim.exclusive { 0 } else { user.0 }.into()),
    ]
}

/// Replaces the user's claims in the namespaces of these claims. A key that another user holds exclusively is a
/// duplicate, which is a conflict.
pub(crate) async fn put<B: Backend>(conn: &mut Conn<B>, user: UserId, claims: &[Claim]) -> SqlResult<B, ()> {
    let statements = B::statements();
    for claim in claims {
        let row = row(user, claim);
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
