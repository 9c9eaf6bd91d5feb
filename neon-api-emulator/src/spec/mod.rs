//! The API's spec as data: operations, their routes and their schemas.
//!
//! Everything here is read from the vendored document, so new operations in it are routed,
//! validated and served without further code. [`sample`] creates values that conform to a schema,
//! [`validate`] reports where a value does not.

pub mod broken;
mod document;
mod operation;
mod patterns;
mod router;
pub mod sample;
pub mod validate;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

pub use operation::{Operation, ParameterIn};
pub(crate) use router::{Matched, Router};

use document::Document;
use operation::Parameter;

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::parse(neon_api_raw::openapi::V2_JSON));

/// The parsed spec.
///
/// ```
/// let spec = neon_api_emulator::spec::Spec::get();
/// let operation = spec.operation("listProjects").unwrap();
/// assert_eq!((operation.method(), operation.path()), ("GET", "/projects"));
/// ```
#[derive(Debug)]
pub struct Spec {
    document: Arc<Document>,
    operations: Vec<Operation>,
    by_id: HashMap<String, usize>,
    router: Router,
    patterns: patterns::Patterns,
}

impl Spec {
    /// Returns the spec that this crate was built with. Its outline is read once, its parts when
    /// they are first needed.
    pub fn get() -> &'static Self {
        &SPEC
    }

    /// A document that is not JSON gives an empty spec: every request is then an unknown route.
    /// Tests make sure that the vendored one is valid.
    fn parse(text: &'static str) -> Self {
        let (document, paths) = Document::parse(text);
        let document = Arc::new(document);
        let operations = operation::read(&document, paths);
        let by_id = operations
            .iter()
            .enumerate()
            .map(|(index, operation)| (operation.id().to_owned(), index))
            .collect();
        let router = Router::new(&operations);
        Self {
            document,
            operations,
            by_id,
            router,
            patterns: patterns::Patterns::default(),
        }
    }

    /// All operations, in the document's order.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The operation with this `operationId`.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(*self.by_id.get(id)?)
    }

    /// The schema with this name under `components/schemas`.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.document.component("schemas", name)
    }

    /// The node that a JSON pointer names, with or without the `#` in front.
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        self.document
            .pointer(pointer.strip_prefix('#').unwrap_or(pointer))
    }

    /// Follows `$ref`s until there is none. `None` if it cannot be resolved.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> Option<&'a Value> {
        self.document.resolve(node)
    }

    /// The schema of an object's property, in whichever part of `schema` it is declared.
    pub(crate) fn property<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        let schema = self.resolve(schema)?;
        let own = schema.get("properties").and_then(|p| p.get(name));
        own.or_else(|| {
            let parts = schema.get("allOf")?.as_array()?;
            parts.iter().find_map(|part| self.property(part, name))
        })
    }

    pub(crate) fn route(&self, method: &str, path: &str) -> Matched<'_> {
        self.router.route(&self.operations, method, path)
    }

    pub(crate) fn patterns(&self) -> &patterns::Patterns {
        &self.patterns
    }
}
