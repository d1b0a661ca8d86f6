//! Parses `table.txt`.

use userbook_tests::fixture::{ADMINS, CHIEFS, DEVS, STAFF, group_id};

/// The expected response to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// `+`: the response offers PUT.
    pub(crate) offers_put: bool,
    /// `=`: nothing changes although the status is 200.
    pub(crate) unchanged: bool,
}

/// One line of the table for one actor.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) policy: String,
    pub(crate) actor: String,
    pub(crate) method: String,
    pub(crate) content_type: &'static str,
    pub(crate) target: String,
    pub(crate) body: String,
    pub(crate) expected: Expected,
}

/// Returns all cases.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let (mut policy, mut actors) = ("", Vec::new());
    let mut cases = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (first, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        match first {
            "policy" => policy = rest,
            "actors" => actors = rest.split_whitespace().collect(),
            method => cases.extend(read(policy, &actors, method, rest)),
        }
    }
    cases
}

fn read(policy: &str, actors: &[&str], method: &str, rest: &str) -> Vec<Case> {
    let mut words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
    let cells = words.split_off(words.len().checked_sub(actors.len()).unwrap_or_else(|| panic!("{rest:?}")));
    let path = words.first().unwrap_or_else(|| panic!("no path in {rest:?}"));
    // The body is the text between the path and the cells, including blanks.
    let body = rest.trim_start().strip_prefix(path).unwrap_or_default().trim_end();
    let body = cells.iter().rev().fold(body, |body, cell| {
        body.strip_suffix(cell).unwrap_or_else(|| panic!("{cell} in {rest:?}")).trim_end()
    });
    let (method, content_type) = match method {
        "MERGE" => ("PATCH", "application/merge-patch+json"),
        "JSONPATCH" => ("PATCH", "application/json-patch+json"),
        other => (other, "application/json"),
    };
    let target = if path.starts_with('/') { named(path) } else { format!("/api/v3/core/users/{path}") };
    let case = |(actor, cell): (&&str, &&str)| Case {
        policy: policy.to_owned(),
        actor: (*actor).to_owned(),
        method: method.to_owned(),
        content_type,
        target: target.clone(),
        body: named(body.trim()),
        expected: expected(cell),
    };
    actors.iter().zip(&cells).map(case).collect()
}

fn expected(cell: &str) -> Expected {
    Expected {
        status: cell.trim_end_matches(['+', '=']).parse().unwrap_or_else(|_| panic!("no status: {cell:?}")),
        offers_put: cell.ends_with('+'),
        unchanged: cell.ends_with('='),
    }
}

fn named(body: &str) -> String {
    let groups = [("$admins", ADMINS), ("$chiefs", CHIEFS), ("$staff", STAFF), ("$devs", DEVS)];
    groups.iter().fold(body.to_owned(), |body, (name, id)| body.replace(name, &group_id(*id).to_string()))
}
