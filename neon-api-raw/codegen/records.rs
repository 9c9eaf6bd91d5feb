//! Replaces serde's derives by the runtime's `record!`, which reads and writes the same and
//! compiles in half the time.
//!
//! A struct whose attributes say more than `record!` can keeps its derives.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, Item, ItemStruct, LitStr, Path, Token, Type, parse_quote};

/// Takes the derives from the structs of a module. The attributes of fields stay where another
/// derive reads them.
pub fn replace_derives(items: &mut Vec<Item>, are_attributes_read: bool) {
    let mut out = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        let mut record = None;
        if let Item::Struct(item) = &mut item
            && let Some(fields) = fields_of(item)
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

/// What `record!` is told of the fields; `None` where it has no word for something.
fn fields_of(item: &ItemStruct) -> Option<TokenStream> {
    let Fields::Named(fields) = &item.fields else {
        return None;
    };
    if item.attrs.iter().any(|a| a.path().is_ident("serde")) {
        return None;
    }
    fields.named.iter().enumerate().map(field).collect()
}

fn field((number, field): (usize, &Field)) -> Option<TokenStream> {
    let name = field.ident.as_ref()?;
    let mut text = name.to_string();
    let mut kind = quote!(required);
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
                    kind = quote!(optional);
                }
                ("skip_serializing_if", "crate::Patch::is_keep") => kind = quote!(patch),
                // Of a `Patch`, and of what may be `null` and must be there: `record!` needs no
                // word for either.
                ("default", "") | ("deserialize_with", "::std::option::Option::deserialize") => {}
                _ => return Err(meta.error("not known")),
            }
            Ok(())
        });
        parsed.ok()?;
    }
    let number = Literal::usize_unsuffixed(number);
    let form = is_time(&field.ty).then(|| quote!(as time));
    Some(quote! { #number #kind #name = #text #form, })
}

/// Whether it is a time, or an optional one.
fn is_time(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    match path.path.segments.last() {
        Some(last) if last.ident == "Option" => {
            super::finish::first_argument(ty).is_some_and(|inner| is_time(&inner))
        }
        Some(last) => last.ident == "DateTime",
        None => false,
    }
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
