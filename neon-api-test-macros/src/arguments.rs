//! The arguments of the attribute.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Token};

/// As calls of the builder, and the runtime.
pub(crate) struct Arguments {
    pub(crate) builder: TokenStream,
    pub(crate) flavor: TokenStream,
}

struct Argument {
    name: Ident,
    value: Expr,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        let _: Token![=] = input.parse()?;
        let value = input.parse()?;
        Ok(Self { name, value })
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let all = Punctuated::<Argument, Token![,]>::parse_terminated(input)?;
        let mut builder = quote!(::neon_api_test::TestDb::builder());
        let mut is_multi = false;
        let mut threads: Option<(Ident, LitInt)> = None;
        let mut seen: Vec<String> = Vec::new();
        for Argument { name, value } in all {
            let text = name.to_string();
            if text != "migrate" && seen.contains(&text) {
                return Err(Error::new(name.span(), format!("`{text}` is given twice")));
            }
            match text.as_str() {
                "migrations" => {
                    let folder = in_package(&string(&value)?);
                    builder = quote!(#builder.migrations(#folder));
                }
                "seed" => {
                    let file = in_package(&string(&value)?);
                    builder = quote!(#builder.seed(#file));
                }
                "migrate" => builder = quote!(#builder.migrate(#value)),
                "isolation" => {
                    let isolation = one_of(
                        &string(&value)?,
                        &[("database", "Database"), ("branch", "Branch")],
                    )?;
                    builder = quote!(#builder.isolation(::neon_api_test::Isolation::#isolation));
                }
                "backend" => {
                    let known = [("local", "Local"), ("neon", "Neon"), ("skip", "Skip")];
                    let backend = one_of(&string(&value)?, &known)?;
                    builder = quote!(#builder.backend(::neon_api_test::Backend::#backend));
                }
                "flavor" => {
                    let known = [("current_thread", "false"), ("multi_thread", "true")];
                    is_multi = one_of(&string(&value)?, &known)? == "true";
                }
                "worker_threads" => threads = Some((name.clone(), number(&value)?)),
                "start_paused" => {
                    let why = "`start_paused` is not possible: databases respond in real time, \
                               which a paused clock skips";
                    return Err(Error::new(name.span(), why));
                }
                _ => {
                    let why = format!(
                        "unknown argument `{text}`: expected `migrations`, `seed`, `migrate`, \
                         `isolation`, `backend`, `flavor` or `worker_threads`"
                    );
                    return Err(Error::new(name.span(), why));
                }
            }
            seen.push(text);
        }
        let flavor = match (is_multi, threads) {
            (false, None) => quote!(CurrentThread),
            (false, Some((name, _))) => {
                let why = "`worker_threads` needs `flavor = \"multi_thread\"`";
                return Err(Error::new(name.span(), why));
            }
            (true, None) => quote!(MultiThread(::core::option::Option::None)),
            (true, Some((_, threads))) => {
                quote!(MultiThread(::core::option::Option::Some(#threads)))
            }
        };
        Ok(Self { builder, flavor })
    }
}

fn string(value: &Expr) -> syn::Result<LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(value),
            ..
        }) => Ok(value.clone()),
        other => Err(Error::new_spanned(other, "expected a string")),
    }
}

/// A number of threads; a runtime without any panics.
fn number(value: &Expr) -> syn::Result<LitInt> {
    if let Expr::Lit(ExprLit {
        lit: Lit::Int(value),
        ..
    }) = value
        && value.base10_parse::<usize>().is_ok_and(|number| number > 0)
    {
        return Ok(value.clone());
    }
    let shown = value.to_token_stream();
    let why = format!("expected a number of threads, at least 1, not `{shown}`");
    Err(Error::new_spanned(value, why))
}

fn one_of(value: &LitStr, known: &[(&str, &str)]) -> syn::Result<Ident> {
    let text = value.value();
    if let Some((_, variant)) = known.iter().find(|(name, _)| *name == text) {
        return Ok(Ident::new(variant, value.span()));
    }
    let names: Vec<_> = known
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let why = format!("expected one of {}", names.join(", "));
    Err(Error::new(value.span(), why))
}

/// Relative paths are of the package of the test. Where the tests run on another machine than they
/// were built on, its folder is that of the environment, which `join` leaves to the library.
fn in_package(path: &LitStr) -> TokenStream {
    quote!(::neon_api_test::__private::in_package(env!("CARGO_MANIFEST_DIR"), #path))
}
