//! Moves the accounts of the shop to Userbook: once, and in one transaction.

use std::{collections::HashMap, error::Error};

use sqlx::SqliteConnection;
use userbook::{
    Group, GroupId, Timestamp, User, UserId, UserType,
    clock::RandomIds,
    field::{EmailAddress, fold},
    store::{ImportData, ImportOutcome},
};
use userbook_sqlx::sqlite::SqliteStore;
use uuid::Uuid;

use crate::INSTALL_ID;

/// The group of the administrators: its members are superusers.
const ADMINS: GroupId = GroupId(Uuid::from_u128(0xad));

/// Whether the accounts still have the columns that are Userbook's now.
const IS_OLD: &str = "SELECT count(*) FROM pragma_table_info('accounts') WHERE name = 'email'";

const ACCOUNTS: &str =
    "SELECT id, email, name, is_admin, is_active, created_at FROM accounts ORDER BY created_at, id";

type Account = (String, String, String, bool, bool, i64);

/// Takes the old tables away. The column `email` is UNIQUE, which SQLite drops only with its table. DROP TABLE deletes
/// the rows first: the foreign key of `orders` waits for the new rows until the commit, but ON DELETE CASCADE does not
/// wait, so that `sessions` are copied before.
const MOVE_OUT: &str = "
    PRAGMA defer_foreign_keys = ON;
    CREATE TABLE moved_sessions AS SELECT token, account FROM sessions;
    CREATE TABLE moved_accounts AS SELECT id, password FROM accounts;
    DROP TABLE sessions;
    DROP TABLE accounts";

/// The tables of the shop now. The text key stays; the generated column is the same UUID as Userbook stores it. A user
/// without a password, such as one who was created over the API, has no account or one with NULL.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS accounts (
        id TEXT NOT NULL PRIMARY KEY,
        password TEXT,
        user BLOB NOT NULL UNIQUE GENERATED ALWAYS AS (unhex(id, '-')) STORED
            REFERENCES userbook_user (uuid) ON DELETE CASCADE
    ) STRICT;
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (id),
        item TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS sessions (
        token BLOB NOT NULL PRIMARY KEY,
        user BLOB NOT NULL REFERENCES userbook_user (uuid) ON DELETE CASCADE,
        epoch BLOB NOT NULL
    ) STRICT";

/// People stay signed in: each session gets the epoch of its user. A session of an inactive user would be valid again
/// after an activation.
const MOVE_IN: &str = "
    INSERT INTO accounts (id, password) SELECT id, password FROM moved_accounts;
    INSERT INTO sessions (token, user, epoch)
        SELECT token, uuid, session_epoch FROM moved_sessions JOIN userbook_user ON uuid = unhex(account, '-')
        WHERE is_active;
    DROP TABLE moved_sessions;
    DROP TABLE moved_accounts";

/// Migrates, and moves the accounts unless an earlier start has moved them.
pub(crate) async fn adopt(store: &SqliteStore) -> Result<(), Box<dyn Error>> {
    store.migrate().await?;
    let mut transaction = store.begin_import().await?;
    let is_old: bool = sqlx::query_scalar(IS_OLD).fetch_one(&mut *transaction).await?;
    if is_old {
        import(&mut transaction).await?;
        sqlx::raw_sql(MOVE_OUT).execute(&mut *transaction).await?;
    }
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    if is_old {
        sqlx::raw_sql(MOVE_IN).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

async fn import(transaction: &mut SqliteConnection) -> Result<(), Box<dyn Error>> {
    let accounts: Vec<Account> = sqlx::query_as(ACCOUNTS).fetch_all(&mut *transaction).await?;
    check(&accounts)?;
    let users = accounts.into_iter().zip(1..).map(user).collect::<Result<_, _>>()?;
    let data = ImportData { install_id: INSTALL_ID.to_owned(), groups: vec![admins()], users };
    match SqliteStore::import_in(transaction, &data).await? {
        ImportOutcome::Imported => Ok(()),
        ImportOutcome::NotEmpty => Err("Userbook has users already".into()),
    }
}

/// An import checks no rule. Two accounts whose addresses differ in case could not sign in any more, and only you can
/// decide which of them stays. An invalid address keeps working until it is changed.
fn check(accounts: &[Account]) -> Result<(), Box<dyn Error>> {
    let mut seen = HashMap::new();
    for (id, email, ..) in accounts {
        if !email.is_empty()
            && let Some(other) = seen.insert(fold(email), id)
        {
            return Err(format!("accounts {other} and {id} have one address: {email}").into());
        }
        if email.is_empty() || !EmailAddress::parse(email).is_ok_and(|email| email.is_rfc()) {
            tracing::warn!(account = id, "invalid address");
        }
    }
    Ok(())
}

/// Ids are numbers in the order of the accounts; the UUID is the account's.
fn user(
    ((id, email, name, is_admin, is_active, created_at), number): (Account, i64),
) -> Result<User, Box<dyn Error>> {
    let created_at = Timestamp::from_timestamp(created_at, 0).ok_or("a time is out of range")?;
    let imported = User::imported(UserId(number), id.parse()?, id, created_at, &RandomIds);
    let user_type = if is_admin { UserType::Internal } else { UserType::External };
    let groups = is_admin.then_some(ADMINS).into_iter().collect();
    Ok(User { name, email, is_active, user_type, groups, ..imported })
}

fn admins() -> Group {
    Group { is_superuser: true, ..Group::imported(ADMINS, "admins", Timestamp::UNIX_EPOCH) }
}
