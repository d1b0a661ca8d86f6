//! Links lead somewhere, wherever a document is read: in the repository, on crates.io and on docs.rs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{documents::files, root};

/// The repository, as documents link to its files from elsewhere.
const REPOSITORY: &str = "https://github.com/userbook/userbook/blob/main/";

const DOCS: &str = "https://docs.rs/userbook";

/// Whether a file is prose, not code.
pub(super) fn is_document(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "md")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The texts between an opening and the closing after it.
fn between<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(inside, _)| inside).collect()
}

/// The targets of links: `[text](target)` and `[label]: target`.
fn targets(text: &str) -> Vec<&str> {
    let defined = text.lines().filter_map(definition);
    between(text, "](", ')').into_iter().chain(defined).collect()
}

/// The target of a line that defines a link.
pub(super) fn definition(line: &str) -> Option<&str> {
    let (_, rest) = line.trim().strip_prefix('[')?.split_once(']')?;
    rest.strip_prefix(": ").filter(|target| !target.contains(' '))
}

/// Whether a target is an item of Rust, which rustdoc resolves and other readers of a file do not.
fn is_item(target: &str) -> bool {
    target.contains("::") || target == "crate" || target.starts_with("crate#")
}

#[test]
fn links_between_documents_lead_to_files() {
    for document in files(&[".md"]) {
        let folder = Path::new(&document).parent().unwrap();
        for target in targets(&read(&document)) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") || is_item(target) {
                continue;
            }
            assert!(root().join(folder).join(file).exists(), "{document}: {target} does not exist");
        }
    }
}

#[test]
fn documents_link_to_items_by_address() {
    for document in files(&[".md"]) {
        let text = read(&document);
        let items: Vec<_> = targets(&text).into_iter().filter(|target| is_item(target)).collect();
        assert!(items.is_empty(), "{document}: only rustdoc can follow {items:?}; link to docs.rs");
    }
}

/// A document in the documentation of a crate is read on docs.rs, too, where no file of the repository is beside it.
#[test]
fn documents_in_rustdoc_have_no_relative_links() {
    let mut found = 0;
    for source in files(&[".rs"]).into_iter().filter(|file| file.starts_with("crates/")) {
        let folder = Path::new(&source).parent().unwrap();
        let text = read(&source);
        for included in between(&text, "doc = include_str!(\"", '"').iter().filter(|file| is_document(file)) {
            found += 1;
            let text = fs::read_to_string(root().join(folder).join(included)).unwrap();
            let targets = targets(&text).into_iter();
            let relative: Vec<_> =
                targets.filter(|target| !target.contains("://") && !target.starts_with('#')).collect();
            assert!(relative.is_empty(), "{included} of {source}: {relative:?}");
        }
    }
    assert!(found > 10, "too few documents were found");
}

#[test]
fn links_to_the_repository_name_files() {
    let mut found = 0;
    for document in files(&[".md", ".rs"]).into_iter().filter(|file| !file.starts_with("tests/")) {
        for path in between(&read(&document), REPOSITORY, ')')
            .iter()
            .filter_map(|rest| rest.split(['\n', '#']).next())
        {
            found += 1;
            assert!(root().join(path).exists(), "{document}: {path} does not exist");
        }
    }
    assert!(found > 5, "too few links were found");
}

/// A line of a listing of the public API without type parameters and arguments.
fn plain(line: &str) -> String {
    let mut depth = 0_u32;
    let mut previous = ' ';
    let mut plain = String::new();
    for letter in line.chars() {
        match letter {
            '<' => depth += 1,
            '>' if previous != '-' => depth -= 1,
            '(' => break,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
        previous = letter;
    }
    plain
}

/// The public items of a crate with the word that declares them.
fn public_items(name: &str) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    for line in read(&format!("api/{name}.txt")).lines() {
        let Some((_, item)) = line.split_once("pub ") else { continue };
        let plain = plain(item);
        let words: Vec<&str> = plain.split(' ').collect();
        let at = words.iter().position(|word| word.contains("::") || *word == name.replace('-', "_"));
        let Some(at) = at else { continue };
        let word = at.checked_sub(1).map_or("", |before| words[before]);
        items.insert(words[at].trim_end_matches([':', '!']).to_owned(), word.to_owned());
    }
    items
}

/// The anchors of the headings in the documentation of a crate.
fn headings(name: &str) -> BTreeSet<String> {
    let folder = format!("crates/{name}/");
    let sources = files(&[".md", ".rs"]).into_iter().filter(|file| file.starts_with(&folder));
    let anchor = |line: &str| {
        let heading = line.trim_start_matches("//!").trim_start().strip_prefix('#')?.trim_start_matches('#');
        let kept =
            heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
    };
    sources.flat_map(|file| read(&file).lines().filter_map(anchor).collect::<Vec<_>>()).collect()
}

/// Why a link to docs.rs, from the name of the crate on, leads nowhere.
fn dead(link: &str) -> Option<&'static str> {
    let (page, anchor) = link.split_once('#').map_or((link, None), |(page, anchor)| (page, Some(anchor)));
    let mut parts = page.trim_end_matches('/').split('/');
    let name = parts.next().unwrap();
    if !root().join("crates").join(name).is_dir() {
        return Some("no such crate");
    }
    let parts: Vec<&str> = parts.collect();
    if parts.first().is_some_and(|version| *version != "latest") {
        return Some("not the latest version");
    }
    let [_latest, modules @ .., file] = &parts[..] else { return None };
    let Some((kind, item)) =
        file.strip_suffix(".html").map(|file| file.split_once('.').unwrap_or(("mod", "")))
    else {
        return Some("not a page");
    };
    let items = public_items(name);
    let expected = if kind == "constant" { "const" } else { kind };
    let is_item = |path: &str| items.get(path).is_some_and(|known| known == expected);
    let path = [modules, &[item]].concat().join("::").trim_end_matches(':').to_owned();
    // An item of a public module that the root exports, too, has its page in the module.
    let at_root = format!("{}::{item}", name.replace('-', "_"));
    let ending = format!("::{item}");
    let is_elsewhere =
        || items.keys().any(|known| *known != path && known.ends_with(&ending) && is_item(known));
    if !is_item(&path) || path == at_root && is_elsewhere() {
        return Some("no public item");
    }
    let anchor = anchor?;
    let has = |owner: &str, member: &str| items.contains_key(&format!("{owner}::{member}"));
    let is_there = match anchor.split_once('.') {
        Some((_, member)) => has(&path, member) || has(&at_root, member),
        None => headings(name).contains(anchor),
    };
    (!is_there).then_some("nothing has this anchor")
}

#[test]
fn links_to_docs_rs_lead_to_public_items() {
    let mut links = BTreeSet::new();
    for document in files(&[".md", ".rs"]).into_iter().filter(|file| !file.starts_with("tests/")) {
        let text = read(&document);
        let after =
            text.split(DOCS).skip(1).filter_map(|rest| rest.split([')', '\n', ' ', '>', '"', '`']).next());
        links.extend(after.map(|rest| (format!("userbook{rest}"), document.clone())));
    }
    assert!(links.len() > 100, "too few links were found");
    let dead: Vec<_> = links.iter().filter_map(|(link, file)| Some((file, link, dead(link)?))).collect();
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn dead_links_are_found() {
    let page = "userbook/latest/userbook/service/struct.UserService.html";
    assert_eq!(dead(page), None);
    assert_eq!(dead(&format!("{page}#method.update_user")), None);
    assert_eq!(dead(&format!("{page}#method.update_nothing")), Some("nothing has this anchor"));
    assert_eq!(dead("userbook/latest/userbook/struct.UserService.html"), Some("no public item"));
    assert_eq!(dead("userbook/latest/userbook/service/enum.UserService.html"), Some("no public item"));
    assert_eq!(dead("userbook-sql/latest/userbook_sql/index.html"), Some("no such crate"));
    let guide = "userbook/latest/userbook/docs/passwords_logins_sessions/index.html";
    assert_eq!(dead(&format!("{guide}#sign-in-by-e-mail")), None);
    assert_eq!(dead(&format!("{guide}#sign-in-by-fax")), Some("nothing has this anchor"));
}
