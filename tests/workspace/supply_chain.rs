//! Checks the product's dependencies with `cargo metadata`: sources, licences, banned and duplicate packages. Cargo
//! may have to download packages of other platforms; otherwise the tests need no network.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Licences that are compatible with MIT OR Apache-2.0.
const LICENCES: [&str; 10] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "Unlicense",
];

/// Banned packages, with the reason.
const BANNED: [(&str, &str); 3] = [
    ("openssl-sys", "TLS uses rustls only"),
    ("native-tls", "TLS uses rustls only"),
    ("chrono-tz", "all times are UTC"),
];

/// Packages with two versions in the product, because dependencies have not updated yet: `base64` through sqlx,
/// `unicode-width` and `lalrpop-util` through Cedar, `getrandom` through ring, `http` through actix-web (the actix
/// adapter converts between both versions).
const DUPLICATES: [&str; 12] = [
    "base64",
    "block-buffer",
    "cpufeatures",
    "crypto-common",
    "digest",
    "getrandom",
    "hashbrown",
    "http",
    "lalrpop-util",
    "sha2",
    "syn",
    "unicode-width",
];

fn packages() -> Vec<Value> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

/// Returns whether one of the alternatives of an SPDX expression is acceptable (`A OR (B AND C)`, `A/B`).
fn is_acceptable(expression: &str) -> bool {
    let known = |licence: &str| LICENCES.contains(&licence.trim_matches(['(', ')', ' ']));
    expression.replace('/', " OR ").split(" AND ").all(|part| part.split(" OR ").any(known))
}

#[test]
fn licence_expressions_are_evaluated() {
    for (expression, acceptable) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("MIT OR Apache-2.0 OR LGPL-2.1-or-later", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_acceptable(expression), acceptable, "{expression:?}");
    }
}

#[test]
fn all_licences_are_acceptable() {
    let wrong: Vec<String> = packages()
        .iter()
        .filter(|package| !is_acceptable(text(package, "license")))
        .map(|package| format!("{}: {}", text(package, "name"), text(package, "license")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn all_packages_come_from_the_registry_or_this_repository() {
    let foreign =
        |package: &&Value| package["source"].as_str().is_some_and(|source| !source.starts_with("registry+"));
    let wrong: Vec<String> =
        packages().iter().filter(foreign).map(|package| text(package, "id").to_owned()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_banned_package_is_used() {
    let names: BTreeSet<String> = packages().iter().map(|package| text(package, "name").to_owned()).collect();
    for (name, why) in BANNED {
        assert!(!names.contains(name), "{name}: {why}");
    }
}

#[test]
fn duplicate_packages_are_known() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let listing = String::from_utf8(output.stdout).unwrap();
    for line in listing.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    let twice: BTreeSet<&str> =
        versions.into_iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name).collect();
    assert_eq!(twice, BTreeSet::from(DUPLICATES));
}

#[test]
fn no_product_crate_contains_unsafe_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let section = |text: &str, name: &str| -> Vec<String> {
        let inside = text.lines().skip_while(|line| line.trim() != name).skip(1);
        inside.take_while(|line| !line.starts_with('[')).map(|line| line.replace(' ', "")).collect()
    };
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let lints = section(&workspace, "[workspace.lints.rust]");
    assert!(lints.iter().any(|line| line == "unsafe_code=\"forbid\""), "{lints:?}");
    let mut crates = 0;
    for folder in std::fs::read_dir(root.join("crates")).unwrap() {
        let manifest = std::fs::read_to_string(folder.unwrap().path().join("Cargo.toml")).unwrap();
        let lints = section(&manifest, "[lints]");
        assert!(lints.iter().any(|line| line == "workspace=true"), "{manifest}");
        crates += 1;
    }
    assert!(crates >= 9, "{crates}");
}
