//! Reads the corpus file.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::Value;

use super::{Case, Given, case::Recorded};

/// The cases of this repository.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cases.jsonl");
/// The recorded membership changes.
const MEMBERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/members.jsonl");

/// All cases of `tests/data/cases.jsonl`, or of the file that the environment variable `USERBOOK_CORPUS` names.
pub fn cases() -> Vec<Case> {
    read(&env::var_os("USERBOOK_CORPUS").map_or_else(|| PathBuf::from(RECORDED), PathBuf::from))
}

/// Returns all cases of `tests/data/cases.jsonl`, regardless of the environment.
pub fn recorded() -> Vec<Case> {
    read(Path::new(RECORDED))
}

/// Returns all cases of `tests/data/members.jsonl`: `add_user` and `remove_user`. Each case changes at most one user,
/// and the row of this user is compared.
pub fn members() -> Vec<Case> {
    let mut cases = read(Path::new(MEMBERS));
    for case in &mut cases {
        let after = &mut case.recorded.after;
        after.user = after.users.take().and_then(|users| users.changed.into_iter().next());
    }
    cases
}

fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut states: BTreeMap<String, Arc<Given>> = BTreeMap::new();
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line = json(line.as_bytes()).unwrap_or_else(|error| panic!("line {}: {error}", number + 1));
        let named = |key| line.get(key).and_then(Value::as_str).map(str::to_owned);
        let given = line.get("given").cloned().unwrap_or_default();
        if let Some(name) = named("define") {
            let mut rows: Given =
                serde_json::from_value(given.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            rows.json = given;
            states.insert(name, Arc::new(rows));
        } else {
            let state = named("given").unwrap_or_default();
            let given = states.get(&state).unwrap_or_else(|| panic!("no state {state:?}"));
            let recorded: Recorded =
                serde_json::from_value(line).unwrap_or_else(|error| panic!("line {}: {error}", number + 1));
            cases.push(Case { recorded, given: Arc::clone(given), state });
        }
    }
    cases
}

/// Parses JSON of any depth.
///
/// # Errors
/// Returns the parse error.
pub fn json(text: &[u8]) -> serde_json::Result<Value> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    parser.disable_recursion_limit();
    let value = Value::deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}
