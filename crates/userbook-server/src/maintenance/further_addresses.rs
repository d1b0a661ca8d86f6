//! Compares the digests of further addresses with the attributes. Statements of the host that change attributes leave
//! stale digests.

use std::collections::{BTreeMap, BTreeSet};

use userbook::store::StoreError;
use userbook_sqlx::host::{RowExt, Statement, further_address_digests, required};

use crate::auth::AuthBackend;

static USER_ATTRIBUTES: Statement = Statement::new(include_str!("sql/user_attributes.sql"));
static FURTHER_ADDRESSES: Statement = Statement::new(include_str!("sql/further_addresses.sql"));

/// The number of users that one query reads, with all their attributes.
const PAGE: i64 = 100;

/// Returns a sentence about users whose digests differ from their attributes.
pub(super) async fn problems<B: AuthBackend>(conn: &mut B::Connection) -> Result<Vec<String>, StoreError> {
    let (mut count, mut first, mut after) = (0_u64, None, 0_i64);
    loop {
        let parameters = [("after", after.into()), ("limit", PAGE.into())];
        let rows = USER_ATTRIBUTES.fetch_all::<B>(conn, &parameters).await?;
        let Some(last) = rows.last() else { break };
        let last: i64 = required(last, "id", RowExt::integer)?;
        let mut stored: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for row in
            FURTHER_ADDRESSES.fetch_all::<B>(conn, &[("after", after.into()), ("last", last.into())]).await?
        {
            let user = required(&row, "user_id", RowExt::integer)?;
            stored.entry(user).or_default().insert(required(&row, "digest", RowExt::text)?);
        }
        for row in &rows {
            let user = required(row, "id", RowExt::integer)?;
            let attributes: String = required(row, "attributes", RowExt::text)?;
            // Attributes that cannot be read are a problem in any case.
            if further_address_digests(&attributes).ok() != Some(stored.remove(&user).unwrap_or_default()) {
                count += 1;
                first.get_or_insert(user);
            }
        }
        after = last;
    }
    let Some(first) = first else { return Ok(Vec::new()) };
    Ok(vec![format!(
        "users whose further addresses SCIM does not find as they are stored: {count}, such as user {first}; \
         change the attribute `emails` by the library"
    )])
}
