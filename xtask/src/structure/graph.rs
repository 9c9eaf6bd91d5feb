//! Which modules use which.
//!
//! A use is a path that begins with `crate` or `super`, wherever it stands, macros included. In the
//! definition of a macro, `$crate` is a use where the macro is used, and is not counted.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree};

use crate::sources::Module;

/// The modules of a crate, with those that each uses.
#[derive(Debug, Default)]
pub struct Graph {
    /// From, to, and the paths of the modules in which it is used.
    edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    /// Of the top-level modules, and of those one level below in the folders to split.
    pub fn of(root: &Module, split: &[&str]) -> Self {
        let names = Names {
            root,
            split,
            exports: exports(root),
        };
        let mut graph = Self::default();
        for child in &root.children {
            graph.add(&names, child, &mut vec![child.name.clone()]);
        }
        graph
    }

    fn add(&mut self, names: &Names<'_>, module: &Module, path: &mut Vec<String>) {
        let Some(from) = names.node(path) else {
            return;
        };
        let mut used = Vec::new();
        for item in &module.items {
            paths_in(item.to_token_stream(), &mut used);
        }
        for used in used {
            let to = names.resolve(path, &used).filter(|to| *to != from);
            if let Some(to) = to {
                let of = self.edges.entry(from.clone()).or_default();
                of.entry(to).or_default().insert(path.join("::"));
            }
        }
        for child in &module.children {
            path.push(child.name.clone());
            self.add(names, child, path);
            path.pop();
        }
    }

    /// The modules that others are used in.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.edges.keys().map(String::as_str)
    }

    /// The modules that a module uses.
    pub fn used_by(&self, from: &str) -> impl Iterator<Item = &str> {
        let used = self.edges.get(from);
        used.into_iter()
            .flat_map(|to| to.keys().map(String::as_str))
    }

    /// In which modules of one module another is used.
    pub fn places(&self, from: &str, to: &str) -> impl Iterator<Item = &str> {
        let places = self.edges.get(from).and_then(|edges| edges.get(to));
        places.into_iter().flatten().map(String::as_str)
    }
}

struct Names<'a> {
    root: &'a Module,
    split: &'a [&'a str],
    /// What the root re-exports, by name, with the module that it is of.
    exports: BTreeMap<String, String>,
}

impl Names<'_> {
    /// The module that an absolute path belongs to.
    fn node(&self, path: &[String]) -> Option<String> {
        let first = path.first()?;
        let Some(module) = child(self.root, first) else {
            return self.exports.get(first).cloned();
        };
        let second = path.get(1).filter(|_| self.split.contains(&&**first));
        match second.filter(|second| child(module, second).is_some()) {
            Some(second) => Some(format!("{first}/{second}")),
            None => Some(first.clone()),
        }
    }

    fn resolve(&self, within: &[String], path: &[String]) -> Option<String> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let start = if ups == 0 {
            &[]
        } else {
            within.get(..within.len().checked_sub(ups)?)?
        };
        let named = path.get(ups.max(1)..)?;
        self.node(&[start, named].concat())
    }
}

fn child<'a>(module: &'a Module, name: &str) -> Option<&'a Module> {
    module.children.iter().find(|child| child.name == name)
}

fn exports(root: &Module) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for item in &root.items {
        if let Item::Use(item) = item
            && let UseTree::Path(path) = &item.tree
            && child(root, &path.ident.to_string()).is_some()
        {
            add_names(&path.tree, &path.ident.to_string(), &mut found);
        }
    }
    found
}

fn add_names(tree: &UseTree, module: &str, found: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => add_names(&path.tree, module, found),
        UseTree::Group(group) => {
            let trees = group.items.iter();
            trees.for_each(|tree| add_names(tree, module, found));
        }
        UseTree::Name(name) => {
            found.insert(name.ident.to_string(), module.to_owned());
        }
        UseTree::Rename(name) => {
            found.insert(name.rename.to_string(), module.to_owned());
        }
        UseTree::Glob(_) => {}
    }
}

/// The paths that begin with `crate` or `super`.
fn paths_in(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        match token {
            TokenTree::Ident(name) if (name == "crate" || name == "super") && !is(before, '$') => {
                at = path_at(&tokens, at, Vec::new(), found);
                continue;
            }
            TokenTree::Group(group) => paths_in(group.stream(), found),
            _ => {}
        }
        at += 1;
    }
}

/// Reads a path, with those of a group behind it; returns where it ends.
fn path_at(
    tokens: &[TokenTree],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        let name = name.to_string();
        if name != "self" {
            path.push(name);
        }
        at += 1;
        if !(is(tokens.get(at), ':') && is(tokens.get(at + 1), ':')) {
            break;
        }
        at += 2;
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
        {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is(Some(token), ',')) {
                path_at(part, 0, path.clone(), found);
            }
            return at + 1;
        }
    }
    found.push(path);
    at
}

fn is(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}
