//! The sources of a crate as a tree of modules, without what is compiled for tests only.

use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens as _;
use syn::{Attribute, Expr, Item, Lit, Meta};

use crate::failure::Failure;

/// A module with its items; modules in it stand in `children`.
#[derive(Debug)]
pub struct Module {
    /// The module's name; for the root, the crate's.
    pub name: String,
    /// Whether the module is `pub` where it is declared.
    pub is_public: bool,
    /// What is said of it in attributes, where it is declared.
    pub attrs: Vec<Attribute>,
    /// Its items, but for modules.
    pub items: Vec<Item>,
    /// The modules in it.
    pub children: Vec<Self>,
}

/// Reads a crate from its root file.
///
/// # Errors
///
/// Files that are missing or do not parse.
pub fn read(name: &str, root: &Path) -> Result<Module, Failure> {
    let file = parse(root)?;
    let folder = root.parent().map(Path::to_path_buf).unwrap_or_default();
    module(name.to_owned(), true, Vec::new(), file.items, &folder)
}

fn parse(path: &Path) -> Result<syn::File, Failure> {
    let source = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::new(&source, error.to_string()))?;
    syn::parse_file(&text).map_err(|error| {
        let start = error.span().start();
        Failure::new(source, format!("line {}: {error}", start.line))
    })
}

/// `folder` is where the files of the module's children are.
fn module(
    name: String,
    is_public: bool,
    attrs: Vec<Attribute>,
    all: Vec<Item>,
    folder: &Path,
) -> Result<Module, Failure> {
    let mut items = Vec::new();
    let mut children = Vec::new();
    for item in all {
        if is_for_tests(attributes(&item)) {
            continue;
        }
        let Item::Mod(child) = item else {
            items.push(item);
            continue;
        };
        let name = child.ident.to_string();
        let is_public = matches!(child.vis, syn::Visibility::Public(_));
        let own = folder.join(&name);
        let content = match child.content {
            Some((_, content)) => content,
            None => parse(&file_of(folder, &name))?.items,
        };
        children.push(module(name, is_public, child.attrs, content, &own)?);
    }
    Ok(Module {
        name,
        is_public,
        attrs,
        items,
        children,
    })
}

fn file_of(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("{name}.rs"));
    if file.exists() {
        file
    } else {
        folder.join(name).join("mod.rs")
    }
}

fn is_for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        text == "cfg (test)" || text == "test"
    })
}

/// The attributes of an item; none for what is written in a form of its own.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The documentation in attributes, a line each.
pub fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A syntax tree as one line, spaced as people write it.
pub fn one_line(tokens: &impl quote::ToTokens) -> String {
    let mut line = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (",)", ")"),
        (",>", ">"),
        (" :", ":"),
        (" ;", ";"),
        ("& ", "&"),
        ("' ", "'"),
        ("# [", "#["),
        (" ! ", "!"),
        (" !(", "!("),
        ("->", "-> "),
        ("=>", "=> "),
        (" - ", " -"),
        (",(", ", ("),
        ("=(", "= ("),
        ("  ", " "),
    ] {
        line = line.replace(from, to);
    }
    line.replace(" ->", "->")
        .replace("->", " ->")
        .trim()
        .to_owned()
}
