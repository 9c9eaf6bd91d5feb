//! Structs of one unnamed field: named numbers, lists and maps of the API.
//!
//! They are read like fields of their inner type, in the same forms.

use std::collections::BTreeSet;

use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, Item, ItemStruct, Path, Token, Type, parse_quote};

/// Those of a module that hold a list or a map.
pub fn collections(items: &[Item]) -> BTreeSet<String> {
    let structs = items.iter().filter_map(newtype);
    structs
        .filter(|(_, inner)| is_collection(inner))
        .map(|(item, _)| item.ident.to_string())
        .collect()
}

/// Replaces serde's derive of reading for whole numbers, lists and maps, and lets strings behave like
/// open enums.
pub fn read_leniently(items: &mut Vec<Item>) {
    let mut added = Vec::new();
    for item in items.iter_mut() {
        let Some((found, inner)) = newtype(item) else {
            continue;
        };
        let name = found.ident.clone();
        if last_segment(&inner).as_deref() == Some("String") {
            added.push(parse_quote!(
                crate::string_values::string_newtype! { #name }
            ));
            continue;
        }
        let read = match last_segment(&inner).as_deref() {
            Some("i64" | "u64") => quote!(crate::lenient::Whole::read),
            _ if is_collection(&inner) => quote!(crate::lenient::collection),
            _ => continue,
        };
        added.push(parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    #read(deserializer).map(Self)
                }
            }
        });
        if let Item::Struct(item) = item {
            let is_collection = is_collection(&inner);
            item.attrs.iter_mut().for_each(|attribute| {
                change_derives(attribute, is_collection);
            });
        }
    }
    items.extend(added);
}

/// Takes out `Deserialize`, and adds `Default` to what can be empty.
fn change_derives(attribute: &mut Attribute, is_collection: bool) {
    if !attribute.path().is_ident("derive") {
        return;
    }
    let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    let Ok(paths) = paths else {
        return;
    };
    let name = |path: &Path| path.segments.last().map(|s| s.ident.to_string());
    let has = |what: &str| paths.iter().any(|path| name(path).as_deref() == Some(what));
    if !has("Deserialize") {
        return;
    }
    let default = (is_collection && !has("Default")).then(|| parse_quote!(Default));
    let default: Option<Path> = default;
    let kept = paths
        .iter()
        .filter(|path| name(path).as_deref() != Some("Deserialize"))
        .chain(&default);
    *attribute = parse_quote!(#[derive(#(#kept),*)]);
}

fn newtype(item: &Item) -> Option<(&ItemStruct, Type)> {
    let Item::Struct(item) = item else {
        return None;
    };
    let is_transparent = |attribute: &Attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        attribute.path().is_ident("serde") && text.contains("transparent")
    };
    match &item.fields {
        Fields::Unnamed(fields) if item.attrs.iter().any(is_transparent) => {
            Some((item, fields.unnamed.first()?.ty.clone()))
        }
        _ => None,
    }
}

fn is_collection(ty: &Type) -> bool {
    matches!(
        last_segment(ty).as_deref(),
        Some("Vec" | "BTreeMap" | "Map")
    )
}

/// The name of a type without its path and arguments.
pub fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    }
}

/// Whether it is a map whose values are lists.
pub fn is_map_of_lists(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(syn::PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|segment| &segment.arguments)
    else {
        return false;
    };
    match arguments.args.iter().nth(1) {
        Some(syn::GenericArgument::Type(value)) => last_segment(value).as_deref() == Some("Vec"),
        _ => false,
    }
}
