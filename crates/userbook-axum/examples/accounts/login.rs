//! Sign-in by username and password.

use sqlx::SqlitePool;
use userbook::{UserId, model::SessionEpoch};
use uuid::Uuid;

use crate::{answer::Failure, passwords, session::SignedIn};

/// A password hash and the session that the password begins.
#[derive(Debug)]
pub(crate) struct Account {
    password: String,
    user: SignedIn,
}

/// Reads the hash and the session epoch in one statement, before the hash is verified, which takes long. If the user
/// gets a new password meanwhile, the session has the old epoch and ends at its next request. An epoch that is read
/// after the verification would let the old password begin a valid session.
pub(crate) async fn find(pool: &SqlitePool, username: &str) -> Result<Option<Account>, sqlx::Error> {
    let sql = "SELECT password, id, uuid, session_epoch FROM userbook_user JOIN accounts ON user = uuid
        WHERE username = ? AND is_active";
    let row: Option<(String, i64, Uuid, Uuid)> =
        sqlx::query_as(sql).bind(username).fetch_optional(pool).await?;
    Ok(row.map(|(password, id, uuid, epoch)| Account {
        password,
        user: SignedIn { id: UserId(id), uuid, epoch: SessionEpoch(epoch) },
    }))
}

/// Verifies the password. Without an account this takes as long and fails.
pub(crate) async fn verify(account: Option<Account>, password: String) -> Result<SignedIn, Failure> {
    let (stored, user) = account.map(|account| (account.password, account.user)).unzip();
    let is_right = passwords::verify(password, stored).await?;
    user.filter(|_| is_right).ok_or(Failure::NotSignedIn)
}

#[cfg(test)]
mod tests {
    use userbook::NewUser;

    use super::{find, verify};
    use crate::{App, answer::Failure, passwords::hash, sign_up, testing::app};

    async fn hashed(password: &str) -> String {
        hash(password.to_owned()).await.unwrap()
    }

    async fn log_in(app: &App, password: &str) -> Result<bool, Failure> {
        let found = find(app.store().pool(), "ada").await?;
        verify(found, password.to_owned()).await?.is_valid(&app.service).await
    }

    #[tokio::test]
    async fn session_of_the_old_password_ends_if_the_password_changes_during_the_verification() {
        let app = app().await;
        let user = NewUser::new("ada", "Ada");
        let signed_up = (&sign_up::create(&app.service, user, hashed("old").await).await.unwrap()).into();
        assert!(log_in(&app, "old").await.unwrap());

        let found = find(app.store().pool(), "ada").await.unwrap();
        sign_up::change_password(&app.service, signed_up, hashed("new").await).await.unwrap();
        let late = verify(found, "old".to_owned()).await.unwrap();
        app.service.record_login(late.uuid).await.unwrap();
        assert!(!late.is_valid(&app.service).await.unwrap());
        assert!(matches!(log_in(&app, "old").await, Err(Failure::NotSignedIn)));
        assert!(log_in(&app, "new").await.unwrap());

        // The session that the change has ended changes nothing.
        let again = sign_up::change_password(&app.service, signed_up, hashed("other").await).await;
        assert!(matches!(again, Err(Failure::NotSignedIn)));
        assert!(log_in(&app, "new").await.unwrap());
    }
}
