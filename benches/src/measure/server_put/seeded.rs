//! The reference server with a directory, and requests to it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use userbook::{Group, User};

use super::USERS;
use crate::{
    Failure,
    directory::rows,
    measure::{
        server::build,
        wrk::{self, Run, Script},
    },
    traffic::put_without_join,
};

/// The key of the caller's token.
pub(super) const TOKEN: &str = "a-token-of-the-benchmark";

/// A running server with the requests to it. Killed on drop.
pub(super) struct Seeded {
    server: Child,
    address: String,
    script: Script,
}

impl Seeded {
    /// Builds and starts the server on an empty database.
    pub(super) fn start(folder: &Path, database: &str) -> Result<Self, Failure> {
        let seed = folder.join("seed.json");
        std::fs::write(&seed, content().to_string())?;
        let script = Script::write(folder, 2..=USERS, Some(TOKEN), put_without_join)?;
        let mut server = Command::new(build()?)
            .args(["--listen", "127.0.0.1:0", "--database", database, "--seed"])
            .arg(&seed)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = server.stdout.take().ok_or("standard output is a pipe")?;
        let mut started = Self { server, address: String::new(), script };
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                address.clone_into(&mut started.address);
                return Ok(started);
            }
        }
        Err("the server does not start".into())
    }

    /// Sends requests over this many connections for this many seconds.
    pub(super) fn put(&self, connections: u32, seconds: u64) -> Result<Run, Failure> {
        self.put_to(&self.address, connections, seconds)
    }

    /// Sends the same requests to another server.
    pub(super) fn put_to(&self, address: &str, connections: u32, seconds: u64) -> Result<Run, Failure> {
        wrk::run(address, &self.script, connections, seconds)
    }

    /// Ends the server. Its database and the requests remain.
    pub(super) fn stop(mut self) -> Self {
        self.end();
        self
    }

    fn end(&mut self) {
        // The process may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        self.end();
    }
}

/// The seed: users in groups, and user 1 with a token and the permissions to view and change all users.
fn content() -> Value {
    let rows = rows(USERS);
    let permission = |name: &str| json!({"user_pk": 1, "permission": format!("authentik_core.{name}")});
    let permissions = ["view_user", "change_user", "view_group"].map(permission);
    json!({
        "install_id": rows.install_id,
        "groups": rows.groups.iter().map(group).collect::<Vec<_>>(),
        "users": rows.users.iter().map(user).collect::<Vec<_>>(),
        "tokens": [{"key": TOKEN, "intent": "api", "expiring": false, "expires": null, "user_pk": 1}],
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
