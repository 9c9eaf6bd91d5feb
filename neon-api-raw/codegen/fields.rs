//! Adapts the fields of progenitor's types: `#[deprecated]` marks and the serde attributes of
//! three-state fields are added, empty lists are sent, and printed schemas leave the documentation.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Field, Fields, Item, Token, Type, parse_quote};

pub(super) fn finish_type(item: &mut Item, deprecated: &BTreeSet<(String, String)>) {
    let attributes = match item {
        Item::Struct(item) => {
            let owner = item.ident.to_string();
            if let Fields::Named(fields) = &mut item.fields {
                for field in &mut fields.named {
                    strip_schema_text(&mut field.attrs);
                    if deprecated.contains(&(owner.clone(), json_name(field))) {
                        field.attrs.push(parse_quote!(#[deprecated]));
                    }
                    finish_field(field);
                }
            }
            &mut item.attrs
        }
        Item::Enum(item) => &mut item.attrs,
        _ => return,
    };
    strip_schema_text(attributes);
}

fn finish_field(field: &mut Field) {
    if let Some(patch) = optional_patch(&field.ty) {
        field.ty = patch;
        field.attrs.retain(|a| !a.path().is_ident("serde"));
        field.attrs.push(parse_quote! {
            #[serde(default, skip_serializing_if = "crate::Patch::is_keep")]
        });
    } else if is_skipped_when_empty(field) {
        // The generator omits empty lists, but a request must be able to send an empty list, which
        // clears the field.
        let collection = &field.ty;
        field.ty = parse_quote!(::std::option::Option<#collection>);
        for attribute in field
            .attrs
            .iter_mut()
            .filter(|a| a.path().is_ident("serde"))
        {
            *attribute = without_emptiness(attribute);
        }
    }
}

/// The field's name in JSON.
fn json_name(field: &Field) -> String {
    let renamed = field.attrs.iter().filter(|a| a.path().is_ident("serde"));
    let mut name = None;
    for attribute in renamed {
        // A part of the attribute that cannot be read is not the name.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(Token![=]) {
                let value: syn::LitStr = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    name = Some(value.value());
                }
            }
            Ok(())
        });
    }
    let own = || field.ident.as_ref().map(ToString::to_string);
    name.or_else(own).unwrap_or_default()
}

/// Whether the field is left out of what is sent when it holds nothing.
pub(super) fn is_skippable(field: &Field) -> bool {
    has_serde(field, "skip_serializing_if")
}

fn is_skipped_when_empty(field: &Field) -> bool {
    has_serde(field, "is_empty")
}

fn has_serde(field: &Field, text: &str) -> bool {
    let mut attributes = field.attrs.iter().filter(|a| a.path().is_ident("serde"));
    attributes.any(|a| a.meta.to_token_stream().to_string().contains(text))
}

/// The same serde attribute, keeping a renaming, with absence in place of emptiness.
fn without_emptiness(attribute: &Attribute) -> Attribute {
    let mut rename = TokenStream::new();
    // A part of the attribute that cannot be read is one that is replaced.
    let _ = attribute.parse_nested_meta(|meta| {
        if meta.input.peek(syn::Token![=]) {
            let value: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("rename") {
                rename = quote!(rename = #value,);
            }
        }
        Ok(())
    });
    parse_quote! {
        #[serde(#rename skip_serializing_if = "::std::option::Option::is_none")]
    }
}

/// The generator prints the schema of each type into its documentation.
fn strip_schema_text(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| {
        let is_schema = attribute
            .meta
            .to_token_stream()
            .to_string()
            .contains("<details><summary>JSON schema");
        !(attribute.path().is_ident("doc") && is_schema)
    });
}

/// The `Patch` inside an `Option`, if that is what the type is.
fn optional_patch(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    if path.path.segments.last()?.ident != "Option" {
        return None;
    }
    let inner = first_argument(ty)?;
    let Type::Path(inner_path) = &inner else {
        return None;
    };
    (inner_path.path.segments.last()?.ident == "Patch").then_some(inner)
}

/// The first argument of a generic type.
pub(super) fn first_argument(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}
