//! The public surface of a crate in text form: what users can name, with its signatures.
//!
//! Read from the sources, by following `pub` and re-exports from the crate's root. rustdoc's JSON
//! would also see what macros make, but it needs an unstable compiler option, and its form changes
//! with the compiler: a committed list would differ between toolchains. What the macros of builders
//! make is known (`made.rs`); what other macros make is shown by the macro's call.

mod exports;
mod lines;
mod made;

use std::collections::BTreeMap;

use syn::{Item, ItemImpl};

use crate::sources::Module;
use exports::Exports;

/// The surface of the crate: a paragraph for each path that users can name, sorted.
pub fn of(root: &Module) -> String {
    let exports = Exports::of(root);
    let mut paragraphs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, item) in &exports.items {
        let home = exports.home_of(item);
        let lines = match home {
            Some(home) if home != path => vec![format!("= {home}")],
            _ => lines::of_item(item),
        };
        paragraphs.insert(path.clone(), lines);
    }
    for (path, line) in &exports.others {
        paragraphs
            .entry(path.clone())
            .or_default()
            .push(line.clone());
    }
    add_impls(root, &exports, &mut paragraphs);
    let mut out = String::new();
    for (path, mut lines) in paragraphs {
        let head = usize::from(exports.items.contains_key(&path));
        if let Some(rest) = lines.get_mut(head..) {
            rest.sort();
        }
        out.push_str(&path);
        out.push('\n');
        for line in lines {
            out.push_str("    ");
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// The blocks that a macro of builders makes; none for other items.
pub(crate) fn impls_made(item: &Item) -> Vec<ItemImpl> {
    made::impls_of(item).unwrap_or_default()
}

fn add_impls(module: &Module, exports: &Exports<'_>, out: &mut BTreeMap<String, Vec<String>>) {
    for item in &module.items {
        if let Item::Impl(block) = item {
            add_impl(block, exports, out);
        }
        for block in impls_made(item) {
            add_impl(&block, exports, out);
        }
    }
    for child in &module.children {
        add_impls(child, exports, out);
    }
}

fn add_impl(block: &ItemImpl, exports: &Exports<'_>, out: &mut BTreeMap<String, Vec<String>>) {
    let lines = lines::of_impl(block);
    let mut paths = exports.paths_of(&block.self_ty);
    if let Some((of_trait, _)) = block.trait_.as_ref().filter(|_| paths.is_empty()) {
        // `impl From<Ours> for String` belongs to ours.
        paths = exports.paths_of_arguments(of_trait);
    }
    for path in paths {
        out.entry(path).or_default().extend(lines.iter().cloned());
    }
}
