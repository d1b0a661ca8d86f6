//! The recorded life cycle of users and groups: `tests/data/lifecycle.jsonl`, and how a request and the rows it leaves
//! are compared.

mod compare;
mod fresh;
mod host;
mod rows;

use std::{env, fs, sync::Arc};

use serde_json::Value;
use userbook::{Policy, store::ListStore, store::ProvisioningStore};

pub use self::{
    compare::faults,
    host::{CaseTokens, Way},
    rows::Rows,
};
use crate::corpus::{self, Case, Given, case::Recorded};

/// The recorded cases of this repository.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lifecycle.jsonl");

/// One recorded case.
#[derive(Debug, Clone)]
pub struct LifecycleCase {
    /// Actor, request, response and directory.
    pub case: Case,
    /// The rows afterwards, as recorded.
    pub after: Value,
    /// The values that the server makes: pointers into the response, and `after:` columns.
    pub fresh: Vec<String>,
}

/// Returns all cases of the file, or of the file that the environment variable `USERBOOK_LIFECYCLE` names, without
/// those whose directory has roles.
pub fn cases() -> Vec<LifecycleCase> {
    let path = env::var("USERBOOK_LIFECYCLE").unwrap_or_else(|_| RECORDED.to_owned());
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut states = std::collections::BTreeMap::new();
    let mut cases = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let line = corpus::json(line.as_bytes()).expect("a line is JSON");
        let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let part = |key: &str| line.get(key).cloned().unwrap_or_default();
        if line.get("define").is_some() {
            let mut given: Given = serde_json::from_value(part("given")).expect("a directory");
            given.json = part("given");
            states.insert(text("define"), Arc::new(given));
            continue;
        }
        let given = Arc::clone(states.get(&text("given")).expect("a defined directory"));
        if given.json.get("roles").is_some() {
            continue;
        }
        let mut bare = line.clone();
        // `after` has another shape than in the other files.
        bare.as_object_mut().expect("an object").insert("after".into(), serde_json::json!({}));
        let recorded: Recorded = serde_json::from_value(bare).expect("a case");
        let fresh = serde_json::from_value(part("fresh")).unwrap_or_default();
        let case = Case { recorded, given, state: text("given") };
        cases.push(LifecycleCase { case, after: part("after"), fresh });
    }
    cases
}

/// Sends the request of a case to the API on `store`, which must contain the given rows. Returns the differences and
/// the response body.
pub async fn replay<S: ProvisioningStore + ListStore + Clone>(
    case: &LifecycleCase,
    store: S,
    policy: Policy,
    way: Way,
) -> (Vec<String>, Vec<u8>) {
    let tokens = CaseTokens::new();
    let api = host::api(&case.case, store.clone(), policy, tokens.clone());
    let answer = host::send(api, &case.case.recorded.request, way).await;
    let rows = Rows::of(&store, &case.case.given, &tokens).await;
    (faults(case, &answer, &rows), answer.body)
}
