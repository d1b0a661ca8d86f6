//! The store's statements on one connection, one after another, as handwritten code runs them.

use sqlx::{MySqlConnection, Row, mysql::MySqlRow};
use userbook::{
    Revision, User, UserId,
    field::{Name, Username},
    store::ChangeSet,
};
use uuid::Uuid;

use crate::{Failure, user};

const BEGIN: &str = include_str!("../../../crates/userbook-sqlx/src/mysql/sql/begin.sql");
const LOAD: &str = include_str!("../../../crates/userbook-sqlx/src/mysql/sql/load.sql");
const UPDATE: &str = include_str!("../../../crates/userbook-sqlx/src/mysql/sql/update_user.sql");
const EVENT: &str = include_str!("../../../crates/userbook-sqlx/src/mysql/sql/insert_event.sql");
const COMMIT: &str = include_str!("../../../crates/userbook-sqlx/src/mysql/sql/commit.sql");

/// Loads the parts of the user that a change needs.
pub async fn load(connection: &mut MySqlConnection, id: UserId) -> Result<User, Failure> {
    let no_id: Option<i64> = None;
    let no_bytes: Option<&[u8]> = None;
    let rows = sqlx::query(LOAD)
        .bind(id.0)
        .bind(no_id)
        .bind("[]")
        .bind(false)
        .bind(no_bytes)
        .bind(id.0)
        .bind(false)
        .bind(id.0)
        .bind(no_bytes)
        .bind(no_id)
        .bind(id.0)
        .bind(id.0)
        .bind(no_id)
        .fetch_all(connection)
        .await?;
    let (mut found, mut groups) = (None, Vec::new());
    for row in &rows {
        if row.try_get::<&[u8], _>("part")? == b"facts" {
            found = Some(facts(row)?);
        } else {
            groups.push(userbook::GroupId(row.try_get::<Uuid, _>("uuid")?));
        }
    }
    let mut found = found.ok_or("the user is missing")?;
    found.groups = groups.into_iter().collect();
    Ok(found)
}

fn facts(row: &MySqlRow) -> Result<User, Failure> {
    let text = |column| Ok::<_, Failure>(String::from_utf8(row.try_get::<Vec<u8>, _>(column)?)?);
    Ok(User {
        uuid: row.try_get("uuid")?,
        username: text("username")?,
        name: text("name")?,
        email: text("email")?,
        path: text("path")?,
        attributes: serde_json::from_str(&text("attributes")?)?,
        user_type: text("type")?.parse()?,
        revision: Revision(row.try_get("revision")?),
        version: u64::try_from(row.try_get::<i64, _>("version")?)?,
        ..user(row.try_get("id")?, row.try_get::<i64, _>("is_active")? == 1, [])
    })
}

/// Writes a change if the row is unchanged since the read.
pub async fn commit(connection: &mut MySqlConnection, change: &ChangeSet) -> Result<bool, Failure> {
    let user = change.user.0;
    let no_id: Option<i64> = None;
    let no_text: Option<&str> = None;
    let no_uuid: Option<Uuid> = None;
    let body = serde_json::to_string(&*change.event)?;
    sqlx::raw_sql(BEGIN).execute(&mut *connection).await?;
    let written = sqlx::query(UPDATE)
        .bind(no_id)
        .bind(user)
        .bind(change.change.0)
        .bind(user)
        .bind(i64::try_from(change.version)?)
        .bind(user)
        .bind(change.fields.username.as_ref().map(|name| Username::as_str(name).as_bytes()))
        .bind(user)
        .bind(change.fields.name.as_ref().map(Name::as_str))
        .bind(user)
        .bind(no_id)
        .bind(false)
        .bind(user)
        .bind(no_text)
        .bind(user)
        .bind(no_text)
        .bind(user)
        .bind(no_text)
        .bind(user)
        .bind(no_text)
        .bind(user)
        .bind(no_text)
        .bind(user)
        .bind(change.expected.0)
        .bind(no_id)
        .bind(no_uuid)
        .execute(&mut *connection)
        .await?;
    sqlx::query(EVENT)
        .bind(change.event.id.0)
        .bind("user_updated")
        .bind(user)
        .bind(no_uuid)
        .bind(i64::try_from(change.event.version)?)
        .bind(change.event.time.naive_utc())
        .bind(body)
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(COMMIT).execute(connection).await?;
    Ok(written.rows_affected() == 1)
}
