//! The option `--events stdout`.

use serde_json::{Value, json};
use userbook_tests::{binary::Server, receiver::wait_for, serving::administer};

use crate::support::{Folder, request, seed};

#[test]
fn events_are_printed_as_json_lines_before_the_server_ends() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    let server = Server::start(&["--database", &folder.database(), "--seed", &path]);
    for name in ["Ada", "Ada", "Ada Lovelace"] {
        assert_eq!(request(&server, "PATCH", "101/", &json!({"name": name})).status, 200);
    }
    assert_eq!(request(&server, "PATCH", "101/", &json!({"is_active": false})).status, 200);
    server.kill();
    // Events written before a restart are delivered after it; acknowledged events are not delivered again.
    let lines = events(&folder);
    let diffs: Vec<&Value> = lines.iter().map(|event| &event["diff"]).collect();
    assert_eq!(
        diffs,
        [
            &json!({"name": {"old": "", "new": "Ada"}}),
            &json!({"name": {"old": "Ada", "new": "Ada Lovelace"}}),
            &json!({"is_active": {"old": true, "new": false}}),
        ]
    );
    assert_eq!(lines[2]["effects"], json!(["revoke_sessions"]));
    assert_eq!(lines[0]["actor"], json!({"user": 1}));
    assert!(events(&folder).is_empty());
}

/// Returns whether all events are delivered.
pub(crate) fn none_pending(database: &str) -> bool {
    let pending = administer(database, &["events", "list", "--pending", "--json"]);
    serde_json::from_slice::<Value>(&pending.stdout).unwrap() == json!([])
}

/// Runs the server until all events are delivered and returns the printed ones.
fn events(folder: &Folder) -> Vec<Value> {
    let server = Server::start(&["--database", &folder.database(), "--events", "stdout"]);
    wait_for("events stay pending", || none_pending(&folder.database()));
    let (status, written) = server.stop("TERM");
    assert!(status.success());
    written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
