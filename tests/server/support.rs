//! Shared support: a folder, a seed, an administrator.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use userbook_tests::binary::{Answer, Server, command, send};

/// The key of the seeded administrator's token.
pub(crate) const KEY: &str = "a-key-of-tests";

/// The administrators' group.
pub(crate) const ADMINS: &str = "d17ed75c-6f5f-590b-931a-88437a26945d";

/// A temporary folder, removed after the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Returns the URL of a SQLite database in the folder.
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.path("users.db").display())
    }

    /// Writes a seed file and returns its path.
    pub(crate) fn seed(&self, seed: &Value) -> String {
        let path = self.path("seed.json");
        std::fs::write(&path, seed.to_string()).unwrap();
        path.display().to_string()
    }
}

/// Returns a user's row.
pub(crate) fn user(pk: i64, username: &str, groups: &[&str]) -> Value {
    json!({
        "pk": pk, "uuid": uuid::Uuid::from_u128(pk.unsigned_abs().into()), "username": username, "name": "",
        "email": "", "is_active": true, "last_login": null, "path": "users", "type": "internal",
        "attributes": {}, "groups": groups, "password_change_date": "2024-05-06T07:08:09Z",
    })
}

/// Returns a seed with an administrator, the administrator's token, and users 101, 102, ….
pub(crate) fn seed(users: i64) -> Value {
    let mut rows = vec![user(1, "admin", &[ADMINS])];
    rows.extend((1..=users).map(|n| user(100 + n, &format!("user{n}"), &[])));
    json!({
        "install_id": "888ac2bb-5169-4b08-a5b5-13e1f0a1f7d7",
        "groups": [{"pk": ADMINS, "name": "admins", "is_superuser": true, "parent": null, "attributes": {}}],
        "users": rows,
        "tokens": [{"key": KEY, "intent": "api", "expiring": false, "expires": null, "user_pk": 1}],
        "permissions": [], "object_permissions": [],
    })
}

/// Sends JSON to a user's URL as the administrator.
pub(crate) fn request(server: &Server, method: &str, target: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let target = format!("/api/v3/core/users/{target}");
    send(server.address, method, &target, &headers, Some(body.to_string().as_bytes())).unwrap()
}

/// Returns the server's command behind another program: `taskset`, `prlimit`.
pub(crate) fn behind(program: &str, arguments: &[&str]) -> Command {
    let mut behind = Command::new(program);
    behind.env_clear().args(arguments).arg(command().get_program());
    behind
}

/// Returns the server's command on one processor, the first that this process may use.
pub(crate) fn on_one_processor() -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    behind("taskset", &["-c", allowed.trim().split(['-', ',']).next().unwrap()])
}

/// Whether a token opens the API.
pub(crate) fn opens_api(server: &Server, token: &str) -> bool {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    send(server.address, "GET", "/api/v3/core/users/1/", &headers, None).unwrap().status == 200
}

/// Standard outputs that take nothing: a full disk, and a pipe whose reader has left.
pub(crate) fn unusable_outputs() -> [Stdio; 2] {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    [std::fs::File::create("/dev/full").unwrap().into(), writer.into()]
}
