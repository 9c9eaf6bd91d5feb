//! The test that the attribute makes of a function.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, Item, ItemFn, parse2};

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
    let text = name.unraw().to_string();
    let call = Span::call_site();
    let run = quote::quote_spanned!(call=> ::neon_api_test::__private::run);
    // Its body sees this name, which must not hide one of the user's.
    let body = Ident::new(&format!("__neon_api_test_{text}"), Span::call_site());
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attributes)*
        #visibility fn #name() #output {
            async fn #body(#inputs) #output #block
            #run(
                ::core::concat!(::core::module_path!(), "::", #text),
                ::neon_api_test::__private::Flavor::#flavor,
                #builder,
                #body,
            )
        }
    })
}

/// `#[test]`, `#[tokio::test]`, `#[sqlx::test]`, and others of that name.
fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "test")
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::test;

    fn refused(arguments: TokenStream, item: TokenStream) -> String {
        test(arguments, item)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    fn argument_refused(arguments: TokenStream) -> String {
        refused(
            arguments,
            quote!(
                async fn any(db: TestDb) {}
            ),
        )
    }

    #[test]
    fn what_cannot_be_a_test_is_refused_with_a_reason() {
        let cases = [
            (
                quote!(
                    fn any(db: TestDb) {}
                ),
                "has to be `async`",
            ),
            (
                quote!(
                    async fn any() {}
                ),
                "has one parameter: `db: TestDb`",
            ),
            (
                quote!(
                    async fn any(a: TestDb, b: TestDb) {}
                ),
                "has one parameter: `db: TestDb`",
            ),
            (
                quote!(
                    async fn any(self) {}
                ),
                "has one parameter: `db: TestDb`",
            ),
            (
                quote!(
                    async fn any<T>(db: TestDb) {}
                ),
                "cannot have generic parameters",
            ),
            (
                quote!(
                    struct Any;
                ),
                "is for functions",
            ),
            (
                quote!(
                    #[tokio::test]
                    async fn any(db: TestDb) {}
                ),
                "remove this attribute",
            ),
            (
                quote!(
                    #[test]
                    async fn any(db: TestDb) {}
                ),
                "remove this attribute",
            ),
        ];
        for (item, why) in cases {
            let error = refused(TokenStream::new(), item.clone());
            assert!(error.contains(why), "{item}: {error}");
        }
    }

    #[test]
    fn arguments_that_mean_nothing_are_refused_with_a_reason() {
        let cases = [
            (
                quote!(start_paused = true),
                "databases respond in real time",
            ),
            (
                quote!(migration = "m"),
                "unknown argument `migration`: expected `migrations`",
            ),
            (
                quote!(isolation = "schema"),
                "expected one of \"database\", \"branch\"",
            ),
            (
                quote!(backend = "docker"),
                "expected one of \"local\", \"neon\", \"skip\"",
            ),
            (
                quote!(flavor = "many"),
                "expected one of \"current_thread\", \"multi_thread\"",
            ),
            (
                quote!(worker_threads = 2),
                "needs `flavor = \"multi_thread\"`",
            ),
            (
                quote!(flavor = "multi_thread", worker_threads = 0),
                "expected a number of threads, at least 1",
            ),
            (quote!(migrations = 1), "expected a string"),
            (quote!(seed = "a", seed = "b"), "`seed` is given twice"),
            (quote!(seed), "expected `=`"),
        ];
        for (arguments, why) in cases {
            let error = argument_refused(arguments.clone());
            assert!(error.contains(why), "{arguments}: {error}");
        }
    }

    #[test]
    fn other_attributes_stay_on_the_test() {
        let item = quote!(
            #[ignore = "slow"]
            async fn any(db: TestDb) -> Result<(), E> {
                Ok(())
            }
        );
        let expanded = test(quote!(migrations = "m", seed = "s.sql"), item);
        let expanded = expanded
            .map(|tokens| tokens.to_string())
            .unwrap_or_default();
        let outer = expanded.split("async fn").next().unwrap_or_default();
        assert!(
            outer.contains("# [ignore = \"slow\"] fn any () -> Result"),
            "{expanded}"
        );
        let (migrations, seed) = (expanded.find(". migrations"), expanded.find(". seed"));
        assert!(migrations.is_some() && migrations < seed, "{expanded}");
    }
}
