//! The table of further addresses, an index of the attributes.

use std::collections::BTreeSet;

use userbook::{
    User, UserId,
    store::{FurtherAddresses, StoreError},
};

use crate::{
    backend::Backend,
    bulk::write_rows,
    claims::digest,
    driver::{Conn, execute},
    encode::RowValues,
    error::SqlResult,
    json, statements,
    value::Value,
};

/// Returns what the table `userbook_further_address` contains of a user with these attributes, as the column has them:
/// the SHA-256 of each key of [`FurtherAddresses`] in hexadecimal.
///
/// # Errors
/// [`StoreErrorKind::Corrupt`](userbook::store::StoreErrorKind::Corrupt) if the text is not JSON.
pub fn further_address_digests(attributes: &str) -> Result<BTreeSet<String>, StoreError> {
    let attributes = json::parse(attributes).map_err(StoreError::corrupt)?;
    Ok(FurtherAddresses::of(&attributes).keys().map(digest).collect())
}

/// The digests of an address to look up.
pub(crate) fn searched(address: &str) -> impl Iterator<Item = Value<'static>> {
    // No row has NULL: a list of values is never empty.
    let digests = FurtherAddresses::searched(address).into_iter().map(|key| digest(&key).into());
    digests.chain([Value::Text(None)])
}

/// Replaces the rows of a user.
pub(crate) async fn replace<B: Backend>(
    conn: &mut Conn<B>,
    user: UserId,
    addresses: &FurtherAddresses,
) -> SqlResult<B, ()> {
    execute::<B>(conn, &statements::DELETE_FURTHER_ADDRESSES, &[("user", user.0.into())]).await?;
    write_rows::<B, _>(
        conn,
        &B::statements().import_further_addresses,
        rows(user, addresses).into_iter().map(Ok),
    )
    .await?;
    Ok(())
}

/// Inserts the rows of new users.
pub(crate) async fn insert<B: Backend>(
    conn: &mut Conn<B>,
    users: impl IntoIterator<Item = &User, IntoIter: Send>,
) -> SqlResult<B, ()> {
    let rows =
        users.into_iter().flat_map(|user| rows(user.id, &FurtherAddresses::of(&user.attributes))).map(Ok);
    write_rows::<B, _>(conn, &B::statements().import_further_addresses, rows).await?;
    Ok(())
}

fn rows(user: UserId, addresses: &FurtherAddresses) -> Vec<RowValues<'static, 2>> {
    addresses.keys().map(|key| [("user", user.0.into()), ("digest", digest(key).into())]).collect()
}
