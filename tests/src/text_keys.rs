//! Tables of a host whose key is a UUID as text: a generated column refers to the user.

use userbook::{
    Actor, PermissionAuthorizer, StaticPermissions, UpdateError, UserId, UserService, UserUpdate,
    violation::ViolationKind,
};
use userbook_sqlx::{
    SqlStore,
    host::{Backend, RowExt, Statement, claim_digest, fetch, required},
};

use crate::rows::user;

static ACCOUNTS: Statement = Statement::new("SELECT id FROM accounts ORDER BY id");

/// The statement of a login form in the guide about sessions, without the password.
static BY_ADDRESS: Statement = Statement::new(
    "SELECT userbook_user.id AS id, uuid, session_epoch FROM userbook_claim
    JOIN userbook_user ON userbook_user.id = user_id
    WHERE namespace = 'email' AND digest = :digest AND is_active",
);

/// An account follows its user, and a user with orders stays. The store has the rows of
/// [`prepared`](crate::rows::prepared), `adopt` adds the generated column to the host's table `accounts`, and `execute`
/// runs a statement of the host and returns whether it succeeded.
pub async fn text_keys_refer_to_users<B: Backend>(
    store: &SqlStore<B>,
    adopt: &str,
    execute: impl AsyncFn(String) -> bool,
) {
    let id = |id: i64| user(id).uuid.to_string();
    for sql in [
        "CREATE TABLE accounts (id VARCHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(100))".to_owned(),
        "CREATE TABLE orders (account VARCHAR(36) NOT NULL,
            CONSTRAINT orders_account FOREIGN KEY (account) REFERENCES accounts (id))"
            .to_owned(),
        format!("INSERT INTO accounts (id) VALUES ('{}'), ('{}')", id(1), id(2).to_uppercase()),
        format!("INSERT INTO orders VALUES ('{}')", id(1)),
        adopt.to_owned(),
        format!("INSERT INTO accounts (id) VALUES ('{}')", id(3)),
    ] {
        assert!(execute(sql.clone()).await, "{sql}");
    }
    for wrong in [id(9), id(3).to_uppercase() + " ", "text".to_owned()] {
        assert!(!execute(format!("INSERT INTO accounts (id) VALUES ('{wrong}')")).await, "{wrong}");
    }

    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    let Err(UpdateError::Invalid(violations)) = service.delete_user(&host, UserId(1)).await else {
        panic!("an order refers to the account")
    };
    assert_eq!(violations.iter().map(|it| &it.kind).collect::<Vec<_>>(), [&ViolationKind::Referenced]);
    service.delete_user(&host, UserId(2)).await.expect("the account follows");
    let rows = fetch(store, &ACCOUNTS, &[]).await.expect("reads");
    let kept: Vec<_> = rows.iter().map(|row| required(row, "id", RowExt::text).expect("is text")).collect();
    assert_eq!(kept, [id(1), id(3)]);
}

/// The claim to an address finds its user in any spelling, and only active users.
pub async fn claims_find_users_by_address<B: Backend>(store: &SqlStore<B>) {
    let service = UserService::new(store.clone(), PermissionAuthorizer::new(StaticPermissions::none()));
    let host = Actor::system();
    for (id, email) in [(1, "Ada@Example.org"), (2, "bob@example.org")] {
        service.update_user(&host, UserId(id), UserUpdate::patch().email(email)).await.expect("updates");
    }
    service.update_user(&host, UserId(2), UserUpdate::patch().is_active(false)).await.expect("updates");
    for (address, expected) in [
        ("ada@example.org", Some(1)),
        ("ＡＤＡ@EXAMPLE.ORG", Some(1)),
        ("bob@example.org", None),
        ("user 1", None),
        ("", None),
    ] {
        let digest = [("digest", claim_digest(address).unwrap_or_default().into())];
        let rows = fetch(store, &BY_ADDRESS, &digest).await.expect("reads");
        let ids: Vec<_> =
            rows.iter().map(|row| required(row, "id", RowExt::integer).expect("is a number")).collect();
        assert_eq!(ids, expected.into_iter().collect::<Vec<i64>>(), "{address}");
        for row in rows {
            let id = required(&row, "id", RowExt::integer).map(UserId).expect("is a number");
            let epoch = required(&row, "session_epoch", RowExt::uuid).expect("is a UUID");
            let current = service.session_epoch(id).await.expect("reads");
            assert_eq!(current.map(|epoch| epoch.0), Some(epoch));
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::references::tests::opened;

    /// Without a column to drop that is UNIQUE, SQLite needs no new table.
    #[tokio::test]
    async fn sqlite_refers_to_users_by_text() {
        let (store, _folder) = opened().await;
        let adopt =
            "ALTER TABLE accounts ADD COLUMN user_uuid BLOB GENERATED ALWAYS AS (unhex(id, '-')) VIRTUAL
                REFERENCES userbook_user (uuid) ON DELETE CASCADE CHECK (user_uuid IS NOT NULL);
            CREATE UNIQUE INDEX accounts_user ON accounts (user_uuid);
            ALTER TABLE accounts DROP COLUMN email";
        let execute =
            async |sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(store.pool()).await.is_ok();
        text_keys_refer_to_users(&store, adopt, execute).await;
    }

    #[tokio::test]
    async fn sqlite_finds_users_by_address() {
        claims_find_users_by_address(&opened().await.0).await;
    }
}
