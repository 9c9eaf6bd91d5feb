//! Comparison of operations and their parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::{Changes, Place, Subject};
use super::describe::describe;
use super::messages::{request_body, responses};
use super::rules::{Directions, Rule};
use super::schemas::{Schemas, changed};
use super::shared::{came_and_went, items};
use crate::spec::document::{Operation, Parameter, entries, flag};
use crate::spec::{Document, templates};

pub(super) fn compare(base: &Document, new: &Document, out: &mut Changes) {
    let before = base.operations();
    let mut rest: BTreeMap<&str, Operation<'_>> =
        new.operations().into_iter().map(|o| (o.id, o)).collect();
    let (same, gone): (Vec<_>, Vec<_>) = before
        .into_iter()
        .partition(|old| rest.contains_key(old.id));
    for old in same {
        if let Some(found) = rest.remove(old.id) {
            operation(base, new, &old, &found, out);
        }
    }
    for old in gone {
        let subject = Subject::Operation(old.id.to_owned());
        // The same requests under another id: the operation was renamed.
        let heir = rest
            .values()
            .find(|found| route(found) == route(&old))
            .copied();
        match heir {
            Some(found) => {
                rest.remove(found.id);
                out.add(Rule::OperationRenamed, at(&subject, ""), old.id, found.id);
                operation(base, new, &old, &found, out);
            }
            None => out.add(
                Rule::OperationRemoved,
                at(&subject, ""),
                old.route(),
                Value::Null,
            ),
        }
    }
    for found in rest.values() {
        let subject = Subject::Operation(found.id.to_owned());
        out.add(
            Rule::OperationAdded,
            at(&subject, ""),
            Value::Null,
            found.route(),
        );
    }
}

fn route(operation: &Operation<'_>) -> (&'static str, String) {
    (operation.method, templates::shape(operation.path))
}

/// A place in an operation that is no value in itself: the worse direction counts.
pub(super) fn at<'a>(subject: &'a Subject, location: &'a str) -> Place<'a> {
    Place {
        subject,
        location,
        directions: Directions::BOTH,
    }
}

fn operation(
    base: &Document,
    new: &Document,
    old: &Operation<'_>,
    found: &Operation<'_>,
    out: &mut Changes,
) {
    // A renamed one is reported under the name that callers know.
    let subject = Subject::Operation(old.id.to_owned());
    if route(old) != route(found) {
        out.add(
            Rule::OperationMoved,
            at(&subject, ""),
            old.route(),
            found.route(),
        );
    }
    notes(&subject, "", old.body, found.body, out);
    changed(
        old.body.get("tags"),
        found.body.get("tags"),
        Rule::OperationTagsChanged,
        at(&subject, "tags"),
        out,
    );
    access(base, new, &subject, old, found, out);
    parameters(base, new, &subject, old, found, out);
    request_body(base, new, &subject, old.body, found.body, out);
    responses(base, new, &subject, old.body, found.body, out);
}

fn notes(subject: &Subject, location: &str, old: &Value, new: &Value, out: &mut Changes) {
    let place = at(subject, location);
    let (was, is) = (flag(old, "deprecated"), flag(new, "deprecated"));
    if was != is {
        out.add(Rule::Deprecated, place, was, is);
    }
    for (key, rule) in [
        ("x-sunset", Rule::SunsetChanged),
        ("x-stability-level", Rule::StabilityChanged),
    ] {
        changed(old.get(key), new.get(key), rule, place, out);
    }
}

/// Servers and security that the operation states itself.
fn access(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Operation<'_>,
    found: &Operation<'_>,
    out: &mut Changes,
) {
    for (list, key, added, removed) in [
        (
            "servers",
            Some("url"),
            Rule::ServerAdded,
            Rule::ServerRemoved,
        ),
        ("security", None, Rule::SecurityAdded, Rule::SecurityRemoved),
    ] {
        let owner = |operation: &Operation<'_>| {
            [operation.body, operation.item]
                .into_iter()
                .find(|owner| owner.get(list).is_some())
                .map(|owner| items(owner, list, key))
        };
        let (before, after) = (owner(old), owner(found));
        // Without a statement of its own, the document's holds.
        if before.is_some() || after.is_some() {
            let before = before.unwrap_or_else(|| items(base.root(), list, key));
            let after = after.unwrap_or_else(|| items(new.root(), list, key));
            came_and_went(&before, &after, added, removed, at(subject, list), out);
        }
    }
}

fn parameters(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Operation<'_>,
    found: &Operation<'_>,
    out: &mut Changes,
) {
    let before = base.parameters(old);
    let after = new.parameters(found);
    let renamed = renamed_in_path(old.path, found.path);
    let mut seen = BTreeSet::new();
    for parameter in &before {
        let location = location(parameter.body);
        let name = match renamed.get(parameter.name) {
            Some(name) if parameter.place == "path" => name,
            _ => parameter.name,
        };
        let other = after
            .iter()
            .find(|p| (p.place, p.name) == (parameter.place, name));
        let Some(other) = other else {
            let was = summary(base, parameter);
            out.add(
                Rule::ParameterRemoved,
                at(subject, &location),
                was,
                Value::Null,
            );
            continue;
        };
        seen.insert((other.place, other.name));
        if name != parameter.name {
            out.add(
                Rule::ParameterRenamed,
                at(subject, &location),
                parameter.name,
                name,
            );
        }
        let is_shared = parameter.shared.is_some() && parameter.shared == other.shared;
        if !is_shared {
            compare_parameter(base, new, subject, parameter.body, other.body, out);
        }
    }
    for parameter in &after {
        if !seen.contains(&(parameter.place, parameter.name)) {
            let rule = if flag(parameter.body, "required") {
                Rule::RequiredParameterAdded
            } else {
                Rule::ParameterAdded
            };
            let is = summary(new, parameter);
            out.add(
                rule,
                at(subject, &location(parameter.body)),
                Value::Null,
                is,
            );
        }
    }
}

/// In paths it is the position that counts on the wire; the name only shows in
/// the client.
fn renamed_in_path<'a>(old: &'a str, new: &'a str) -> BTreeMap<&'a str, &'a str> {
    if templates::shape(old) != templates::shape(new) {
        return BTreeMap::new();
    }
    let names = |path| templates::names(path).unwrap_or_default();
    names(old)
        .into_iter()
        .zip(names(new))
        .filter(|(a, b)| a != b)
        .collect()
}

fn location(parameter: &Value) -> String {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or("?");
    format!("{}.{}", text("in"), text("name"))
}

fn summary(document: &Document, parameter: &Parameter<'_>) -> String {
    let schema = parameter.body.get("schema");
    let kind = schema.map_or_else(|| "value".to_owned(), |schema| describe(document, schema));
    let required = flag(parameter.body, "required");
    format!("{kind}, {}", if required { "required" } else { "optional" })
}

pub(super) fn compare_parameter(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let location = location(old);
    let place = at(subject, &location);
    let rules = [Rule::ParameterNowRequired, Rule::ParameterNowOptional];
    out.add_requirement(rules, place, old, found);
    let (was, is) = (encoding(old), encoding(found));
    if was != is {
        out.add(Rule::ParameterEncodingChanged, place, was, is);
    }
    notes(subject, &location, old, found, out);
    if let (Some(was), Some(is)) = (schema(old), schema(found)) {
        Schemas::new(base, new, subject, Directions::REQUEST).compare(was, is, &location, out);
    }
}

fn schema(parameter: &Value) -> Option<&Value> {
    parameter.get("schema").or_else(|| {
        let (_, media) = entries(parameter, "content").next()?;
        media.get("schema")
    })
}

/// How a value is written, with what the format assumes where nothing is said.
fn encoding(parameter: &Value) -> Value {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let style = text("style").unwrap_or(match text("in") {
        Some("path" | "header") => "simple",
        _ => "form",
    });
    let explode = parameter.get("explode").and_then(Value::as_bool);
    let media: Vec<_> = entries(parameter, "content")
        .map(|(name, _)| name)
        .collect();
    json!({
        "style": style,
        "explode": explode.unwrap_or(style == "form"),
        "allowReserved": flag(parameter, "allowReserved"),
        "content": media,
    })
}
