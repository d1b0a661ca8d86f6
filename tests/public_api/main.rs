//! The public API of each published crate is the committed one, `api/<crate>.txt`. `.ci/api` writes rustdoc's JSON and
//! runs this test.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{
    collections::{BTreeSet, HashSet},
    env, fs,
    path::Path,
};

use public_api::Builder;

/// Every path with its signature, one a line. Left out: implementations that follow from others, and the methods of
/// derived implementations.
fn listing(json: &Path) -> String {
    let written: HashSet<String> = items(json, true).into_iter().collect();
    let is_listed = |line: &String| line.starts_with("impl") || written.contains(line);
    items(json, false).into_iter().filter(is_listed).map(|line| line + "\n").collect()
}

/// The items in rustdoc's order.
fn items(json: &Path, omit_derived: bool) -> Vec<String> {
    Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(omit_derived)
        .build()
        .unwrap_or_else(|error| panic!("{}: {error}", json.display()))
        .items()
        .map(ToString::to_string)
        .collect()
}

/// The lines that only one of the two listings has, with the sign of a diff.
fn difference(committed: &str, current: &str) -> String {
    let [old, new] = [committed, current].map(|text| text.lines().collect::<BTreeSet<_>>());
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    gone.chain(new.difference(&old).map(|line| format!("+ {line}\n"))).collect()
}

#[test]
#[ignore = "needs rustdoc's JSON: run `.ci/api`"]
fn the_public_api_is_the_committed_one() {
    let json = env::var_os("USERBOOK_API_JSON").expect("`.ci/api` sets the folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut differences = String::new();
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let file = root.join("api").join(format!("{name}.txt"));
        let current = listing(&Path::new(&json).join(format!("{}.json", name.replace('-', "_"))));
        if env::var_os("USERBOOK_WRITE").is_some() {
            fs::write(&file, current).unwrap();
            continue;
        }
        let committed = fs::read_to_string(&file).unwrap_or_default();
        if committed != current {
            differences.extend([name, "\n".into(), difference(&committed, &current)]);
        }
    }
    let help = "if the change is intended, run `.ci/api --write` and commit `api/`";
    assert!(differences.is_empty(), "the public API differs from `api/`; {help}\n{differences}");
}
