//! `check-docs`.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use std::fs;

use common::{Run, run, small};
use serde_json::{Value, json};

fn operations() -> Value {
    json!({
        "getThing": {
            "summary": "Reads a `thing`.",
            "parameters": {"id": "Which.", "limit": "How many.", "fields": "What of it."},
            "response": {"parts.title": "Of a part.", "labels.*": "Any label."},
        },
        "updateThing": {
            "summary": "Changes a thing.", "description": "All of it.",
            "parameters": {"id": "Which."}, "body": {"nested.deep": "Far down."},
        },
        "createThing": {"summary": "Makes one.", "body": {"both": "w", "both.a": "x", "title": "y"}},
    })
}

fn schemas() -> Value {
    let mut map = serde_json::Map::new();
    for (name, schema) in small()["components"]["schemas"].as_object().unwrap() {
        let mut properties = serde_json::Map::new();
        describe(schema, "", &mut properties);
        let summary = format!("A {name}.");
        map.insert(
            name.clone(),
            json!({"summary": summary, "properties": properties}),
        );
    }
    // Texts may reach through references.
    map["Thing"]["properties"]["parts[].id"] = json!("Of a part.");
    map["Thing"]["properties"]["form.radius"] = json!("If round.");
    Value::Object(map)
}

fn describe(schema: &Value, prefix: &str, out: &mut serde_json::Map<String, Value>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        describe(property, &format!("{path}."), out);
        out.insert(path, json!("What it is."));
    }
}

fn check(operations: &Value, schemas: &Value) -> Run {
    check_of(&small(), operations, schemas)
}

fn check_of(document: &Value, operations: &Value, schemas: &Value) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("input.json");
    fs::write(&input, document.to_string()).unwrap();
    run(
        dir.path(),
        &["regen-spec", "--from", input.to_str().unwrap()],
    );
    fs::write(
        dir.path().join("docs.operations.json"),
        operations.to_string(),
    )
    .unwrap();
    fs::write(dir.path().join("docs.schemas.json"), schemas.to_string()).unwrap();
    run(dir.path(), &["check-docs"])
}

#[test]
fn complete_texts_pass() {
    let run = check(&operations(), &schemas());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// One edit gives exactly one line.
fn complains(edit: impl Fn(&mut Value, &mut Value), expected: &str) {
    let (mut operations, mut schemas) = (operations(), schemas());
    edit(&mut operations, &mut schemas);
    let run = check(&operations, &schemas);
    assert_eq!(run.code, 1, "{expected}");
    assert_eq!(run.only_line(), expected);
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().shift_remove(key).unwrap();
}

#[test]
fn missing_texts() {
    complains(
        |o, _| remove(o, "getThing"),
        "docs.operations.json: getThing: the operation has no text",
    );
    complains(
        |o, _| remove(&mut o["getThing"], "summary"),
        "docs.operations.json: getThing: the operation has no text",
    );
    complains(
        |o, _| remove(&mut o["updateThing"], "parameters"),
        "docs.operations.json: updateThing.parameters.id: the parameter has no text",
    );
    complains(
        |o, _| remove(&mut o["getThing"]["parameters"], "limit"),
        "docs.operations.json: getThing.parameters.limit: the parameter has no text",
    );
    complains(
        |_, s| remove(s, "Both"),
        "docs.schemas.json: Both: the schema has no text",
    );
    complains(
        |_, s| remove(&mut s["Both"], "summary"),
        "docs.schemas.json: Both: the schema has no text",
    );
    complains(
        |_, s| remove(&mut s["Thing"]["properties"], "title"),
        "docs.schemas.json: Thing.properties.title: the property has no text",
    );
    complains(
        |o, _| remove(&mut o["createThing"]["body"], "both"),
        "docs.operations.json: createThing.body.both: the property has no text",
    );
}

/// Each object and enum that stands inside another schema becomes a type, which needs a text.
#[test]
fn missing_texts_on_what_is_defined_in_place() {
    complains(
        |_, s| remove(&mut s["Both"]["properties"], "e"),
        "docs.schemas.json: Both.properties.e: the type in place has no text",
    );
    complains(
        |_, s| remove(&mut s["ThingUpdate"]["properties"], "nested"),
        "docs.schemas.json: ThingUpdate.properties.nested: the type in place has no text",
    );

    let mut document = small();
    let row = json!({"type": "object", "properties": {"kind": {"type": "string", "enum": ["x"]}}});
    document["components"]["schemas"]["Unused"]["properties"]["rows"] =
        json!({"type": "array", "items": row});
    let body = &mut document["paths"]["/things"]["post"]["requestBody"];
    let parts = &mut body["content"]["application/json"]["schema"]["allOf"];
    parts[1]["properties"]["row"] = row;
    let (mut operations, mut schemas) = (operations(), schemas());
    let missing = check_of(&document, &operations, &schemas);
    let lines: Vec<_> = missing.stderr.lines().collect();
    assert_eq!(
        lines,
        [
            "docs.operations.json: createThing.body.row: the type in place has no text",
            "docs.operations.json: createThing.body.row.kind: the type in place has no text",
            "docs.schemas.json: Unused.properties.rows: the property has no text",
            "docs.schemas.json: Unused.properties.rows[]: the type in place has no text",
            "docs.schemas.json: Unused.properties.rows[].kind: the type in place has no text",
        ]
    );
    operations["createThing"]["body"]["row"] = json!("A row.");
    operations["createThing"]["body"]["row.kind"] = json!("Its kind.");
    // An item may have the text of its array.
    schemas["Unused"]["properties"] = json!({"x": "w", "rows": "x", "rows[].kind": "y"});
    let run = check_of(&document, &operations, &schemas);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn stale_texts() {
    complains(
        |o, _| o["gone"] = json!({"summary": "x"}),
        "docs.operations.json: gone: no such operation",
    );
    complains(
        |o, _| o["createThing"]["parameters"] = json!({"id": "x"}),
        "docs.operations.json: createThing.parameters.id: no such parameter",
    );
    complains(
        |o, _| o["updateThing"]["body"]["nested.gone"] = json!("x"),
        "docs.operations.json: updateThing.body.nested.gone: the body has no such property",
    );
    complains(
        |o, _| o["getThing"]["body"] = json!({"title": "x"}),
        "docs.operations.json: getThing.body.title: the body has no such property",
    );
    complains(
        |o, _| o["getThing"]["response"]["gone"] = json!("x"),
        "docs.operations.json: getThing.response.gone: no response has such a property",
    );
    complains(
        |_, s| s["Gone"] = json!({"summary": "x"}),
        "docs.schemas.json: Gone: no such schema",
    );
    complains(
        |_, s| s["Both"]["properties"]["c"] = json!("x"),
        "docs.schemas.json: Both.properties.c: no such property",
    );
}

#[test]
fn badly_written_texts() {
    for (text, what) in [
        ("two\nlines", "the text has more than one line"),
        ("an `open tick", "a backtick has no partner"),
        ("a Vec<u8>", "`<` begins HTML in rustdoc"),
    ] {
        complains(
            |o, _| o["getThing"]["summary"] = json!(text),
            &format!("docs.operations.json: getThing.summary: {what}"),
        );
        complains(
            |o, _| o["getThing"]["parameters"]["id"] = json!(text),
            &format!("docs.operations.json: getThing.parameters.id: {what}"),
        );
        complains(
            |_, s| s["Thing"]["properties"]["id"] = json!(text),
            &format!("docs.schemas.json: Thing.properties.id: {what}"),
        );
    }
    complains(
        |o, _| o["getThing"]["sumary"] = json!("x"),
        "docs.operations.json: getThing.sumary: no such kind of text",
    );
    complains(
        |_, s| s["Thing"]["properties"] = json!([]),
        "docs.schemas.json: Thing.properties: is not an object",
    );
    complains(
        |_, s| s["Thing"]["description"] = json!(1),
        "docs.schemas.json: Thing.description: is not a string",
    );
}

#[test]
fn without_files_nothing_can_be_checked() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &["check-docs"]).code, 2);
    fs::write(dir.path().join("v2.json"), small().to_string()).unwrap();
    let missing = run(dir.path(), &["check-docs"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing
            .only_line()
            .ends_with("docs.operations.json: could not read: no such file")
    );
}
