//! Whether a document is one that the rest of the tool can work with.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{reference, target};
use super::grammar::{Kind, METHODS, is_extension, is_prose};
use super::templates;
use super::walk::{Visitor, join, walk};
use crate::failure::Failure;

/// More than these would only hide the first.
const MAX_FAILURES: usize = 20;

/// Checks a document as it came, before anything is dropped.
///
/// Only what states facts is checked: a broken example is upstream's affair.
pub fn validate(source: &str, root: &Value) -> Result<(), Vec<Failure>> {
    let mut found = Findings {
        root,
        list: Vec::new(),
    };
    check_header(root, &mut found);
    // Anything else said about a document of another format would be noise.
    if found.list.is_empty() {
        walk(root, &mut found);
        check_operations(root, &mut found);
    }
    let more = found.list.len().saturating_sub(MAX_FAILURES);
    let mut failures: Vec<_> = found
        .list
        .into_iter()
        .take(MAX_FAILURES)
        .map(|(what, pointer)| Failure::at(source, what, pointer))
        .collect();
    if more > 0 {
        failures.push(Failure::new(source, format!("and {more} more like these")));
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

struct Findings<'a> {
    root: &'a Value,
    list: Vec<(String, String)>,
}

impl Findings<'_> {
    fn add(&mut self, what: impl Into<String>, pointer: impl Into<String>) {
        self.list.push((what.into(), pointer.into()));
    }

    /// The reduction would drop a keyword that the grammar does not have, and what it states.
    fn check_keywords(&mut self, kind: Kind, object: &Map<String, Value>, pointer: &str) {
        if kind.is_replaced_by_ref() && object.contains_key("$ref") {
            return;
        }
        let known = |key: &str| kind.keywords().iter().any(|(keyword, _)| *keyword == key);
        for key in object.keys().filter(|key| !known(key) && !is_prose(key)) {
            self.add(
                format!(
                    "the keyword `{key}` is not known here: state the same by keywords of OpenAPI \
                     3.0, or add it to xtask/src/spec/grammar.rs, as a fact or as prose"
                ),
                join(pointer, key),
            );
        }
    }

    fn check_reference(&mut self, kind: Kind, object: &Map<String, Value>, pointer: &str) {
        let Some(value) = object.get("$ref") else {
            return;
        };
        let pointer = join(pointer, "$ref");
        let Some(text) = value.as_str() else {
            self.add("`$ref` is not a string", pointer);
            return;
        };
        let Some(folder) = kind.component_folder() else {
            self.add("`$ref` is not supported here", pointer);
            return;
        };
        if !text.starts_with('#') {
            self.add(format!("`$ref` leaves the document: `{text}`"), pointer);
            return;
        }
        let mut hop = text;
        for _ in 0..32 {
            let Some(next) = target(self.root, hop) else {
                self.add(format!("`$ref` cannot be resolved: `{hop}`"), pointer);
                return;
            };
            if let Some(rest) = hop.strip_prefix("#/components/")
                && rest.split('/').next() != Some(folder)
            {
                self.add(
                    format!("`$ref` leads to something other than {folder}: `{hop}`"),
                    pointer,
                );
                return;
            }
            match reference(next) {
                Some(further) => hop = further,
                None => return,
            }
        }
        self.add(format!("`$ref` goes in a circle: `{text}`"), pointer);
    }

    fn check_schema(&mut self, schema: &Map<String, Value>, pointer: &str) {
        if let Some(values) = schema.get("enum")
            && values.as_array().is_none_or(Vec::is_empty)
        {
            self.add("`enum` is not a list of values", join(pointer, "enum"));
        }
        if let Some(kind) = schema.get("type")
            && !kind.is_string()
        {
            self.add("`type` is not a string", join(pointer, "type"));
        }
        let mapping = schema
            .get("discriminator")
            .and_then(|d| d.get("mapping"))
            .and_then(Value::as_object);
        for (value, goal) in mapping.into_iter().flatten() {
            let Some(goal) = goal.as_str() else {
                self.add(
                    "a discriminator's target is not a string",
                    format!("{pointer}/discriminator/mapping/{value}"),
                );
                continue;
            };
            if goal.starts_with('#') && target(self.root, goal).is_none() {
                self.add(
                    format!("a discriminator cannot be resolved: `{goal}`"),
                    join(&format!("{pointer}/discriminator/mapping"), value),
                );
            }
        }
    }

    fn check_parameter(&mut self, parameter: &Map<String, Value>, pointer: &str) {
        if parameter.contains_key("$ref") {
            return;
        }
        for key in ["name", "in"] {
            if !parameter.get(key).is_some_and(Value::is_string) {
                self.add(format!("a parameter without `{key}`"), pointer);
                return;
            }
        }
        let place = parameter.get("in").and_then(Value::as_str);
        if !matches!(place, Some("path" | "query" | "header" | "cookie")) {
            self.add("a parameter in an unknown place", join(pointer, "in"));
        }
        let required = parameter.get("required").and_then(Value::as_bool);
        if place == Some("path") && required != Some(true) {
            self.add("a path parameter that is not required", pointer);
        }
    }
}

impl Visitor for Findings<'_> {
    fn object(&mut self, kind: Kind, object: &Map<String, Value>, pointer: &str) {
        self.check_keywords(kind, object, pointer);
        self.check_reference(kind, object, pointer);
        match kind {
            Kind::Schema => self.check_schema(object, pointer),
            Kind::Parameter => self.check_parameter(object, pointer),
            _ => {}
        }
    }

    fn misfit(&mut self, expected: &str, pointer: &str) {
        self.add(format!("is not {expected}"), pointer);
    }
}

fn check_header(root: &Value, found: &mut Findings<'_>) {
    if let Some(version) = root.get("swagger") {
        let version = version.as_str().unwrap_or("?");
        found.add(
            format!("this is Swagger {version}, where OpenAPI 3.0 is needed"),
            "/swagger",
        );
        return;
    }
    match root.get("openapi").and_then(Value::as_str) {
        Some(version) if version == "3.0" || version.starts_with("3.0.") => {}
        Some(version) => {
            let missing = if version.starts_with("3.1") {
                ": lists of types, `const`, `null` as a type, and numbers as exclusive bounds have no rules yet; \
                 lower the document to 3.0 first, with one type and `nullable`"
            } else {
                ""
            };
            found.add(
                format!("this is OpenAPI {version}, where 3.0 is needed{missing}"),
                "/openapi",
            );
            return;
        }
        None => {
            found.add("no OpenAPI version is stated", "/openapi");
            return;
        }
    }
    for key in ["title", "version"] {
        let value = root.get("info").and_then(|info| info.get(key));
        if !value.is_some_and(Value::is_string) {
            found.add(format!("`info` has no {key}"), format!("/info/{key}"));
        }
    }
    match root.get("paths") {
        None => found.add("there are no paths", "/paths"),
        Some(Value::Object(paths)) if paths.is_empty() => {
            found.add("there are no paths", "/paths");
        }
        Some(_) => {}
    }
}

fn check_operations(root: &Value, found: &mut Findings<'_>) {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let paths = root.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        if is_extension(path) {
            continue;
        }
        let pointer = join("/paths", path);
        if !path.starts_with('/') {
            found.add("a path that does not begin with `/`", pointer.clone());
        }
        let names = match templates::names(path) {
            Ok(names) => names,
            Err(what) => {
                found.add(format!("a path template with {what}"), pointer);
                continue;
            }
        };
        let of_path = parameters(root, item, &pointer, found);
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let pointer = join(&pointer, method);
            check_id(operation, &pointer, &mut ids, found);
            let responses = operation.get("responses").and_then(Value::as_object);
            if responses.is_none_or(Map::is_empty) {
                found.add(
                    "an operation without responses",
                    join(&pointer, "responses"),
                );
            }
            let mut declared = parameters(root, operation, &pointer, found);
            declared.extend(of_path.iter().copied());
            for name in &names {
                if !declared.contains(&("path", name)) {
                    found.add(
                        format!("the path's parameter `{name}` is not declared"),
                        pointer.clone(),
                    );
                }
            }
            for (place, name) in declared {
                if place == "path" && !names.contains(&name) {
                    found.add(
                        format!("the parameter `{name}` is not in the path"),
                        pointer.clone(),
                    );
                }
            }
        }
    }
}

fn check_id<'a>(
    operation: &'a Value,
    pointer: &str,
    ids: &mut BTreeMap<&'a str, String>,
    found: &mut Findings<'_>,
) {
    let place = join(pointer, "operationId");
    match operation.get("operationId").and_then(Value::as_str) {
        Some(id) if !id.is_empty() => {
            if let Some(first) = ids.get(id) {
                found.add(format!("the operation ID `{id}` is also at {first}"), place);
            } else {
                ids.insert(id, place);
            }
        }
        _ => found.add("an operation without an ID", place),
    }
}

/// Place and name of the declared parameters; a pair that occurs twice is told.
fn parameters<'a>(
    root: &'a Value,
    owner: &'a Value,
    pointer: &str,
    found: &mut Findings<'_>,
) -> Vec<(&'a str, &'a str)> {
    let mut pairs = Vec::new();
    let list = owner.get("parameters").and_then(Value::as_array);
    for (index, entry) in list.into_iter().flatten().enumerate() {
        let mut body = entry;
        for _ in 0..32 {
            match reference(body).and_then(|to| target(root, to)) {
                Some(next) => body = next,
                None => break,
            }
        }
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        if let Some(pair) = text("in").zip(text("name")) {
            if pairs.contains(&pair) {
                found.add(
                    format!("the {} parameter `{}` occurs twice", pair.0, pair.1),
                    format!("{pointer}/parameters/{index}"),
                );
            } else {
                pairs.push(pair);
            }
        }
    }
    pairs
}
