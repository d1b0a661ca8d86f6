//! Documents agree with the code: examples are copied in full, paths exist, and so do the tests and steps that the
//! commands name.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use super::{cargo, root};

/// The documents that copy an example.
const WITH_EXAMPLES: &[&str] = &["README.md", "crates/userbook/docs/authorizer.md"];

const MARK: &str = "<!-- example: ";

/// The document with each marked block replaced by the example file that the mark names.
fn with_current_examples(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut current = parts.next().unwrap().to_owned();
    for part in parts {
        let (file, rest) = part.split_once(" -->\n").unwrap();
        let (fence, rest) = rest.split_once('\n').unwrap();
        assert!(fence.starts_with("```rust"), "{file}: {fence}");
        let (_, after) = rest.split_once("\n```\n").unwrap();
        let example = fs::read_to_string(root().join(file)).unwrap();
        current.extend([MARK, file, " -->\n", fence, "\n", &example, "```\n", after]);
    }
    current
}

#[test]
fn documents_contain_the_examples_byte_for_byte() {
    for document in WITH_EXAMPLES {
        let path = root().join(document);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(MARK), "{document} has no example");
        let current = with_current_examples(&text);
        if std::env::var_os("USERBOOK_WRITE").is_some() {
            fs::write(&path, &current).unwrap();
        } else {
            let help = "USERBOOK_WRITE=1 cargo test -p userbook-tests --test workspace updates the copy";
            assert!(text == current, "{document} differs from its example; {help}");
        }
    }
}

/// The files of the repository with one of these endings.
pub(super) fn files(endings: &[&str]) -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = String::from_utf8(output.stdout).unwrap();
    let wanted = |file: &&str| endings.iter().any(|ending| file.ends_with(ending));
    files.lines().filter(wanted).map(str::to_owned).collect()
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn expanded(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (inside, after) = rest.split_once('}').unwrap_or_else(|| panic!("{path}"));
    inside.split(',').flat_map(|one| expanded(&format!("{before}{one}{after}"))).collect()
}

/// Whether a path from the root ends in this one. A component such as `<dialect>` stands for any.
fn ends_in(path: &str, end: &str) -> bool {
    let mut path = path.split('/').rev();
    let mut end = end.trim_end_matches('/').split('/').rev();
    end.all(|component| path.next().is_some_and(|known| component.contains('<') || known == component))
}

#[test]
fn paths_in_the_guides_for_contributors_exist() {
    let mut known: BTreeSet<String> = files(&[""]).into_iter().collect();
    for file in known.clone() {
        known.extend(Path::new(&file).ancestors().skip(1).map(|folder| folder.to_str().unwrap().to_owned()));
    }
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "tests/README.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let is_path = |span: &&str| {
            let starts = span.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '.');
            starts
                && (span.contains('/') || Path::new(span).extension().is_some_and(|ending| ending == "rs"))
                && !span.contains([' ', ':', '='])
        };
        let outside_blocks: String = text.split("```").step_by(2).collect();
        let spans: Vec<&str> = outside_blocks.split('`').skip(1).step_by(2).filter(is_path).collect();
        assert!(spans.len() > 5, "{document}: too few paths were found");
        for path in spans.into_iter().flat_map(expanded).filter(|path| !path.starts_with("../")) {
            assert!(known.iter().any(|file| ends_in(file, &path)), "{document}: {path} does not exist");
        }
    }
}

#[test]
fn commands_in_documents_name_existing_targets_and_steps() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))
            .unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let targets: BTreeSet<(&str, &str)> = packages
        .iter()
        .flat_map(|package| package["targets"].as_array().unwrap())
        .map(|target| (target["kind"][0].as_str().unwrap(), target["name"].as_str().unwrap()))
        .collect();
    let steps = fs::read_to_string(root().join(".ci/full")).unwrap();
    // The fuzz targets are a workspace of their own.
    for document in files(&[".md"]).into_iter().filter(|file| !file.starts_with("tests/fuzz/")) {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        let spans = text.split('`').filter(|span| span.starts_with("cargo ") || span.starts_with(".ci/"));
        let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        for command in spans.chain(blocks).flat_map(str::lines).filter(|line| !line.starts_with("cargo add"))
        {
            let words: Vec<&str> = command.split_whitespace().collect();
            for pair in words.windows(2) {
                let exists = match pair[0] {
                    "-p" => names.contains(pair[1]),
                    "--test" => targets.contains(&("test", pair[1])),
                    "--example" => targets.contains(&("example", pair[1])),
                    ".ci/full" if pair[1] != "STEP" => steps.contains(&format!("\n{}() {{", pair[1])),
                    _ => true,
                };
                assert!(exists, "{document}: `{command}` names {}, which does not exist", pair[1]);
            }
        }
    }
}

#[test]
fn documentation_imports_by_name() {
    for file in files(&[".md", ".rs"]).iter().filter(|file| !file.starts_with("tests/")) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let glob = |line: &&str| line.contains("use userbook") && line.trim_end().ends_with("::*;");
        let found: Vec<&str> = text.lines().filter(glob).collect();
        assert!(found.is_empty(), "{file}: {found:?}");
    }
}
