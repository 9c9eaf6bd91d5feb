//! Structs of one unnamed field: named numbers, lists and maps of the API.
//!
//! They are read like fields of their inner type, in the same forms.

use std::collections::BTreeSet;

use quote::ToTokens;
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

/// Replaces serde's derives, and lets strings behave like open enums. The attributes are kept if
/// another derive reads them.
pub fn replace_derives(items: &mut Vec<Item>, are_attributes_read: bool) {
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
        }
        added.push(parse_quote!(crate::read::newtype! { #name(#inner) }));
        if let Item::Struct(item) = item {
            let is_collection = is_collection(&inner);
            item.attrs.iter_mut().for_each(|attribute| {
                change_derives(attribute, is_collection);
            });
            if !are_attributes_read {
                item.attrs.retain(|a| !a.path().is_ident("serde"));
            }
        }
    }
    items.extend(added);
}

/// Takes out serde's, and adds `Default` to what can be empty.
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
        .filter(|path| !matches!(name(path).as_deref(), Some("Serialize" | "Deserialize")))
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

/// Whether it is a list or a map.
pub fn is_collection(ty: &Type) -> bool {
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
