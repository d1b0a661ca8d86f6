//! Changes of a user and of your own table in one transaction.

use sqlx::SqliteConnection;
use userbook::{Actor, NewUser, User};
use uuid::Uuid;

use crate::{Service, answer::Failure};

/// Creates a user and the account, together or not at all.
pub(crate) async fn create(service: &Service, user: NewUser, password: String) -> Result<User, Failure> {
    let transaction = service.store().transaction().await?;
    let in_transaction = service.with_store(transaction.clone());
    let user = in_transaction.insert_user(&Actor::system(), user).await?.view.user;
    let account = user.uuid;
    let insert = "INSERT INTO accounts (password, user) VALUES (?, ?)";
    transaction
        .run(move |connection| Box::pin(set_password(connection, insert, password, account)))
        .await??;
    transaction.commit().await?;
    Ok(user)
}

/// Stores a new password and ends the user's sessions.
pub(crate) async fn change_password(
    service: &Service,
    user: Uuid,
    password: String,
) -> Result<User, Failure> {
    let transaction = service.store().transaction().await?;
    let in_transaction = service.with_store(transaction.clone());
    let user = in_transaction.record_password_change(&Actor::system(), user).await?.view.user;
    let account = user.uuid;
    let update = "UPDATE accounts SET password = ? WHERE user = ?";
    transaction
        .run(move |connection| Box::pin(set_password(connection, update, password, account)))
        .await??;
    transaction.commit().await?;
    Ok(user)
}

async fn set_password(
    connection: &mut SqliteConnection,
    sql: &'static str,
    password: String,
    user: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query(sql).bind(password).bind(user).execute(connection).await?;
    Ok(())
}
