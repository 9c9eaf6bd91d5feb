//! One order for everything whose order says nothing.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::grammar::{Holds, Kind};

/// The document in canonical order: keywords as the grammar lists them, names
/// sorted, sets sorted, lists left alone.
pub fn canonical(root: &Value) -> Value {
    object(root, Kind::Root)
}

/// The text in which a document is vendored.
pub fn to_text(root: &Value) -> String {
    let mut text = format!("{root:#}");
    text.push('\n');
    text
}

fn object(value: &Value, kind: Kind) -> Value {
    let Some(source) = value.as_object() else {
        return value.clone();
    };
    let mut ordered = Map::new();
    for (keyword, holds) in kind.keywords() {
        if let Some(child) = source.get(*keyword) {
            ordered.insert((*keyword).to_owned(), held(child, *holds));
        }
    }
    // Reduced documents have nothing else; others keep it, behind.
    for (key, child) in sorted(source) {
        if !ordered.contains_key(key) {
            ordered.insert(key.clone(), data(child));
        }
    }
    Value::Object(ordered)
}

fn held(value: &Value, holds: Holds) -> Value {
    match (holds, value) {
        (Holds::Names, Value::Array(names)) => {
            let mut names = names.clone();
            names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            names.dedup();
            Value::Array(names)
        }
        (Holds::One(kind), _) => object(value, kind),
        (Holds::List(kind), Value::Array(items)) => {
            items.iter().map(|item| object(item, kind)).collect()
        }
        (Holds::Set(kind), Value::Array(items)) => {
            let mut items: Vec<_> = items.iter().map(|item| object(item, kind)).collect();
            items.sort_by(by_name);
            Value::Array(items)
        }
        (Holds::Map(kind) | Holds::ExtensibleMap(kind), Value::Object(map)) => sorted(map)
            .into_iter()
            .map(|(name, child)| (name.clone(), object(child, kind)))
            .collect::<Map<_, _>>()
            .into(),
        (Holds::SchemaOrFlag, Value::Object(_)) => object(value, Kind::Schema),
        _ => data(value),
    }
}

/// By place and name; references, which show neither, come last.
fn by_name(a: &Value, b: &Value) -> Ordering {
    let key = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let reference = text("$ref");
        (reference.is_some(), reference, text("in"), text("name"))
    };
    key(a).cmp(&key(b))
}

/// Free data: arrays are values and stay, keys have no order.
fn data(value: &Value) -> Value {
    match value {
        Value::Object(map) => sorted(map)
            .into_iter()
            .map(|(key, child)| (key.clone(), data(child)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(data).collect(),
        _ => value.clone(),
    }
}

fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: &Value, kind: Kind) -> String {
        object(value, kind).to_string()
    }

    #[test]
    fn orders_keywords_names_and_sets() {
        let schema = json!({
            "properties": {"b": {"format": "int32", "type": "integer"}, "a": {}},
            "required": ["b", "a"], "type": "object", "x-sensitive": ["z", "y"],
            "enum": ["b", "a"], "default": {"b": [2, 1], "a": 0},
        });
        assert_eq!(
            text(&schema, Kind::Schema),
            concat!(
                r#"{"type":"object","x-sensitive":["y","z"],"enum":["b","a"],"#,
                r#""default":{"a":0,"b":[2,1]},"required":["a","b"],"#,
                r#""properties":{"a":{},"b":{"type":"integer","format":"int32"}}}"#
            )
        );
    }

    #[test]
    fn sorts_parameters_with_references_last() {
        let operation = json!({"parameters": [
            {"$ref": "#/components/parameters/B"}, {"name": "b", "in": "query"},
            {"$ref": "#/components/parameters/A"}, {"name": "a", "in": "query"},
            {"name": "z", "in": "path"},
        ]});
        assert_eq!(
            text(&operation, Kind::Operation),
            concat!(
                r#"{"parameters":[{"name":"z","in":"path"},{"name":"a","in":"query"},"#,
                r##"{"name":"b","in":"query"},{"$ref":"#/components/parameters/A"},"##,
                r##"{"$ref":"#/components/parameters/B"}]}"##
            )
        );
    }

    #[test]
    fn keeps_the_order_of_unions() {
        let schema = json!({"oneOf": [{"$ref": "#/b"}, {"$ref": "#/a"}]});
        assert_eq!(text(&schema, Kind::Schema), schema.to_string());
    }

    #[test]
    fn ends_with_a_line_feed() {
        assert_eq!(to_text(&json!({"a": 1})), "{\n  \"a\": 1\n}\n");
    }
}
