//! Replaces serde's derives by the runtime's `record!`, which reads and writes the same and
//! compiles in half the time.
//!
//! A struct whose attributes say more than `record!` can keeps its derives.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, Item, ItemStruct, LitStr, Path, Token, Type, parse_quote};

use super::newtypes;
use super::subjects::Subjects;

/// Removes the derives from the structs of a module. The attributes of fields are kept if another
/// derive reads them.
pub fn replace_derives(items: &mut Vec<Item>, subjects: &Subjects, are_attributes_read: bool) {
    let collections = newtypes::collections(items);
    let mut out = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        let mut record = None;
        if let Item::Struct(item) = &mut item
            && let Some(fields) = fields_of(item, subjects, &collections)
        {
            let name = &item.ident;
            record = Some(parse_quote! { crate::record::record! { #name { #fields } } });
            item.attrs.iter_mut().for_each(without_serde);
            if !are_attributes_read {
                for field in &mut item.fields {
                    field.attrs.retain(|a| !a.path().is_ident("serde"));
                }
            }
        }
        out.push(item);
        out.extend(record);
    }
    *items = out;
}

/// The fields as arguments of `record!`; `None` if it does not support something.
fn fields_of(
    item: &ItemStruct,
    subjects: &Subjects,
    collections: &BTreeSet<String>,
) -> Option<TokenStream> {
    let Fields::Named(fields) = &item.fields else {
        return None;
    };
    if item.attrs.iter().any(|a| a.path().is_ident("serde")) {
        return None;
    }
    let structure = item.ident.to_string();
    let fields = fields.named.iter().enumerate();
    fields
        .map(|(number, field)| {
            let (kind, text) = described(field)?;
            let is_subject = subjects.contains(&(structure.clone(), text.clone()));
            let name = field.ident.as_ref()?;
            // A list or a map may be absent, unless the call is about it.
            let kind = if kind == "required" && !is_subject && is_collection(&field.ty, collections)
            {
                "collection"
            } else {
                kind
            };
            let kind = format_ident!("{kind}");
            let number = Literal::usize_unsuffixed(number);
            let form = super::debug::is_free_text(field).then(|| quote!(as free));
            Some(quote! { #number #kind #name = #text #form, })
        })
        .collect()
}

/// Whether a type has an empty value, which stands for an absent one.
fn is_collection(ty: &Type, collections: &BTreeSet<String>) -> bool {
    newtypes::is_collection(ty)
        || newtypes::last_segment(ty).is_some_and(|name| collections.contains(&name))
}

/// The kind of a field, and its name as the API writes it.
fn described(field: &Field) -> Option<(&'static str, String)> {
    let name = field.ident.as_ref()?;
    let mut text = name.to_string();
    let mut kind = "required";
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let key = meta.path.to_token_stream().to_string();
            let value = match meta.value() {
                Ok(value) => value.parse::<LitStr>()?.value(),
                Err(_) => String::new(),
            };
            match (key.as_str(), value.as_str()) {
                ("rename", _) => text = value,
                ("skip_serializing_if", "::std::option::Option::is_none") => {
                    kind = "optional";
                }
                ("skip_serializing_if", "crate::Patch::is_keep") => kind = "patch",
                // Of a `Patch`, and of what may be `null` and must be there: `record!` needs no
                // word for either.
                ("default", "") | ("deserialize_with", "::std::option::Option::deserialize") => {}
                _ => return Err(meta.error("not known")),
            }
            Ok(())
        });
        parsed.ok()?;
    }
    Some((kind, text))
}

fn without_serde(attribute: &mut Attribute) {
    if !attribute.path().is_ident("derive") {
        return;
    }
    let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    let Ok(paths) = paths else {
        return;
    };
    let kept = paths.iter().filter(|path| {
        let last = path.segments.last().map(|s| s.ident.to_string());
        !matches!(last.as_deref(), Some("Serialize" | "Deserialize"))
    });
    *attribute = parse_quote!(#[derive(#(#kept),*)]);
}
