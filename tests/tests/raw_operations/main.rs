//! Every operation of the interface over a real socket: what leaves the process, and what becomes
//! of the answers.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;

use neon_api_raw::{Error, InvalidRequest, Route};
use neon_api_tests::call::{self, BY_HAND, Reply, call};
use neon_api_tests::compare::differences;
use neon_api_tests::sampled::{self, Options, Request};
use neon_api_tests::server::{Seen, Server};
use neon_api_tests::spec;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

mod answers;
mod bodies;
mod lenient;
mod requests;
mod segments;

const NEW_VALUE: &str = "zz_new_value";
const NEW_FIELD: &str = "zz_new_field";

/// Everything that is wrong is told at once.
fn assert_none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn samplings() -> [(&'static str, Options); 4] {
    [
        ("all fields", Options::default()),
        ("all fields, other values", Options::default().seed(1)),
        ("required fields", Options::default().required_only()),
        (
            "required fields, other values",
            Options::default().required_only().seed(1),
        ),
    ]
}

/// Prepares a success of the operation.
fn answer(server: &Server, operation: &spec::Operation, options: &Options) {
    let (status, body) = operation.successes().next().expect("a success");
    match body {
        Some(body) if body.is_json() => {
            let (status, value) = sampled::answer(operation, options);
            server.answer_json(status, &value);
        }
        Some(body) => server.answer(status, body.media_type, "bytes"),
        None => server.answer(status, "application/json", ""),
    }
}

#[test]
fn every_operation_of_the_interface_can_be_called() {
    let declared: BTreeSet<&str> = spec::operations().iter().map(|o| o.id).collect();
    assert_eq!(
        declared.len(),
        spec::operations().len(),
        "an id occurs twice"
    );
    let called: BTreeSet<&str> = call::ids().collect();
    assert_eq!(called, declared);
    assert_eq!(
        call::ids().count(),
        declared.len(),
        "an operation has two methods"
    );
}

#[test]
fn the_table_of_operations_says_what_the_interface_says() {
    assert_eq!(neon_api_raw::routes::ALL.len(), spec::operations().len());
    for declared in spec::operations() {
        let known = Route::by_id(declared.id).expect(declared.id);
        assert_eq!(known.method, declared.method, "{}", declared.id);
        assert_eq!(known.path, declared.path, "{}", declared.id);
        assert_eq!(declared.node["tags"][0], known.tag, "{}", declared.id);
        let deprecated = declared.node.get("deprecated") == Some(&Value::Bool(true));
        assert_eq!(known.deprecated, deprecated, "{}", declared.id);
        let stability = declared
            .node
            .get("x-stability-level")
            .and_then(Value::as_str);
        assert_eq!(
            known.stability,
            stability.unwrap_or_default(),
            "{}",
            declared.id
        );
    }
}

/// The value with each union below it in turn as each of its variants, and as one that is unknown.
fn with_variants(schema: &'static Value, value: &Value, options: &Options) -> Vec<Value> {
    let mut unions = Vec::new();
    spec::visit(schema, &mut value.clone(), &mut |place, _| {
        unions.extend(
            place
                .tag
                .map(|tag| (place.pointer.clone(), place.schema, tag)),
        );
    });
    let mut out = Vec::new();
    for (pointer, schema, tag) in unions {
        let mut variants: Vec<Value> = spec::tags(schema)
            .map(|kind| {
                let target = json!({ "$ref": schema["discriminator"]["mapping"][kind] });
                let mut variant = sampled::value(&target, options);
                variant[tag] = kind.into();
                variant
            })
            .collect();
        variants.push(json!({ tag: NEW_VALUE, NEW_FIELD: [1, { "a": null }] }));
        for variant in variants {
            let mut changed = value.clone();
            *changed.pointer_mut(&pointer).unwrap() = variant;
            out.push(changed);
        }
    }
    out
}
