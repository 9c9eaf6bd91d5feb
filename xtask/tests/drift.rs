//! Single edits of a small document and the one change that each must give.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

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
fn operations() {
    both_ways(
        |d| remove(&mut d["paths"], "/things"),
        r#"B operation_removed createThing: "POST /things" -> null"#,
        r#"A operation_added createThing: null -> "POST /things""#,
    );
    both_ways(
        |d| get(d)["operationId"] = json!("readThing"),
        r#"B operation_renamed getThing: "getThing" -> "readThing""#,
        r#"B operation_renamed readThing: "readThing" -> "getThing""#,
    );
    both_ways(
        |d| {
            let item = d["paths"]["/things"].clone();
            remove(&mut d["paths"], "/things");
            d["paths"]["/items"] = item;
        },
        r#"B operation_moved createThing: "POST /things" -> "POST /items""#,
        r#"B operation_moved createThing: "POST /items" -> "POST /things""#,
    );
    both_ways(
        |d| get(d)["deprecated"] = json!(true),
        "A deprecated getThing: false -> true",
        "A deprecated getThing: true -> false",
    );
    both_ways(
        |d| get(d)["x-stability-level"] = json!("beta"),
        r#"A stability_changed getThing: null -> "beta""#,
        r#"A stability_changed getThing: "beta" -> null"#,
    );
    both_ways(
        |d| get(d)["x-sunset"] = json!("2030-01-01"),
        r#"A sunset_changed getThing: null -> "2030-01-01""#,
        r#"A sunset_changed getThing: "2030-01-01" -> null"#,
    );
    both_ways(
        |d| get(d)["tags"] = json!(["B", "A"]),
        r#"A operation_tags_changed getThing tags: ["A"] -> ["A","B"]"#,
        r#"A operation_tags_changed getThing tags: ["A","B"] -> ["A"]"#,
    );
    both_ways(
        |d| get(d)["security"] = json!([{"Bearer": []}, {}]),
        "A security_added getThing security: null -> {}",
        "B security_removed getThing security: {} -> null",
    );
}

#[test]
fn parameters() {
    let add = |d: &mut Value, required: bool| {
        let parameter = json!({"name": "dry", "in": "query", "required": required,
            "schema": {"type": "boolean"}});
        post(d)["parameters"] = json!([parameter]);
    };
    both_ways(
        |d| add(d, false),
        r#"A parameter_added createThing query.dry: null -> "boolean, optional""#,
        r#"B parameter_removed createThing query.dry: "boolean, optional" -> null"#,
    );
    both_ways(
        |d| add(d, true),
        r#"B parameter_added createThing query.dry: null -> "boolean, required""#,
        r#"B parameter_removed createThing query.dry: "boolean, required" -> null"#,
    );
    both_ways(
        |d| get(d)["parameters"][1]["required"] = json!(true),
        "B parameter_required getThing query.fields: false -> true",
        "A parameter_required getThing query.fields: true -> false",
    );
    both_ways(
        |d| get(d)["parameters"][1]["schema"]["items"] = json!({"type": "integer"}),
        r#"B type_changed getThing query.fields[]: "string" -> "integer""#,
        r#"B type_changed getThing query.fields[]: "integer" -> "string""#,
    );
    // Shared declarations are told once, whoever refers to them.
    both_ways(
        |d| d["components"]["parameters"]["Limit"]["schema"]["maximum"] = json!(10),
        "B constraint_changed parameters/Limit query.limit maximum: 100 -> 10",
        "A constraint_changed parameters/Limit query.limit maximum: 10 -> 100",
    );
    let encoding = |explode| json!({"style": "form", "explode": explode, "allowReserved": false, "content": []});
    both_ways(
        |d| get(d)["parameters"][1]["explode"] = json!(false),
        &format!(
            "B parameter_encoding_changed getThing query.fields: {} -> {}",
            encoding(true),
            encoding(false)
        ),
        &format!(
            "B parameter_encoding_changed getThing query.fields: {} -> {}",
            encoding(false),
            encoding(true)
        ),
    );
    // What the format assumes anyway may be said.
    let said = edited(|d| {
        get(d)["parameters"][1]["style"] = json!("form");
        get(d)["parameters"][1]["explode"] = json!(true);
    });
    assert!(changes(&small(), &said).is_empty());
}

#[test]
fn path_parameters_go_by_position() {
    let after = edited(|d| {
        let mut item = d["paths"]["/things/{id}"].clone();
        item["parameters"][0]["name"] = json!("thing_id");
        remove(&mut d["paths"], "/things/{id}");
        d["paths"]["/things/{thing_id}"] = item;
    });
    assert_eq!(
        changes(&small(), &after),
        [
            r#"B parameter_renamed getThing path.id: "id" -> "thing_id""#,
            r#"B parameter_renamed updateThing path.id: "id" -> "thing_id""#,
        ]
    );
}

#[test]
fn request_bodies() {
    both_ways(
        |d| remove(post(d), "requestBody"),
        r#"B request_body_removed createThing body: "application/json: ThingUpdate & object" -> null"#,
        r#"A request_body_added createThing body: null -> "application/json: ThingUpdate & object""#,
    );
    both_ways(
        |d| post(d)["requestBody"]["required"] = json!(true),
        "B request_body_required createThing body: false -> true",
        "A request_body_required createThing body: true -> false",
    );
    both_ways(
        |d| post(d)["requestBody"]["content"]["text/plain"] = json!({"schema": {"type": "string"}}),
        r#"A request_media_type_added createThing body: null -> "text/plain""#,
        r#"B request_media_type_removed createThing body: "text/plain" -> null"#,
    );
    both_ways(
        |d| {
            let reference = json!({"$ref": "#/components/schemas/Both"});
            d["paths"]["/things/{id}"]["patch"]["requestBody"]["content"]["application/json"]["schema"] =
                reference;
        },
        r#"B request_body_changed updateThing body: "ThingUpdate" -> "Both""#,
        r#"B request_body_changed updateThing body: "Both" -> "ThingUpdate""#,
    );
    // Inline parts are told at the operation; the shared part is not repeated.
    both_ways(
        |d| {
            let inline =
                &mut post(d)["requestBody"]["content"]["application/json"]["schema"]["allOf"][1];
            inline["properties"]["more"] = json!({"type": "string"});
        },
        r#"A property_added createThing body.more: null -> "string, optional""#,
        r#"B property_removed createThing body.more: "string, optional" -> null"#,
    );
}

#[test]
fn responses() {
    both_ways(
        |d| get(d)["responses"]["404"] = json!({"description": "x"}),
        r#"A response_added getThing 404: null -> "no body""#,
        r#"A response_removed getThing 404: "no body" -> null"#,
    );
    both_ways(
        |d| get(d)["responses"]["204"] = json!({"description": "x"}),
        r#"B response_added getThing 204: null -> "no body""#,
        r#"B response_removed getThing 204: "no body" -> null"#,
    );
    both_ways(
        |d| {
            let reference = json!({"$ref": "#/components/schemas/Both"});
            get(d)["responses"]["200"]["content"]["application/json"]["schema"] = reference;
        },
        r#"B response_type_changed getThing 200: "Thing" -> "Both""#,
        r#"B response_type_changed getThing 200: "Both" -> "Thing""#,
    );
    both_ways(
        |d| remove(&mut get(d)["responses"]["200"], "content"),
        r#"B response_type_changed getThing 200: "application/json: Thing" -> "no body""#,
        r#"B response_type_changed getThing 200: "no body" -> "application/json: Thing""#,
    );
    both_ways(
        |d| {
            get(d)["responses"]["200"]["headers"]["X-Count"] =
                json!({"schema": {"type": "integer"}});
        },
        r#"A response_header_added getThing 200.header.X-Count: null -> "X-Count""#,
        r#"B response_header_removed getThing 200.header.X-Count: "X-Count" -> null"#,
    );
}

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
