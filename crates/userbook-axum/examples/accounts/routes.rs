//! Your routes.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_sessions::Session;
use userbook::{Actor, NewUser, User, UserRef, UserUpdate};
use uuid::Uuid;

use crate::{
    App,
    answer::Failure,
    login, passwords,
    session::{SignedIn, begin},
    sign_up,
};

#[derive(Deserialize)]
pub(crate) struct Registration {
    username: String,
    name: String,
    email: String,
    password: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    username: String,
    password: String,
}

/// Fields that people change themselves. An absent field stays.
#[derive(Deserialize)]
pub(crate) struct Changes {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    password: String,
}

fn shown(user: &User) -> Json<Value> {
    Json(json!({"uuid": user.uuid, "username": user.username, "name": user.name, "email": user.email}))
}

/// User and account are created together or not at all.
pub(crate) async fn sign_up(
    State(app): State<App>,
    session: Session,
    Json(new): Json<Registration>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let user = NewUser::new(new.username, new.name).with(|user| user.email(new.email));
    let user = sign_up::create(&app.service, user, passwords::hash(new.password).await?).await?;
    begin(&session, (&user).into()).await?;
    Ok((StatusCode::CREATED, shown(&user)))
}

pub(crate) async fn log_in(
    State(app): State<App>,
    session: Session,
    Json(given): Json<Credentials>,
) -> Result<Json<Value>, Failure> {
    let account = login::find(app.store().pool(), &given.username).await?;
    let user = login::verify(account, given.password).await?;
    app.service.record_login(user.uuid).await?;
    begin(&session, user).await?;
    me(State(app), user).await
}

pub(crate) async fn me(State(app): State<App>, signed_in: SignedIn) -> Result<Json<Value>, Failure> {
    let view = app.service.retrieve(&Actor::system(), UserRef::from(signed_in.uuid)).await;
    Ok(shown(&view.map_err(userbook::UpdateError::from)?.user))
}

/// People change their own account, so that the application acts. A taken address is a violation of `email`.
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(changes): Json<Changes>,
) -> Result<Json<Value>, Failure> {
    let mut update = UserUpdate::patch();
    if let Some(name) = changes.name {
        update = update.name(name);
    }
    if let Some(email) = changes.email {
        update = update.email(email);
    }
    Ok(shown(&app.service.update_user(&Actor::system(), signed_in.uuid, update).await?.view.user))
}

/// Ends all sessions of the user except this one.
pub(crate) async fn change_password(
    State(app): State<App>,
    signed_in: SignedIn,
    session: Session,
    Json(new): Json<NewPassword>,
) -> Result<StatusCode, Failure> {
    let hash = passwords::hash(new.password).await?;
    let user = sign_up::change_password(&app.service, signed_in, hash).await?;
    begin(&session, (&user).into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn order(State(app): State<App>, signed_in: SignedIn) -> Result<StatusCode, Failure> {
    let order = sqlx::query("INSERT INTO orders (account) VALUES (?)").bind(signed_in.uuid);
    order.execute(app.store().pool()).await?;
    Ok(StatusCode::CREATED)
}

/// Ends the sessions of the user. Userbook decides whether the actor may deactivate the user.
pub(crate) async fn deactivate(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(uuid): Path<Uuid>,
) -> Result<StatusCode, Failure> {
    let update = UserUpdate::patch().is_active(false);
    app.service.update_user(&signed_in.actor(), uuid, update).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user with orders stays: the foreign key of `orders` is a violation with the code `referenced`.
pub(crate) async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(uuid): Path<Uuid>,
) -> Result<StatusCode, Failure> {
    app.service.delete_user(&signed_in.actor(), uuid).await?;
    Ok(StatusCode::NO_CONTENT)
}
