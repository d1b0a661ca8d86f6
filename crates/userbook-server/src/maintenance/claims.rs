//! Compares claims with the names that they stand for. Statements of the host that change names leave stale claims.

use userbook::store::StoreError;
use userbook_sqlx::host::{RowExt, Statement, claim_digest, required};

use crate::auth::AuthBackend;

static NAMES_AND_CLAIMS: Statement = Statement::new(include_str!("sql/names_and_claims.sql"));

/// The number of users that one query reads.
const PAGE: i64 = 1000;

/// Claims that differ from the names.
#[derive(Debug, Default)]
struct Differences {
    missing: u64,
    stale: u64,
    first_user: Option<i64>,
}

/// Returns sentences about claims that are missing or stale.
pub(super) async fn problems<B: AuthBackend>(conn: &mut B::Connection) -> Result<Vec<String>, StoreError> {
    let (mut found, mut after) = (Differences::default(), 0);
    loop {
        let parameters = [("after", after.into()), ("limit", PAGE.into())];
        let rows = NAMES_AND_CLAIMS.fetch_all::<B>(conn, &parameters).await?;
        for row in &rows {
            after = required(row, "id", RowExt::integer)?;
            found.compare(row, after, ["username", "login_claim", "login_digest"])?;
            found.compare(row, after, ["email", "email_claim", "email_digest"])?;
        }
        if rows.is_empty() {
            return Ok(found.sentences());
        }
    }
}

impl Differences {
    fn compare<R: RowExt>(
        &mut self,
        row: &R,
        user: i64,
        [name, claim, digest]: [&'static str; 3],
    ) -> Result<(), StoreError> {
        let expected = claim_digest(&required(row, name, RowExt::text)?);
        // A user without an address may have no claim to it.
        if row.text(digest)? == expected {
            return Ok(());
        }
        let count = if row.integer(claim)?.is_none() { &mut self.missing } else { &mut self.stale };
        *count += 1;
        self.first_user.get_or_insert(user);
        Ok(())
    }

    fn sentences(&self) -> Vec<String> {
        let Some(first) = self.first_user else { return Vec::new() };
        vec![format!(
            "names whose claim is missing: {}, or belongs to another name: {}, such as of user {first}; \
             change these names by the library",
            self.missing, self.stale
        )]
    }
}
