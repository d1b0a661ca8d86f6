//! The words that code, documentation and messages must not use: `words.txt` next to this file.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

const LISTS: &str = include_str!("words.txt");

/// Folders and files that this project did not write, that a tool writes, and the lists themselves.
const FOREIGN: [&str; 6] = [
    "LICENSE",
    "api/",
    "tests/data/",
    "tests/fuzz/seeds/",
    "tests/proptest-regressions/",
    "tests/workspace/words.txt",
];

/// Kinds of files that hold no text of this project: recorded or generated data, and pictures.
const FOREIGN_KINDS: [&str; 3] = [".json", ".lock", ".png"];

/// A section of `words.txt`, without comments.
fn section(name: &str) -> impl Iterator<Item = &'static str> {
    let start = format!("[{name}]");
    let lines = LISTS.lines().map(str::trim).skip_while(move |line| *line != start).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn is_checked(path: &str) -> bool {
    let in_crate =
        path.strip_prefix("crates/").and_then(|rest| rest.split_once('/')).map_or(path, |(_, rest)| rest);
    let is_foreign = FOREIGN.iter().any(|prefix| path.starts_with(prefix) || in_crate.starts_with(prefix));
    !is_foreign && !FOREIGN_KINDS.iter().any(|kind| path.ends_with(kind))
}

fn checked_files(root: &Path) -> Vec<String> {
    let listing = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().unwrap();
    assert!(listing.status.success(), "{}", String::from_utf8_lossy(&listing.stderr));
    let paths = String::from_utf8(listing.stdout).unwrap();
    let exists = |path: &&str| is_checked(path) && root.join(path).is_file();
    paths.split('\0').filter(exists).map(str::to_owned).collect()
}

/// Splits text and identifiers (`snake_case`, `CamelCase`) into words in lower case.
fn words(line: &str) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for (n, letter) in letters.iter().enumerate() {
        if letter.is_alphabetic() {
            let next_is_lower = letters.get(n + 1).is_some_and(|next| next.is_lowercase());
            let is_hump = letter.is_uppercase() && (previous.is_lowercase() || next_is_lower);
            if !previous.is_alphabetic() || is_hump {
                words.push(String::new());
            }
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
        previous = *letter;
    }
    words
}

/// Every use of a phrase in a text: the numbers of the lines where the phrase starts.
fn uses(text: &[(usize, String)], phrase: &str) -> Vec<usize> {
    let phrase = words(phrase);
    let is_use = |window: &&[(usize, String)]| window.iter().map(|(_, word)| word).eq(&phrase);
    text.windows(phrase.len()).filter(is_use).filter_map(|window| Some(window.first()?.0)).collect()
}

fn numbered_words(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    lines.flat_map(|(n, line)| words(line).into_iter().map(move |word| (n + 1, word))).collect()
}

#[test]
fn identifiers_and_texts_use_no_denied_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut unused = BTreeMap::new();
    for line in section("exceptions") {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [path, phrase, reason] = fields[..] else { panic!("not a path, a word and a reason: {line}") };
        assert!(section("denied").any(|denied| denied == phrase), "no exception is possible: {line}");
        assert!(!reason.is_empty(), "{line}");
        assert!(unused.insert((path.to_owned(), phrase), line).is_none(), "twice: {line}");
    }
    let allowed = unused.clone();
    let mut found = Vec::new();
    for path in checked_files(root) {
        let text = numbered_words(&fs::read_to_string(root.join(&path)).unwrap());
        for phrase in section("never").chain(section("denied")) {
            let key = (path.clone(), phrase);
            let lines = uses(&text, phrase);
            if !lines.is_empty() {
                unused.remove(&key);
            }
            if !allowed.contains_key(&key) {
                found.extend(lines.iter().map(|line| format!("{path}:{line}: {phrase}")));
            }
        }
    }
    assert!(found.is_empty(), "words of tests/workspace/words.txt are in use:\n{}", found.join("\n"));
    assert!(unused.is_empty(), "exceptions match nothing: {:#?}", unused.values());
}

#[test]
fn identifiers_are_split_into_words() {
    let line = "/// HTTPServer::try_load2(JsonPatch), don't";
    let expected = ["http", "server", "try", "load", "json", "patch", "don", "t"];
    assert_eq!(words(line), expected);
    assert_eq!(uses(&numbered_words("a b\n// b a b"), "A_b"), [1, 2]);
}
