//! What users can name: public items by their public paths.

use std::collections::BTreeMap;

use syn::{GenericArgument, Item, Path, PathArguments, Type, UseTree, Visibility};

use crate::sources::{Module, one_line};

/// The public paths of a crate.
#[derive(Debug)]
pub(super) struct Exports<'a> {
    root: &'a Module,
    /// Items of this crate by path.
    pub(super) items: BTreeMap<String, &'a Item>,
    /// What else stands at a path: items of other crates, and macro calls in public modules.
    pub(super) others: Vec<(String, String)>,
}

impl<'a> Exports<'a> {
    pub(super) fn of(root: &'a Module) -> Self {
        let mut exports = Self {
            root,
            items: BTreeMap::new(),
            others: Vec::new(),
        };
        exports.module(&mut vec![root], &root.name);
        exports
    }

    /// The path under which a type that an `impl` is for is shown; several where types share a
    /// name.
    pub(super) fn paths_of(&self, ty: &Type) -> Vec<String> {
        let Type::Path(ty) = ty else {
            return Vec::new();
        };
        let name = ty.path.segments.last().map(|s| s.ident.to_string());
        let is_it = |item: &Item| name.is_some() && name == type_name(item);
        self.items
            .iter()
            .filter(|(path, item)| is_it(item) && self.home_of(item) == Some(*path))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The shortest of an item's paths, under which it is shown.
    pub(super) fn home_of(&self, item: &Item) -> Option<&String> {
        let same = self
            .items
            .iter()
            .filter(|(_, other)| std::ptr::eq(**other, item));
        same.map(|(path, _)| path)
            .min_by_key(|path| path.matches("::").count())
    }

    /// The same for the types that a trait is given.
    pub(super) fn paths_of_arguments(&self, of_trait: &Path) -> Vec<String> {
        let last = of_trait.segments.last().map(|segment| &segment.arguments);
        let Some(PathArguments::AngleBracketed(arguments)) = last else {
            return Vec::new();
        };
        let types = arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
        types.flat_map(|ty| self.paths_of(ty)).collect()
    }

    /// `trail` leads from the root to the module, which users see at `path`.
    fn module(&mut self, trail: &mut Vec<&'a Module>, path: &str) {
        let Some(module) = trail.last().copied() else {
            return;
        };
        for item in &module.items {
            match item {
                Item::Use(item) if is_public(&item.vis) => {
                    self.reexport(trail, path, &item.tree, &mut Vec::new());
                }
                // Its methods are listed with the type that they are of.
                Item::Macro(item) if super::made::impls_of_call(&item.mac).is_some() => {}
                Item::Macro(item) if item.ident.is_none() => {
                    if let Some(forms) = super::made::id_forms(&item.mac) {
                        let forms = forms.into_iter().map(|line| (path.to_owned(), line));
                        self.others.extend(forms);
                        continue;
                    }
                    let call = one_line(&without_docs(&item.mac));
                    self.others.push((path.to_owned(), call));
                }
                _ => {
                    if let Some(name) = public_name(item) {
                        self.items.insert(format!("{path}::{name}"), item);
                    }
                }
            }
        }
        for child in module.children.iter().filter(|child| child.is_public) {
            trail.push(child);
            self.module(trail, &format!("{path}::{}", child.name));
            trail.pop();
        }
    }

    fn reexport(
        &mut self,
        trail: &[&'a Module],
        path: &str,
        tree: &UseTree,
        prefix: &mut Vec<String>,
    ) {
        match tree {
            UseTree::Path(step) => {
                prefix.push(step.ident.to_string());
                self.reexport(trail, path, &step.tree, prefix);
                prefix.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.reexport(trail, path, tree, prefix);
                }
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.named(trail, path, prefix, &name, &name);
            }
            UseTree::Rename(rename) => {
                let (name, new) = (rename.ident.to_string(), rename.rename.to_string());
                self.named(trail, path, prefix, &name, &new);
            }
            UseTree::Glob(_) => match self.resolve(trail, prefix) {
                Some(mut found) => self.module(&mut found, path),
                None => self.foreign(path, prefix, "*"),
            },
        }
    }

    /// Something by name: a module, an item, or what its module re-exports itself.
    fn named(
        &mut self,
        trail: &[&'a Module],
        path: &str,
        prefix: &[String],
        name: &str,
        new: &str,
    ) {
        let target = format!("{path}::{new}");
        let mut whole = prefix.to_vec();
        whole.push(name.to_owned());
        if let Some(mut module) = self.resolve(trail, &whole) {
            return self.module(&mut module, &target);
        }
        let Some(module) = self.resolve(trail, prefix).filter(|_| !prefix.is_empty()) else {
            return self.foreign(&target, prefix, name);
        };
        let mut inner = Self {
            root: self.root,
            items: BTreeMap::new(),
            others: Vec::new(),
        };
        inner.module(&mut module.clone(), "");
        let wanted = format!("::{name}");
        let below = format!("{wanted}::");
        let mut is_found = false;
        let renamed = |found: &str| format!("{target}{}", found.trim_start_matches(&*wanted));
        for (found, item) in inner.items {
            if found == wanted || found.starts_with(&below) {
                self.items.insert(renamed(&found), item);
                is_found = true;
            }
        }
        for (found, line) in inner.others {
            if found == wanted || found.starts_with(&below) {
                self.others.push((renamed(&found), line));
                is_found = true;
            }
        }
        if !is_found {
            self.foreign(&target, prefix, name);
        }
    }

    fn foreign(&mut self, path: &str, prefix: &[String], name: &str) {
        let from = prefix.iter().map(String::as_str).chain([name]);
        let from: Vec<&str> = from.collect();
        let line = format!("use {}", from.join("::"));
        self.others.push((path.to_owned(), line));
    }

    /// The way to a module of this crate.
    fn resolve(&self, trail: &[&'a Module], path: &[String]) -> Option<Vec<&'a Module>> {
        let mut found = trail.to_vec();
        for (at, step) in path.iter().enumerate() {
            match step.as_str() {
                "crate" if at == 0 => found = vec![self.root],
                "self" => {}
                "super" => {
                    found.pop()?;
                }
                name => {
                    let children = &found.last()?.children;
                    found.push(children.iter().find(|child| child.name == name)?);
                }
            }
        }
        Some(found)
    }
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn type_name(item: &Item) -> Option<String> {
    match item {
        Item::Enum(_) | Item::Struct(_) | Item::Trait(_) | Item::Union(_) => public_name(item),
        _ => None,
    }
}

fn public_name(item: &Item) -> Option<String> {
    let (vis, name) = match item {
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        Item::Static(item) => (&item.vis, &item.ident),
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Union(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    is_public(vis).then(|| name.to_string())
}

/// The call of a macro without the documentation of what it defines.
fn without_docs(call: &syn::Macro) -> syn::Macro {
    let mut call = call.clone();
    call.tokens = super::lines::tokens_without_docs(call.tokens);
    call
}
