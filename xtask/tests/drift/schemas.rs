//! Schemas, by the direction that they are used in.

use super::*;

#[test]
fn properties_by_direction() {
    // Thing is received, ThingUpdate sent, Both both, Unused neither.
    for (name, added, required, optional) in [
        ("Thing", "A", "A", "B"),
        ("ThingUpdate", "B", "B", "A"),
        ("Both", "B", "B", "B"),
        ("Unused", "A", "A", "A"),
    ] {
        let removed = if name == "Unused" { "A" } else { "B" };
        both_ways(
            |d| {
                *property(d, name, "new") = json!({"type": "string", "format": "date"});
                let schema = schema(d, name);
                if schema.get("required").is_none() {
                    schema["required"] = json!([]);
                }
                schema["required"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!("new"));
            },
            &format!(r#"{added} property_added {name} new: null -> "string (date), required""#),
            &format!(r#"{removed} property_removed {name} new: "string (date), required" -> null"#),
        );
        let mut base = small();
        *property(&mut base, name, "old") = json!({"type": "string"});
        let mut after = base.clone();
        let list = schema(&mut after, name);
        let mut names = list.get("required").cloned().unwrap_or(json!([]));
        names.as_array_mut().unwrap().push(json!("old"));
        list["required"] = names;
        assert_eq!(
            changes(&base, &after),
            [format!(
                "{required} property_required {name} old: false -> true"
            )]
        );
        assert_eq!(
            changes(&after, &base),
            [format!(
                "{optional} property_required {name} old: true -> false"
            )]
        );
    }
}

#[test]
fn enums_by_direction() {
    both_ways(
        |d| schema(d, "State")["enum"] = json!(["on", "off", "idle"]),
        r#"A enum_value_added State: null -> "idle""#,
        r#"A enum_value_removed State: "idle" -> null"#,
    );
    both_ways(
        |d| property(d, "ThingUpdate", "mode")["enum"] = json!(["fast", "slow", "idle"]),
        r#"A enum_value_added ThingUpdate mode: null -> "idle""#,
        r#"B enum_value_removed ThingUpdate mode: "idle" -> null"#,
    );
    both_ways(
        |d| property(d, "Both", "e")["enum"] = json!(["z", "x", "y"]),
        r#"A enum_value_added Both e: null -> "z""#,
        r#"B enum_value_removed Both e: "z" -> null"#,
    );
    both_ways(
        |d| remove(schema(d, "State"), "enum"),
        r#"B type_changed State: "string, one of on/off" -> "string""#,
        r#"B type_changed State: "string" -> "string, one of on/off""#,
    );
}

#[test]
fn nullability_by_direction() {
    both_ways(
        |d| property(d, "Thing", "title")["nullable"] = json!(true),
        "B nullable Thing title: false -> true",
        "A nullable Thing title: true -> false",
    );
    both_ways(
        |d| property(d, "ThingUpdate", "title")["nullable"] = json!(true),
        "A nullable ThingUpdate title: false -> true",
        "B nullable ThingUpdate title: true -> false",
    );
    // A wrapper is the way to note something beside a reference.
    both_ways(
        |d| {
            let reference = json!({"$ref": "#/components/schemas/State"});
            *property(d, "Thing", "state") =
                json!({"type": "string", "allOf": [reference], "nullable": true});
        },
        "B nullable Thing state: false -> true",
        "A nullable Thing state: true -> false",
    );
}

#[test]
fn constraints_by_direction() {
    both_ways(
        |d| property(d, "Thing", "size")["maximum"] = json!(5),
        "A constraint_changed Thing size maximum: 10 -> 5",
        "A constraint_changed Thing size maximum: 5 -> 10",
    );
    both_ways(
        |d| property(d, "ThingUpdate", "title")["maxLength"] = json!(5),
        "B constraint_changed ThingUpdate title maxLength: 10 -> 5",
        "A constraint_changed ThingUpdate title maxLength: 5 -> 10",
    );
    both_ways(
        |d| property(d, "ThingUpdate", "title")["pattern"] = json!("^a$"),
        r#"B constraint_changed ThingUpdate title pattern: null -> "^a$""#,
        r#"A constraint_changed ThingUpdate title pattern: "^a$" -> null"#,
    );
    both_ways(
        |d| property(d, "Thing", "size")["format"] = json!("int64"),
        r#"B format_changed Thing size: "int32" -> "int64""#,
        r#"B format_changed Thing size: "int64" -> "int32""#,
    );
    both_ways(
        |d| schema(d, "ThingUpdate")["additionalProperties"] = json!(false),
        "B constraint_changed ThingUpdate * additionalProperties: true -> false",
        "A constraint_changed ThingUpdate * additionalProperties: false -> true",
    );
    both_ways(
        |d| property(d, "Thing", "labels")["additionalProperties"] = json!({"type": "integer"}),
        r#"B type_changed Thing labels.*: "string" -> "integer""#,
        r#"B type_changed Thing labels.*: "integer" -> "string""#,
    );
}

#[test]
fn defaults() {
    both_ways(
        |d| property(d, "ThingUpdate", "mode")["default"] = json!("slow"),
        r#"B default_changed ThingUpdate mode default: "fast" -> "slow""#,
        r#"B default_changed ThingUpdate mode default: "slow" -> "fast""#,
    );
    both_ways(
        |d| remove(property(d, "ThingUpdate", "mode"), "default"),
        r#"B default_changed ThingUpdate mode default: "fast" -> null"#,
        r#"A default_changed ThingUpdate mode default: null -> "fast""#,
    );
    both_ways(
        |d| property(d, "Thing", "size")["default"] = json!(3),
        "A default_changed Thing size default: null -> 3",
        "A default_changed Thing size default: 3 -> null",
    );
}

#[test]
fn notes() {
    both_ways(
        |d| property(d, "Thing", "state")["deprecated"] = json!(true),
        "A deprecated Thing state: false -> true",
        "A deprecated Thing state: true -> false",
    );
    both_ways(
        |d| schema(d, "Thing")["x-sensitive"] = json!(["title", "id"]),
        r#"A sensitive_changed Thing x-sensitive: null -> ["id","title"]"#,
        r#"A sensitive_changed Thing x-sensitive: ["id","title"] -> null"#,
    );
    both_ways(
        |d| property(d, "ThingUpdate", "title")["readOnly"] = json!(true),
        "B read_only ThingUpdate title: false -> true",
        "A read_only ThingUpdate title: true -> false",
    );
    both_ways(
        |d| property(d, "Thing", "title")["writeOnly"] = json!(true),
        "B write_only Thing title: false -> true",
        "A write_only Thing title: true -> false",
    );
}

#[test]
fn unions() {
    let oval = |d: &mut Value| {
        let form = schema(d, "Form");
        let reference = json!({"$ref": "#/components/schemas/Unused"});
        form["oneOf"].as_array_mut().unwrap().insert(0, reference);
        form["discriminator"]["mapping"]["oval"] = json!("#/components/schemas/Unused");
    };
    both_ways(
        oval,
        r#"B variant_added Form: null -> "Unused""#,
        r#"A variant_removed Form: "Unused" -> null"#,
    );
    both_ways(
        |d| schema(d, "Form")["discriminator"]["propertyName"] = json!("kind"),
        r#"B discriminator_changed Form: "type" -> "kind""#,
        r#"B discriminator_changed Form: "kind" -> "type""#,
    );
    both_ways(
        |d| {
            let mapping = &mut schema(d, "Form")["discriminator"]["mapping"];
            remove(mapping, "round");
            mapping["circle"] = json!("#/components/schemas/Round");
        },
        r#"B discriminator_changed Form: "round" -> "circle""#,
        r#"B discriminator_changed Form: "circle" -> "round""#,
    );
    let turned = edited(|d| schema(d, "Form")["oneOf"].as_array_mut().unwrap().reverse());
    assert!(changes(&small(), &turned).is_empty());
}
