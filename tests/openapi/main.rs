//! The OpenAPI description: the committed files equal the generated ones, and contain the published schema unchanged.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod scim;

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::{Map, Value};
use userbook_http::openapi::{OVERLAY_KEY, PUBLISHED_KEY, published, schema};

use userbook_http::{ExtensionSet, Release};

/// The served operations.
const OPERATIONS: [(&str, &str); 10] = [
    ("/core/groups/", "get"),
    ("/core/groups/{group_uuid}/", "get"),
    ("/core/groups/{group_uuid}/add_user/", "post"),
    ("/core/groups/{group_uuid}/remove_user/", "post"),
    ("/core/users/", "get"),
    ("/core/users/me/", "get"),
    ("/core/users/{id}/", "get"),
    ("/core/users/{id}/", "patch"),
    ("/core/users/{id}/", "put"),
    ("/root/config/", "get"),
];

/// The operations which the fragment of the published schema does not contain.
const UNPUBLISHED: [(&str, &str); 15] = [
    ("/core/groups/", "post"),
    ("/core/groups/{group_uuid}/", "delete"),
    ("/core/groups/{group_uuid}/", "patch"),
    ("/core/groups/{group_uuid}/", "put"),
    ("/core/groups/{group_uuid}/used_by/", "get"),
    ("/core/users/", "post"),
    ("/core/users/impersonate_end/", "get"),
    ("/core/users/paths/", "get"),
    ("/core/users/service_account/", "post"),
    ("/core/users/{id}/", "delete"),
    ("/core/users/{id}/impersonate/", "post"),
    ("/core/users/{id}/recovery/", "post"),
    ("/core/users/{id}/recovery_email/", "post"),
    ("/core/users/{id}/set_password/", "post"),
    ("/core/users/{id}/used_by/", "get"),
];

/// Their shapes.
const UNPUBLISHED_SHAPES: [&str; 10] = [
    "GroupRequest",
    "ImpersonationRequest",
    "Link",
    "PatchedGroupRequest",
    "UsedBy",
    "UsedByActionEnum",
    "UserPasswordSetRequest",
    "UserPath",
    "UserServiceAccountRequest",
    "UserServiceAccountResponse",
];

/// All descriptions that a server may serve.
fn served() -> impl Iterator<Item = (Release, ExtensionSet)> {
    let sets = |release| [ExtensionSet::all(), ExtensionSet::none()].map(|set| (release, set));
    Release::ALL.iter().copied().flat_map(sets)
}

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Removes descriptions and sorts lists that represent sets.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| *name != "description" || !value.is_string());
            let mut members: Map<String, Value> =
                kept.map(|(name, value)| (name.clone(), canonical(value))).collect();
            // Parameters are optional by default.
            if members.get("required") == Some(&Value::Bool(false)) {
                members.remove("required");
            }
            if let Some(Value::Array(names)) = members.get_mut("required") {
                names.sort_by_key(ToString::to_string);
            }
            Value::Object(members)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            if items.iter().all(|item| item.get("in").is_some()) {
                items.sort_by_key(|parameter| parameter["name"].to_string());
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn operations(document: &Value) -> BTreeSet<(&str, &str)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (path.as_str(), method.as_str()))
    });
    all.collect()
}

/// Removes the overlay.
fn without_overlay(value: &Value) -> Option<Value> {
    match value {
        Value::Object(members) if members.contains_key(OVERLAY_KEY) => None,
        Value::Object(members) => match members.get(PUBLISHED_KEY) {
            Some(published) => Some(published.clone()),
            None => Some(Value::Object(
                members
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), without_overlay(value)?)))
                    .collect(),
            )),
        },
        Value::Array(items) => Some(items.iter().filter_map(without_overlay).collect()),
        other => Some(other.clone()),
    }
}

#[test]
fn every_operation_is_described_and_no_other() {
    let all = OPERATIONS.into_iter().chain(UNPUBLISHED).collect::<BTreeSet<_>>();
    for release in Release::ALL {
        assert_eq!(operations(&published(*release)), all, "{release}");
    }
}

#[test]
fn schema_without_overlay_equals_the_published_schema() {
    for (release, extensions) in served() {
        let served = schema(release, extensions);
        assert!(served.to_string().contains(OVERLAY_KEY));
        assert_eq!(canonical(&without_overlay(&served).unwrap()), canonical(&published(release)));
    }
}

/// Returns all references.
fn references(document: &Value) -> BTreeSet<&str> {
    fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(document, &mut found);
    assert!(found.len() > 10);
    found
}

#[test]
fn every_reference_has_a_target() {
    for (release, extensions) in served() {
        let served = schema(release, extensions);
        for reference in references(&served) {
            assert!(served.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

/// The published fragment is not part of this repository; the test compares it if it is next to the checkout.
#[test]
fn schema_equals_the_published_fragment() {
    let place = std::env::var_os("USERBOOK_OPENAPI")
        .map_or_else(|| root("../shared/corpus/openapi-users.json"), PathBuf::from);
    let Ok(text) = std::fs::read(&place) else {
        assert!(std::env::var_os("CI").is_none(), "the published fragment is not at {}", place.display());
        eprintln!("skipped: no published fragment at {}", place.display());
        return;
    };
    let fragment = canonical(&serde_json::from_slice(&text).unwrap());
    let ours = canonical(&published(Release::V2025_2));
    for (path, method) in OPERATIONS {
        assert_eq!(ours["paths"][path][method], fragment["paths"][path][method], "{method} {path}");
    }
    let shapes = ours["components"]["schemas"].as_object().unwrap();
    for (name, shape) in shapes.iter().filter(|(name, _)| !UNPUBLISHED_SHAPES.contains(&name.as_str())) {
        assert_eq!(shape, &fragment["components"]["schemas"][name], "{name}");
    }
    let published = fragment["components"]["schemas"].as_object().unwrap().len();
    assert_eq!(shapes.len(), published + UNPUBLISHED_SHAPES.len());
    assert_eq!(ours["components"]["securitySchemes"], fragment["components"]["securitySchemes"]);
    assert_eq!(ours["servers"], fragment["servers"]);
}

/// Sorts names: the order in `serde_json` depends on the features of other crates.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            names.into_iter().map(|name| (name.clone(), sorted(&members[name]))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Requires that a committed file has this document; writes the file if `USERBOOK_WRITE` is set.
fn assert_committed(path: &str, document: &Value) {
    let place = root(path);
    let text = format!("{}\n", serde_json::to_string_pretty(&sorted(document)).unwrap());
    if std::env::var_os("USERBOOK_WRITE").is_some() {
        std::fs::write(&place, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&place).unwrap();
    assert!(committed == text, "{} differs from the generated file", place.display());
}

/// `USERBOOK_WRITE=1 cargo test -p userbook-tests --test openapi` regenerates the files.
#[test]
fn committed_files_equal_the_generated_ones() {
    let [recorded, latest] = [Release::V2025_2, Release::V2026_8];
    for (name, document) in [
        ("published", published(recorded)),
        ("hardened", schema(recorded, ExtensionSet::all())),
        ("published-2026.8", published(latest)),
        ("hardened-2026.8", schema(latest, ExtensionSet::all())),
    ] {
        assert_committed(&format!("crates/userbook-http/openapi/{name}.json"), &document);
    }
}
