//! Makes the generated structs extensible without breaking changes.
//!
//! The API adds properties without notice. All structs are `#[non_exhaustive]`, so that a new
//! property is an addition: code outside cannot list all fields. Request structs get `new`, which
//! takes the required fields, and a `with_…` for each optional one. Response structs have neither:
//! there a new required property is an addition too, and would change the signature of `new`. Such
//! structs are decoded from JSON, by tests as well.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Expr, Field, Fields, Item, ItemStruct, Lit, Meta, Type, parse_quote};

use super::fields::{first_argument, is_skippable};

/// The largest readable number of arguments; more is not an error, since the API decides it. No
/// request needs more today.
const MANY_ARGUMENTS: usize = 7;

/// Marks the structs of a module, and adds constructors to those in `requests`.
pub fn open(items: &mut Vec<Item>, requests: &BTreeSet<String>) {
    let mut out = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        let mut constructors = None;
        if let Item::Struct(item) = &mut item
            && matches!(item.fields, Fields::Named(_))
        {
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            if requests.contains(&item.ident.to_string()) {
                constructors = constructors_of(item);
            }
        }
        out.push(item);
        out.extend(constructors);
    }
    *items = out;
}

fn constructors_of(item: &ItemStruct) -> Option<Item> {
    let fields: Vec<Named<'_>> = item.fields.iter().filter_map(Named::of).collect();
    let new = new(&fields);
    let setters = fields.iter().filter(|f| f.is_optional).map(setter);
    let name = &item.ident;
    (!fields.is_empty()).then(|| parse_quote! { impl #name { #new #(#setters)* } })
}

/// Structs without required fields have `Default`.
fn new(fields: &[Named<'_>]) -> TokenStream {
    let required: Vec<_> = fields.iter().filter(|f| !f.is_optional).collect();
    if required.is_empty() {
        return TokenStream::new();
    }
    let allowance =
        (required.len() > MANY_ARGUMENTS).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    let arguments = required.iter().map(|f| {
        let (name, argument) = (f.name, argument(f.ty).0);
        quote!(#name: #argument)
    });
    let values = fields.iter().map(|f| {
        let name = f.name;
        let value = if f.is_optional {
            quote!(::std::default::Default::default())
        } else {
            argument(f.ty).1(name)
        };
        quote!(#name: #value)
    });
    quote! {
        /// Creates a value with the required fields; all others are absent.
        #[inline]
        #allowance
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#values),* }
        }
    }
}

fn setter(field: &Named<'_>) -> TokenStream {
    let name = field.name;
    let setter = format_ident!("with_{}", name.to_string().trim_end_matches('_'));
    let doc = format!("Sets [`{name}`](Self::{name}). {}", field.text);
    let doc = doc.trim_end();
    let (argument, value) = if let Some(inner) = option(field.ty) {
        let (argument, value) = argument(&inner);
        let value = value(name);
        (argument, quote!(::std::option::Option::Some(#value)))
    } else {
        let ty = field.ty;
        (quote!(impl ::std::convert::Into<#ty>), quote!(#name.into()))
    };
    let deprecation = field.is_deprecated.then(|| quote!(#[deprecated]));
    quote! {
        #[doc = #doc]
        #[inline]
        #[must_use]
        #deprecation
        pub fn #setter(mut self, #name: #argument) -> Self {
            self.#name = #value;
            self
        }
    }
}

/// The type of an argument for a field, and the field's value built from the argument: strings,
/// secrets and lists accept any type that converts.
fn argument(ty: &Type) -> (TokenStream, fn(&Ident) -> TokenStream) {
    match last_segment(ty).as_deref() {
        Some("String" | "Secret" | "Vec") => (
            quote!(impl ::std::convert::Into<#ty>),
            |name| quote!(#name.into()),
        ),
        _ => (ty.to_token_stream(), |name| name.to_token_stream()),
    }
}

struct Named<'a> {
    name: &'a Ident,
    ty: &'a Type,
    text: String,
    /// Whether the field may be omitted. A required field may still be `null`.
    is_optional: bool,
    is_deprecated: bool,
}

impl<'a> Named<'a> {
    fn of(field: &'a Field) -> Option<Self> {
        Some(Self {
            name: field.ident.as_ref()?,
            ty: &field.ty,
            text: text(&field.attrs),
            is_optional: is_skippable(field),
            is_deprecated: field.attrs.iter().any(|a| a.path().is_ident("deprecated")),
        })
    }
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    }
}

fn option(ty: &Type) -> Option<Type> {
    (last_segment(ty).as_deref() == Some("Option"))
        .then(|| first_argument(ty))
        .flatten()
}

fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        }
    });
    lines.collect::<Vec<_>>().join(" ")
}
