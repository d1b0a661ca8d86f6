//! The store's statements on one connection, one after another, as handwritten code runs them.

use std::sync::LazyLock;

use sqlx::{MySqlConnection, Row, mysql::MySqlRow};
use userbook::{
    Revision, User, UserId,
    field::{Name, Username},
    store::ChangeSet,
};
use userbook_sqlx::{Placeholders, Resolved, resolve};
use uuid::Uuid;

use crate::{Failure, user};

macro_rules! statement {
    ($file:literal) => {
        LazyLock::new(|| {
            let source = include_str!(concat!("../../../crates/userbook-sqlx/src/", $file));
            resolve(source, Placeholders::Positional)
        })
    };
}

const BEGIN: &str = "START TRANSACTION";
static LOAD: LazyLock<Resolved> = statement!("mysql/sql/load.sql");
static UPDATE: LazyLock<Resolved> = statement!("mysql/sql/update_user.sql");
static EVENT: LazyLock<Resolved> = statement!("sql/insert_event.sql");
const COMMIT: &str = "COMMIT";

/// Loads the parts of the user that a change needs.
pub async fn load(connection: &mut MySqlConnection, id: UserId) -> Result<User, Failure> {
    let mut query = sqlx::query(LOAD.text.as_str());
    for parameter in &LOAD.parameters {
        query = match *parameter {
            "target_id" => query.bind(id.0),
            "groups" => query.bind("[]"),
            "other_superusers" => query.bind(false),
            // A null of another type than the column's would hide its index.
            "username" => query.bind(None::<Vec<u8>>),
            "target_uuid" | "change" => query.bind(None::<Uuid>),
            _ => query.bind(None::<i64>),
        };
    }
    let rows = query.fetch_all(connection).await?;
    let (mut found, mut groups) = (None, Vec::new());
    for row in &rows {
        if row.try_get::<&[u8], _>("row_kind")? == b"facts" {
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
    sqlx::raw_sql(BEGIN).execute(&mut *connection).await?;
    let mut update = sqlx::query(UPDATE.text.as_str());
    for parameter in &UPDATE.parameters {
        update = match *parameter {
            "user" => update.bind(user),
            "expected" => update.bind(change.expected.0),
            "revision" => update.bind(change.change.0),
            "version" => update.bind(i64::try_from(change.version)?),
            "username" => {
                update.bind(change.fields.username.as_ref().map(|name| Username::as_str(name).as_bytes()))
            }
            "name" => update.bind(change.fields.name.as_ref().map(Name::as_str)),
            "sets_last_login" => update.bind(false),
            "event_time" => update.bind(change.event.time.naive_utc()),
            _ => update.bind(None::<i64>),
        };
    }
    let written = update.execute(&mut *connection).await?;
    let mut event = sqlx::query(EVENT.text.as_str());
    for parameter in &EVENT.parameters {
        event = match *parameter {
            "event_id" => event.bind(change.event.id.0),
            "event_kind" => event.bind("user_updated"),
            "event_user" => event.bind(user),
            "event_version" => event.bind(i64::try_from(change.event.version)?),
            "event_time" => event.bind(change.event.time.naive_utc()),
            "event_body" => event.bind(serde_json::to_string(&*change.event)?),
            _ => event.bind(None::<i64>),
        };
    }
    event.execute(&mut *connection).await?;
    sqlx::raw_sql(COMMIT).execute(connection).await?;
    Ok(written.rows_affected() == 1)
}
