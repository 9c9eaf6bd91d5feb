//! The vendored document, and the rules that fit it to the generator: nothing of the interface is
//! lost on the way.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::{BTreeMap, BTreeSet};

use neon_api_codegen::rules::{self, Normal, Purpose};
use neon_api_codegen::{docs, names};
use serde_json::{Value, json};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

fn document() -> Value {
    serde_json::from_str(neon_api_raw::openapi::V2_JSON).unwrap()
}

fn normal(purpose: Purpose) -> Normal {
    let mut document = document();
    docs::apply(&mut document, &Value::Null, &Value::Null);
    rules::normalize(document, purpose).unwrap()
}

/// A document with what was taken out of it.
struct Interface<'a> {
    document: &'a Value,
    enums: BTreeMap<String, Vec<String>>,
    /// Variants by the name of the union: value of the tag, and component.
    unions: BTreeMap<String, Vec<(String, String)>>,
}

impl<'a> Interface<'a> {
    fn of(document: &'a Value) -> Self {
        Self {
            document,
            enums: BTreeMap::new(),
            unions: BTreeMap::new(),
        }
    }

    fn of_normal(normal: &'a Normal) -> Self {
        let values = |values: &[(String, String)]| values.iter().map(|(_, v)| v.clone()).collect();
        let component = |rust: &str| {
            let schemas = normal.document["components"]["schemas"]
                .as_object()
                .unwrap();
            let name = schemas.keys().find(|name| names::type_name(name) == rust);
            name.unwrap_or_else(|| panic!("no component {rust}"))
                .clone()
        };
        let enums = normal
            .enums
            .iter()
            .map(|e| (e.name.clone(), values(&e.values)));
        let unions = normal.unions.iter().map(|u| {
            let variants = u
                .variants
                .iter()
                .map(|(_, value, rust)| (value.clone(), component(rust)));
            (u.name.clone(), variants.collect())
        });
        Self {
            document: &normal.document,
            enums: enums.collect(),
            unions: unions.collect(),
        }
    }

    fn resolve(&self, node: &'a Value) -> &'a Value {
        match node["$ref"].as_str() {
            None => node,
            Some(target) => self.resolve(self.document.pointer(&target[1..]).unwrap()),
        }
    }

    /// Every fact about a schema that a caller meets: properties by path, types, enum values.
    fn facts(
        &self,
        node: &'a Value,
        at: &str,
        inside: &mut Vec<String>,
        out: &mut BTreeSet<String>,
    ) {
        if let Some(target) = node["$ref"].as_str() {
            let name = names::type_name(target.rsplit('/').next().unwrap());
            if inside.contains(&name) {
                out.insert(format!("{at} is {name} again"));
                return;
            }
            for value in self.enums.get(&name).into_iter().flatten() {
                out.insert(format!("{at} = {value:?}"));
            }
            if let Some(variants) = self.unions.get(&name) {
                for (tag, component) in variants {
                    let node = &self.document["components"]["schemas"][component];
                    inside.push(name.clone());
                    self.facts(node, &format!("{at}<{tag}>"), inside, out);
                    inside.pop();
                }
                return;
            }
            inside.push(name);
            self.facts(self.resolve(node), at, inside, out);
            inside.pop();
            return;
        }
        for value in node["enum"].as_array().into_iter().flatten() {
            out.insert(format!("{at} = {value}"));
        }
        for part in node["allOf"].as_array().into_iter().flatten() {
            self.facts(part, at, inside, out);
        }
        if node.get("oneOf").is_some() {
            for (tag, target) in node["discriminator"]["mapping"].as_object().unwrap() {
                let component = target.as_str().unwrap().rsplit('/').next().unwrap();
                let node = &self.document["components"]["schemas"][component];
                self.facts(node, &format!("{at}<{tag}>"), inside, out);
            }
            return;
        }
        if let Some(kind) = node["type"].as_str() {
            out.insert(format!("{at}: {kind}"));
        }
        for (name, node) in node["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            out.insert(at.clone());
            self.facts(node, &at, inside, out);
        }
        if let Some(items) = node.get("items") {
            self.facts(items, &format!("{at}[]"), inside, out);
        }
        if let Some(entries) = node.get("additionalProperties").filter(|e| e.is_object()) {
            self.facts(entries, &format!("{at}.*"), inside, out);
        }
    }

    /// The facts about each operation: its parameters, its body, its success.
    fn operations(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut operations = BTreeMap::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for method in METHODS {
                let Some(node) = item.get(method) else {
                    continue;
                };
                let mut out = BTreeSet::from([format!("{method} {path}")]);
                for parameter in [item, node]
                    .iter()
                    .filter_map(|n| n["parameters"].as_array())
                    .flatten()
                {
                    self.parameter(self.resolve(parameter), &mut out);
                }
                self.media(&node["requestBody"], "body", &mut out);
                for (status, answer) in node["responses"].as_object().unwrap() {
                    if status.starts_with('2') {
                        self.media(self.resolve(answer), "answer", &mut out);
                    }
                }
                operations.insert(node["operationId"].as_str().unwrap().to_owned(), out);
            }
        }
        operations
    }

    fn parameter(&self, parameter: &'a Value, out: &mut BTreeSet<String>) {
        let name = parameter["name"].as_str().unwrap();
        let location = parameter["in"].as_str().unwrap();
        let schema = self.resolve(&parameter["schema"]);
        if name == "query" && schema.get("properties").is_some() {
            // The object that the optional ones were folded into.
            for (name, node) in schema["properties"].as_object().unwrap() {
                let folded = json!({ "name": name, "in": location });
                self.named(&folded, node, out);
            }
        } else {
            self.named(parameter, &parameter["schema"], out);
        }
    }

    fn named(&self, parameter: &Value, schema: &'a Value, out: &mut BTreeSet<String>) {
        let required = if parameter["required"] == true {
            "!"
        } else {
            ""
        };
        let at = format!(
            "{} {}",
            parameter["in"].as_str().unwrap(),
            parameter["name"].as_str().unwrap()
        );
        out.insert(format!("{at}{required}"));
        self.facts(schema, &at, &mut Vec::new(), out);
    }

    fn media(&self, node: &'a Value, what: &str, out: &mut BTreeSet<String>) {
        for (media, content) in node["content"].as_object().into_iter().flatten() {
            self.facts(
                &content["schema"],
                &format!("{what} {media} "),
                &mut Vec::new(),
                out,
            );
        }
    }

    /// The facts about each component.
    fn components(&self) -> BTreeMap<String, BTreeSet<String>> {
        let components = self.document["components"]["schemas"].as_object().unwrap();
        components
            .keys()
            .map(|name| {
                let mut out = BTreeSet::new();
                let reference: &'static Value = Box::leak(Box::new(
                    json!({ "$ref": format!("#/components/schemas/{name}") }),
                ));
                self.facts(reference, "", &mut Vec::new(), &mut out);
                (names::type_name(name), out)
            })
            .collect()
    }
}

const PURPOSES: [Purpose; 2] = [Purpose::Client, Purpose::Mocks];

#[test]
fn the_rules_lose_no_operation_parameter_property_or_enum_value() {
    let document = document();
    let before = Interface::of(&document).operations();
    let facts: usize = before.values().map(BTreeSet::len).sum();
    assert!(facts > 5_000, "{facts} facts");
    for purpose in PURPOSES {
        let normal = normal(purpose);
        let mut after = Interface::of_normal(&normal).operations();
        for id in &normal.by_hand {
            let generated = after.insert(id.clone(), before[id].clone());
            assert!(generated.is_none(), "{id} is generated and written by hand");
        }
        assert_eq!(normal.by_hand.len(), 1, "{:?}", normal.by_hand);
        assert!(before.keys().eq(after.keys()));
        for (id, before) in &before {
            let mut lost: Vec<_> = before.difference(&after[id]).collect();
            let gained: Vec<_> = after[id].difference(before).collect();
            if purpose == Purpose::Mocks {
                // Lists in a query have no one text that a mock could compare.
                lost.retain(|fact| !is_of_list_in_query(fact, before));
            }
            assert!(lost.is_empty(), "{id} lost {lost:#?} for {purpose:?}");
            assert!(gained.is_empty(), "{id} gained {gained:#?} for {purpose:?}");
        }
    }
}

fn is_of_list_in_query(fact: &str, facts: &BTreeSet<String>) -> bool {
    let is_end = |c: char| matches!(c, '!' | ':' | '[');
    let parameter = fact.split(is_end).next().unwrap_or_default();
    parameter.starts_with("query ") && facts.contains(&format!("{parameter}: array"))
}

#[test]
fn the_rules_lose_nothing_of_the_components() {
    let document = document();
    let before = Interface::of(&document).components();
    for purpose in PURPOSES {
        let normal = normal(purpose);
        let after = Interface::of_normal(&normal).components();
        for (name, before) in &before {
            let lost: Vec<_> = before.difference(&after[name]).collect();
            assert!(lost.is_empty(), "{name} lost {lost:#?} for {purpose:?}");
        }
    }
}

#[test]
fn every_enum_and_union_taken_out_is_replaced() {
    for purpose in PURPOSES {
        let normal = normal(purpose);
        let replaced: BTreeSet<&String> = normal.replacements.iter().map(|r| &r.name).collect();
        let enums = normal.enums.iter().map(|e| &e.name);
        let unions = normal.unions.iter().map(|u| &u.name);
        for name in enums.chain(unions) {
            assert!(replaced.contains(name), "{name}");
        }
        for part in ["/paths", "/components/schemas"] {
            let part = normal.document.pointer(part).unwrap();
            assert_eq!((count(part, "enum"), count(part, "oneOf")), (0, 0));
        }
        // One enum may stand in several places of the document, and then is one type.
        assert!(normal.enums.len() <= count(&document(), "enum"));
        assert_eq!(normal.unions.len(), count(&document(), "oneOf"));
    }
}

/// How often an array stands under a key.
fn count(node: &Value, key: &str) -> usize {
    let here = usize::from(node.get(key).is_some_and(Value::is_array));
    let below: usize = match node {
        Value::Object(object) => object.values().map(|node| count(node, key)).sum(),
        Value::Array(items) => items.iter().map(|node| count(node, key)).sum(),
        _ => 0,
    };
    here + below
}

#[test]
fn the_vendored_document_is_facts_without_prose() {
    let document = document();
    let mut prose = Vec::new();
    find_prose(&document, "", false, &mut prose);
    assert_eq!(prose, [""; 0]);
}

/// A property may be called `description`; a keyword of that name may only be the reason phrase
/// that OpenAPI wants of every response.
fn find_prose(node: &Value, at: &str, names_properties: bool, out: &mut Vec<String>) {
    const PROSE: [&str; 8] = [
        "description",
        "summary",
        "example",
        "examples",
        "externalDocs",
        "x-tagGroups",
        "termsOfService",
        "contact",
    ];
    match node {
        Value::Object(object) => {
            for (key, value) in object {
                let at = format!("{at}/{key}");
                let is_reason = key == "description" && is_reason_phrase(&at, value);
                if PROSE.contains(&key.as_str()) && !names_properties && !is_reason {
                    out.push(at);
                } else {
                    find_prose(value, &at, key == "properties" && !names_properties, out);
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                find_prose(value, &format!("{at}/{index}"), false, out);
            }
        }
        _ => {}
    }
}

fn is_reason_phrase(at: &str, text: &Value) -> bool {
    let Some(text) = text.as_str() else {
        return false;
    };
    let parts: Vec<&str> = at.rsplit('/').collect();
    match parts[..] {
        ["description", _, "responses", "components", ..] => {
            matches!(text, "OK" | "Created" | "Error")
        }
        ["description", status, "responses", ..] => {
            let status = status
                .parse()
                .ok()
                .and_then(|s| http::StatusCode::from_u16(s).ok());
            text.is_empty() || status.and_then(|s| s.canonical_reason()) == Some(text)
        }
        _ => false,
    }
}
