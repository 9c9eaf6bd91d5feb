//! The exchanges that the API's public documentation shows.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use neon_api_tests::call::{Arguments, call};
use neon_api_tests::compare::differences;
use neon_api_tests::sampled::{self, Options};
use neon_api_tests::server::{Server, pairs};
use neon_api_tests::spec;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
struct Fixture {
    operation_id: String,
    method: String,
    path: String,
    request_target: Option<String>,
    request: Option<Value>,
    status: u16,
    response: Value,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap();
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
        })
        .collect()
}

impl Fixture {
    fn operation(&self) -> &'static spec::Operation {
        let operation = spec::operation(&self.operation_id);
        assert_eq!(
            (self.method.as_str(), self.path.as_str()),
            (operation.method.as_str(), operation.path)
        );
        operation
    }

    /// What the published request says; what it leaves out is sampled.
    fn arguments(&self) -> Arguments {
        let operation = self.operation();
        let mut arguments = sampled::request(operation, &Options::default().required_only())
            .arguments
            .0;
        if let Some(target) = &self.request_target {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            for (template, segment) in operation.path.split('/').zip(path.split('/')) {
                if let Some(name) = template.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
                    let text = percent_decode_str(segment).decode_utf8().unwrap();
                    arguments.insert(name.to_owned(), sampled::typed(operation, name, &text));
                }
            }
            for (name, text) in pairs(query) {
                let value = sampled::typed(operation, &name, &text);
                arguments.insert(name, value);
            }
        }
        if let Some(body) = &self.request {
            arguments.insert("body".to_owned(), body.clone());
        }
        Arguments(arguments)
    }
}

#[test]
fn there_is_a_fixture_for_the_core_of_the_interface() {
    let tags: BTreeSet<String> = fixtures()
        .iter()
        .map(|f| f.operation().node["tags"][0].as_str().unwrap().to_owned())
        .collect();
    for tag in ["API Key", "Branch", "Endpoint", "Operation", "Project"] {
        assert!(tags.contains(tag), "{tag} is missing in {tags:?}");
    }
}

#[tokio::test]
async fn published_exchanges_are_sent_and_read() {
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    for fixture in fixtures() {
        let id = &fixture.operation_id;
        server.answer_json(fixture.status, &fixture.response);
        let reply = match call(&client, id, &fixture.arguments()).await {
            Ok(reply) => reply,
            Err(failure) => {
                faults.push(format!("{id}: {failure:?}"));
                continue;
            }
        };
        assert_eq!(reply.status.as_u16(), fixture.status);
        let seen = server.taken_one();
        assert_eq!(seen.method, fixture.method);
        if let Some(target) = &fixture.request_target {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            assert_eq!(seen.path, path);
            assert_eq!(seen.query, pairs(query));
        }
        if let Some(body) = &fixture.request {
            assert_eq!(differences(body, &seen.json()), [""; 0], "{id}");
        }
        let (_, schema) = fixture.operation().json_success().unwrap();
        let mut known = fixture.response.clone();
        drop_unknown(schema, &mut known);
        faults.extend(
            differences(&known, &reply.value)
                .iter()
                .map(|f| format!("{id}: {f}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Takes out what the interface does not name, and the `null` of what may be left out.
fn drop_unknown(schema: &'static Value, value: &mut Value) {
    let mut known: Vec<String> = Vec::new();
    spec::visit(schema, value, &mut |place, value| {
        let may_lack = place.is_nullable() && value.is_null();
        if !may_lack {
            known.push(place.pointer.clone());
        }
    });
    retain(value, "", &known.into_iter().collect());
}

fn retain(value: &mut Value, at: &str, known: &BTreeSet<String>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(object) => {
            let all: Map<String, Value> = std::mem::take(object);
            for (name, mut value) in all {
                let at = below(&name);
                if known.contains(&at) {
                    retain(&mut value, &at, known);
                    object.insert(name, value);
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                retain(value, &below(&index.to_string()), known);
            }
        }
        _ => {}
    }
}

/// An answer that lacks what the interface requires would fail to decode: the rule that relaxes
/// such properties has to know them.
#[test]
fn published_answers_hold_all_that_the_interface_requires() {
    let mut missing = BTreeSet::new();
    for mut fixture in fixtures() {
        let (_, schema) = fixture.operation().json_success().unwrap();
        spec::visit(schema, &mut fixture.response, &mut |place, value| {
            let required = place.schema.get("required").and_then(Value::as_array);
            for name in required.into_iter().flatten().filter_map(Value::as_str) {
                if value.get(name).is_none() {
                    missing.insert(format!("{}: {}.{name}", fixture.operation_id, place.owner));
                }
            }
        });
    }
    assert_eq!(missing, BTreeSet::new());
}
