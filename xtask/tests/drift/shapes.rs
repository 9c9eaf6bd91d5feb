//! The same interface written in another way.

use super::*;

#[test]
fn restructuring_is_no_change() {
    // The same properties, once composed, once spelled out.
    let composed = edited(|d| {
        *schema(d, "Both") = json!({"allOf": [
            {"$ref": "#/components/schemas/Unused"},
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}]});
    });
    let flat = edited(|d| {
        *schema(d, "Both") = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string"}, "x": {"type": "string"}}});
    });
    assert!(changes(&composed, &flat).is_empty());
    assert!(changes(&flat, &composed).is_empty());

    // Inline against a reference to the same.
    let inline = edited(|d| {
        *property(d, "Thing", "state") = json!({"type": "string", "enum": ["on", "off"]});
    });
    assert!(changes(&small(), &inline).is_empty());
    assert!(changes(&inline, &small()).is_empty());

    // A shared parameter or response against one written in place.
    let unshared = edited(|d| {
        let limit = d["components"]["parameters"]["Limit"].clone();
        get(d)["parameters"][0] = limit;
        let error = d["components"]["responses"]["Error"].clone();
        get(d)["responses"]["default"] = error;
        remove(&mut d["components"], "responses");
    });
    assert!(changes(&small(), &unshared).is_empty());
    assert!(changes(&unshared, &small()).is_empty());
}

#[test]
fn what_is_composed_in_is_told_once() {
    // createThing builds on ThingUpdate; only ThingUpdate is named.
    both_ways(
        |d| *property(d, "ThingUpdate", "extra") = json!({"type": "string"}),
        r#"A property_added ThingUpdate extra: null -> "string, optional""#,
        r#"B property_removed ThingUpdate extra: "string, optional" -> null"#,
    );
    both_ways(
        |d| schema(d, "ThingUpdate")["required"] = json!(["title", "mode"]),
        "B property_required ThingUpdate mode: false -> true",
        "A property_required ThingUpdate mode: true -> false",
    );
}

#[test]
fn a_renamed_schema_is_two_lines() {
    let text = small().to_string().replace("schemas/Square", "schemas/Box");
    let mut after: Value = serde_json::from_str(&text).unwrap();
    let square = schema(&mut after, "Square").clone();
    remove(&mut after["components"]["schemas"], "Square");
    *schema(&mut after, "Box") = square;
    assert_eq!(
        changes(&small(), &after),
        [
            r#"B schema_removed Square: "object" -> null"#,
            r#"A schema_added Box: null -> "object""#,
        ]
    );
}

#[test]
fn recursion_ends() {
    let text = small()
        .to_string()
        .replace("schemas/Thing\"", "schemas/Item\"");
    let mut after: Value = serde_json::from_str(&text).unwrap();
    let thing = schema(&mut after, "Thing").clone();
    remove(&mut after["components"]["schemas"], "Thing");
    *schema(&mut after, "Item") = thing;
    assert_eq!(changes(&small(), &after).len(), 2);
    property(&mut after, "Item", "size")["type"] = json!("string");
    let found = changes(&small(), &after);
    assert!(
        found.contains(&r#"B response_type_changed getThing 200: "Thing" -> "Item""#.to_owned()),
        "{found:?}"
    );
}
