//! What macros make: `request!` and `maybe!` of `neon-api/src/call/builder.rs`, and `from_values!` of
//! `neon-api/src/call/into_id.rs`.

use proc_macro2::TokenTree;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{
    GenericArgument, Generics, Ident, Item, ItemImpl, Macro, PathArguments, Token, Type,
    parenthesized, parse_quote,
};

use crate::sources::one_line;

/// The blocks that a macro's call stands for; `None` for other macros, and for a form that is not
/// known here.
pub(super) fn impls_of(item: &Item) -> Option<Vec<ItemImpl>> {
    let Item::Macro(item) = item else {
        return None;
    };
    impls_of_call(&item.mac)
}

pub(super) fn impls_of_call(call: &Macro) -> Option<Vec<ItemImpl>> {
    match call.path.segments.last()?.ident.to_string().as_str() {
        "request" => Some(call.parse_body::<Request>().ok()?.impls()),
        "maybe" => Some(vec![call.parse_body::<Maybe>().ok()?.block()]),
        _ => None,
    }
}

/// What `from_values!` lets IDs be given as, a line each; `None` for other macros.
pub(super) fn id_forms(call: &Macro) -> Option<Vec<String>> {
    let name = &call.path.segments.last()?.ident;
    if name != "from_values" {
        return None;
    }
    Some(call.parse_body::<Forms>().ok()?.0)
}

/// `Role => RoleId, |role| role.id, in role.project_id; …`.
struct Forms(Vec<String>);

impl Parse for Forms {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut lines = Vec::new();
        while !input.is_empty() {
            let value: Type = input.parse()?;
            input.parse::<Token![=>]>()?;
            let id: Ident = input.parse()?;
            while input.parse::<Option<Token![;]>>()?.is_none() {
                input.parse::<TokenTree>()?;
            }
            lines.push(one_line(&quote!(impl IntoId<#id> for &#value)));
        }
        Ok(Self(lines))
    }
}

/// `CreateRole => Started<Role>`.
struct Request {
    builder: Ident,
    value: Type,
}

impl Parse for Request {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let builder = input.parse()?;
        input.parse::<Token![=>]>()?;
        let value = input.parse()?;
        Ok(Self { builder, value })
    }
}

impl Request {
    fn impls(&self) -> Vec<ItemImpl> {
        let Self { builder, value } = self;
        let ready = started(value).map(|value| quote!(pub fn ready(self) -> ReadyCall<#value> {}));
        let methods = parse_quote! {
            impl #builder {
                #ready
                pub fn send(self) -> Call<#value> {}
                pub fn timeout(self, time: Duration) -> Call<#value> {}
            }
        };
        let future = parse_quote! {
            impl IntoFuture for #builder {
                type Output = Result<#value>;
                type IntoFuture = Call<#value>;
            }
        };
        vec![methods, future]
    }
}

/// The `T` of `Started<T>`.
fn started(value: &Type) -> Option<&Type> {
    let Type::Path(value) = value else {
        return None;
    };
    let last = value.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(value) if last.ident == "Started" => Some(value),
        _ => None,
    }
}

/// `CreateBranch; maybe_at = at(DateTime<Utc>); maybe_annotate = annotate(impl Into<String>, u8)`.
struct Maybe {
    /// Of the block, as in `<T> Builder<T> where T: Bound; …`.
    generics: Generics,
    builder: Type,
    setters: Vec<(Ident, Vec<Type>)>,
}

impl Parse for Maybe {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut generics: Generics = input.parse()?;
        let builder = input.parse()?;
        generics.where_clause = input.parse()?;
        let mut setters = Vec::new();
        while input.parse::<Option<Token![;]>>()?.is_some() && !input.is_empty() {
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            input.parse::<Ident>()?;
            let value;
            parenthesized!(value in input);
            let values = value.parse_terminated(Type::parse, Token![,])?;
            setters.push((name, values.into_iter().collect()));
        }
        Ok(Self {
            generics,
            builder,
            setters,
        })
    }
}

impl Maybe {
    fn block(&self) -> ItemImpl {
        let (generics, builder) = (&self.generics, &self.builder);
        let bounds = &generics.where_clause;
        let setters = self
            .setters
            .iter()
            .map(|(name, values)| match values.as_slice() {
                [value] => quote!(pub fn #name(self, value: Option<#value>) -> Self {}),
                values => quote!(pub fn #name(self, values: Option<(#(#values),*)>) -> Self {}),
            });
        parse_quote!(impl #generics #builder #bounds { #(#setters)* })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use syn::parse_str;

    use super::*;
    use crate::files;
    use crate::surface::lines;

    fn made(call: &str) -> Option<Vec<String>> {
        let item: Item = parse_str(call).unwrap();
        let impls = impls_of(&item)?;
        Some(impls.iter().flat_map(lines::of_impl).collect())
    }

    #[test]
    fn a_request_can_be_sent_awaited_and_waited_for() {
        let future = |value: &str| {
            format!(
                "impl IntoFuture for CreateRole {{ type Output = Result<{value}>; type IntoFuture = Call<{value}>; }}"
            )
        };
        assert_eq!(
            made("request!(CreateRole => Started<Role>);").unwrap(),
            [
                "fn ready(self) -> ReadyCall<Role>",
                "fn send(self) -> Call<Started<Role>>",
                "fn timeout(self, time: Duration) -> Call<Started<Role>>",
                &future("Started<Role>"),
            ]
        );
        assert_eq!(
            made("request!(CreateRole => Role);").unwrap(),
            [
                "fn send(self) -> Call<Role>",
                "fn timeout(self, time: Duration) -> Call<Role>",
                &future("Role"),
            ]
        );
    }

    #[test]
    fn setters_that_may_have_nothing_to_set_are_seen() {
        let maybe =
            "maybe! { A; maybe_at = at(DateTime<Utc>); maybe_org = org(impl IntoId<OrgId>); }";
        assert_eq!(
            made(maybe).unwrap(),
            [
                "fn maybe_at(self, value: Option<DateTime<Utc>>) -> Self",
                "fn maybe_org(self, value: Option<impl IntoId<OrgId>>) -> Self",
            ]
        );
        assert_eq!(made("maybe! { A; a = b(c) }").unwrap().len(), 1);
        let [written, generic] = [
            "impl<T> A<T> { pub fn maybe_at(self, value: Option<u8>) -> Self {} }",
            "maybe! { <T> A<T>; maybe_at = at(u8) }",
        ];
        let written: ItemImpl = parse_str(written).unwrap();
        assert_eq!(made(generic).unwrap(), lines::of_impl(&written));
        let [written, bounded] = [
            "impl<T> A<T> where B<T>: C { pub fn maybe_at(self, value: Option<u8>) -> Self {} }",
            "maybe! { <T> A<T> where B<T>: C; maybe_at = at(u8) }",
        ];
        let written: ItemImpl = parse_str(written).unwrap();
        assert_eq!(made(bounded).unwrap(), lines::of_impl(&written));
        assert_eq!(
            made("maybe! { Pager<A>; maybe_sort = sort(By, Order) }").unwrap(),
            ["impl Pager<A>: fn maybe_sort(self, values: Option<(By, Order)>) -> Self"]
        );
    }

    #[test]
    fn values_in_place_of_ids_are_seen() {
        let Item::Macro(item) = parse_str(
            "call::from_values! { Jwks => JwksId, |it| it.id, in it.project_id; A => BId, |a| a.b; }",
        )
        .unwrap() else {
            panic!("no macro");
        };
        assert_eq!(
            id_forms(&item.mac).unwrap(),
            ["impl IntoId<JwksId> for &Jwks", "impl IntoId<BId> for &A"]
        );
    }

    #[test]
    fn other_macros_and_other_forms_are_none() {
        assert_eq!(made("listing!(A => B, 1);"), None);
        assert_eq!(made("request!(A, B);"), None);
        assert_eq!(made("maybe! { A; a = b }"), None);
    }

    /// The macros themselves still make what is said here.
    #[test]
    fn the_macros_make_these_methods() {
        let file = files::workspace().join("neon-api/src/call/builder.rs");
        let source = fs::read_to_string(file).unwrap();
        let methods: Vec<_> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub fn "))
            .collect();
        assert_eq!(
            methods,
            [
                "ready(self) -> $crate::ReadyCall<$value> {",
                "send(self) -> $crate::Call<$value> {",
                "timeout(self, time: ::std::time::Duration) -> $crate::Call<$value> {",
                "$maybe(self, value: Option<$value>) -> Self {",
                "$maybe(self, values: Option<($first, $second)>) -> Self {",
            ]
        );
        assert_eq!(source.matches("impl ::std::").count(), 1, "one trait");
    }
}
