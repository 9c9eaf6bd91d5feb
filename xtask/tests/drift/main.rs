//! Single edits of a small document and the one change that each must give.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

#[path = "../common/mod.rs"]
mod common;
mod operations;
mod schemas;
mod shapes;

use common::{run, small};
use serde_json::{Value, json};
use xtask::spec::{diff, load};

/// Class, kind, place, before and after of every change.
fn changes(before: &Value, after: &Value) -> Vec<String> {
    let read = |value: &Value| {
        load("test", value.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}"))
    };
    let drift = diff::compare(&read(before), &read(after));
    let line = |class: &str, c: &diff::Change| {
        let keyword = c.keyword.map(|k| format!(" {k}")).unwrap_or_default();
        format!(
            "{class} {} {}{keyword}: {} -> {}",
            c.kind(),
            c.place(),
            c.before,
            c.after
        )
    };
    let breaking = drift.breaking.iter().map(|c| line("B", c));
    breaking
        .chain(drift.additive.iter().map(|c| line("A", c)))
        .collect()
}

fn edited(edit: impl Fn(&mut Value)) -> Value {
    let mut value = small();
    edit(&mut value);
    value
}

/// The edit gives the first change; undoing it gives the second.
fn both_ways(edit: impl Fn(&mut Value), there: &str, back: &str) {
    let after = edited(edit);
    assert_eq!(changes(&small(), &after), [there]);
    assert_eq!(changes(&after, &small()), [back]);
}

fn schema<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    &mut value["components"]["schemas"][name]
}

fn property<'a>(value: &'a mut Value, name: &str, property: &str) -> &'a mut Value {
    &mut schema(value, name)["properties"][property]
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().shift_remove(key).unwrap();
}

fn get(value: &mut Value) -> &mut Value {
    &mut value["paths"]["/things/{id}"]["get"]
}

fn post(value: &mut Value) -> &mut Value {
    &mut value["paths"]["/things"]["post"]
}

#[test]
fn nothing_changes_nothing() {
    assert!(changes(&small(), &small()).is_empty());
}

#[test]
fn the_whole() {
    both_ways(
        |d| {
            d["servers"] =
                json!([{"url": "https://example.com/api"}, {"url": "https://two.example.com"}]);
        },
        r#"A server_added servers: null -> "https://two.example.com""#,
        r#"B server_removed servers: "https://two.example.com" -> null"#,
    );
    both_ways(
        |d| d["tags"] = json!([{"name": "A"}, {"name": "B"}, {"name": "C"}]),
        r#"A tag_added tags: null -> "C""#,
        r#"A tag_removed tags: "C" -> null"#,
    );
    both_ways(
        |d| d["info"]["version"] = json!("v3"),
        r#"A version_changed info.version: "v2" -> "v3""#,
        r#"A version_changed info.version: "v3" -> "v2""#,
    );
    both_ways(
        |d| d["components"]["securitySchemes"]["Bearer"]["scheme"] = json!("basic"),
        r#"B security_scheme_changed securitySchemes/Bearer: {"type":"http","scheme":"bearer"} -> {"type":"http","scheme":"basic"}"#,
        r#"B security_scheme_changed securitySchemes/Bearer: {"type":"http","scheme":"basic"} -> {"type":"http","scheme":"bearer"}"#,
    );
}

#[test]
fn exit_codes_by_threshold() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| {
        let path = dir.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.display().to_string()
    };
    let base = write("base.json", &small());
    let additive = write(
        "additive.json",
        &edited(|d| schema(d, "State")["enum"] = json!(["on", "off", "idle"])),
    );
    let breaking = write(
        "breaking.json",
        &edited(|d| remove(&mut d["paths"], "/things")),
    );
    let reworded = write(
        "reworded.json",
        &edited(|d| {
            d["info"]["title"] = json!("Another");
            get(d)["summary"] = json!("Reworded");
            schema(d, "Thing")["description"] = json!("New");
        }),
    );
    for (from, codes) in [
        (&base, [0, 0, 0]),
        (&reworded, [0, 0, 0]),
        (&additive, [1, 0, 0]),
        (&breaking, [1, 1, 0]),
    ] {
        for (threshold, code) in ["any", "breaking", "never"].iter().zip(codes) {
            let found = run(
                dir.path(),
                &[
                    "check-spec",
                    "--base",
                    &base,
                    "--from",
                    from,
                    "--fail-on",
                    threshold,
                ],
            );
            assert_eq!(
                (found.code, found.stderr.as_str()),
                (code, ""),
                "{from} {threshold}"
            );
        }
    }
    let empty = run(
        dir.path(),
        &[
            "check-spec",
            "--base",
            &base,
            "--from",
            &base,
            "--format",
            "json",
        ],
    );
    assert_eq!(
        empty.stdout,
        "{\n  \"breaking\": [],\n  \"additive\": []\n}\n"
    );
}
