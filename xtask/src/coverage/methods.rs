//! What the sources of a crate say of its public methods.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Block, ImplItem, Item, Visibility};

use crate::sources::{self, Module, docs, one_line};

/// A public method of a type, or a public function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its name behind that of its type: `Roles::create`.
    pub name: String,
    /// Its documentation.
    pub docs: String,
    /// The operations that the documentation names: `` (`listProjects`) ``.
    pub named: Vec<String>,
    /// What rustdoc's search finds it by, besides its name.
    pub aliases: Vec<String>,
    /// Generated methods that its own body calls, folded.
    pub calls: BTreeSet<String>,
}

/// The public methods of a crate, in the order of its sources.
pub fn methods(root: &Module) -> Vec<Method> {
    let mut found = Vec::new();
    add(root, &mut found);
    found
}

/// The same for an ID and for the method that is generated of it: `getConnectionURI` and
/// `get_connection_uri`.
pub(super) fn folded(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn add(module: &Module, found: &mut Vec<Method>) {
    for item in &module.items {
        match item {
            Item::Impl(block) if block.trait_.is_none() => {
                let owner = one_line(&block.self_ty);
                for item in &block.items {
                    if let ImplItem::Fn(method) = item {
                        let name = format!("{owner}::{}", method.sig.ident);
                        found.extend(of(name, &method.vis, &method.attrs, &method.block));
                    }
                }
            }
            Item::Fn(function) => {
                let name = function.sig.ident.to_string();
                let attrs = sources::attributes(item);
                found.extend(of(name, &function.vis, attrs, &function.block));
            }
            _ => {}
        }
    }
    module.children.iter().for_each(|child| add(child, found));
}

fn of(name: String, vis: &Visibility, attrs: &[Attribute], body: &Block) -> Option<Method> {
    if !matches!(vis, Visibility::Public(_)) {
        return None;
    }
    let docs = docs(attrs);
    let mut calls = BTreeSet::new();
    calls_in(body.to_token_stream(), &mut calls);
    Some(Method {
        name,
        named: ids_in(&docs),
        docs,
        aliases: attrs.iter().filter_map(alias_in).collect(),
        calls,
    })
}

/// The `x` of `#[doc(alias = "x")]`.
fn alias_in(attribute: &Attribute) -> Option<String> {
    let mut alias = None;
    if attribute.path().is_ident("doc") {
        // Other forms of the attribute end the walk, and have no alias.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("alias") {
                alias = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    alias
}

/// `raw ( ) . name (`, `raw . name (` and the same with `client`, in macros, too.
fn calls_in(tokens: TokenStream, calls: &mut BTreeSet<String>) {
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
                    calls.insert(folded(&name));
                }
                on_client &= is_call && group.stream().is_empty();
                after_dot = false;
                calls_in(group.stream(), calls);
            }
            TokenTree::Literal(_) => {
                on_client = false;
                called = None;
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

    fn found(source: &str) -> Vec<Method> {
        methods(&Module {
            name: "c".to_owned(),
            is_public: true,
            attrs: Vec::new(),
            items: syn::parse_file(source).unwrap().items,
            children: Vec::new(),
        })
    }

    fn calls(body: &str) -> Vec<String> {
        let source = format!("pub fn f(n: N) {{ {body} }}");
        let calls = found(&source).remove(0).calls;
        calls.into_iter().collect()
    }

    #[test]
    fn calls_are_found_on_the_generated_client_only() {
        let none: [&str; 0] = [];
        let own = "neon.get_thing(); raw; neon.raw().other().get_thing(1)";
        assert_eq!(calls(own), ["other"]);
        assert_eq!(calls("n.raw().get_thing(&id)"), ["getthing"]);
        assert_eq!(calls("raw(1).get_thing(&id)"), none);
        assert_eq!(calls("g(|| raw.list_things(q))"), ["listthings"]);
        assert_eq!(calls("n.raw().get_thing"), none);
    }

    #[test]
    fn calls_are_found_in_the_macros_that_bodies_are_made_with() {
        let call = "call!(self, |this, neon| neon.raw().get_thing(&this.id).await, |r| r.thing)";
        assert_eq!(calls(call), ["getthing"]);
        let in_block =
            "started!(self, |this, neon| { let raw = neon.raw(); raw.a_b(1).await }, |r| r)";
        assert_eq!(calls(in_block), ["ab"]);
        let deleted = "deleted!(self, operations, |this, neon| neon.raw().delete_thing(1).await)";
        assert_eq!(calls(deleted), ["deletething"]);
        let list =
            "list!(self, LIST_THINGS, |t, neon| neon.raw().list_things().await, |r| r.things)";
        assert_eq!(calls(list), ["listthings"]);
    }

    #[test]
    fn public_methods_say_what_they_call() {
        let found = found(
            "impl<T> Handle<T> {
                /// The thing (`getThing`), as (see `listThings`) it is.
                #[doc(alias = \"getThing\")]
                #[doc(hidden)]
                pub async fn get(&self) {}
                /// Hidden (`listThings`).
                fn hidden(&self) {}
            }
            /// Both (`getThing`, `listThings`).
            pub fn both() {}
            impl Trait for Handle<u8> { fn of_trait() {} }",
        );
        let names: Vec<_> = found.iter().map(|method| &*method.name).collect();
        assert_eq!(names, ["Handle<T>::get", "both"]);
        assert_eq!(found[0].named, ["getThing"]);
        assert_eq!(found[0].aliases, ["getThing"]);
        assert_eq!(found[1].named, ["getThing", "listThings"]);
    }
}
