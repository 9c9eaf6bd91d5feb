//! Writes the code that the generator does not support.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::OperationFacts;
use super::rules::{Normal, OpenEnum, Union};
use super::{Result, finish, names, shapes};

/// The modules `enums`, `unions`, `operations` and `properties`, and the shapes of request bodies.
pub fn extras(
    normal: &Normal,
    operations: &[OperationFacts],
    properties: &BTreeSet<String>,
) -> Result<String> {
    let names: Vec<_> = properties.iter().map(String::as_str).collect();
    let names = names.join(" ");
    let enums = normal.enums.iter().map(open_enum);
    let unions = normal.unions.iter().map(union);
    let constants = operations.iter().map(operation);
    let list = operations
        .iter()
        .map(|o| format_ident!("{}", names::constant_name(&o.id)));
    let shapes = shapes::of(normal)?;
    finish::print(quote! {
        #shapes
        /// The enums of the API, all open: values that the API adds later are kept.
        pub mod enums { #(#enums)* }
        /// The unions of the API, discriminated by one property, with a variant for what the API
        /// adds later.
        pub mod unions { #(#unions)* }
        /// The operations of the API.
        pub mod routes {
            use crate::route::Route;
            #(#constants)*
            /// All operations, sorted by the name of their method.
            pub static ALL: &[&Route] = &[#(&#list),*];
        }
        /// The properties of the API.
        pub mod properties {
            /// Their names, with spaces between them. In one string, since it is searched only
            /// after a failure, and is a third of the size of a list.
            pub static NAMES: &str = #names;
        }
    })
}

fn open_enum(open: &OpenEnum) -> TokenStream {
    let name = format_ident!("{}", open.name);
    let doc = text(&open.doc, "An enum of the API.");
    let variants = open.values.iter().map(|(variant, value)| {
        let variant = format_ident!("{variant}");
        quote! { #variant = #value }
    });
    quote! { crate::open_enum::open_enum! { #[doc = #doc] #name { #(#variants,)* } } }
}

fn union(union: &Union) -> TokenStream {
    let name = format_ident!("{}", union.name);
    let doc = text(&union.doc, "A union of the API.");
    let tag = &union.tag;
    let variants = union.variants.iter().map(|(variant, value, target)| {
        let variant = format_ident!("{variant}");
        let target = format_ident!("{target}");
        let doc = format!("`{tag}` is `{value}`.");
        quote! { #[doc = #doc] #variant(crate::generated::types::#target) = #value }
    });
    quote! { crate::tagged_union::tagged_union! { #[doc = #doc] #name, #tag { #(#variants,)* } } }
}

fn operation(facts: &OperationFacts) -> TokenStream {
    let name = format_ident!("{}", names::constant_name(&facts.id));
    let OperationFacts {
        id,
        method_name,
        http_method,
        path,
        tag,
        deprecated,
        stability,
    } = facts;
    let doc = format!("`{http_method} {path}`");
    quote! {
        #[doc = #doc]
        pub static #name: Route = Route {
            id: #id,
            name: #method_name,
            method: #http_method,
            path: #path,
            tag: #tag,
            deprecated: #deprecated,
            stability: #stability,
        };
    }
}

fn text(ours: &str, fallback: &str) -> String {
    if ours.is_empty() { fallback } else { ours }.to_owned()
}
