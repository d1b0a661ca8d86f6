//! Writes the seed corpus, `seeds/TARGET/`, from the recorded cases of the tests:
//! `cargo run --example seeds` in `tests/fuzz`.
//!
//! The recorded users and groups are replaced by those of [`userbook_fuzz::fixture`]. Of many similar cases only a few
//! are used, so that the corpus stays small.
#![allow(clippy::expect_used, clippy::panic, reason = "it is run by hand")]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::Path,
};

use serde_json::Value;
use userbook_fuzz::fixture::{self, json_of};

/// The maximum number of seeds per target from the recorded cases.
const MOST: usize = 40;

/// The recorded users and their replacements; their data is renamed as well.
const USERS: [(&str, &str); 11] = [
    ("1001", "2"),
    ("1002", "7"),
    ("1003", "6"),
    ("1004", "9"),
    ("1005", "5"),
    ("2001", "10"),
    ("2002", "8"),
    ("2003", "7"),
    ("2004", "7"),
    ("alice", "ann"),
    ("akadmin", "root"),
];

/// The recorded groups and their replacements.
const GROUPS: [(&str, u128); 7] = [
    ("d17ed75c-6f5f-590b-931a-88437a26945d", fixture::ADMINS),
    ("9097eaf9-1cc4-5b47-9c34-47a78230a68c", fixture::ADMINS),
    ("f6751799-3c52-5b38-8d88-cea0068982cb", fixture::CHIEFS),
    ("bc4ae489-a05e-5d65-a3ff-7a0a6e3a8b2b", fixture::CHIEFS),
    ("c7a7d549-ab8b-527d-8541-2a6cfeb98294", fixture::STAFF),
    ("abfdad81-3acd-5a99-bccb-e8862dad7db8", fixture::DEVS),
    ("557ab43f-6107-5b65-be7a-a8c3a8bdc6b1", fixture::DEVS),
];

/// Written by hand, because the recorded release does not support merge patches.
const MERGES: [&str; 12] = [
    "{\"a\":\"b\"}\n{\"a\":\"c\"}",
    "{\"a\":\"b\"}\n{\"b\":\"c\"}",
    "{\"a\":\"b\",\"b\":\"c\"}\n{\"a\":null}",
    "{\"a\":[\"b\"]}\n{\"a\":\"c\"}",
    "{\"a\":{\"b\":\"c\"}}\n{\"a\":{\"b\":\"d\",\"c\":null}}",
    "{\"a\":{\"b\":\"c\"}}\n{\"a\":[1]}",
    "{\"e\":null}\n{\"a\":1}",
    "{}\n{\"a\":{\"bb\":{\"ccc\":null}}}",
    "{\"a\":1.0}\n{\"a\":1}",
    "{\"a\":1}\nnull",
    "{\"a\":1}\n{\"\\u0000\":1}",
    "{\"a\":1}\n{\"$serde_json::private::Number\":\"1\"}",
];

const REQUESTS: [&str; 9] = [
    "hPATCH /api/v3/core/users/2/\nauthorization: Bearer helper\ncontent-type: application/json\n\n{\"groups\":[\"0000000000000000000000000000000a\"]}",
    "hPATCH /api/v3/core/users/2/\nauthorization: Bearer granter\ncontent-type: application/json\n\n{\"groups\":[\"0000000000000000000000000000000c\"]}",
    "hPATCH /api/v3/core/users/1/\nauthorization: Bearer boss\ncontent-type: application/json\n\n{\"is_active\":false}\n%%\nPATCH /api/v3/core/users/7/?allow_self_lockout=true\nauthorization: Bearer boss\ncontent-type: application/json\n\n{\"is_active\":false}",
    "hPATCH /api/v3/core/users/8/\nauthorization: Bearer helper\ncontent-type: application/json\n\n{\"is_active\":true}",
    "hPATCH /api/v3/core/users/2/?dry_run=true\nauthorization: Bearer root\ncontent-type: application/json\n\n{\"name\":\"x\"}",
    "hPATCH /api/v3/core/users/2/\nauthorization: Bearer root\ncontent-type: application/json-patch+json\n\n[{\"op\":\"test\",\"path\":\"/name\",\"value\":\"ANN\"},{\"op\":\"add\",\"path\":\"/groups/-\",\"value\":\"0000000000000000000000000000000d\"}]",
    "hPATCH /api/v3/core/users/2/\nauthorization: Bearer root\ncontent-type: application/merge-patch+json\nif-match: \"00000000000000000000000000001000.0\"\n\n{\"attributes\":{\"settings\":{\"theme\":null}}}",
    "hGET /api/v3/core/users/2/\nauthorization: Bearer viewer\nif-none-match: *\naccept: application/problem+json\n",
    "hPATCH /api/v3/core/users/2/\nauthorization: Bearer root\ncontent-type: application/json\nx-request-id: r1\n\n{\"is_active\":false}\n%%\nPATCH /api/v3/core/users/3/\nauthorization: Bearer ann\ncontent-type: application/json\n\n{\"name\":\"x\"}",
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: BTreeMap<&str, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for line in fs::read(here.join("../data/cases.jsonl"))?.split(|byte| *byte == b'\n') {
        let Ok(case) = json_of(line) else { continue };
        if case.get("request").is_some() {
            take(&case, &mut found);
        }
    }
    for (target, seeds) in &found {
        let step = seeds.len().div_ceil(MOST).max(1);
        write(here, target, seeds.iter().step_by(step).map(Vec::as_slice))?;
    }
    write(here, "merge_patch", MERGES.iter().map(|seed| seed.as_bytes()))?;
    write(here, "request", REQUESTS.iter().map(|seed| seed.as_bytes()))
}

/// Returns the seeds from a recorded case.
fn take(case: &Value, found: &mut BTreeMap<&str, BTreeSet<Vec<u8>>>) {
    let request = &case["request"];
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let mut keep = |target, seed: String| {
        // Long inputs add nothing to short ones.
        if seed.len() <= 2000 {
            found.entry(target).or_default().insert(seed.into_bytes());
        }
    };
    let path = renamed(text("path"));
    let body = renamed(text("body"));
    if let Ok(fields) = json_of(text("body").as_bytes()) {
        let group = case["id"].as_str().unwrap_or_default();
        for (field, target) in [("last_login", "date"), ("email", "email"), ("path", "path")] {
            if let Some(value) = fields[field].as_str() {
                keep(target, value.to_owned());
            }
        }
        let attributes = &fields["attributes"];
        if group.starts_with("attributes") && attributes.is_object() {
            keep("merge_patch", format!("{{\"team\":\"red\",\"n\":1}}\n{attributes}"));
        }
    }
    keep("path", path.clone());
    keep("body", format!("\0{body}"));
    let mut head = format!("r{} {path}", text("method"));
    if !text("query").is_empty() {
        head += &format!("?{}", text("query"));
    }
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let value = if name == "authorization" { bearer(case, value) } else { value.to_owned() };
        head += &format!("\n{name}: {value}");
    }
    keep("request", format!("{head}\n\n{body}"));
}

/// Returns the header of the replacement user.
fn bearer(case: &Value, value: &str) -> String {
    let scheme = value.split(' ').next().unwrap_or_default();
    let actor = case["actor"]["user_pk"].to_string();
    let id = USERS.iter().find(|(recorded, _)| *recorded == actor).map_or("1", |(_, id)| *id);
    let user = fixture::USERS.iter().find(|(known, ..)| known.to_string() == id).expect("all are there");
    format!("{scheme} {}", user.1)
}

fn renamed(text: &str) -> String {
    let text = USERS.iter().fold(text.to_owned(), |text, (recorded, here)| text.replace(recorded, here));
    GROUPS
        .iter()
        .fold(text, |text, (recorded, here)| text.replace(recorded, &fixture::group_id(*here).to_string()))
}

/// Writes one numbered file per seed.
fn write<'a>(here: &Path, target: &str, seeds: impl Iterator<Item = &'a [u8]>) -> Result<(), Box<dyn Error>> {
    let folder = here.join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    let before = fs::read_dir(&folder)?.count();
    for (n, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("{:03}", before + n)), seed)?;
    }
    Ok(())
}
