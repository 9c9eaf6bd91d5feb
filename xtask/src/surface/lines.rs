//! The signatures of items, a line each.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Field, Fields, FnArg, ImplItem, Item, ItemImpl, Pat, Signature, TraitItem,
    Visibility,
};

use crate::sources::{attributes, one_line};

/// The head of an item first, then what is public in it.
pub(super) fn of_item(item: &Item) -> Vec<String> {
    let attrs = told(attributes(item));
    let mut lines = Vec::new();
    match item {
        Item::Struct(item) => {
            let (name, generics) = (&item.ident, &item.generics);
            let clause = &generics.where_clause;
            let tuple = match &item.fields {
                Fields::Unnamed(fields) => {
                    let shown = fields.unnamed.iter().map(shown_field);
                    quote!((#(#shown),*))
                }
                _ => TokenStream::new(),
            };
            lines.push(one_line(
                &quote!(#attrs struct #name #generics #tuple #clause),
            ));
            if let Fields::Named(fields) = &item.fields {
                let public = fields.named.iter().filter(|f| is_public(&f.vis));
                lines.extend(public.map(|f| {
                    let (name, ty, attrs) = (&f.ident, &f.ty, told(&f.attrs));
                    one_line(&quote!(#attrs #name: #ty))
                }));
            }
        }
        Item::Enum(item) => {
            let (name, generics) = (&item.ident, &item.generics);
            lines.push(one_line(&quote!(#attrs enum #name #generics)));
            lines.extend(item.variants.iter().map(|variant| {
                let (attrs, name, fields) = (told(&variant.attrs), &variant.ident, &variant.fields);
                let fields = tokens_without_docs(fields.to_token_stream());
                one_line(&quote!(#attrs variant #name #fields))
            }));
        }
        Item::Trait(item) => {
            let (name, generics, bounds) = (&item.ident, &item.generics, &item.supertraits);
            let colon = (!bounds.is_empty()).then(|| quote!(:));
            lines.push(one_line(
                &quote!(#attrs trait #name #generics #colon #bounds),
            ));
            lines.extend(item.items.iter().filter_map(of_trait_item));
        }
        Item::Fn(item) => {
            let signature = signature(&item.sig);
            lines.push(one_line(&quote!(#attrs #signature)));
        }
        Item::Type(item) => {
            let (name, generics, ty) = (&item.ident, &item.generics, &item.ty);
            lines.push(one_line(&quote!(#attrs type #name #generics = #ty)));
        }
        Item::Const(item) => {
            let (name, ty) = (&item.ident, &item.ty);
            lines.push(one_line(&quote!(#attrs const #name: #ty)));
        }
        Item::Static(item) => {
            let (name, ty) = (&item.ident, &item.ty);
            lines.push(one_line(&quote!(#attrs static #name: #ty)));
        }
        other => lines.push(one_line(other)),
    }
    lines
}

/// The public items of an `impl` with the type that it is for, or the trait that it implements.
pub(super) fn of_impl(block: &ItemImpl) -> Vec<String> {
    let (generics, ty, clause) = (
        &block.generics,
        &block.self_ty,
        &block.generics.where_clause,
    );
    if let Some((path, _)) = &block.trait_ {
        let associated = block.items.iter().filter_map(|item| match item {
            ImplItem::Type(item) => {
                let (name, ty) = (&item.ident, &item.ty);
                Some(quote!(type #name = #ty;))
            }
            _ => None,
        });
        let associated: Vec<_> = associated.collect();
        let body = (!associated.is_empty()).then(|| quote!({ #(#associated)* }));
        let attrs = told(&block.attrs);
        let line = quote!(#attrs impl #generics #path for #ty #clause #body);
        return vec![one_line(&line)];
    }
    // Of a type with arguments the methods may be of some arguments only.
    let owner = if one_line(ty).contains('<') {
        quote!(impl #generics #ty #clause:)
    } else {
        TokenStream::new()
    };
    let lines = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if is_public(&method.vis) => {
            let (attrs, signature) = (told(&method.attrs), signature(&method.sig));
            Some(quote!(#attrs #owner #signature))
        }
        ImplItem::Const(item) if is_public(&item.vis) => {
            let (name, ty) = (&item.ident, &item.ty);
            Some(quote!(#owner const #name: #ty))
        }
        _ => None,
    });
    lines.map(|line| one_line(&line)).collect()
}

fn of_trait_item(item: &TraitItem) -> Option<String> {
    match item {
        TraitItem::Fn(method) => {
            let (attrs, signature) = (told(&method.attrs), signature(&method.sig));
            let provided = method.default.as_ref().map_or("", |_| " { … }");
            Some(one_line(&quote!(#attrs #signature)) + provided)
        }
        TraitItem::Const(item) => {
            let (name, ty) = (&item.ident, &item.ty);
            let provided = item.default.as_ref().map_or("", |_| " = …");
            Some(one_line(&quote!(const #name: #ty)) + provided)
        }
        TraitItem::Type(item) => {
            let (name, bounds) = (&item.ident, &item.bounds);
            Some(one_line(&quote!(type #name: #bounds)))
        }
        _ => None,
    }
}

/// A signature as callers see it: how a function binds its arguments is its own affair.
fn signature(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for argument in &mut signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => receiver.mutability = None,
            FnArg::Typed(argument) => {
                if let Pat::Ident(pattern) = &mut *argument.pat {
                    pattern.mutability = None;
                }
            }
        }
    }
    signature
}

fn shown_field(field: &Field) -> TokenStream {
    let ty = &field.ty;
    if is_public(&field.vis) {
        quote!(#ty)
    } else {
        quote!(_)
    }
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

/// The attributes that users depend on.
fn told(attrs: &[Attribute]) -> TokenStream {
    const TOLD: [&str; 6] = [
        "cfg",
        "cfg_attr",
        "deprecated",
        "derive",
        "must_use",
        "non_exhaustive",
    ];
    let told = attrs.iter().filter(|attribute| {
        let name = attribute.path().get_ident().map(ToString::to_string);
        name.is_some_and(|name| TOLD.contains(&name.as_str()))
    });
    told.map(|attribute| match attribute.path().get_ident() {
        // Its text is advice.
        Some(name) if name == "must_use" => quote!(#[must_use]),
        _ => attribute.to_token_stream(),
    })
    .collect()
}

/// Tokens without `#[doc = …]`.
pub(super) fn tokens_without_docs(tokens: TokenStream) -> TokenStream {
    let mut out = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let is_doc = group.stream().to_string().starts_with("doc ");
                let after_hash = out
                    .last()
                    .is_some_and(|last: &TokenTree| last.to_string() == "#");
                if is_doc && after_hash {
                    out.pop();
                    continue;
                }
                let inner = tokens_without_docs(group.stream());
                out.push(proc_macro2::Group::new(group.delimiter(), inner).into());
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}
