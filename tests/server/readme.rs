//! The commands of README's quick start, against the built server.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use userbook_tests::binary::{Server, command};

use crate::support::Folder;

/// The second block of the quick start: create a user and a token, and change the user.
fn commands() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, quick_start) = readme.split_once("## Quick start").unwrap();
    let (_, block) = quick_start.split_once("user create").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    format!("cargo run -p userbook-server -- user create{block}")
}

#[test]
fn user_of_the_quick_start_changes_its_name() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database()]);
    let commands = commands();
    // With the start of the server, these are five commands.
    assert_eq!(commands.replace("\\\n", " ").trim().lines().count(), 4, "{commands}");
    let program = command().get_program().to_str().unwrap().to_owned();
    let script = commands
        .replace("cargo run -p userbook-server --", &program)
        .replace("127.0.0.1:9000", &server.address.to_string());
    let output = Command::new("bash")
        .args(["-euc", &script])
        .env("USERBOOK_DATABASE", folder.database())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    let last = text.lines().last().unwrap_or_default();
    let user: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {text} {errors}"));
    assert_eq!((&user["username"], &user["name"]), (&"bob".into(), &"Bob Example".into()));
}
