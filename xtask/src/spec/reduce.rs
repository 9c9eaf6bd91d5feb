//! Drops everything that is not a fact about the API.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::grammar::{Holds, Kind, METHODS, is_extension};

/// The document without prose, examples and unknown extensions.
pub fn reduce(root: &Value) -> Value {
    let mut reduced = object(root, Kind::Root);
    describe_responses(&mut reduced);
    reduced
}

fn object(value: &Value, kind: Kind) -> Value {
    let Some(source) = value.as_object() else {
        return value.clone();
    };
    if kind.is_replaced_by_ref()
        && let Some(reference) = source.get("$ref")
    {
        return Value::Object(Map::from_iter([("$ref".to_owned(), reference.clone())]));
    }
    let kept = source.iter().filter_map(|(key, child)| {
        let (_, holds) = kind.keywords().iter().find(|(keyword, _)| keyword == key)?;
        let child = match (kind, key.as_str()) {
            (Kind::OAuthFlow, "scopes") => without_prose(child),
            _ => held(child, *holds),
        };
        Some((key.clone(), child))
    });
    Value::Object(kept.collect())
}

fn held(value: &Value, holds: Holds) -> Value {
    match holds {
        Holds::Data | Holds::Names => value.clone(),
        Holds::One(kind) => object(value, kind),
        Holds::List(kind) | Holds::Set(kind) => match value.as_array() {
            Some(items) => items.iter().map(|item| object(item, kind)).collect(),
            None => value.clone(),
        },
        Holds::Map(kind) => map(value, kind, false),
        Holds::ExtensibleMap(kind) => map(value, kind, true),
        Holds::SchemaOrFlag => object(value, Kind::Schema),
    }
}

fn map(value: &Value, kind: Kind, extensible: bool) -> Value {
    let Some(source) = value.as_object() else {
        return value.clone();
    };
    let kept = source
        .iter()
        .filter(|(key, _)| !(extensible && is_extension(key)))
        .map(|(key, child)| (key.clone(), object(child, kind)));
    Value::Object(kept.collect())
}

fn without_prose(scopes: &Value) -> Value {
    match scopes.as_object() {
        Some(scopes) => Value::Object(
            scopes
                .keys()
                .map(|name| (name.clone(), Value::from("")))
                .collect(),
        ),
        None => scopes.clone(),
    }
}

/// OpenAPI 3.0 demands a description of each response, so one that is no
/// prose is put there: the reason phrase of the status.
fn describe_responses(root: &mut Value) {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let paths = root.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(Map::values_mut) {
        for method in METHODS {
            let responses = item
                .get_mut(method)
                .and_then(|operation| operation.get_mut("responses"))
                .and_then(Value::as_object_mut);
            for (status, response) in responses.into_iter().flatten() {
                match response.get("$ref").and_then(Value::as_str) {
                    Some(reference) => {
                        let name = reference.rsplit('/').next().unwrap_or_default();
                        users
                            .entry(name.to_owned())
                            .or_default()
                            .insert(status.clone());
                    }
                    None => describe(response, reason_phrase(status)),
                }
            }
        }
    }
    let shared = root
        .get_mut("components")
        .and_then(|components| components.get_mut("responses"))
        .and_then(Value::as_object_mut);
    for (name, response) in shared.into_iter().flatten() {
        describe(response, shared_phrase(users.get(name)));
    }
}

fn describe(response: &mut Value, phrase: &str) {
    if let Some(response) = response.as_object_mut()
        && !response.contains_key("$ref")
    {
        response.insert("description".to_owned(), Value::from(phrase));
    }
}

/// A shared response has no status of its own; its users' statuses tell.
fn shared_phrase(statuses: Option<&BTreeSet<String>>) -> &'static str {
    let Some(statuses) = statuses else {
        return "Response";
    };
    let phrases: BTreeSet<_> = statuses.iter().map(|s| reason_phrase(s)).collect();
    let success = statuses.iter().any(|status| status.starts_with('2'));
    match phrases.first() {
        Some(phrase) if phrases.len() == 1 => phrase,
        _ if success => "Response",
        _ => "Error",
    }
}

/// The registered reason phrase of an HTTP status.
pub fn reason_phrase(status: &str) -> &'static str {
    match status {
        "default" => "Error",
        "1XX" => "Informational",
        "2XX" => "Success",
        "3XX" => "Redirection",
        "4XX" => "Client Error",
        "5XX" => "Server Error",
        _ => status
            .parse::<u16>()
            .ok()
            .and_then(|code| reqwest::StatusCode::from_u16(code).ok())
            .and_then(|code| code.canonical_reason())
            .unwrap_or("Response"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[allow(clippy::needless_pass_by_value)] // literals are easier to pass
    fn schema(value: Value) -> Value {
        object(&value, Kind::Schema)
    }

    #[test]
    fn names_are_not_keywords() {
        let kept = schema(json!({
            "type": "object", "title": "Thing", "description": "prose", "example": {},
            "properties": {
                "title": {"type": "string", "title": "gone"},
                "description": {"type": "string", "description": "gone"},
                "example": {"type": "string"}, "x-y": {"type": "integer"},
                "properties": {"type": "object", "properties": {"summary": {"type": "string"}}},
            },
        }));
        assert_eq!(
            kept,
            json!({
                "type": "object",
                "properties": {
                    "title": {"type": "string"}, "description": {"type": "string"},
                    "example": {"type": "string"}, "x-y": {"type": "integer"},
                    "properties": {"type": "object", "properties": {"summary": {"type": "string"}}},
                },
            })
        );
    }

    #[test]
    fn keeps_notes_beside_a_schema_reference() {
        let source = json!({"$ref": "#/x", "deprecated": true, "description": "prose"});
        assert_eq!(schema(source), json!({"$ref": "#/x", "deprecated": true}));
    }

    #[test]
    fn data_is_not_searched_for_keywords() {
        let source = json!({"default": {"description": 1}, "enum": [{"title": 2}]});
        assert_eq!(schema(source.clone()), source);
    }

    #[test]
    fn reaches_every_place_of_a_schema() {
        let prose = json!({"type": "string", "description": "x", "x-other": 1});
        let bare = json!({"type": "string"});
        for keyword in ["items", "not", "additionalProperties"] {
            assert_eq!(schema(json!({keyword: prose})), json!({keyword: bare}));
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            assert_eq!(schema(json!({keyword: [prose]})), json!({keyword: [bare]}));
        }
        assert_eq!(
            schema(json!({"additionalProperties": false})),
            json!({"additionalProperties": false})
        );
    }

    #[test]
    fn response_texts_come_from_the_status() {
        let reduced = reduce(&json!({
            "paths": {"/a": {"get": {"responses": {
                "200": {"description": "prose"}, "404": {"description": "prose"},
                "201": {"$ref": "#/components/responses/Made", "description": "prose"},
                "default": {"$ref": "#/components/responses/Err"},
                "500": {"$ref": "#/components/responses/Err"},
            }}}},
            "components": {"responses": {
                "Made": {"description": "prose"}, "Err": {"description": "prose"},
                "Unused": {},
            }},
        }));
        assert_eq!(
            reduced,
            json!({
                "paths": {"/a": {"get": {"responses": {
                    "200": {"description": "OK"}, "404": {"description": "Not Found"},
                    "201": {"$ref": "#/components/responses/Made"},
                    "default": {"$ref": "#/components/responses/Err"},
                    "500": {"$ref": "#/components/responses/Err"},
                }}}},
                "components": {"responses": {
                    "Made": {"description": "Created"}, "Err": {"description": "Error"},
                    "Unused": {"description": "Response"},
                }},
            })
        );
    }
}
