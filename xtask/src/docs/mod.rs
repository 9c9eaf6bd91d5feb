//! Our documentation of operations and schemas: whether it is complete, current and fit for
//! rustdoc.

mod problems;
mod skeleton;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::files::{self, Folder, OPERATION_DOCS, SCHEMA_DOCS};
use crate::spec::document::{Operation, entries};
use crate::spec::parse::parse;
use crate::spec::{Document, paths};

use self::problems::Problems;

pub use self::problems::{Problem, State};
pub use self::skeleton::TO_WRITE;

/// The documentation in the folder.
#[derive(Debug, Default)]
pub struct Docs {
    operations: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Docs {
    /// Reads both files.
    pub fn read(folder: &Folder) -> Result<Self, Vec<Failure>> {
        Ok(Self {
            operations: read(folder, OPERATION_DOCS)?,
            schemas: read(folder, SCHEMA_DOCS)?,
        })
    }

    /// Reads the documentation of operations only; a missing file counts as empty.
    pub fn read_operations(folder: &Folder) -> Result<Self, Vec<Failure>> {
        let operations = if folder.file(OPERATION_DOCS).exists() {
            read(folder, OPERATION_DOCS)?
        } else {
            Map::new()
        };
        Ok(Self {
            operations,
            schemas: Map::new(),
        })
    }

    /// IDs of operations that have no summary.
    pub fn operations_without_text<'a>(&self, document: &'a Document) -> Vec<&'a str> {
        let has = |id: &str| {
            let entry = self.operations.get(id);
            entry.is_some_and(|entry| has_text(entry, "summary"))
        };
        document
            .operations()
            .into_iter()
            .map(|operation| operation.id)
            .filter(|id| !has(id))
            .collect()
    }

    /// Everything that is missing, stale or badly written.
    pub fn problems(&self, document: &Document) -> Vec<Problem> {
        let mut found = Problems::default();
        let operations = document.operations();
        let ids: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
        for operation in &operations {
            self.operation(document, operation, &mut found);
        }
        for id in self
            .operations
            .keys()
            .filter(|id| !ids.contains(id.as_str()))
        {
            found.stale(OPERATION_DOCS, id, "no such operation");
        }
        for (name, schema) in document.components("schemas") {
            self.schema(document, name, schema, &mut found);
        }
        for name in self.schemas.keys() {
            if document.component("schemas", name).is_none() {
                found.stale(SCHEMA_DOCS, name, "no such schema");
            }
        }
        found.list
    }

    fn operation(&self, document: &Document, operation: &Operation<'_>, found: &mut Problems) {
        let (file, id) = (OPERATION_DOCS, operation.id);
        let parameters = document.parameters(operation);
        let names: BTreeSet<_> = parameters.iter().map(|p| p.name).collect();
        let Some(entry) = self.operations.get(id) else {
            found.missing(file, id, "the operation has no text");
            return;
        };
        let allowed = ["summary", "description", "parameters", "body", "response"];
        entry_texts(
            file,
            id,
            entry,
            &allowed,
            "the operation has no text",
            found,
        );
        for name in &names {
            if !entry
                .get("parameters")
                .is_some_and(|map| has_text(map, name))
            {
                found.missing(
                    file,
                    &format!("{id}.parameters.{name}"),
                    "the parameter has no text",
                );
            }
        }
        texts(file, id, entry, "parameters", found, |name| {
            names
                .contains(name)
                .then_some(())
                .ok_or("no such parameter")
        });
        let request = operation.body.get("requestBody");
        texts(file, id, entry, "body", found, |path| {
            let bodies = request.into_iter().flat_map(|body| schemas(document, body));
            exists(document, bodies, path).ok_or("the body has no such property")
        });
        let bodies = request.into_iter().flat_map(|body| schemas(document, body));
        in_place(file, id, entry, "body", bodies, found);
        texts(file, id, entry, "response", found, |path| {
            let bodies = entries(operation.body, "responses")
                .flat_map(|(_, response)| schemas(document, response));
            exists(document, bodies, path).ok_or("no response has such a property")
        });
        let bodies = entries(operation.body, "responses")
            .flat_map(|(_, response)| schemas(document, response));
        in_place(file, id, entry, "response", bodies, found);
    }

    fn schema(&self, document: &Document, name: &str, schema: &Value, found: &mut Problems) {
        let Some(entry) = self.schemas.get(name) else {
            found.missing(SCHEMA_DOCS, name, "the schema has no text");
            return;
        };
        let allowed = ["summary", "description", "properties"];
        entry_texts(
            SCHEMA_DOCS,
            name,
            entry,
            &allowed,
            "the schema has no text",
            found,
        );
        texts(SCHEMA_DOCS, name, entry, "properties", found, |path| {
            exists(document, [schema], path).ok_or("no such property")
        });
        in_place(SCHEMA_DOCS, name, entry, "properties", [schema], found);
    }
}

fn read(folder: &Folder, name: &str) -> Result<Map<String, Value>, Vec<Failure>> {
    let path = folder.file(name);
    let label = path.display().to_string();
    let bytes = files::read(&path).map_err(|failure| vec![failure])?;
    match parse(&label, &bytes).map_err(|failure| vec![failure])? {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// The schemas of a message in all formats.
fn schemas<'a>(document: &'a Document, message: &'a Value) -> impl Iterator<Item = &'a Value> {
    entries(document.resolve(message), "content").filter_map(|(_, media)| media.get("schema"))
}

fn exists<'a>(
    document: &'a Document,
    schemas: impl IntoIterator<Item = &'a Value>,
    path: &str,
) -> Option<()> {
    schemas
        .into_iter()
        .any(|schema| paths::exists(document, schema, path))
        .then_some(())
}

fn has_text(map: &Value, key: &str) -> bool {
    let text = map.get(key).and_then(Value::as_str);
    text.is_some_and(|text| !text.trim().is_empty())
}

/// Checks the entry itself: known keys, a summary, well written texts.
fn entry_texts(
    file: &str,
    name: &str,
    entry: &Value,
    allowed: &[&str],
    missing: &str,
    found: &mut Problems,
) {
    let Some(map) = entry.as_object() else {
        found.bad(file, name, "is not an object");
        return;
    };
    if !has_text(entry, "summary") {
        found.missing(file, name, missing);
    }
    for key in map.keys().filter(|key| !allowed.contains(&key.as_str())) {
        found.bad(file, &format!("{name}.{key}"), "no such kind of text");
    }
    for key in ["summary", "description"] {
        if let Some(text) = map.get(key) {
            found.check(file, &format!("{name}.{key}"), text);
        }
    }
}

/// Checks a map of texts, each of which must name something that exists.
fn texts(
    file: &str,
    name: &str,
    entry: &Value,
    key: &str,
    found: &mut Problems,
    is_current: impl Fn(&str) -> Result<(), &'static str>,
) {
    let Some(value) = entry.get(key) else {
        return;
    };
    let Some(map) = value.as_object() else {
        found.bad(file, &format!("{name}.{key}"), "is not an object");
        return;
    };
    for (path, text) in map {
        let place = format!("{name}.{key}.{path}");
        match is_current(path) {
            Ok(()) => found.check(file, &place, text),
            Err(what) => found.stale(file, &place, what),
        }
    }
}

/// Checks that properties have a text, and objects and enums that are defined in place, since each
/// of these becomes a type. An item of an array may have the text of the array.
fn in_place<'a>(
    file: &str,
    name: &str,
    entry: &Value,
    key: &str,
    schemas: impl IntoIterator<Item = &'a Value>,
    found: &mut Problems,
) {
    let texts = entry.get(key).unwrap_or(&Value::Null);
    if !texts.is_object() && !texts.is_null() {
        // Already reported.
        return;
    }
    for schema in schemas {
        each_in_place(schema, "", &mut |path, what| {
            if !has_text(texts, path) && !has_text(texts, path.trim_end_matches("[]")) {
                let place = format!("{name}.{key}.{path}");
                found.missing(file, &place, &format!("the {what} has no text"));
            }
        });
    }
}

fn each_in_place(schema: &Value, prefix: &str, visit: &mut impl FnMut(&str, &str)) {
    for (name, property) in entries(schema, "properties") {
        let path = format!("{prefix}{name}");
        let is_type =
            |schema: &Value| schema.get("properties").is_some() || schema.get("enum").is_some();
        let kind = if is_type(property) {
            "type in place"
        } else {
            "property"
        };
        visit(&path, kind);
        each_in_place(property, &format!("{path}."), visit);
        if let Some(items) = property.get("items") {
            let path = format!("{path}[]");
            if is_type(items) {
                visit(&path, "type in place");
            }
            each_in_place(items, &format!("{path}."), visit);
        }
    }
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        each_in_place(part, prefix, visit);
    }
}
