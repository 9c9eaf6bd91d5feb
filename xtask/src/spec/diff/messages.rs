//! Comparison of what operations send and receive: bodies and responses.

use serde_json::Value;

use super::change::{Changes, Subject};
use super::describe::describe;
use super::headers;
use super::operations::at;
use super::rules::{Directions, Rule};
use super::schemas::Schemas;
use crate::spec::Document;
use crate::spec::document::{entries, flag, last_segment, reference};

pub(super) fn request_body(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let place = at(subject, "body");
    match (old.get("requestBody"), found.get("requestBody")) {
        (Some(old), Some(found)) => {
            if !same_declaration(old, found) {
                let (old, found) = (base.resolve(old), new.resolve(found));
                compare_request_body(base, new, subject, old, found, out);
            }
        }
        (Some(old), None) => {
            let was = bodies(base, base.resolve(old));
            out.add(Rule::BodyRemoved, place, was, Value::Null);
        }
        (None, Some(found)) => {
            let found = new.resolve(found);
            let rule = if flag(found, "required") {
                Rule::RequiredBodyAdded
            } else {
                Rule::BodyAdded
            };
            out.add(rule, place, Value::Null, bodies(new, found));
        }
        (None, None) => {}
    }
}

fn same_declaration(old: &Value, new: &Value) -> bool {
    let name = |value| reference(value).and_then(last_segment);
    name(old).is_some() && name(old) == name(new)
}

pub(super) fn compare_request_body(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let place = at(subject, "body");
    let rules = [Rule::BodyNowRequired, Rule::BodyNowOptional];
    out.add_requirement(rules, place, old, found);
    let comparison = Content {
        base,
        new,
        subject,
        directions: Directions::REQUEST,
        other_type: Rule::BodyTypeChanged,
        media_added: Rule::BodyMediaTypeAdded,
        media_removed: Rule::BodyMediaTypeRemoved,
    };
    comparison.compare(old, found, "body", out);
    let encodings = |body| -> Value {
        entries(body, "content")
            .filter_map(|(name, media)| Some((name.to_owned(), media.get("encoding")?.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let (was, is) = (encodings(old), encodings(found));
    if was != is {
        out.add(Rule::BodyEncodingChanged, place, was, is);
    }
}

pub(super) fn responses(
    base: &Document,
    new: &Document,
    subject: &Subject,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let success = |status: &str| status.starts_with(['1', '2', '3']);
    let other = |status: &str| found.get("responses").and_then(|r| r.get(status));
    for (status, response) in entries(old, "responses") {
        match other(status) {
            Some(found) if same_declaration(response, found) => {}
            Some(found) => {
                let (response, found) = (base.resolve(response), new.resolve(found));
                compare_response(base, new, subject, status, response, found, out);
            }
            None => {
                let rule = if success(status) {
                    Rule::SuccessRemoved
                } else {
                    Rule::ErrorRemoved
                };
                let was = bodies(base, base.resolve(response));
                out.add(rule, at(subject, status), was, Value::Null);
            }
        }
    }
    for (status, response) in entries(found, "responses") {
        if old.get("responses").and_then(|r| r.get(status)).is_none() {
            let rule = if success(status) {
                Rule::SuccessAdded
            } else {
                Rule::ErrorAdded
            };
            let is = bodies(new, new.resolve(response));
            out.add(rule, at(subject, status), Value::Null, is);
        }
    }
}

pub(super) fn compare_response(
    base: &Document,
    new: &Document,
    subject: &Subject,
    status: &str,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let comparison = Content {
        base,
        new,
        subject,
        directions: Directions::RESPONSE,
        other_type: Rule::ResponseTypeChanged,
        media_added: Rule::ResponseMediaTypeAdded,
        media_removed: Rule::ResponseMediaTypeRemoved,
    };
    comparison.compare(old, found, status, out);
    headers::compare(base, new, subject, status, old, found, out);
}

/// The bodies of one message in all formats, in a few words.
fn bodies(document: &Document, message: &Value) -> String {
    let all: Vec<_> = entries(message, "content")
        .map(|(name, media)| match media.get("schema") {
            Some(schema) => format!("{name}: {}", describe(document, schema)),
            None => name.to_owned(),
        })
        .collect();
    if all.is_empty() {
        "no body".to_owned()
    } else {
        all.join(", ")
    }
}

/// Comparison of the bodies of a message, format by format.
struct Content<'a> {
    base: &'a Document,
    new: &'a Document,
    subject: &'a Subject,
    directions: Directions,
    other_type: Rule,
    media_added: Rule,
    media_removed: Rule,
}

impl Content<'_> {
    fn compare(&self, old: &Value, found: &Value, location: &str, out: &mut Changes) {
        let place = at(self.subject, location);
        let has_body = |message| entries(message, "content").next().is_some();
        if has_body(old) != has_body(found) {
            let (was, is) = (bodies(self.base, old), bodies(self.new, found));
            out.add(self.other_type, place, was, is);
            return;
        }
        for (name, before) in entries(old, "content") {
            let Some(after) = found.get("content").and_then(|c| c.get(name)) else {
                out.add(self.media_removed, place, name, Value::Null);
                continue;
            };
            match (before.get("schema"), after.get("schema")) {
                (Some(before), Some(after)) => {
                    Schemas::new(self.base, self.new, self.subject, self.directions)
                        .naming(self.other_type)
                        .compare(before, after, location, out);
                }
                (None, None) => {}
                _ => {
                    let (was, is) = (bodies(self.base, old), bodies(self.new, found));
                    out.add(self.other_type, place, was, is);
                }
            }
        }
        for (name, _) in entries(found, "content") {
            if !entries(old, "content").any(|(other, _)| other == name) {
                out.add(self.media_added, place, Value::Null, name);
            }
        }
    }
}
