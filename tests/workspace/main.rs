//! Dependencies between the crates, and dependencies that the core must not have.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod documents;
mod links;
mod modules;
mod sizes;
mod types;
mod versions;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Each crate with the workspace crates that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("userbook", &[]),
    ("userbook-memory", &["userbook"]),
    ("userbook-sqlx", &["userbook"]),
    ("userbook-tenants", &["userbook", "userbook-sqlx"]),
    ("userbook-conformance", &["userbook"]),
    ("userbook-cedar", &["userbook"]),
    ("userbook-http", &["userbook"]),
    ("userbook-scim", &["userbook", "userbook-http"]),
    ("userbook-axum", &["userbook", "userbook-http"]),
    ("userbook-actix", &["userbook", "userbook-http"]),
    (
        "userbook-server",
        &[
            "userbook",
            "userbook-axum",
            "userbook-cedar",
            "userbook-http",
            "userbook-memory",
            "userbook-scim",
            "userbook-sqlx",
            "userbook-tenants",
        ],
    ),
];

/// Unpublished packages, which may depend on everything.
const UNPUBLISHED: &[&str] = &["userbook-tests", "userbook-benches"];

/// Packages that belong to an async runtime, to HTTP or to SQL.
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

/// Returns the workspace packages with their workspace dependencies, dev-dependencies excluded.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
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
fn crates_depend_only_on_allowed_crates() {
    let allowed_by_crate: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for (package, needs) in dependencies() {
        if UNPUBLISHED.contains(&package.as_str()) {
            continue;
        }
        let allowed =
            allowed_by_crate.get(package.as_str()).unwrap_or_else(|| panic!("{package} is not in the table"));
        for needed in needs {
            assert!(allowed.contains(&needed.as_str()), "{package} must not import {needed}");
        }
    }
}

#[test]
fn published_crates_depend_only_on_published_crates() {
    for (package, needs) in dependencies() {
        if UNPUBLISHED.contains(&package.as_str()) {
            continue;
        }
        assert!(UNPUBLISHED.iter().all(|name| !needs.contains(*name)), "{package}");
    }
}

#[test]
fn published_crates_have_description_license_and_readme() {
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
fn core_has_no_runtime_http_or_sql_dependency() {
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
