//! The reference server with a directory, and requests to it.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use userbook::{Group, User};

use super::USERS;
use crate::{
    Failure,
    directory::rows,
    measure::{
        program::{Served, build_server},
        wrk::{Run, Script},
    },
    traffic::{HELPER, STRANGER, put_without_join},
};

/// The key of the caller's token.
pub(super) const TOKEN: &str = "a-token-of-the-benchmark";

/// The key of the token of a user without permissions.
pub(crate) const OTHER_TOKEN: &str = "another-token-of-the-benchmark";

/// A running server with the requests to it. Killed on drop.
pub(crate) struct Seeded {
    server: Served,
    script: Script,
}

impl Seeded {
    /// Builds and starts the server on an empty database.
    pub(crate) fn start(folder: &Path, database: &str) -> Result<Self, Failure> {
        Self::start_as(folder, database, |command| command)
    }

    /// Starts the server by a changed command.
    pub(super) fn start_as(
        folder: &Path,
        database: &str,
        started: fn(Command) -> Command,
    ) -> Result<Self, Failure> {
        let seed = folder.join("seed.json");
        std::fs::write(&seed, content().to_string())?;
        let script = Script::put(folder, 3..=USERS, Some(TOKEN), put_without_join)?;
        let mut command = Command::new(build_server()?);
        command.args(["--listen", "127.0.0.1:0", "--database", database, "--seed"]).arg(&seed);
        Ok(Self { server: Served::start(started(command))?, script })
    }

    /// Sends requests over this many connections for this many seconds.
    pub(super) fn put(&self, connections: u32, seconds: u64) -> Result<Run, Failure> {
        self.put_to(self.address(), connections, seconds)
    }

    /// Sends the same requests to another server.
    pub(super) fn put_to(&self, address: &str, connections: u32, seconds: u64) -> Result<Run, Failure> {
        self.script.run(address, connections, seconds)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.server.address()
    }

    /// Returns the server's processor time so far in seconds.
    pub(crate) fn processor_time(&self) -> Result<f64, Failure> {
        self.server.processor_time()
    }
}

/// The seed: users in groups, user 1 with a token and the permissions to view and change all users, and user 2 with a
/// token alone.
fn content() -> Value {
    let rows = rows(USERS);
    let token =
        |key, user| json!({"key": key, "intent": "api", "expiring": false, "expires": null, "user_pk": user});
    let permission = |name: &str| json!({"user_pk": HELPER, "permission": format!("authentik_core.{name}")});
    let permissions = ["view_user", "change_user", "view_group"].map(permission);
    json!({
        "install_id": rows.install_id,
        "groups": rows.groups.iter().map(group).collect::<Vec<_>>(),
        "users": rows.users.iter().map(user).collect::<Vec<_>>(),
        "tokens": [token(TOKEN, HELPER), token(OTHER_TOKEN, STRANGER)],
        "permissions": permissions,
    })
}

fn group(group: &Group) -> Value {
    let Group { id, name, is_superuser, parent, attributes, .. } = group;
    json!({"pk": id, "name": name, "is_superuser": is_superuser, "parent": parent, "attributes": attributes})
}

fn user(user: &User) -> Value {
    let User { id, uuid, username, name, email, is_active, path, user_type, attributes, groups, .. } = user;
    json!({
        "pk": id, "uuid": uuid, "username": username, "name": name, "email": email, "is_active": is_active,
        "last_login": null, "path": path, "type": user_type, "attributes": attributes, "groups": groups,
        "password_change_date": user.password_change_date,
    })
}
