//! The arrows between the crates, and what the core must not depend on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod documents;
mod modules;
mod versions;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Each crate with the crates of the workspace that it may import: what stands below it, never sideways or up.
const BELOW: &[(&str, &[&str])] = &[
    ("userbook", &[]),
    ("userbook-memory", &["userbook"]),
    ("userbook-sqlx", &["userbook"]),
    ("userbook-conformance", &["userbook"]),
    ("userbook-cedar", &["userbook"]),
    ("userbook-http", &["userbook"]),
    ("userbook-axum", &["userbook", "userbook-http"]),
    ("userbook-actix", &["userbook", "userbook-http"]),
    (
        "userbook-server",
        &["userbook", "userbook-axum", "userbook-cedar", "userbook-http", "userbook-memory", "userbook-sqlx"],
    ),
];

/// Packages that are published for nobody: they look at everything.
const UNPUBLISHED: &[&str] = &["userbook-tests", "userbook-benches"];

/// What stands for an async runtime, for HTTP or for SQL.
const FOREIGN_TO_THE_CORE: &[&str] = &[
    "actix-web",
    "async-std",
    "axum",
    "futures",
    "futures-executor",
    "h2",
    "http",
    "http-body",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "reqwest",
    "rusqlite",
    "smol",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tower",
    "tower-service",
];

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The workspace's packages, each with those of them that it needs outside its tests.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let needs = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let outside_tests = dependencies.filter(|dependency| dependency["kind"] != "dev");
        outside_tests
            .map(|dependency| text(&dependency["name"]))
            .filter(|name| names.contains(name))
            .collect()
    };
    packages.iter().map(|package| (text(&package["name"]), needs(package))).collect()
}

#[test]
fn crates_import_what_stands_below_them() {
    let below: BTreeMap<&str, &[&str]> = BELOW.iter().copied().collect();
    for (package, needs) in arrows() {
        if UNPUBLISHED.contains(&package.as_str()) {
            continue;
        }
        let allowed = below.get(package.as_str()).unwrap_or_else(|| panic!("{package} has no place yet"));
        for needed in needs {
            assert!(allowed.contains(&needed.as_str()), "{package} must not import {needed}");
        }
    }
}

#[test]
fn nothing_published_imports_what_is_not() {
    for (package, needs) in arrows() {
        if UNPUBLISHED.contains(&package.as_str()) {
            continue;
        }
        assert!(UNPUBLISHED.iter().all(|name| !needs.contains(*name)), "{package}");
    }
}

#[test]
fn published_crates_say_what_they_are_and_how_they_may_be_used() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let published: Vec<&Value> = packages.iter().filter(|package| package["publish"].is_null()).collect();
    assert!(!published.is_empty());
    for package in published {
        let name = package["name"].as_str().unwrap();
        assert!(!UNPUBLISHED.contains(&name), "{name}");
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        for key in ["description", "license", "readme", "repository"] {
            assert!(package[key].is_string(), "{name} has no {key}");
        }
        for file in [package["readme"].as_str().unwrap(), "LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(folder.join(file).is_file(), "{name} lacks {file}");
        }
    }
}

#[test]
fn the_core_knows_no_runtime_no_http_and_no_sql() {
    let tree = cargo(&[
        "tree",
        "--locked",
        "--package",
        "userbook",
        "--edges",
        "normal",
        "--all-features",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains("serde_json"), "{tree}");
    let foreign: Vec<_> = FOREIGN_TO_THE_CORE.iter().filter(|name| names.contains(*name)).collect();
    assert!(foreign.is_empty(), "{foreign:?} in\n{tree}");
}
