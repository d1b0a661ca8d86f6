//! The order of modules inside a crate: imports outside tests point to earlier modules only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, File, Item, ItemMod, ItemUse, UseTree,
    visit::{self, Visit},
};

/// Modules of the core, each after every module that it imports.
const CORE: &[&str] = &[
    "json",
    "model",
    "limits",
    "policy",
    "violation",
    "field",
    "event",
    "store",
    "clock",
    "authz",
    "view",
    "update",
    "decision",
    "service",
    "test_support",
];

/// Modules of `userbook-http`, each after every module that it imports.
const HTTP: &[&str] = &[
    "extension",
    "release",
    "uid",
    "avatar",
    "media",
    "respond",
    "auth",
    "ports",
    "error",
    "negotiate",
    "host",
    "lenient",
    "params",
    "render",
    "body",
    "representation",
    "dry_run",
    "etag",
    "request_id",
    "prefix",
    "route",
    "operation",
    "api",
    "read",
    "options",
    "write",
    "endpoint",
    "directory",
    "openapi",
];

/// The modules that the files of each module import.
#[derive(Debug, Default)]
struct Imports {
    /// The module of each name that the crate's root exports.
    exports: BTreeMap<String, String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// Collects what one file imports from its crate.
struct Reader<'a> {
    imports: &'a mut Imports,
    module: String,
    /// Whether `super` is the crate's root.
    is_top: bool,
}

impl Reader<'_> {
    fn add(&mut self, name: &str) {
        let target = self.imports.exports.get(name).map_or(name, String::as_str).to_owned();
        if target != self.module {
            self.imports.edges.entry(self.module.clone()).or_default().insert(target);
        }
    }

    fn is_root(&self, segment: &str) -> bool {
        segment == "crate" || self.is_top && segment == "super"
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Mod(ItemMod { attrs, .. }) = item
            && is_test(attrs)
        {
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && self.is_root(&path.ident.to_string())
        {
            for (first, _) in leaves(&path.tree) {
                self.add(&first);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter().map(|segment| segment.ident.to_string());
        if let (Some(first), Some(second)) = (segments.next(), segments.next())
            && self.is_root(&first)
        {
            self.add(&second);
        }
        visit::visit_path(self, path);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list().ok().filter(|list| list.path.is_ident("cfg"));
        list.is_some_and(|list| list.tokens.to_string() == "test")
    })
}

/// The first and the last name of each path of a tree.
fn leaves(tree: &UseTree) -> Vec<(String, String)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            leaves(&path.tree).into_iter().map(|(_, last)| (first.clone(), last)).collect()
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), name.ident.to_string())],
        UseTree::Rename(rename) => vec![(rename.ident.to_string(), rename.rename.to_string())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Glob(_) => Vec::new(),
    }
}

fn parsed(file: &Path) -> File {
    syn::parse_file(&fs::read_to_string(file).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The Rust files of a folder, tests aside.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}

/// What the modules of the crate with this folder import.
fn imports(crate_folder: &str) -> Imports {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(crate_folder).join("src");
    let root = folder.join("lib.rs");
    let mut imports = Imports::default();
    for item in parsed(&root).items {
        if let Item::Use(ItemUse { tree: UseTree::Path(path), .. }) = item {
            let module = path.ident.to_string();
            let names = leaves(&path.tree).into_iter().map(|(_, name)| (name, module.clone()));
            imports.exports.extend(names);
        }
    }
    for file in sources(&folder).into_iter().filter(|file| *file != root) {
        let inside = file.strip_prefix(&folder).unwrap();
        let depth = inside.components().count();
        let module = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = module.trim_end_matches(".rs").to_owned();
        let is_top = depth == 1 || depth == 2 && inside.ends_with("mod.rs");
        Reader { imports: &mut imports, module, is_top }.visit_file(&parsed(&file));
    }
    imports
}

fn check(crate_folder: &str, order: &[&str]) {
    let position = |module: &str| {
        order.iter().position(|known| *known == module).unwrap_or_else(|| panic!("{module} has no place yet"))
    };
    let imports = imports(crate_folder);
    assert!(imports.edges.len() > order.len() / 2, "{crate_folder}: too few imports were found");
    for (module, targets) in imports.edges {
        for target in targets {
            assert!(
                position(&target) < position(&module),
                "{crate_folder}: {module} must not import {target}"
            );
        }
    }
}

#[test]
fn modules_of_the_core_import_earlier_ones() {
    check("userbook", CORE);
}

#[test]
fn modules_of_http_import_earlier_ones() {
    check("userbook-http", HTTP);
}
