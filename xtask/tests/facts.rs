//! That the reduction drops prose and nothing else, and that the canonical
//! form is one.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use common::{json_data, small};
use serde_json::{Map, Value, json};
use xtask::spec::{Document, counts::Counts, diff, load};

fn document(value: &Value) -> Document {
    load("test", value.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}"))
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Counted without the tool's own walk, by the names of keywords alone.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    operations: usize,
    parameters: usize,
    properties: usize,
    values: usize,
    required: usize,
}

fn count(value: &Value, in_names: bool, out: &mut Naive) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| count(item, false, out)),
        Value::Object(map) => {
            for (key, child) in map {
                if !in_names {
                    let len = child.as_array().map_or(0, Vec::len);
                    match key.as_str() {
                        "properties" => out.properties += child.as_object().map_or(0, Map::len),
                        "enum" => out.values += len,
                        "parameters" => out.parameters += len,
                        "required" => out.required += len,
                        key if METHODS.contains(&key) => out.operations += 1,
                        "example" | "examples" | "default" => continue,
                        _ => {}
                    }
                }
                let names = ["properties", "schemas", "mapping", "responses", "paths"];
                count(child, !in_names && names.contains(&key.as_str()), out);
            }
        }
        _ => {}
    }
}

fn naive(value: &Value) -> Naive {
    let mut out = Naive::default();
    count(value, false, &mut out);
    out
}

#[test]
fn nothing_is_lost() {
    for name in [
        "upstream-june.json",
        "upstream-november.json",
        "upstream-late-november.json",
    ] {
        let source = json_data(name);
        let reduced = document(&source);
        assert_eq!(naive(&source), naive(reduced.root()), "{name}");
        let counts = Counts::of(reduced.root());
        assert_eq!(Counts::of(&source), counts, "{name}");
        assert_eq!(counts.operations, naive(&source).operations, "{name}");
        let schemas = source.pointer("/components/schemas").unwrap();
        assert_eq!(counts.schemas, schemas.as_object().unwrap().len(), "{name}");
    }
}

/// Puts prose wherever the format allows it.
fn annotate(value: &mut Value, in_names: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| annotate(item, false)),
        Value::Object(map) => {
            let is_data = |key: &str| {
                matches!(
                    key,
                    "default" | "enum" | "required" | "security" | "x-sensitive"
                )
            };
            for (key, child) in map.iter_mut() {
                if in_names || !is_data(key) {
                    let names = [
                        "properties",
                        "schemas",
                        "mapping",
                        "responses",
                        "paths",
                        "parameters",
                        "content",
                        "headers",
                        "securitySchemes",
                        "requestBodies",
                    ];
                    annotate(child, !in_names && names.contains(&key.as_str()));
                }
            }
            if !in_names && !map.contains_key("mapping") {
                for key in ["description", "summary", "example", "x-noise"] {
                    map.insert(key.to_owned(), json!("wording <of> `upstream`"));
                }
                map.insert(
                    "externalDocs".to_owned(),
                    json!({"url": "https://example.com"}),
                );
            }
        }
        _ => {}
    }
}

#[test]
fn prose_is_no_fact() {
    for name in [
        "upstream-june.json",
        "upstream-november.json",
        "upstream-late-november.json",
    ] {
        let plain = json_data(name);
        let mut wordy = plain.clone();
        annotate(&mut wordy, false);
        assert!(wordy.to_string().len() > 2 * plain.to_string().len());
        let (plain, wordy) = (document(&plain), document(&wordy));
        assert_eq!(plain.to_text(), wordy.to_text());
        assert!(diff::compare(&plain, &wordy).is_empty());
    }
}

/// Small, seeded, good enough to mix keys.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }
}

/// Shuffles what has no order: keys anywhere, and sets.
fn shuffled(value: &Value, key: &str, random: &mut Random) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .iter()
                .map(|(key, child)| (key.clone(), shuffled(child, key, random)))
                .collect();
            random.shuffle(&mut entries);
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items
                .iter()
                .map(|item| shuffled(item, "", random))
                .collect();
            if matches!(key, "required" | "tags" | "parameters" | "x-sensitive") {
                random.shuffle(&mut items);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[test]
fn one_form_whatever_the_order() {
    let real = json_data("upstream-november.json");
    for (source, rounds) in [(small(), 60), (real, 2)] {
        let expected = document(&source).to_text();
        for seed in 0..rounds {
            let mixed = shuffled(&source, "", &mut Random(seed));
            assert_eq!(document(&mixed).to_text(), expected, "seed {seed}");
            let differences = diff::compare(&document(&source), &document(&mixed));
            assert!(differences.is_empty());
        }
    }
}

#[test]
fn the_form_of_the_form_is_itself() {
    for source in [
        small(),
        json_data("upstream-june.json"),
        json_data("upstream-november.json"),
    ] {
        let once = document(&source).to_text();
        let twice = load("test", once.as_bytes()).unwrap().to_text();
        assert_eq!(once, twice);
    }
}

#[test]
fn reading_order() {
    let text = document(&small()).to_text();
    let expected = r##"      "get": {
        "operationId": "getThing",
        "tags": [
          "A"
        ],
        "parameters": [
          {
            "name": "fields",
            "in": "query",
            "schema": {
              "type": "array",
              "items": {
                "type": "string"
              }
            }
          },
          {
            "$ref": "#/components/parameters/Limit"
          }
        ],
        "responses": {
          "200": {
            "description": "OK",
            "headers": {"##;
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("prose"));
    assert!(
        text.contains("\"title\": {\n            \"type\": \"string\"\n          }"),
        "{text}"
    );
}
