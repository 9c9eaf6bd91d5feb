//! The test that the attribute makes of a function.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Item, ItemFn, parse2};

use crate::arguments::Arguments;

pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let span = item.span();
    let Ok(Item::Fn(function)) = parse2(item) else {
        let why = "`#[neon_api_test::branch]` is for functions: `async fn name(db: TestDb) { … }`";
        return Err(Error::new(span, why));
    };
    let Arguments { builder, flavor } = parse2(arguments)?;
    let ItemFn {
        attrs: attributes,
        vis: visibility,
        sig: signature,
        block,
        ..
    } = &function;
    if signature.asyncness.is_none() {
        let why = "a test with `#[neon_api_test::branch]` has to be `async`";
        return Err(Error::new(signature.fn_token.span, why));
    }
    if let Some(other) = attributes.iter().find(|attribute| is_test(attribute)) {
        let why = "remove this attribute: `#[neon_api_test::branch]` makes the function a test";
        return Err(Error::new_spanned(other, why));
    }
    if !signature.generics.params.is_empty() {
        let why = "a test cannot have generic parameters";
        return Err(Error::new_spanned(&signature.generics, why));
    }
    if signature.inputs.len() != 1 || matches!(signature.inputs.first(), Some(FnArg::Receiver(_))) {
        let why = "a test with `#[neon_api_test::branch]` has one parameter: `db: TestDb`";
        return Err(Error::new(signature.paren_token.span.join(), why));
    }
    let (name, inputs, output) = (&signature.ident, &signature.inputs, &signature.output);
    let text = name.to_string();
    let call = Span::call_site();
    let run = quote::quote_spanned!(call=> ::neon_api_test::__private::run);
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attributes)*
        #visibility fn #name() #output {
            async fn test(#inputs) #output #block
            #run(
                ::core::concat!(::core::module_path!(), "::", #text),
                ::neon_api_test::__private::Flavor::#flavor,
                #builder,
                test,
            )
        }
    })
}

/// `#[test]`, `#[tokio::test]`, `#[sqlx::test]`, and others of that name.
fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "test")
}
