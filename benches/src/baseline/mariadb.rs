//! Another name for a user on MariaDB, as one writes it by hand for exactly this update: a load, and a transaction with
//! the row and an event, on an open connection. The statements are frozen: they do not change with those of the store.

use serde_json::{Value, json};
use sqlx::{Connection, MySqlConnection, Row};
use userbook::{
    Timestamp, UserId,
    clock::{ChangeIds, RandomIds},
};
use uuid::Uuid;

use crate::Failure;

const LOAD: &str = "SELECT u.uuid, u.username, u.name, u.email, u.is_active, u.last_login, u.path, u.type, u.attributes, \
    u.password_change_date, u.revision, u.version, \
    g.id AS group_id, g.name AS group_name, g.is_superuser, g.parent, g.attributes AS group_attributes \
    FROM userbook_user AS u LEFT JOIN userbook_membership AS m ON m.user_id = u.id \
    LEFT JOIN userbook_group AS g ON g.id = m.group_id WHERE u.id = ?";
const UPDATE: &str = "UPDATE userbook_user SET name = ?, revision = ?, version = version + 1, updated_at = UTC_TIMESTAMP(6) \
    WHERE id = ? AND revision = ?";
const EVENT: &str = "INSERT INTO userbook_event (id, kind, user_id, version, occurred_at, body) \
    VALUES (?, 'user_updated', ?, ?, UTC_TIMESTAMP(6), ?)";

/// A user with its groups.
#[derive(Debug)]
pub struct Found {
    /// The UUID.
    pub uuid: Uuid,
    /// The username.
    pub username: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the user is active.
    pub is_active: bool,
    /// The last login.
    pub last_login: Option<Timestamp>,
    /// The path.
    pub path: String,
    /// The type.
    pub kind: String,
    /// The attributes.
    pub attributes: Value,
    /// When the password changed.
    pub password_change_date: Timestamp,
    /// The state of the row.
    pub revision: Uuid,
    /// The number of changes.
    pub version: i64,
    /// The groups.
    pub groups: Vec<Group>,
}

/// A group of a user.
#[derive(Debug)]
pub struct Group {
    /// The UUID.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// Whether its members are superusers.
    pub is_superuser: bool,
    /// The parent.
    pub parent: Option<Uuid>,
    /// The attributes.
    pub attributes: Value,
}

/// Loads a user.
pub async fn load(connection: &mut MySqlConnection, id: UserId) -> Result<Found, Failure> {
    let rows = sqlx::query(LOAD).bind(id.0).fetch_all(connection).await?;
    let row = rows.first().ok_or("the user is missing")?;
    let mut groups = Vec::new();
    for row in &rows {
        if let Some(id) = row.try_get("group_id")? {
            groups.push(Group {
                id,
                name: row.try_get("group_name")?,
                is_superuser: row.try_get("is_superuser")?,
                parent: row.try_get("parent")?,
                attributes: serde_json::from_str(row.try_get("group_attributes")?)?,
            });
        }
    }
    Ok(Found {
        uuid: row.try_get("uuid")?,
        username: String::from_utf8(row.try_get("username")?)?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        is_active: row.try_get("is_active")?,
        last_login: row.try_get("last_login")?,
        path: row.try_get("path")?,
        kind: row.try_get("type")?,
        attributes: serde_json::from_str(row.try_get("attributes")?)?,
        password_change_date: row.try_get("password_change_date")?,
        revision: row.try_get("revision")?,
        version: row.try_get("version")?,
        groups,
    })
}

/// Renames a user. Returns false if the row changed since the load.
pub async fn rename(connection: &mut MySqlConnection, id: UserId, name: &str) -> Result<bool, Failure> {
    let found = load(connection, id).await?;
    let revision = RandomIds.next_uuid();
    let diff = json!({"name": {"old": found.name, "new": name}});
    let mut transaction = connection.begin().await?;
    let update = sqlx::query(UPDATE).bind(name).bind(revision).bind(id.0).bind(found.revision);
    if update.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Ok(false);
    }
    write_event(&mut transaction, id, &found, &diff, revision).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Writes the event of an update.
pub async fn write_event(
    connection: &mut MySqlConnection,
    id: UserId,
    found: &Found,
    diff: &Value,
    event: Uuid,
) -> Result<(), Failure> {
    let body = json!({"kind": "user_updated", "target": {"user": id}, "actor": "system", "diff": diff});
    let insert = sqlx::query(EVENT).bind(event).bind(id.0).bind(found.version + 1).bind(body.to_string());
    insert.execute(connection).await?;
    Ok(())
}
