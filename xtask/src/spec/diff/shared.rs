//! Comparison of what stands outside operations: schemas, shared
//! declarations, tags, servers, security.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Changes, Place, Subject};
use super::describe::describe;
use super::messages::{compare_request_body, compare_response};
use super::operations::compare_parameter;
use super::reach::Reach;
use super::rules::{Directions, Rule};
use super::schemas::{Schemas, changed};
use crate::spec::Document;

pub(super) fn compare(base: &Document, new: &Document, out: &mut Changes) {
    interface(base, new, out);
    security_schemes(base, new, out);
    declarations(base, new, out);
    schemas(base, new, out);
}

fn schemas(base: &Document, new: &Document, out: &mut Changes) {
    let (before, after) = (Reach::of(base), Reach::of(new));
    for (name, old) in base.components("schemas") {
        let subject = Subject::Schema(name.to_owned());
        if let Some(new_schema) = new.component("schemas", name) {
            let directions = before.common(&after, name);
            Schemas::new(base, new, &subject, directions).compare(old, new_schema, "", out);
        } else {
            let place = Place {
                subject: &subject,
                location: "",
                directions: before.directions(name),
            };
            out.add(Rule::SchemaRemoved, place, describe(base, old), Value::Null);
        }
    }
    for (name, schema) in new.components("schemas") {
        if base.component("schemas", name).is_none() {
            let subject = Subject::Schema(name.to_owned());
            let place = Place {
                subject: &subject,
                location: "",
                directions: after.directions(name),
            };
            out.add(Rule::SchemaAdded, place, Value::Null, describe(new, schema));
        }
    }
}

/// Declarations of the same name are compared once, here; operations that refer to them skip them.
/// Adding or removing one changes how the document is built, not the API.
fn declarations(base: &Document, new: &Document, out: &mut Changes) {
    for part in ["parameters", "requestBodies", "responses"] {
        for (name, old) in base.components(part) {
            let Some(other) = new.component(part, name) else {
                continue;
            };
            let subject = Subject::Component(format!("{part}/{name}"));
            let (old, other) = (base.resolve(old), new.resolve(other));
            match part {
                "parameters" => compare_parameter(base, new, &subject, old, other, out),
                "requestBodies" => compare_request_body(base, new, &subject, old, other, out),
                _ => compare_response(base, new, &subject, "", old, other, out),
            }
        }
    }
}

fn interface(base: &Document, new: &Document, out: &mut Changes) {
    let place = |location| Place {
        subject: &Subject::Interface,
        location,
        directions: Directions::BOTH,
    };
    changed(
        base.root().pointer("/info/version"),
        new.root().pointer("/info/version"),
        Rule::VersionChanged,
        place("info.version"),
        out,
    );
    for (list, key, added, removed) in [
        ("tags", Some("name"), Rule::TagAdded, Rule::TagRemoved),
        (
            "servers",
            Some("url"),
            Rule::ServerAdded,
            Rule::ServerRemoved,
        ),
        ("security", None, Rule::SecurityAdded, Rule::SecurityRemoved),
    ] {
        let (before, after) = (items(base.root(), list, key), items(new.root(), list, key));
        came_and_went(&before, &after, added, removed, place(list), out);
    }
}

fn security_schemes(base: &Document, new: &Document, out: &mut Changes) {
    for (name, old) in base.components("securitySchemes") {
        // One that came or went shows in the requirements that name it.
        if let Some(other) = new.component("securitySchemes", name) {
            let subject = Subject::Component(format!("securitySchemes/{name}"));
            let place = Place {
                subject: &subject,
                location: "",
                directions: Directions::BOTH,
            };
            changed(
                Some(old),
                Some(other),
                Rule::SecuritySchemeChanged,
                place,
                out,
            );
        }
    }
}

/// The items of a list, or one member of each.
pub(super) fn items(owner: &Value, list: &str, key: Option<&str>) -> Vec<Value> {
    let list = owner.get(list).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|item| match key {
            Some(key) => item.get(key).cloned(),
            None => Some(item.clone()),
        })
        .collect()
}

/// Reports what two lists do not have in common.
pub(super) fn came_and_went(
    before: &[Value],
    after: &[Value],
    added: Rule,
    removed: Rule,
    place: Place<'_>,
    out: &mut Changes,
) {
    let texts =
        |values: &[Value]| -> BTreeSet<String> { values.iter().map(Value::to_string).collect() };
    let (old, new) = (texts(before), texts(after));
    for value in before.iter().filter(|v| !new.contains(&v.to_string())) {
        out.add(removed, place, value.clone(), Value::Null);
    }
    for value in after.iter().filter(|v| !old.contains(&v.to_string())) {
        out.add(added, place, Value::Null, value.clone());
    }
}
