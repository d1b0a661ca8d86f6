//! Changes of a user and of your own table in one transaction.

use userbook::{Actor, NewUser, User};

use crate::{Service, answer::Failure, session::SignedIn};

/// Creates a user and the account, together or not at all.
pub(crate) async fn create(service: &Service, user: NewUser, password: String) -> Result<User, Failure> {
    let transaction = service.store().transaction().await?;
    let in_transaction = service.with_store(transaction.clone());
    let user = in_transaction.insert_user(&Actor::system(), user).await?.view.user;
    let sql = "INSERT INTO accounts (user, password) VALUES (?, ?)";
    let account = sqlx::query(sql).bind(user.uuid).bind(password);
    transaction.run(move |connection| Box::pin(account.execute(connection))).await??;
    transaction.commit().await?;
    Ok(user)
}

/// Stores a new password and ends the user's sessions. The session of the request may have ended while the password was
/// hashed, by another new password: then this one is not stored.
pub(crate) async fn change_password(
    service: &Service,
    user: SignedIn,
    password: String,
) -> Result<User, Failure> {
    let transaction = service.store().transaction().await?;
    let sql = "UPDATE accounts SET password = ? FROM userbook_user
        WHERE user = uuid AND uuid = ? AND session_epoch = ? AND is_active";
    let update = sqlx::query(sql).bind(password).bind(user.uuid).bind(user.epoch.0);
    let updated = transaction.run(move |connection| Box::pin(update.execute(connection))).await??;
    if updated.rows_affected() == 0 {
        return Err(Failure::NotSignedIn);
    }
    let in_transaction = service.with_store(transaction.clone());
    let user = in_transaction.record_password_change(&Actor::system(), user.uuid).await?.view.user;
    transaction.commit().await?;
    Ok(user)
}
