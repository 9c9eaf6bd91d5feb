//! Dotted paths to properties, such as `branch.expires_at`.

use serde_json::Value;

use super::Document;
use super::document::entries;

/// Paths are written by people; nobody nests deeper.
const MAX_DEPTH: usize = 64;

/// Whether a schema has a property at a dotted path. References are followed,
/// any part of a composition will do, arrays may be entered with or without
/// `[]`, and `*` stands for the values of a map.
pub fn exists(document: &Document, schema: &Value, path: &str) -> bool {
    let steps: Vec<_> = path.split('.').map(|s| s.trim_end_matches("[]")).collect();
    !steps.contains(&"") && find(document, schema, &steps, 0)
}

fn find(document: &Document, schema: &Value, steps: &[&str], depth: usize) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    if depth > MAX_DEPTH {
        return false;
    }
    let schema = document.resolve(schema);
    let inside = |next: &Value, steps: &[&str]| find(document, next, steps, depth + 1);
    if entries(schema, "properties").any(|(name, property)| name == *step && inside(property, rest))
    {
        return true;
    }
    let values = schema.get("additionalProperties").filter(|v| v.is_object());
    if *step == "*" && values.is_some_and(|values| inside(values, rest)) {
        return true;
    }
    if schema
        .get("items")
        .is_some_and(|items| inside(items, steps))
    {
        return true;
    }
    ["allOf", "oneOf", "anyOf"].iter().any(|key| {
        let parts = schema.get(*key).and_then(Value::as_array);
        parts.into_iter().flatten().any(|part| inside(part, steps))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_properties() {
        let document = Document::new(json!({"components": {"schemas": {
            "Leaf": {"properties": {"x.y": {}, "deep": {"properties": {"z": {}}}}},
            "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
        }}}));
        let leaf = json!({"$ref": "#/components/schemas/Leaf"});
        let schema = json!({
            "allOf": [{"properties": {"list": {"items": leaf}}}],
            "properties": {"map": {"additionalProperties": leaf}, "one": leaf},
        });
        for path in [
            "list",
            "list[].deep.z",
            "list.deep",
            "map.*.deep",
            "one.deep.z",
        ] {
            assert!(exists(&document, &schema, path), "{path}");
        }
        for path in ["", "nothing", "one.deep.z.more", "list..deep", "map.deep"] {
            assert!(!exists(&document, &schema, path), "{path}");
        }
        let endless = json!({"$ref": "#/components/schemas/Loop"});
        assert!(!exists(&document, &endless, "x"));
    }
}
