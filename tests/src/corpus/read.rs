//! Reads the corpus file.

use std::{collections::BTreeMap, env, fs, path::Path, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::{Case, Given, case::Recorded};

/// The recorded cases of this repository.
const RECORDED: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/cases.jsonl"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/data/lists.jsonl"),
];

/// All cases of `tests/data`, or of the file that the environment variable `USERBOOK_CORPUS` names.
pub fn cases() -> Vec<Case> {
    env::var_os("USERBOOK_CORPUS").map_or_else(recorded, |path| read(Path::new(&path)))
}

/// Returns all cases of `tests/data`, regardless of the environment.
pub fn recorded() -> Vec<Case> {
    RECORDED.iter().flat_map(|path| read(Path::new(path))).collect()
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
            let mut recorded: Recorded =
                serde_json::from_value(line).unwrap_or_else(|error| panic!("line {}: {error}", number + 1));
            recorded.after.name_user();
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
