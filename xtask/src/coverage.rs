//! Which operations the ergonomic crate reaches, and by which methods.
//!
//! Two facts are read from its sources and compared. Where the generated method of an operation is
//! called: `raw().list_projects(…)`, or the same on a variable `raw` or `client`, in macros, too.
//! And which public method says in its documentation that it makes the operation's call:
//! `` (`listProjects`) ``. Code alone cannot tell the method, since builders send in other functions
//! than those that users call; documentation alone may be wrong.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, ImplItem, Item, Visibility};

use crate::sources::{self, Module, docs, one_line};

/// What was found of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The operation's ID.
    pub id: String,
    /// Whether its generated method is called.
    pub is_called: bool,
    /// Public methods whose documentation names it.
    pub methods: Vec<String>,
}

impl Coverage {
    /// Whether users reach the operation.
    pub fn is_covered(&self) -> bool {
        self.is_called && !self.methods.is_empty()
    }
}

/// What was found of each of the operations, given by their IDs.
pub fn of(ids: &[&str], root: &Module) -> Vec<Coverage> {
    let mut found = Found::default();
    found.module(root);
    ids.iter()
        .map(|id| Coverage {
            id: (*id).to_owned(),
            is_called: found.called.contains(&folded(id)),
            methods: found.documented.get(*id).cloned().unwrap_or_default(),
        })
        .collect()
}

/// The same for an ID and for the method that is generated of it: `getConnectionURI` and
/// `get_connection_uri`.
fn folded(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

#[derive(Default)]
struct Found {
    /// Folded names of generated methods.
    called: BTreeSet<String>,
    /// Methods by the ID that their documentation names.
    documented: BTreeMap<String, Vec<String>>,
}

impl Found {
    fn module(&mut self, module: &Module) {
        for item in &module.items {
            self.calls(item.to_token_stream());
            match item {
                Item::Impl(block) if block.trait_.is_none() => {
                    let owner = one_line(&block.self_ty);
                    for item in &block.items {
                        if let ImplItem::Fn(method) = item {
                            let name = format!("{owner}::{}", method.sig.ident);
                            self.documented_in(&method.vis, &method.attrs, &name);
                        }
                    }
                }
                Item::Fn(function) => {
                    let name = function.sig.ident.to_string();
                    self.documented_in(&function.vis, sources::attributes(item), &name);
                }
                _ => {}
            }
        }
        module.children.iter().for_each(|child| self.module(child));
    }

    fn documented_in(&mut self, vis: &Visibility, attrs: &[Attribute], name: &str) {
        if matches!(vis, Visibility::Public(_)) {
            for id in ids_in(&docs(attrs)) {
                self.documented.entry(id).or_default().push(name.to_owned());
            }
        }
    }

    /// `raw ( ) . name (`, `raw . name (` and the same with `client`.
    fn calls(&mut self, tokens: TokenStream) {
        let mut on_client = false;
        let mut called: Option<String> = None;
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    let name = name.to_string();
                    called = (on_client && after_dot).then(|| name.clone());
                    on_client = name == "raw" || name == "client";
                    after_dot = false;
                }
                TokenTree::Punct(point) => {
                    after_dot = point.as_char() == '.';
                    on_client &= after_dot;
                    called = None;
                }
                TokenTree::Group(group) => {
                    let is_call = group.delimiter() == Delimiter::Parenthesis;
                    if let Some(name) = called.take().filter(|_| is_call) {
                        self.called.insert(folded(&name));
                    }
                    on_client &= is_call && group.stream().is_empty();
                    after_dot = false;
                    self.calls(group.stream());
                }
                TokenTree::Literal(_) => {
                    on_client = false;
                    called = None;
                }
            }
        }
    }
}

/// The code spans of parentheses that hold nothing else: `` (`a`) ``, `` (`a`, `b`) ``.
fn ids_in(docs: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for part in docs.split('(').skip(1) {
        let Some((inner, _)) = part.split_once(')') else {
            continue;
        };
        let spans: Vec<&str> = inner
            .split([',', '\n'])
            .flat_map(|text| text.split(" and "))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .collect();
        let named = spans
            .iter()
            .filter_map(|text| text.strip_prefix('`')?.strip_suffix('`'));
        let named: Vec<String> = named.map(str::to_owned).collect();
        if named.len() == spans.len() {
            ids.extend(named);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(source: &str) -> Vec<Coverage> {
        let items = syn::parse_file(source).unwrap().items;
        let root = Module {
            name: "c".to_owned(),
            is_public: true,
            attrs: Vec::new(),
            items,
            children: Vec::new(),
        };
        of(&["getThing", "listThings"], &root)
    }

    fn called(source: &str) -> Vec<bool> {
        let found = coverage(source);
        found.iter().map(|c| c.is_called).collect()
    }

    #[test]
    fn calls_are_found_on_the_generated_client_only() {
        let own = "fn f(neon: N) { neon.get_thing(); raw; neon.raw().other().get_thing(1) }";
        assert_eq!(called(own), [false, false]);
        assert_eq!(
            called("fn f(n: N) { n.raw().get_thing(&id) }"),
            [true, false]
        );
        assert_eq!(
            called("fn f(n: N) { raw(1).get_thing(&id) }"),
            [false, false]
        );
        assert_eq!(called("fn f() { g(|| raw.list_things(q)) }"), [false, true]);
        let in_macro = "listing!(A => B, 1, |raw| { client.get_thing().await? });";
        assert_eq!(called(in_macro), [true, false]);
        assert_eq!(called("fn f() { n.raw().get_thing }"), [false, false]);
    }

    #[test]
    fn public_methods_say_what_they_call() {
        let found = coverage(
            "impl<T> Handle<T> {
                /// The thing (`getThing`), as (see `listThings`) it is.
                pub async fn get(&self) { self.n.raw().get_thing() }
                /// Hidden (`listThings`).
                fn hidden(&self) {}
            }
            /// Both (`getThing`, `listThings`).
            pub fn both() {}",
        );
        assert_eq!(found[0].methods, ["Handle<T>::get", "both"]);
        assert!(found[0].is_covered());
        assert_eq!(found[1].methods, ["both"]);
        assert!(!found[1].is_covered(), "nothing calls it");
    }
}
