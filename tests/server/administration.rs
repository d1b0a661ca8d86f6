//! The administration commands, on the built server.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use userbook_tests::{
    binary::{Server, command, send},
    serving::{administer, administration_commands_work_beside_a_server},
};

use crate::support::{Folder, seed, unusable_outputs};

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    administer(&folder.database(), arguments)
}

/// Runs a command that succeeds; returns its standard output.
fn done(folder: &Folder, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(folder, arguments)).unwrap()
}

/// Runs a command that fails; returns its standard error.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn write(folder: &Folder, name: &str, text: &str) -> String {
    fs::write(folder.path(name), text).unwrap();
    folder.path(name).display().to_string()
}

#[test]
fn commands_work_beside_a_server() {
    administration_commands_work_beside_a_server(&Folder::new().database());
}

#[test]
fn token_create_prints_the_key_alone_and_the_key_works() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database()]);
    let user = shown(&folder, &["user", "create", "bob", "--name", "Bob", "--json"])["user"]["pk"].clone();
    let key = done(&folder, &["token", "create", "bob"]);
    assert!(key.ends_with('\n') && key.trim().chars().all(|c| c.is_ascii_hexdigit()), "{key:?}");
    done(&folder, &["permission", "grant", "bob", "view_user", "change_user", "--on-user", "bob"]);
    let bearer = format!("Bearer {}", key.trim());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put = |body: Value| {
        let target = format!("/api/v3/core/users/{user}/");
        send(server.address, "PUT", &target, &headers, Some(body.to_string().as_bytes())).unwrap()
    };
    assert_eq!(put(json!({"username": "bob", "name": "Robert", "groups": []})).status, 200);
    let list = shown(&folder, &["token", "list", "bob", "--json"]);
    assert!(!list.to_string().contains(key.trim()));
    done(&folder, &["token", "revoke", list[0]["identifier"].as_str().unwrap()]);
    assert_eq!(put(json!({"username": "bob", "name": "Robert", "groups": []})).status, 403);
}

#[test]
fn key_that_cannot_be_printed_is_revoked() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    for output in unusable_outputs() {
        let mut create = command();
        create.args(["token", "create", "grace", "--database", &folder.database()]);
        assert!(!create.stdout(output).stderr(Stdio::null()).status().unwrap().success());
        assert_eq!(shown(&folder, &["token", "list", "grace", "--json"]).as_array().unwrap().len(), 1);
    }
}

#[test]
fn safeguards_hold_for_commands() {
    let folder = Folder::new();
    let path = folder.seed(&seed(1));
    drop(Server::start(&["--database", &folder.database(), "--seed", &path]));
    for action in
        [&["user", "deactivate", "admin"][..], &["user", "delete", "admin"], &["group", "delete", "admins"]]
    {
        let error = refused(&folder, action);
        assert!(error.starts_with("error: ") && error.contains("last superuser"), "{action:?}: {error}");
    }
    let error = refused(&folder, &["user", "update", "user1", "--email", "nope"]);
    assert!(error.contains("email: "), "{error}");
}

#[test]
fn missing_or_empty_databases_are_not_created_by_a_command() {
    let folder = Folder::new();
    for action in [&["user", "list"][..], &["check"], &["export", "-", "--format", "json"]] {
        let error = refused(&folder, action);
        assert!(error.contains("does not exist"), "{error}");
        assert!(!folder.path("users.db").exists());
    }
    fs::write(folder.path("users.db"), "").unwrap();
    assert!(refused(&folder, &["user", "create", "bob"]).contains("the database is empty"));
}

#[test]
fn export_and_import_restore_the_same_directory() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    let path = |name: &str| folder.path(name).display().to_string();
    for name in ["a.json", "a.jsonl", "a.csv"] {
        done(&folder, &["export", &path(name)]);
        assert!(refused(&folder, &["export", &path(name)]).contains("exists already"));
    }
    let other = Folder::new();
    done(&other, &["import", &path("a.json")]);
    done(&other, &["export", &path("b.json")]);
    assert_eq!(fs::read_to_string(path("a.json")).unwrap(), fs::read_to_string(path("b.json")).unwrap());
    for name in ["a.json", "a.jsonl", "a.csv"] {
        let report = shown(&other, &["import", &path(name), "--json"]);
        assert_eq!(report["users"], json!({"created": 0, "updated": 0, "unchanged": 10}), "{name}");
        assert_eq!(report["refused"], 0, "{name}");
    }
    done(&other, &["check"]);
}

#[test]
fn csv_is_imported_with_a_mapping_and_can_be_repeated() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    let file = write(
        &folder,
        "people.csv",
        "Login,Full name,Mail,Office,Groups,Notes\n\
         rosa,Rosa Luxemburg,rosa@example.com,Z 1,Engineering; Help desk,x\n\
         grace,Grace B. Hopper,grace@example.com,Z 2,,x\n\
         max,Max,not-an-address,Z 3,,x\n\
         otto,Otto,otto@example.com,Z 4,No such group,x\n\
         rosa,Again,,,,\n\
         short\n",
    );
    let map = [
        "--map",
        "Login=username",
        "--map",
        "Full name=name",
        "--map",
        "Mail=email",
        "--map",
        "Office=attributes.office",
        "--map",
        "Groups=groups",
        "--map",
        "Notes=",
    ];
    let import = |more: &[&str]| run(&folder, &[&["import", &file], &map[..], more].concat());
    let error = refused(&folder, &["import", &file]);
    assert!(error.contains("unknown column \"Login\""), "{error}");
    let tried: Value = serde_json::from_slice(&import(&["--dry-run", "--json"]).stdout).unwrap();
    assert_eq!((&tried["users"]["created"], &tried["refused"]), (&json!(1), &json!(4)));
    assert!(refused(&folder, &["user", "show", "rosa"]).contains("no user"));
    let output = import(&[]);
    assert!(!output.status.success());
    let refused_rows = String::from_utf8(output.stderr).unwrap();
    for expected in [
        "people.csv: line 4: email: Enter a valid email address.",
        "people.csv: line 5: groups: no group \"No such group\"",
        "people.csv: line 6: username: \"rosa\" is in this file already",
        "people.csv: line 7: ",
    ] {
        assert!(refused_rows.contains(expected), "{expected:?} is not in {refused_rows}");
    }
    let rosa = shown(&folder, &["user", "show", "rosa", "--json"]);
    assert_eq!((&rosa["name"], &rosa["attributes"]), (&json!("Rosa Luxemburg"), &json!({"office": "Z 1"})));
    assert_eq!(rosa["groups"].as_array().unwrap().len(), 2);
    // Other attributes stay.
    let grace = shown(&folder, &["user", "show", "grace", "--json"]);
    assert_eq!(grace["attributes"]["title"], "Rear admiral");
    assert_eq!((&grace["attributes"]["office"], &grace["groups"]), (&json!("Z 2"), &json!([])));
    let again: Value = serde_json::from_slice(&import(&["--json"]).stdout).unwrap();
    assert_eq!(again["users"], json!({"created": 0, "updated": 0, "unchanged": 2}));
}

#[test]
fn json_lines_are_strict() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    let group = uuid::Uuid::from_u128(77);
    let child = uuid::Uuid::from_u128(78);
    let file = write(
        &folder,
        "rows.jsonl",
        &[
            json!({"group": {"pk": child, "name": "Child", "is_superuser": false, "parent": group, "attributes": {}}}),
            json!({"group": {"pk": group, "name": "Parent", "is_superuser": false, "parent": null, "attributes": {}}}),
            json!({"group": {"pk": group, "name": "Other", "is_superuser": false, "attributes": {}}}),
            json!({"username": "rosa", "name": "Rosa", "groups": ["Child"]}),
            json!({"user": {"username": "max", "e_mail": "x"}}),
            json!({"name": "no username"}),
            json!({"permission": {"user_pk": 1, "permission": "authentik_core.view_user"}}),
        ]
        .map(|line| line.to_string())
        .join("\n"),
    );
    let output = run(&folder, &["import", &file, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["groups"]["created"], 2);
    assert_eq!(report["users"]["created"], 1);
    let places: Vec<_> =
        report["refused_rows"].as_array().unwrap().iter().map(|row| row["place"].clone()).collect();
    assert_eq!(places, ["line 3", "line 5", "line 6", "line 7"]);
    assert!(report["refused_rows"].to_string().contains("missing field `parent`"));
    let rosa = shown(&folder, &["user", "show", "rosa", "--json"]);
    assert_eq!(rosa["groups"], json!([child]));
}

#[test]
fn seeds_are_refused_with_file_record_and_field() {
    let folder = Folder::new();
    let mut invalid = seed(1);
    invalid["users"][1]["groups"] = json!([uuid::Uuid::nil()]);
    let path = folder.seed(&invalid);
    let error = Server::try_start(&["--database", &folder.database(), "--seed", &path]).unwrap_err();
    assert!(error.contains("seed.json: users[1].groups: group 00000000"), "{error}");
    assert!(!folder.path("users.db").exists());
    invalid = seed(1);
    invalid["groups"][0]["is_superuser"] = json!(false);
    let path = folder.seed(&invalid);
    let (_, log) = Server::start(&["--database", &folder.database(), "--seed", &path]).log();
    assert!(log.contains("no active person is a superuser"), "{log}");
}

#[test]
fn backup_is_a_complete_database_while_the_server_writes() {
    let folder = Folder::new();
    let server = Server::start(&["--database", &folder.database()]);
    for n in 0..20 {
        done(&folder, &["user", "create", &format!("user{n}")]);
    }
    let copy = folder.path("copy.db");
    done(&folder, &["backup", copy.to_str().unwrap()]);
    drop(server);
    assert!(refused(&folder, &["backup", copy.to_str().unwrap()]).contains("exists already"));
    let copied = administer(&format!("sqlite:{}", copy.display()), &["user", "list", "--json"]);
    let users: Value = serde_json::from_slice(&copied.stdout).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 21);
    assert_eq!(mode(&copy), 0o600);
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn check_finds_contradictions() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    assert!(done(&folder, &["check"]).contains("no problems"));
    let database = rusqlite::Connection::open(folder.path("users.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA foreign_keys = OFF; UPDATE userbook_count SET value = 7 WHERE name = 'users';
             UPDATE userbook_epoch SET value = 3 WHERE name = 'next_user';
             UPDATE userbook_group SET parent = id WHERE name = 'Astronomy';
             UPDATE userbook_membership SET can_act = 1 WHERE user_id = 4;
             DELETE FROM userbook_claim WHERE user_id = 3 AND namespace = 'email';
             UPDATE userbook_user SET username = 'renamed' WHERE id = 4;
             UPDATE userbook_user SET attributes = '{\"emails\": [{\"value\": \"a@x.org\"}]}' WHERE id = 2;
             INSERT INTO userbook_further_address VALUES (3, 'stale');
             DELETE FROM userbook_server_token;
             INSERT INTO userbook_server_grant VALUES (2, 'authentik_core.view_group', NULL, '00000000-0000-4000-8000-0000000000ff'),
                 (2, 'authentik_core.view_user', 99, NULL)",
        )
        .unwrap();
    drop(database);
    let output = run(&folder, &["check", "--json"]);
    assert!(!output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems: Vec<&str> =
        report["problems"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for expected in [
        "number of users",
        "next id: 8",
        "own ancestor: 1",
        "outdated copy",
        "claim is missing: 1, or belongs to another name: 1, such as of user 3",
        "stored: 2, such as user 2",
        "missing group: 1",
        "missing user: 1",
        "no superuser has an API token",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn check_reports_colliding_names() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    let create = ["user", "create", "GRACE", "--email", "Alan@Example.com"];
    assert!(refused(&folder, &create).contains("unique"));
    // Another policy stored the names.
    done(&folder, &[&create[..], &["--policy", "authentik-2025.2"]].concat());
    done(&folder, &["user", "create", "Vera@example.com", "--policy", "authentik-2025.2"]);
    let problems = |options: &[&str]| -> Vec<Value> {
        let output = run(&folder, &[&["check", "--json"], options].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = report["problems"].as_array().unwrap().clone();
        assert_eq!(output.status.success(), found.is_empty(), "{found:?}");
        found
    };
    let name =
        |users| format!("2 users have one username or address, compared without case, such as users {users}");
    let address = "2 users have one address, compared without case, such as users 4 and 11";
    assert_eq!(problems(&[]), [name("3 and 11"), name("7 and 12")]);
    assert_eq!(problems(&["--unique-email"]), [&name("3 and 11"), address, &name("7 and 12")]);
    assert_eq!(problems(&["--policy", "authentik-2025.2"]), [] as [&str; 0]);
    // The stored names stay, and their users can change.
    done(&folder, &["user", "update", "GRACE", "--name", "Grace", "--unique-email"]);
    let update = ["user", "update", "emmy", "--email", "ALAN@example.com"];
    assert!(refused(&folder, &[&update[..], &["--unique-email"]].concat()).contains("unique"));
    done(&folder, &update);
}

#[test]
fn events_are_listed_and_pruned() {
    let folder = Folder::new();
    done(&folder, &["demo"]);
    done(&folder, &["user", "update", "grace", "--name", "Grace"]);
    done(&folder, &["user", "update", "alan", "--name", "Alan"]);
    let of_grace = shown(&folder, &["events", "list", "--user", "grace", "--json"]);
    assert_eq!(of_grace.as_array().unwrap().len(), 1);
    assert_eq!(of_grace[0]["event"]["diff"]["name"]["new"], "Grace");
    assert_eq!(of_grace[0]["event"]["actor"], "system");
    assert_eq!(shown(&folder, &["events", "prune", "--keep", "0", "--json"]), json!({"deleted": 0}));
    let all = ["events", "prune", "--keep", "0", "--undelivered", "--json"];
    assert_eq!(shown(&folder, &all), json!({"deleted": 2}));
    assert_eq!(shown(&folder, &["events", "list", "--json"]), json!([]));
}

#[test]
fn control_characters_are_not_printed() {
    let folder = Folder::new();
    let path = folder.seed(&{
        let mut odd = seed(1);
        odd["users"][1]["name"] = json!("x\u{1b}[2Jy");
        odd
    });
    drop(Server::start(&["--database", &folder.database(), "--seed", &path]));
    assert!(!done(&folder, &["user", "list"]).contains('\u{1b}'));
    assert!(!done(&folder, &["user", "show", "user1"]).contains('\u{1b}'));
}

#[test]
fn errors_of_the_command_line_name_the_environment_variable() {
    for (value, expected) in [("", "USERBOOK_POLICY"), ("lenient", "USERBOOK_POLICY")] {
        let output = command().env("USERBOOK_POLICY", value).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(expected), "{value:?}: {error}");
    }
}

#[test]
fn every_command_has_help() {
    let help = String::from_utf8(command().arg("--help").output().unwrap().stdout).unwrap();
    for name in [
        "serve",
        "user",
        "group",
        "token",
        "permission",
        "import",
        "export",
        "backup",
        "events",
        "check",
        "demo",
    ] {
        assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
        let output = command().args([name, "--help"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("--database"), "{name}: {text}");
    }
}
