//! The store's statements on `rusqlite`: a transaction on one connection, on the caller's thread.

use std::path::Path;

use rusqlite::{Connection, Row, named_params, types::ValueRef};
use userbook::{
    Revision, User, UserId,
    field::{Name, Username},
    store::ChangeSet,
};
use uuid::Uuid;

use crate::{Failure, user};

const LOAD: &str = include_str!("../../../crates/userbook-sqlx/src/sqlite/sql/load.sql");
const UPDATE: &str = include_str!("../../../crates/userbook-sqlx/src/sqlite/sql/update_user.sql");
const EVENT: &str = include_str!("../../../crates/userbook-sqlx/src/sql/insert_event.sql");

/// A connection to a database that the store created.
#[derive(Debug)]
pub struct Rusqlite(Connection);

impl Rusqlite {
    /// Opens the database with the store's recommended settings.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA busy_timeout = 5000;",
        )?;
        Ok(Self(connection))
    }

    /// Loads the parts of the user that a change needs, and reads all columns of the statement.
    pub fn load(&self, id: UserId, username: &str) -> Result<User, Failure> {
        let mut load = self.0.prepare_cached(LOAD)?;
        let mut rows = load.query(named_params! {
            ":target_id": id.0,
            ":username": username,
            ":groups": "[]",
            ":other_superusers": false,
        })?;
        let mut found = None;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            if row.get_ref("row_kind")?.as_str()? == "facts" {
                found = Some(facts(row)?);
            } else {
                let name: String = row.get("name")?;
                let attributes: serde_json::Value =
                    serde_json::from_str(row.get_ref("attributes")?.as_str()?)?;
                groups.push((
                    uuid(row.get_ref("uuid")?)?,
                    name,
                    attributes,
                    row.get::<_, bool>("is_superuser")?,
                ));
            }
        }
        let mut found = found.ok_or("the user is missing")?;
        found.groups = groups.into_iter().map(|(id, ..)| userbook::GroupId(id)).collect();
        Ok(found)
    }

    /// Writes a change if the row is unchanged since the read.
    pub fn commit(&mut self, change: &ChangeSet) -> Result<bool, Failure> {
        let fields = &change.fields;
        let body = serde_json::to_string(&*change.event)?;
        self.0.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let written = self.0.prepare_cached(UPDATE)?.execute(named_params! {
            ":user": change.user.0,
            ":expected": change.expected.0.as_bytes(),
            ":revision": change.change.0.as_bytes(),
            ":version": i64::try_from(change.version)?,
            ":username": fields.username.as_ref().map(Username::as_str),
            ":name": fields.name.as_ref().map(Name::as_str),
            ":sets_last_login": false,
            ":event_time": change.event.time.timestamp_micros(),
        })?;
        self.0.prepare_cached(EVENT)?.execute(named_params! {
            ":event_id": change.event.id.0.as_bytes(),
            ":event_kind": "user_updated",
            ":event_user": change.user.0,
            ":event_version": i64::try_from(change.event.version)?,
            ":event_time": change.event.time.timestamp_micros(),
            ":event_body": body,
        })?;
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(written == 1)
    }

    /// Returns the number of events.
    pub fn events(&self) -> Result<i64, Failure> {
        Ok(self.0.query_row("SELECT count(*) FROM userbook_event", [], |row| row.get(0))?)
    }
}

fn facts(row: &Row<'_>) -> Result<User, Failure> {
    Ok(User {
        uuid: uuid(row.get_ref("uuid")?)?,
        username: row.get("username")?,
        name: row.get("name")?,
        email: row.get("email")?,
        path: row.get("path")?,
        attributes: serde_json::from_str(row.get_ref("attributes")?.as_str()?)?,
        user_type: row.get_ref("type")?.as_str()?.parse()?,
        revision: Revision(uuid(row.get_ref("revision")?)?),
        version: u64::try_from(row.get::<_, i64>("version")?)?,
        ..user(row.get("id")?, row.get("is_active")?, [])
    })
}

fn uuid(value: ValueRef<'_>) -> Result<Uuid, Failure> {
    Ok(Uuid::from_slice(value.as_blob()?)?)
}
