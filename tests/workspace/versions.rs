//! The minimum Rust version of each crate.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{UNPUBLISHED, cargo};

/// `1.89` or `1.89.0` as numbers that compare.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap_or(0))
}

/// The ids of the packages that this one needs outside its tests, itself included.
fn closure<'a>(id: &'a str, nodes: &BTreeMap<&'a str, &'a Value>, found: &mut BTreeSet<&'a str>) {
    if !found.insert(id) {
        return;
    }
    for dependency in nodes[id]["deps"].as_array().unwrap() {
        let mut kinds = dependency["dep_kinds"].as_array().unwrap().iter();
        if kinds.any(|kind| kind["kind"] != "dev") {
            closure(dependency["pkg"].as_str().unwrap(), nodes, found);
        }
    }
}

#[test]
fn no_rust_version_is_lower_than_that_of_a_dependency() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--locked"])).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter();
    let nodes: BTreeMap<&str, &Value> = nodes.map(|node| (node["id"].as_str().unwrap(), node)).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages: BTreeMap<&str, &Value> =
        packages.map(|package| (package["id"].as_str().unwrap(), package)).collect();
    let rust = |id: &str| packages[id]["rust_version"].as_str().map_or((0, 0), version);
    for member in metadata["workspace_members"].as_array().unwrap() {
        let id = member.as_str().unwrap();
        let name = packages[id]["name"].as_str().unwrap();
        if UNPUBLISHED.contains(&name) {
            continue;
        }
        let mut needed = BTreeSet::new();
        closure(id, &nodes, &mut needed);
        needed.remove(id);
        let (highest, because) =
            needed.iter().map(|id| (rust(id), packages[id]["name"].as_str())).max().unwrap();
        assert!(rust(id) >= highest, "{name}: {because:?} requires Rust {}.{}", highest.0, highest.1);
    }
}
