//! Generates the source of the raw client from the vendored spec.
//!
//! The steps: [`docs`] adds our own documentation, [`rules`] rewrite the document into a form that
//! the generator accepts without losing anything of the API, progenitor generates the client and
//! its types, [`finish`] adapts those to our runtime, [`construct`] makes them extensible,
//! [`records`] implements their serialization, and [`emit`] writes what progenitor does not support
//! (open enums, tagged unions, the table of operations). [`dynamic`] lists the operations once more, to
//! be called with JSON.
//!
//! The crate's build script includes this folder as a module; the workspace member
//! `neon-api-codegen` compiles the same files as a library, for its unit tests and for `xtask`.

pub mod compare;
pub mod construct;
pub mod debug;
pub mod docs;
pub mod dynamic;
pub mod emit;
pub mod fields;
pub mod finish;
pub mod json;
pub mod model;
pub mod names;
pub mod newtypes;
pub mod reach;
pub mod records;
pub mod rules;
pub mod shapes;
pub mod subjects;

#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::{self, AssertUnwindSafe};

use proc_macro2::TokenStream;
use serde_json::Value;

/// Why the generation stopped, with the place in the document.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// An error with a message that names the place.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Result of a step of the generation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The input files of the generator.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// `openapi/v2.json`.
    pub spec: &'a str,
    /// `openapi/docs.operations.json`.
    pub operation_docs: &'a str,
    /// `openapi/docs.schemas.json`.
    pub schema_docs: &'a str,
}

/// What to generate besides the client itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Derive `schemars::JsonSchema` for every generated type.
    pub schemars: bool,
    /// Generate progenitor's typed mocks for httpmock.
    pub httpmock: bool,
    /// Generate the table of operations that are called with JSON. Needs [`schemars`](Self::schemars).
    pub dynamic: bool,
}

/// The generated sources.
#[derive(Debug)]
pub struct Output {
    /// The client's methods and the `types` module.
    pub client: String,
    /// Typed mocks; empty unless asked for.
    pub httpmock: String,
    /// Open enums, tagged unions and the table of operations.
    pub extras: String,
    /// The operations that are called with JSON; empty unless asked for.
    pub dynamic: String,
}

/// Checks that the document has the operations for which the crate has hand-written sources.
///
/// # Errors
///
/// If one is missing, with what to do.
pub fn check_written_by_hand(spec: &str) -> Result<()> {
    let document = json::parse("openapi/v2.json", spec)?;
    let operations = model::operations(&document)?;
    for id in rules::WRITTEN_BY_HAND {
        if !operations.iter().any(|operation| operation.id == *id) {
            return Err(Error::new(format!(
                "openapi/v2.json has no operation {id}, which src/function_deployment.rs implements: delete that file, its `mod` in src/lib.rs, and the ID in codegen/rules/by_hand.rs"
            )));
        }
    }
    Ok(())
}

/// Generates the raw client's sources.
///
/// # Errors
///
/// If the document is not JSON, contains a form that no rule covers, or is rejected by the
/// generator.
pub fn generate(input: Input<'_>, options: Options) -> Result<Output> {
    let mut document = json::parse("openapi/v2.json", input.spec)?;
    let operations = model::operations(&document)?;
    docs::apply(
        &mut document,
        &json::parse("openapi/docs.operations.json", input.operation_docs)?,
        &json::parse("openapi/docs.schemas.json", input.schema_docs)?,
    );
    let answers = reach::answers(&document)?;
    let properties = model::properties(&document);
    let httpmock = if options.httpmock {
        mocks(document.clone(), options)?
    } else {
        String::new()
    };
    let described = document.clone();
    let normal = rules::normalize(document, rules::Purpose::Client)?;
    let spec = parsed(&normal)?;
    let mut generator = progenitor_impl::Generator::new(&settings(&normal, options));
    let client = refused(|| generator.generate_tokens(&spec), "the document")?;
    let types = finish::Types {
        reached: reach::of_operations(&normal, &answers),
        requests: reach::of_requests(&normal),
        subjects: subjects::of(&normal),
        deprecated: model::deprecated_properties(&normal.document),
    };
    let client = finish::client(client, &operations, &types, options)?;
    let dynamic = if options.dynamic {
        finish::print(dynamic::table(&client, &described, &normal, &operations)?)?
    } else {
        String::new()
    };
    let extras = emit::extras(&normal, &operations, &properties)?;
    Ok(Output {
        client: prettyplease::unparse(&client),
        httpmock,
        extras,
        dynamic,
    })
}

fn mocks(document: Value, options: Options) -> Result<String> {
    let normal = rules::normalize(document, rules::Purpose::Mocks)?;
    let spec = parsed(&normal)?;
    let mut generator = progenitor_impl::Generator::new(&settings(&normal, options));
    let tokens = refused(
        || generator.httpmock(&spec, "crate::generated"),
        "the mocks",
    )?;
    // What a mock matches and returns contains the secrets, as the request and the response do.
    let mocks = finish::print(tokens)?;
    Ok(mocks.replace(
        "json_body_obj(value)",
        "json_body_obj(&crate::ExposeSecrets::with_secrets(value))",
    ))
}

/// Runs the generator, which panics on some unknown forms.
fn refused<E: fmt::Display>(
    generate: impl FnOnce() -> Result<TokenStream, E>,
    what: &str,
) -> Result<TokenStream> {
    match panic::catch_unwind(AssertUnwindSafe(generate)) {
        Ok(outcome) => outcome.map_err(|e| Error::new(format!("progenitor rejects {what}: {e}"))),
        Err(payload) => {
            let texts = (
                payload.downcast_ref::<&str>(),
                payload.downcast_ref::<String>(),
            );
            let text = match texts {
                (Some(text), _) => text,
                (_, Some(text)) => text.as_str(),
                _ => "without a message",
            };
            Err(Error::new(format!(
                "progenitor panics on {what} ({text}): add a rule for the form to codegen/rules"
            )))
        }
    }
}

/// What the generator reads of the document: to parse the rest is a part of what dependents compile.
fn parsed(normal: &rules::Normal) -> Result<openapiv3::OpenAPI> {
    let refused = |e| Error::new(format!("the normalised document does not parse: {e}"));
    let part = |place: &str| {
        let part = normal.document.pointer(place).cloned();
        part.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    };
    let text = |place: &str| {
        let text = normal.document.pointer(place).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Ok(openapiv3::OpenAPI {
        openapi: text("/openapi"),
        info: openapiv3::Info {
            title: text("/info/title"),
            version: text("/info/version"),
            ..openapiv3::Info::default()
        },
        paths: serde_json::from_value(part("/paths")).map_err(refused)?,
        components: Some(openapiv3::Components {
            schemas: serde_json::from_value(part("/components/schemas")).map_err(refused)?,
            parameters: serde_json::from_value(part("/components/parameters")).map_err(refused)?,
            responses: serde_json::from_value(part("/components/responses")).map_err(refused)?,
            ..openapiv3::Components::default()
        }),
        ..openapiv3::OpenAPI::default()
    })
}

fn settings(normal: &rules::Normal, options: Options) -> progenitor_impl::GenerationSettings {
    use progenitor_impl::{GenerationSettings, HooksMode, InterfaceStyle, TypeImpl};

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_map_type("::std::collections::BTreeMap");
    if options.schemars {
        settings.with_derive("::schemars::JsonSchema");
    }
    for replacement in &normal.replacements {
        let impls: &[TypeImpl] = if replacement.is_text {
            &[TypeImpl::Display, TypeImpl::FromStr]
        } else {
            &[]
        };
        settings.with_replacement(
            &replacement.name,
            format!("crate::{}", replacement.path),
            impls.iter().copied(),
        );
    }
    settings
}
