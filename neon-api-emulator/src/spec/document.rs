//! The document, of which only what is asked for is read.
//!
//! Most users need only a few of its schemas: reading all of them first would be most of the time
//! until an emulator's first response.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A part of the document, read on first use.
#[derive(Debug)]
struct Part {
    text: &'static RawValue,
    value: OnceLock<Value>,
}

impl Part {
    fn value(&self) -> &Value {
        self.value.get_or_init(|| read(self.text))
    }
}

/// A part as a value of its own; the document's text has been seen to be JSON.
pub(super) fn read(text: &RawValue) -> Value {
    serde_json::from_str(text.get()).unwrap_or(Value::Null)
}

/// What of the document is read at once: where its parts are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outline<'a> {
    #[serde(borrow)]
    paths: BTreeMap<String, PathOutline<'a>>,
    #[serde(borrow)]
    components: BTreeMap<String, BTreeMap<String, &'a RawValue>>,
}

/// The members of a path: its parameters, and operations by their methods.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PathOutline<'a> {
    #[serde(borrow)]
    pub(super) parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    get: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    post: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    put: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    patch: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    delete: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    head: Option<OperationOutline<'a>>,
    #[serde(borrow)]
    options: Option<OperationOutline<'a>>,
}

/// The members of an operation that matter here.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationOutline<'a> {
    pub(super) operation_id: Option<String>,
    #[serde(borrow)]
    pub(super) parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) request_body: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) responses: Option<&'a RawValue>,
}

impl<'a> PathOutline<'a> {
    /// By their methods, in upper case.
    pub(super) fn into_operations(
        self,
    ) -> impl Iterator<Item = (&'static str, OperationOutline<'a>)> {
        [
            ("GET", self.get),
            ("POST", self.post),
            ("PUT", self.put),
            ("PATCH", self.patch),
            ("DELETE", self.delete),
            ("HEAD", self.head),
            ("OPTIONS", self.options),
        ]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
    }
}

/// A document whose parts are found by JSON pointers.
#[derive(Debug)]
pub(super) struct Document {
    text: &'static str,
    whole: OnceLock<Value>,
    /// By kind and name.
    components: BTreeMap<String, BTreeMap<String, Part>>,
}

/// Chains in real documents are one or two long: the bound only ends a circle.
const REF_DEPTH: usize = 16;

impl Document {
    /// With its paths. One that is not JSON, or has other members than a specification, is empty.
    pub(super) fn parse(text: &'static str) -> (Self, BTreeMap<String, PathOutline<'static>>) {
        let outline: Outline<'static> = serde_json::from_str(text).unwrap_or_default();
        let part = |(name, text)| {
            let value = OnceLock::new();
            (name, Part { text, value })
        };
        let kind = |(kind, parts): (String, BTreeMap<_, _>)| {
            let parts = parts.into_iter().map(part).collect();
            (kind, parts)
        };
        let document = Self {
            text,
            whole: OnceLock::new(),
            components: outline.components.into_iter().map(kind).collect(),
        };
        (document, outline.paths)
    }

    /// A part of the components, such as a schema.
    pub(super) fn component(&self, kind: &str, name: &str) -> Option<&Value> {
        Some(self.components.get(kind)?.get(name)?.value())
    }

    /// The node that a JSON pointer names. Those of the components are found without reading the
    /// rest.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Value> {
        let component = || {
            let (kind, rest) = pointer.strip_prefix("/components/")?.split_once('/')?;
            let end = rest.find('/').unwrap_or(rest.len());
            let (name, below) = rest.split_at_checked(end)?;
            self.component(kind, name)?.pointer(below)
        };
        component().or_else(|| {
            let read = || serde_json::from_str(self.text).unwrap_or(Value::Null);
            self.whole.get_or_init(read).pointer(pointer)
        })
    }

    /// Follows `$ref`s until there is none. `None` if one cannot be resolved.
    pub(super) fn resolve<'a>(&'a self, node: &'a Value) -> Option<&'a Value> {
        let mut node = node;
        for _ in 0..REF_DEPTH {
            let Some(target) = node.get("$ref").and_then(Value::as_str) else {
                return Some(node);
            };
            node = self.pointer(target.strip_prefix('#')?)?;
        }
        None
    }
}
