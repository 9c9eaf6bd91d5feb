//! Lists the operations with functions that take their input as JSON, for callers who know their
//! names at run time only.
//!
//! The functions call the generated methods, so that input is decoded into the same types and sent
//! in the same way.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use serde_json::{Map, Value};
use syn::{File, FnArg, ImplItem, ImplItemFn, Item, Pat, Type};

use super::json::{self, reference};
use super::model::OperationFacts;
use super::rules::Normal;
use super::{Error, Result, names, reach, shapes};

/// The name of a request body in the input, beside the parameters.
const BODY: &str = "body";
/// The argument that holds the optional query parameters.
const QUERY: &str = "query";

/// All operations, as data and functions. `described` is the document with documentation, before
/// the rules.
pub fn table(
    client: &File,
    described: &Value,
    normal: &Normal,
    operations: &[OperationFacts],
) -> Result<TokenStream> {
    let methods = methods(client);
    let mut items = Vec::new();
    let mut entries = Vec::new();
    for facts in operations {
        let node = node(described, facts)?;
        if normal.by_hand.contains(&facts.id) {
            items.push(by_hand(facts, node));
        } else {
            let method = methods.iter().find(|m| m.sig.ident == facts.method_name);
            let method = method.ok_or_else(|| fault(facts, "has no method"))?;
            let operation = Generated {
                facts,
                node,
                normal,
                method,
            };
            items.push(operation.tokens()?);
        }
        let name = format_ident!("{}", names::constant_name(&facts.id));
        entries.push(quote!(&#name));
    }
    Ok(quote! {
        use super::schemas::of_a_file;
        use super::{Body, Input, Operation, Parameter, Replying, json, schema, streamed};
        use crate::client::Client;
        use crate::generated::types;
        use crate::strict::{Refused, RequestBody, Shape};
        /// All operations, sorted by the name of their method.
        pub(super) static ALL: &[&Operation] = &[#(#entries),*];
        #(#items)*
    })
}

fn fault(facts: &OperationFacts, what: &str) -> Error {
    Error::new(format!("{} {what}", facts.id))
}

fn node<'a>(document: &'a Value, facts: &OperationFacts) -> Result<&'a Value> {
    let method = facts.http_method.to_ascii_lowercase();
    let item = document.get("paths").and_then(|p| p.get(&facts.path));
    let node = item.and_then(|item| item.get(method));
    node.ok_or_else(|| fault(facts, "is not in the document"))
}

fn methods(client: &File) -> Vec<&ImplItemFn> {
    let blocks = client.items.iter().filter_map(|item| match item {
        Item::Impl(block) => Some(&block.items),
        _ => None,
    });
    let methods = blocks.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    });
    methods.collect()
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The ends of Rust paths and documentation are the same for an operation that is written by hand;
/// the rest is in its source.
fn by_hand(facts: &OperationFacts, node: &Value) -> TokenStream {
    let name = format_ident!("{}", names::constant_name(&facts.id));
    let method = format_ident!("{}", facts.method_name);
    let (summary, description) = (text(node, "summary"), text(node, "description"));
    quote! {
        static #name: Operation = Operation {
            route: &crate::routes::#name,
            summary: #summary,
            description: #description,
            ..super::by_hand::#method()
        };
    }
}

struct Generated<'a> {
    facts: &'a OperationFacts,
    node: &'a Value,
    normal: &'a Normal,
    method: &'a ImplItemFn,
}

/// An argument of a method: where its JSON is, and what it is decoded into.
struct Argument<'a> {
    ident: &'a Ident,
    ty: Type,
    is_reference: bool,
}

impl Generated<'_> {
    fn tokens(&self) -> Result<TokenStream> {
        let Self { facts, node, .. } = self;
        let mut decoded = Vec::new();
        let mut passed = Vec::new();
        let mut parameters = Vec::new();
        let mut fields = Vec::new();
        let (mut query, mut body) = (quote!(None), quote!(None));
        for argument in self.arguments()? {
            let Argument {
                ident,
                ty,
                is_reference,
            } = argument;
            let source = if ident == BODY {
                let is_required = self.is_body_required();
                body = quote! { Some(Body { is_required: #is_required, schema: schema::<#ty> }) };
                fields.push(quote!((#BODY, <#ty as RequestBody>::SHAPE)));
                quote!(input.body(#is_required)?)
            } else if ident == QUERY && self.has_folded_query() {
                query = quote!(Some(schema::<#ty>));
                let optional = self.folded()?;
                for (name, value) in optional {
                    let shape = shapes::of_parameter(self.normal, value)?;
                    fields.push(quote!((#name, &#shape)));
                }
                let all = optional.keys();
                quote!(input.some(&[#(#all),*])?)
            } else {
                let (name, parameter) = self.parameter(ident)?;
                let description = text(self.described_parameter(name), "description");
                parameters.push(quote! {
                    Parameter { name: #name, description: #description, schema: schema::<#ty> }
                });
                let value = parameter.get("schema").unwrap_or(&Value::Null);
                let shape = shapes::of_parameter(self.normal, value)?;
                fields.push(quote!((#name, &#shape)));
                quote!(input.one(#name)?)
            };
            decoded.push(quote!(let #ident: #ty = #source;));
            passed.push(if is_reference {
                quote!(&#ident)
            } else {
                quote!(#ident)
            });
        }
        let name = format_ident!("{}", names::constant_name(&facts.id));
        let method = &self.method.sig.ident;
        let output = self.output()?;
        let (end, schema) = match output.to_token_stream().to_string().as_str() {
            "ByteStream" => (format_ident!("streamed"), quote!(of_a_file)),
            _ => (format_ident!("json"), quote!(schema::<#output>)),
        };
        let has_secrets = self.has_secrets();
        let (summary, description) = (text(node, "summary"), text(node, "description"));
        Ok(quote! {
            static #name: Operation = Operation {
                route: &crate::routes::#name,
                summary: #summary,
                description: #description,
                parameters: &[#(#parameters),*],
                query: #query,
                body: #body,
                shape: &Shape::Object(&[#(#fields),*]),
                output: #schema,
                has_secrets: #has_secrets,
                call: #method,
            };
            fn #method<'a>(client: &'a Client, input: &mut Input<'_>) -> Result<Replying<'a>, Refused> {
                #(#decoded)*
                Ok(#end(client.#method(#(#passed),*)))
            }
        })
    }

    fn arguments(&self) -> Result<Vec<Argument<'_>>> {
        let typed = self
            .method
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(input) => Some(input),
                FnArg::Receiver(_) => None,
            });
        let each = typed.map(|input| {
            let Pat::Ident(pattern) = &*input.pat else {
                return Err(fault(self.facts, "has an argument without a name"));
            };
            let (mut ty, is_reference) = match &*input.ty {
                Type::Reference(reference) => ((*reference.elem).clone(), true),
                other => (other.clone(), false),
            };
            if ty.to_token_stream().to_string() == "str" {
                ty = syn::parse_quote!(::std::string::String);
            }
            Ok(Argument {
                ident: &pattern.ident,
                ty,
                is_reference,
            })
        });
        each.collect()
    }

    /// The type inside the `ResponseFuture`.
    fn output(&self) -> Result<Type> {
        let is_new = || fault(self.facts, "returns its response in a new way");
        let syn::ReturnType::Type(_, output) = &self.method.sig.output else {
            return Err(is_new());
        };
        let Type::Path(path) = &**output else {
            return Err(is_new());
        };
        let arguments = path.path.segments.last().map(|last| &last.arguments);
        let Some(syn::PathArguments::AngleBracketed(arguments)) = arguments else {
            return Err(is_new());
        };
        let mut types = arguments.args.iter().filter_map(|argument| match argument {
            syn::GenericArgument::Type(inner) => Some(inner.clone()),
            _ => None,
        });
        types.next().ok_or_else(is_new)
    }

    fn normal_parameters(&self) -> impl Iterator<Item = &Value> {
        let node = node(&self.normal.document, self.facts).ok();
        let parameters = node.and_then(|node| node.get("parameters"));
        parameters.and_then(Value::as_array).into_iter().flatten()
    }

    fn parameter(&self, ident: &Ident) -> Result<(&str, &Value)> {
        let mut named = self.normal_parameters().map(|p| (text(p, "name"), p));
        let found = named.find(|(name, _)| *ident == names::method_name(name));
        found.ok_or_else(|| {
            fault(
                self.facts,
                &format!("has an argument {ident} that is no parameter"),
            )
        })
    }

    fn described_parameter(&self, name: &str) -> &Value {
        let parameters = self.node.get("parameters").and_then(Value::as_array);
        let mut parameters = parameters.into_iter().flatten();
        let found = parameters.find(|parameter| text(parameter, "name") == name);
        found.unwrap_or(&Value::Null)
    }

    /// Whether the rules have folded optional parameters into one object.
    fn has_folded_query(&self) -> bool {
        self.folded().is_ok()
    }

    fn folded(&self) -> Result<&Map<String, Value>> {
        let own = format!("{}Query", names::type_name(&self.facts.id));
        let folded = self.normal_parameters().find(|parameter| {
            let schema = parameter.get("schema").and_then(reference);
            text(parameter, "name") == QUERY && schema == Some(&own)
        });
        let schemas = json::at(&self.normal.document, "/components/schemas")?;
        folded
            .and_then(|_| schemas.get(&own))
            .and_then(|schema| schema.get("properties"))
            .and_then(Value::as_object)
            .ok_or_else(|| fault(self.facts, "has no optional parameters"))
    }

    fn is_body_required(&self) -> bool {
        self.node.pointer("/requestBody/required") == Some(&Value::Bool(true))
    }

    fn has_secrets(&self) -> bool {
        let responses = node(&self.normal.document, self.facts)
            .ok()
            .and_then(|node| node.get("responses"));
        let reached = reach::of_part(self.normal, responses.unwrap_or(&Value::Null));
        reached.contains("Secret")
    }
}
