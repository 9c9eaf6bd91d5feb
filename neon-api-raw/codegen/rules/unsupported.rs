//! Forms that would compile to wrong requests stop the build, with their place and what to do.
//!
//! The generator silently ignores some of them (`style`, `servers`), panics on others, and makes
//! closed types of a third kind. So everything that an operation may contain is listed here, and
//! everything else is rejected.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::json::{METHODS, at, resolve};
use super::super::names::{method_name, type_name};
use super::super::{Error, Result};
use super::by_hand;

/// Keys without a meaning for requests and responses, wherever they stand.
const TEXTS: &[&str] = &[
    "summary",
    "description",
    "externalDocs",
    "example",
    "examples",
];
const PATH_ITEM: &[&str] = &["parameters"];
const OPERATION: &[&str] = &[
    "callbacks",
    "deprecated",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "tags",
];
const PARAMETER: &[&str] = &[
    "allowEmptyValue",
    "allowReserved",
    "content",
    "deprecated",
    "explode",
    "in",
    "name",
    "required",
    "schema",
    "style",
];

/// Arguments of generated methods besides the parameters.
const RESERVED: &[&str] = &["body", "query"];

/// Refuses forms of operations, and of schemas that requests and responses share.
pub(super) fn check(document: &Value) -> Result<()> {
    let schemas = at(document, "/components/schemas")?.as_object();
    let mut types = BTreeMap::new();
    for (name, schema) in schemas.into_iter().flatten() {
        if let Some(other) = types.insert(type_name(name), name) {
            return Err(stop(
                name,
                &format!("its type has the name of that of {other}"),
                "add a rule that renames one of them",
            ));
        }
        // Some rules follow references, and would in a circle do so without end.
        resolve(document, schema)?;
        check_one_way(schema, name)?;
    }
    let mut methods = BTreeMap::new();
    let paths = at(document, "/paths")?.as_object();
    for (path, item) in paths.into_iter().flatten() {
        check_path(path)?;
        let Some(item) = item.as_object() else {
            return Err(stop(
                path,
                "the path item is not an object",
                "correct the document",
            ));
        };
        let known = |key: &str| METHODS.contains(&key) || PATH_ITEM.contains(&key);
        only_known(path, item, known)?;
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let id = operation.get("operationId").and_then(Value::as_str);
            let place = format!("{} ({} {path})", id.unwrap_or("?"), method.to_uppercase());
            check_operation(document, item, operation, &place)?;
            if let Some(other) = methods.insert(method_name(id.unwrap_or_default()), place.clone())
            {
                return Err(stop(
                    &place,
                    &format!("its method has the name of that of {other}"),
                    "add a rule that renames one of them",
                ));
            }
        }
    }
    Ok(())
}

/// A path is sent as it stands: what a URL would end at, encode or remove changes it.
fn check_path(path: &str) -> Result<()> {
    let is_odd = |c: char| matches!(c, '?' | '#' | '\\') || !c.is_ascii_graphic();
    let is_removed = |segment: &str| matches!(segment, "." | "..");
    if path.contains(is_odd) || path.split('/').any(is_removed) {
        return Err(stop(
            path,
            "a path with a query, with dots as a segment, or with other characters than those of a URL is not supported",
            "state parameters, and percent-encode the rest",
        ));
    }
    Ok(())
}

/// What is only sent or only received cannot be required of both.
fn check_one_way(schema: &Value, place: &str) -> Result<()> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let is_set = |key: &str| property.get(key) == Some(&Value::Bool(true));
        if is_required(name) && (is_set("readOnly") || is_set("writeOnly")) {
            return Err(stop(
                &format!("{place}.{name}"),
                "`readOnly` or `writeOnly` on what is required is not supported",
                "add a rule that makes two schemas of it, or makes it optional",
            ));
        }
        check_one_way(property, &format!("{place}.{name}"))?;
    }
    let parts = schema.get("allOf").and_then(Value::as_array);
    parts
        .into_iter()
        .flatten()
        .try_for_each(|part| check_one_way(part, place))
}

fn check_operation(
    document: &Value,
    item: &Map<String, Value>,
    operation: &Value,
    place: &str,
) -> Result<()> {
    let Some(operation) = operation.as_object() else {
        return Err(stop(
            place,
            "the operation is not an object",
            "correct the document",
        ));
    };
    only_known(place, operation, |key| OPERATION.contains(&key))?;
    let shared = item.get("parameters");
    let own = operation.get("parameters");
    let lists = [shared, own].into_iter().flatten();
    let mut names = BTreeMap::new();
    for parameter in lists.filter_map(Value::as_array).flatten() {
        let parameter = resolve(document, parameter)?;
        check_parameter(document, parameter, place)?;
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        let (name, location) = (text("name").unwrap_or_default(), text("in"));
        let other = names.insert(method_name(name), (name, location));
        // One of the operation replaces that of the path.
        let is_taken =
            other.is_some_and(|other| other != (name, location)) || RESERVED.contains(&name);
        if is_taken {
            return Err(stop(
                &format!("{place}, parameter {name}"),
                "another argument of the method has the same name",
                "add a rule that renames one of them",
            ));
        }
    }
    if let Some(body) = operation.get("requestBody") {
        check_body(resolve(document, body)?, operation, place)?;
    }
    let responses = operation.get("responses").and_then(Value::as_object);
    for (status, response) in responses.into_iter().flatten() {
        if status.starts_with('2') {
            check_response(
                resolve(document, response)?,
                &format!("{place}, response {status}"),
            )?;
        }
    }
    Ok(())
}

fn check_parameter(document: &Value, parameter: &Value, place: &str) -> Result<()> {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or("?");
    let place = format!("{place}, parameter {name}");
    let object = parameter.as_object();
    let object = object.ok_or_else(|| stop(&place, "is not an object", "correct the document"))?;
    only_known(&place, object, |key| PARAMETER.contains(&key))?;
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let style = match text("in") {
        Some("query") => "form",
        Some("path") => "simple",
        Some(other) => {
            return Err(stop(
                &place,
                &format!("parameters in `{other}` are not supported"),
                "send it from the transport, or add a rule that makes it an argument",
            ));
        }
        None => return Err(stop(&place, "has no `in`", "correct the document")),
    };
    if object.contains_key("content") {
        return Err(stop(
            &place,
            "parameters with `content` are not supported",
            "add a rule that encodes it as a string",
        ));
    }
    if text("style").is_some_and(|stated| stated != style) {
        return Err(stop(
            &place,
            &format!(
                "the style `{}` is not supported",
                text("style").unwrap_or_default()
            ),
            &format!("only the default `{style}` is; add a rule that encodes it as a string"),
        ));
    }
    if object.get("allowReserved") == Some(&Value::Bool(true)) {
        return Err(stop(
            &place,
            "`allowReserved` is not supported",
            "add a rule that leaves its value unencoded",
        ));
    }
    let schema = object.get("schema");
    let schema = schema.ok_or_else(|| stop(&place, "has no schema", "correct the document"))?;
    let schema = resolve(document, schema)?;
    let is_array = kind(schema) == Some("array");
    if is_array && object.get("explode") == Some(&Value::Bool(false)) {
        return Err(stop(
            &place,
            "a list that is not exploded is not supported",
            "add a rule that joins its items by commas",
        ));
    }
    let item = schema.get("items").filter(|_| is_array && style == "form");
    let scalar = resolve(document, item.unwrap_or(schema))?;
    if !matches!(
        kind(scalar),
        Some("string" | "integer" | "number" | "boolean")
    ) {
        return Err(stop(
            &place,
            "only strings, numbers, booleans, and in queries lists of them are supported",
            "add a rule that encodes it as a string",
        ));
    }
    let may_be_null = |schema: &Value| schema.get("nullable") == Some(&Value::Bool(true));
    if may_be_null(schema) || may_be_null(scalar) {
        return Err(stop(
            &place,
            "`nullable` has no meaning in a URL",
            "correct the document, or add a rule that states what is sent for it",
        ));
    }
    Ok(())
}

fn check_body(body: &Value, operation: &Map<String, Value>, place: &str) -> Result<()> {
    let place = format!("{place}, request body");
    let (media, content) = only_media(body, &place)?;
    let id = operation.get("operationId").and_then(Value::as_str);
    match media {
        "application/json" => has_schema(content, media, &place),
        "multipart/form-data" if id.is_some_and(|id| by_hand::OPERATIONS.contains(&id)) => Ok(()),
        "multipart/form-data" => Err(stop(
            &place,
            "a multipart body is not supported",
            "write the operation by hand, as src/function_deployment.rs, and list it in codegen/rules/by_hand.rs",
        )),
        other => Err(stop(
            &place,
            &format!("the media type {other} is not supported"),
            "add a rule and an encoder for it",
        )),
    }
}

fn check_response(response: &Value, place: &str) -> Result<()> {
    if response.get("content").is_none() {
        return Ok(());
    }
    let (media, content) = only_media(response, place)?;
    match media {
        "application/json" | "application/octet-stream" => has_schema(content, media, place),
        other => Err(stop(
            place,
            &format!("the media type {other} is not supported"),
            "add a rule and a decoder for it",
        )),
    }
}

fn only_media<'a>(message: &'a Value, place: &str) -> Result<(&'a str, &'a Value)> {
    let content = message.get("content").and_then(Value::as_object);
    let mut media = content.into_iter().flatten();
    match (media.next(), media.next()) {
        (Some((name, content)), None) => Ok((name.as_str(), content)),
        (None, _) => Err(stop(place, "states no media type", "correct the document")),
        (Some(_), Some(_)) => Err(stop(
            place,
            "several media types are not supported",
            "add a rule that picks one",
        )),
    }
}

fn has_schema(content: &Value, media: &str, place: &str) -> Result<()> {
    match content.get("schema") {
        Some(_) => Ok(()),
        None => Err(stop(
            place,
            &format!("the media type {media} has no schema"),
            "add one to the document, or a rule that gives it one",
        )),
    }
}

fn kind(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

fn only_known(
    place: &str,
    object: &Map<String, Value>,
    is_known: impl Fn(&str) -> bool,
) -> Result<()> {
    let is_text = |key: &str| TEXTS.contains(&key) || key.starts_with("x-");
    match object.keys().find(|key| !is_known(key) && !is_text(key)) {
        None => Ok(()),
        Some(key) => Err(stop(
            place,
            &format!("`{key}` is not supported"),
            "add a rule for it in codegen/rules, or to the lists in codegen/rules/unsupported.rs if it has no meaning for requests and responses",
        )),
    }
}

/// The error of a form, with its place and what to do.
pub(super) fn stop(place: &str, what: &str, remedy: &str) -> Error {
    Error::new(format!("{place}: {what}: {remedy}"))
}
