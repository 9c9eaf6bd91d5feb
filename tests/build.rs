//! Writes a table with one entry for each operation of the raw client: a function that takes its
//! arguments as JSON, calls the generated method and gives the answer back as JSON.
//!
//! The methods are found in the generator's own output, so that an operation which the interface
//! gains is tested without a line written for it.

#![allow(clippy::indexing_slicing)]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use neon_api_codegen::{Input, Options, docs, model, names};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::visit_mut::VisitMut;
use syn::{FnArg, ImplItem, ImplItemFn, Item, Pat, PathSegment, Type};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const OPENAPI: &str = "../neon-api-raw/openapi";

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={OPENAPI}");
    let read = |name: &str| fs::read_to_string(Path::new(OPENAPI).join(name));
    let spec = read("v2.json")?;
    let output = neon_api_codegen::generate(
        Input {
            spec: &spec,
            operation_docs: &read("docs.operations.json")?,
            schema_docs: &read("docs.schemas.json")?,
        },
        Options::default(),
    )?;
    let document: Value = serde_json::from_str(&spec)?;
    let calls = Calls::new(&document)?.of(&output.client)?;
    let file: syn::File = syn::parse2(calls)?;
    let path = Path::new(&env::var("OUT_DIR")?).join("calls.rs");
    fs::write(path, prettyplease::unparse(&file))?;
    Ok(())
}

struct Calls {
    operations: Vec<model::OperationFacts>,
    /// For each operation its query and path parameters: name, and whether it is an optional one of
    /// the query.
    parameters: Vec<Vec<(String, bool)>>,
}

impl Calls {
    fn new(document: &Value) -> Result<Self> {
        let operations = model::operations(document)?;
        let mut merged = document.clone();
        docs::apply(&mut merged, &Value::Null, &Value::Null);
        let parameters = operations
            .iter()
            .map(|operation| {
                let method = operation.http_method.to_ascii_lowercase();
                let node = &merged["paths"][&operation.path][&method]["parameters"];
                let nodes = node.as_array().map(Vec::as_slice).unwrap_or_default();
                nodes
                    .iter()
                    .map(|parameter| {
                        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                        let is_optional =
                            parameter["in"] == "query" && parameter["required"] != true;
                        (name, is_optional)
                    })
                    .collect()
            })
            .collect();
        Ok(Self {
            operations,
            parameters,
        })
    }

    fn of(&self, client: &str) -> Result<TokenStream> {
        let file = syn::parse_file(client)?;
        let methods = file
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Impl(block) => Some(&block.items),
                _ => None,
            })
            .flatten()
            .filter_map(|item| match item {
                ImplItem::Fn(method) => Some(method),
                _ => None,
            });
        let mut functions = Vec::new();
        let mut entries = Vec::new();
        let mut mocks = Vec::new();
        let mut bodies = Vec::new();
        for method in methods {
            let name = &method.sig.ident;
            let at = self
                .operations
                .iter()
                .position(|operation| *name == operation.method_name)
                .ok_or_else(|| format!("the method {name} belongs to no operation"))?;
            functions.push(function(method, &self.parameters[at])?);
            let id = &self.operations[at].id;
            bodies.extend(body(method).map(|ty| quote! { (#id, read::<#ty> as BodyFn) }));
            entries.push(quote! { (#id, #name as CallFn) });
            mocks.push(quote! {
                (#id, |server, configure| {
                    server.#name(|when, then| configure(when.into_inner(), then.into_inner()))
                })
            });
        }
        Ok(quote! {
            /// One typed mock for each generated method, by `operationId`.
            #[cfg(feature = "httpmock")]
            pub static MOCKS: &[(&str, MockFn)] = &[#(#mocks),*];
            /// One function for each generated method, by `operationId`.
            pub static GENERATED: &[(&str, CallFn)] = &[#(#entries),*];
            /// One strict reader for each generated method with a JSON body, by `operationId`.
            pub static BODIES: &[(&str, BodyFn)] = &[#(#bodies),*];
            #(#functions)*
        })
    }
}

/// The type of a method's body.
fn body(method: &ImplItemFn) -> Option<Type> {
    method
        .sig
        .inputs
        .iter()
        .find_map(|argument| match argument {
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(pattern) if pattern.ident == "body" => Some(owned(&argument.ty).0),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        })
}

fn function(method: &ImplItemFn, parameters: &[(String, bool)]) -> Result<TokenStream> {
    let name = &method.sig.ident;
    let mut statements = Vec::new();
    let mut passed = Vec::new();
    let mut shown = Vec::new();
    for argument in &method.sig.inputs {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        let Pat::Ident(pattern) = &*argument.pat else {
            return Err(format!("{name} has an argument without a name").into());
        };
        let ident = &pattern.ident;
        let (ty, is_reference) = owned(&argument.ty);
        let value = value(name, ident, &ty, parameters)?;
        statements.push(quote! { let #ident: #ty = #value; });
        passed.push(if is_reference {
            quote!(&#ident)
        } else {
            quote!(#ident)
        });
        if ident == "body" {
            shown.push(quote! { format!("{:?}", #ident) });
        }
    }
    let output = method.sig.output.to_token_stream().to_string();
    let reply = if output.contains("ByteStream") {
        quote! { Reply::of_stream(answer).await? }
    } else {
        quote! { Reply::of(answer)? }
    };
    let request_debug = shown.pop().unwrap_or_else(|| quote!(String::new()));
    Ok(quote! {
        fn #name<'a>(client: &'a Client, arguments: &'a Arguments) -> Pending<'a> {
            Box::pin(async move {
                #(#statements)*
                let request_debug = #request_debug;
                let answer = client.#name(#(#passed),*).await?;
                let mut reply = #reply;
                reply.request_debug = request_debug;
                Ok(reply)
            })
        }
    })
}

/// Where the JSON of an argument is found: under the parameter's own name, or, for the object of
/// optional query parameters, under the names of all of them.
fn value(
    method: &Ident,
    ident: &Ident,
    ty: &Type,
    parameters: &[(String, bool)],
) -> Result<TokenStream> {
    if ident == "body" {
        return Ok(quote! { arguments.one("body")? });
    }
    let is_folded = ty.to_token_stream().to_string().ends_with("Query") && ident == "query";
    if is_folded {
        let optional = parameters
            .iter()
            .filter(|(_, optional)| *optional)
            .map(|(name, _)| name);
        return Ok(quote! { arguments.some(&[#(#optional),*])? });
    }
    let (parameter, _) = parameters
        .iter()
        .find(|(parameter, _)| *ident == names::method_name(parameter))
        .ok_or_else(|| format!("{method} has an argument {ident} that is no parameter"))?;
    Ok(quote! { arguments.one(#parameter)? })
}

/// The type that an argument is decoded into, named from outside the raw crate, and whether the
/// method takes a reference to it.
fn owned(ty: &Type) -> (Type, bool) {
    let (mut owned, is_reference) = match ty {
        Type::Reference(reference) => ((*reference.elem).clone(), true),
        other => (other.clone(), false),
    };
    if owned.to_token_stream().to_string() == "str" {
        owned = syn::parse_quote!(String);
    }
    FromOutside.visit_type_mut(&mut owned);
    (owned, is_reference)
}

struct FromOutside;

impl VisitMut for FromOutside {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let raw = || PathSegment::from(format_ident!("neon_api_raw"));
        match path
            .segments
            .first()
            .map(|s| s.ident.to_string())
            .as_deref()
        {
            Some("crate") => {
                if let Some(first) = path.segments.first_mut() {
                    *first = raw();
                }
            }
            Some("types") => path.segments.insert(0, raw()),
            _ => {}
        }
    }
}
