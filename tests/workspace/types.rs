//! Every public enum is either non-exhaustive or says why it is exhaustive.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{Attribute, Expr, Item, ItemEnum, Lit};

use super::root;

/// The names of the enums in the listings of the public API, by crate.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let mut listed = BTreeMap::<_, BTreeSet<_>>::new();
    for entry in fs::read_dir(root().join("api")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let after = text.lines().filter_map(|line| line.split_once("pub enum "));
        let names =
            after.map(|(_, path)| path.split(['<', ' ']).next().unwrap().rsplit("::").next().unwrap());
        listed.insert(name, names.map(str::to_owned).collect());
    }
    listed
}

/// The public enums in the files of a folder.
fn enums(folder: &Path, found: &mut Vec<ItemEnum>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            enums(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            found.extend(file.items.into_iter().filter_map(|item| match item {
                Item::Enum(item) if matches!(item.vis, syn::Visibility::Public(_)) => Some(item),
                _ => None,
            }));
        }
    }
}

fn is_non_exhaustive(attribute: &Attribute) -> bool {
    attribute.path().is_ident("non_exhaustive")
}

/// Whether a line of documentation gives the reason.
fn is_reason(attribute: &Attribute) -> bool {
    let value = attribute.meta.require_name_value().ok().filter(|meta| meta.path.is_ident("doc"));
    let Some(Expr::Lit(text)) = value.map(|meta| &meta.value) else { return false };
    matches!(&text.lit, Lit::Str(text) if text.value().trim_start().starts_with("Exhaustive: "))
}

#[test]
fn public_enums_are_non_exhaustive_or_say_why_not() {
    let (mut wrong, mut missing) = (Vec::new(), Vec::new());
    for (name, listed) in listed() {
        let mut found = Vec::new();
        enums(&root().join("crates").join(&name).join("src"), &mut found);
        let names: BTreeSet<String> = found.iter().map(|item| item.ident.to_string()).collect();
        missing.extend(listed.difference(&names).map(|item| format!("{name}::{item}")));
        for item in found.iter().filter(|item| listed.contains(&item.ident.to_string())) {
            let is_open = item.attrs.iter().any(is_non_exhaustive);
            if is_open == item.attrs.iter().any(is_reason) {
                wrong.push(format!("{name}::{}", item.ident));
            }
        }
    }
    assert!(missing.is_empty(), "not at the top level of a file: {missing:#?}");
    let help =
        "`#[non_exhaustive]`, or a line \"Exhaustive: reason\" in the documentation; see ARCHITECTURE.md";
    assert!(wrong.is_empty(), "{help}: {wrong:#?}");
}
