//! Adapts progenitor's output to our runtime.
//!
//! The generated types, method signatures, paths, parameters and bodies are kept. The end of each
//! method is replaced, in which progenitor sends the request and reads the response with a runtime
//! of its own: ours passes every call through one transport, keeps complete error bodies and
//! reports where a response failed to decode. `#[deprecated]` marks are added, which the generator
//! does not support.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprMethodCall, File, FnArg, ImplItem, ImplItemFn, Item, Pat, Stmt, Token, Type,
    parse_quote,
};

use super::fields::{finish_type, first_argument};
use super::model::OperationFacts;
use super::subjects::Subjects;
use super::{Error, Options, Result, compare, construct, debug, names, newtypes, records};

/// Types by their Rust names.
#[derive(Debug)]
pub struct Types {
    /// Those that operations reach; others are not kept.
    pub reached: BTreeSet<String>,
    /// Those that requests are made of.
    pub requests: BTreeSet<String>,
    /// The lists that calls are about, which must come.
    pub subjects: Subjects,
    /// Deprecated properties: type and name in JSON.
    pub deprecated: BTreeSet<(String, String)>,
}

/// Finishes the client.
pub fn client(
    tokens: TokenStream,
    operations: &[OperationFacts],
    types: &Types,
    options: Options,
) -> Result<File> {
    let mut file = parse(tokens)?;
    file.items.retain(is_kept);
    for item in &mut file.items {
        match item {
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    keep_reached(items, &types.reached);
                    for item in items.iter_mut() {
                        finish_type(item, &types.deprecated);
                    }
                    construct::open(items, &types.requests);
                    records::replace_derives(items, &types.subjects, options.schemars);
                    newtypes::replace_derives(items, options.schemars);
                    debug::mask(items);
                    compare::derive(items);
                }
            }
            Item::Impl(block) => {
                for item in &mut block.items {
                    if let ImplItem::Fn(method) = item {
                        finish_method(method, operations)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(file)
}

/// Prints a stream of tokens as source.
pub fn print(tokens: TokenStream) -> Result<String> {
    Ok(prettyplease::unparse(&parse(tokens)?))
}

fn parse(tokens: TokenStream) -> Result<File> {
    syn::parse2(tokens).map_err(|e| Error::new(format!("the generated source does not parse: {e}")))
}

/// The types and the block of operations are kept; imports, hooks, prelude and the client itself,
/// which has no transport and panics in its constructor, are ours.
fn is_kept(item: &Item) -> bool {
    match item {
        Item::Mod(module) => module.ident == "types",
        Item::Impl(block) => {
            let has_constructor = block
                .items
                .iter()
                .any(|item| matches!(item, ImplItem::Fn(method) if method.sig.ident == "new"));
            block.trait_.is_none() && !has_constructor
        }
        _ => false,
    }
}

/// Takes out the structs that nothing reaches, and what is implemented for them or of them.
fn keep_reached(items: &mut Vec<Item>, reached: &BTreeSet<String>) {
    let structs = items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let dropped: BTreeSet<String> = structs.filter(|name| !reached.contains(name)).collect();
    items.retain(|item| match item {
        Item::Struct(item) => !dropped.contains(&item.ident.to_string()),
        Item::Impl(item) => {
            let (ty, of_trait) = (&item.self_ty, item.trait_.as_ref().map(|(path, _)| path));
            let head = quote!(#ty #of_trait).to_string();
            !head.split_whitespace().any(|word| dropped.contains(word))
        }
        _ => true,
    });
}

fn finish_method(method: &mut ImplItemFn, operations: &[OperationFacts]) -> Result<()> {
    let name = method.sig.ident.to_string();
    let facts = operations
        .iter()
        .find(|o| o.method_name == name)
        .ok_or_else(|| Error::new(format!("the method {name} belongs to no operation")))?;
    let operation = format_ident!("{}", names::constant_name(&facts.id));
    let operation = quote!(crate::routes::#operation);

    let mut url = None;
    let mut request = None;
    for statement in &method.block.stmts {
        let Stmt::Local(local) = statement else {
            continue;
        };
        let Pat::Ident(pattern) = &local.pat else {
            continue;
        };
        let value = local.init.as_ref().map(|init| (*init.expr).clone());
        match pattern.ident.to_string().as_str() {
            "url" => url = value,
            "request" => request = value,
            _ => {}
        }
    }
    let (Some(url), Some(request)) = (url, request) else {
        return Err(Error::new(format!("the method {name} builds no request")));
    };
    let parameters = path_parameters(&url, &facts.path)
        .ok_or_else(|| Error::new(format!("the method {name} builds its URL in a new way")))?;
    let start = quote! {
        RequestBuilder::new(&#operation, &self.baseurl, &[#(&#parameters.path_text()),*])
    };
    let request = our_request(&request, &start)
        .ok_or_else(|| Error::new(format!("the method {name} builds its request in a new way")))?;
    let (answer, read) = answer(method).ok_or_else(|| {
        Error::new(format!(
            "the method {name} returns its response in a new way"
        ))
    })?;

    method.sig.asyncness = None;
    method.sig.generics = parse_quote!();
    for input in &mut method.sig.inputs {
        without_lifetime(input);
    }
    method.sig.output = parse_quote! { -> ResponseFuture<'_, #answer> };
    method.block = parse_quote! {{ self.#read(#request) }};
    if facts.deprecated {
        method.attrs.push(parse_quote!(#[deprecated]));
    }
    Ok(())
}

/// The generator gives all parameters the lifetime of the future, which borrows only the client.
fn without_lifetime(input: &mut FnArg) {
    match input {
        FnArg::Receiver(receiver) => *receiver = parse_quote!(&self),
        FnArg::Typed(input) => elide(&mut input.ty),
    }
}

fn elide(ty: &mut Type) {
    match ty {
        Type::Reference(reference) => {
            reference.lifetime = None;
            elide(&mut reference.elem);
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let syn::GenericArgument::Type(inner) = argument {
                            elide(inner);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

/// The parameters of `format!("{}/projects/{}", self.baseurl, encode_path(&id.to_string()))`, in the
/// order of the operation's path; `None` where the URL is made of something else, or of more or fewer
/// of them than the path has places.
pub(super) fn path_parameters(url: &Expr, path: &str) -> Option<Vec<Expr>> {
    let Expr::Macro(format) = url else {
        return None;
    };
    let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
    let mut arguments = parse.parse2(format.mac.tokens.clone()).ok()?.into_iter();
    let template = arguments.next()?.to_token_stream().to_string();
    let placeholders = path.split('/').map(|segment| match segment.get(..1) {
        Some("{") => "{}",
        _ => segment,
    });
    let due = placeholders.collect::<Vec<_>>().join("/");
    let base = arguments.next()?.to_token_stream().to_string();
    if template != format!("\"{{}}{due}\"") || base != "self . baseurl" {
        return None;
    }
    let parameters: Vec<_> = arguments.map(|a| encoded(&a)).collect::<Option<_>>()?;
    (parameters.len() == due.matches("{}").count()).then_some(parameters)
}

/// The `id` of `encode_path(&id.to_string())`.
fn encoded(argument: &Expr) -> Option<Expr> {
    let Expr::Call(call) = argument else {
        return None;
    };
    let Expr::Reference(reference) = call.args.first()? else {
        return None;
    };
    let is_encoded = call.func.to_token_stream().to_string() == "encode_path";
    match &*reference.expr {
        Expr::MethodCall(text) if is_encoded && text.method == "to_string" => {
            Some((*text.receiver).clone())
        }
        _ => None,
    }
}

/// Rewrites `self.client.get(url).header(…).json(&body).query(…).headers(…).build()?` to our
/// builder; `None` where a step is unknown.
fn our_request(expression: &Expr, start: &TokenStream) -> Option<TokenStream> {
    match expression {
        Expr::Try(inner) => our_request(&inner.expr, start),
        Expr::MethodCall(call) => {
            let arguments = &call.args;
            match call.method.to_string().as_str() {
                "build" | "headers" | "header" => our_request(&call.receiver, start),
                "json" => {
                    let receiver = our_request(&call.receiver, start)?;
                    Some(quote!(#receiver.json(#arguments)))
                }
                "query" => {
                    let receiver = our_request(&call.receiver, start)?;
                    let pair = query_pair(call)?;
                    Some(quote!(#receiver.query(#pair)))
                }
                "get" | "post" | "put" | "patch" | "delete" => Some(start.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The arguments of the `QueryParam::new` inside a `query` call.
fn query_pair(call: &ExprMethodCall) -> Option<TokenStream> {
    let argument = call.args.first()?;
    let Expr::Reference(reference) = argument else {
        return None;
    };
    let Expr::Call(constructor) = &*reference.expr else {
        return None;
    };
    Some(constructor.args.to_token_stream())
}

/// The type inside `ResponseValue`, and the method of ours that reads it.
fn answer(method: &ImplItemFn) -> Option<(Type, proc_macro2::Ident)> {
    let syn::ReturnType::Type(_, output) = &method.sig.output else {
        return None;
    };
    let answer = first_argument(&first_argument(output)?)?;
    let text = answer.to_token_stream().to_string();
    let read = match text.as_str() {
        "()" => "call_empty",
        "ByteStream" => "call_stream",
        _ => "call_json",
    };
    Some((answer, format_ident!("{read}")))
}
