//! Replaces the derive of `Debug` where a field may repeat a secret: strings in which the API or
//! something behind it describes a failure.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, Item, ItemStruct, Path, Token, parse_quote};

/// Properties of any struct, if they are strings.
const BY_NAME: &[&str] = &[
    "detail",
    "error",
    "error_message",
    "message",
    "status_message",
    "status_reason",
];

/// Whether a field is free text that may repeat a secret.
pub fn is_free_text(field: &Field) -> bool {
    let name = field.ident.as_ref().map(ToString::to_string);
    let ty = field.ty.to_token_stream().to_string();
    let is_string = ty.ends_with(":: String") || ty.ends_with(":: String >");
    is_string && BY_NAME.contains(&name.unwrap_or_default().as_str())
}

/// Writes `Debug` for the structs of a module that need their own.
pub fn mask(items: &mut Vec<Item>) {
    let mut added = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(item) = item
            && let Some(debug) = debug_of(item)
            && item.attrs.iter_mut().any(without_debug)
        {
            added.push(debug);
        }
    }
    items.extend(added);
}

fn debug_of(item: &ItemStruct) -> Option<Item> {
    let Fields::Named(fields) = &item.fields else {
        return None;
    };
    if !fields.named.iter().any(is_free_text) {
        return None;
    }
    let lines = fields.named.iter().map(|field| -> TokenStream {
        let name = &field.ident;
        if is_free_text(field) {
            quote!(.field(stringify!(#name), &crate::free_text::FreeText(&self.#name)))
        } else {
            quote!(.field(stringify!(#name), &self.#name))
        }
    });
    let name = &item.ident;
    Some(parse_quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!(#name)) #(#lines)* .finish()
            }
        }
    })
}

/// Removes `Debug` from a derive, if present.
fn without_debug(attribute: &mut Attribute) -> bool {
    if !attribute.path().is_ident("derive") {
        return false;
    }
    let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    let Ok(paths) = paths else {
        return false;
    };
    let kept: Vec<_> = paths
        .iter()
        .filter(|path| path.segments.last().is_none_or(|s| s.ident != "Debug"))
        .collect();
    let is_found = kept.len() < paths.len();
    *attribute = parse_quote!(#[derive(#(#kept),*)]);
    is_found
}
