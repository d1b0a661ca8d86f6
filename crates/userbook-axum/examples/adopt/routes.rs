//! The routes of the shop.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use userbook::{
    Actor, NewUser,
    clock::{ChangeIds as _, RandomIds},
    model::SessionEpoch,
};
use userbook_sqlx::host::claim_digest;
use uuid::Uuid;

use crate::{
    App,
    answer::Failure,
    passwords,
    session::{SignedIn, begin},
};

#[derive(Deserialize)]
pub(crate) struct Registration {
    email: String,
    name: String,
    password: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

/// The username is the UUID: people sign in by address, which may change. The account has the same UUID as text. Verify
/// the address by a link before the first session: here, people could register the addresses of others. Limit the rate,
/// because each request hashes a password.
pub(crate) async fn sign_up(
    State(app): State<App>,
    Json(new): Json<Registration>,
) -> Result<Response, Failure> {
    let uuid = RandomIds.next_uuid();
    let password = passwords::hash(new.password).await?;
    let user = NewUser::new(uuid.to_string(), new.name).uuid(uuid).with(|user| user.email(new.email));
    let transaction = app.store().transaction().await?;
    let in_transaction = app.service.with_store(transaction.clone());
    let user = in_transaction.insert_user(&Actor::system(), user).await?.view.user;
    let sql = "INSERT INTO accounts (id, password) VALUES (?, ?)";
    let account = sqlx::query(sql).bind(uuid.to_string()).bind(password);
    transaction.run(move |connection| Box::pin(account.execute(connection))).await??;
    transaction.commit().await?;
    let session = begin(app.store(), uuid, user.session_epoch).await?;
    Ok((StatusCode::CREATED, session).into_response())
}

/// Finds the user by the claim to the address, in any spelling of case, with hash and epoch in one statement. Imported
/// users may share an address: then none of them signs in by it.
pub(crate) async fn log_in(
    State(app): State<App>,
    Json(given): Json<Credentials>,
) -> Result<Response, Failure> {
    let sql = "SELECT uuid, session_epoch, password FROM userbook_claim
        JOIN userbook_user ON userbook_user.id = user_id JOIN accounts ON user = uuid
        WHERE namespace = 'email' AND digest = ? AND is_active";
    let mut rows: Vec<(Uuid, Uuid, Option<String>)> =
        sqlx::query_as(sql).bind(claim_digest(&given.email)).fetch_all(app.store().pool()).await?;
    let row = if rows.len() == 1 { rows.pop() } else { None };
    let (user, password) = row.map(|(uuid, epoch, password)| ((uuid, epoch), password)).unzip();
    let is_right = passwords::verify(given.password, password.flatten()).await?;
    let (uuid, epoch) = user.filter(|_| is_right).ok_or(Failure::NotSignedIn)?;
    app.service.record_login(uuid).await?;
    let session = begin(app.store(), uuid, SessionEpoch(epoch)).await?;
    Ok((StatusCode::NO_CONTENT, session).into_response())
}

/// A user who was created over the API has no account yet.
pub(crate) async fn me(State(app): State<App>, user: SignedIn) -> Result<Json<Value>, Failure> {
    let sql = "SELECT name, email, accounts.id IS NOT NULL,
            (SELECT count(*) FROM orders WHERE account = accounts.id)
        FROM userbook_user LEFT JOIN accounts ON user = uuid WHERE uuid = ?";
    let (name, email, has_account, orders): (String, String, bool, i64) =
        sqlx::query_as(sql).bind(user.uuid).fetch_one(app.store().pool()).await?;
    Ok(Json(json!({
        "id": user.uuid, "name": name, "email": email, "has_account": has_account, "orders": orders,
    })))
}

/// Creates the account with the first order.
pub(crate) async fn order(
    State(app): State<App>,
    user: SignedIn,
    item: String,
) -> Result<StatusCode, Failure> {
    let mut transaction = app.store().begin_write().await?;
    let account =
        "INSERT INTO accounts (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE user = ?)";
    sqlx::query(account).bind(user.uuid.to_string()).bind(user.uuid).execute(&mut *transaction).await?;
    let order = "INSERT INTO orders (account, item) SELECT id, ? FROM accounts WHERE user = ?";
    sqlx::query(order).bind(item).bind(user.uuid).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(StatusCode::CREATED)
}
