//! Lets values be compared: `PartialEq`, which numbers with a fraction allow. Never `Eq` or `Hash`,
//! which a field of such a number would take away again.

use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Path, Token, parse_quote};

/// Derives `PartialEq` for the structs and enums of a module that do not have it.
pub fn derive(items: &mut [Item]) {
    for item in items {
        let attributes = match item {
            Item::Struct(item) => &mut item.attrs,
            Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        if !attributes.iter().any(derives_it) {
            attributes.push(parse_quote!(#[derive(PartialEq)]));
        }
    }
}

fn derives_it(attribute: &Attribute) -> bool {
    let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    attribute.path().is_ident("derive")
        && paths.is_ok_and(|paths| {
            let last = |path: &Path| path.segments.last().map(|s| s.ident.to_string());
            paths
                .iter()
                .any(|path| last(path).as_deref() == Some("PartialEq"))
        })
}
