//! Operations, parameters, bodies and answers.

use super::*;

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
