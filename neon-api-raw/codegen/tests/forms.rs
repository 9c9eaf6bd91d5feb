//! Forms of OpenAPI that the generator does not support, put into the vendored document: each stops
//! the build with its place and what to do.

#![allow(
    clippy::needless_pass_by_value,
    reason = "forms are written where they are used"
)]

use super::*;

/// A change of the vendored document, and what the error must name.
struct Form {
    what: &'static str,
    edit: fn(&mut Value),
    named: &'static [&'static str],
}

const PROJECTS: &str = "/paths/~1projects/get";
const CREATE: &str = "/paths/~1projects/post";

fn parameter(document: &mut Value, parameter: Value) {
    let operation = document.pointer_mut(PROJECTS).unwrap();
    if operation.get("parameters").is_none() {
        operation["parameters"] = json!([]);
    }
    operation["parameters"]
        .as_array_mut()
        .unwrap()
        .push(parameter);
}

/// A parameter in the query, with some keys more.
fn query(document: &mut Value, changes: Value) {
    let mut new = json!({ "name": "odd", "in": "query", "schema": { "type": "string" } });
    new.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    parameter(document, new);
}

fn property(document: &mut Value, schema: Value) {
    let schemas = &mut document["components"]["schemas"];
    schemas["Branch"]["properties"]["odd"] = schema;
}

const FORMS: &[Form] = &[
    Form {
        what: "header parameters",
        edit: |d| {
            parameter(
                d,
                json!({ "name": "X-Odd", "in": "header", "schema": { "type": "string" } }),
            );
        },
        named: &[
            "listProjects (GET /projects)",
            "parameter X-Odd",
            "`header`",
            "transport",
        ],
    },
    Form {
        what: "cookie parameters",
        edit: |d| {
            parameter(
                d,
                json!({ "name": "odd", "in": "cookie", "schema": { "type": "string" } }),
            );
        },
        named: &["listProjects (GET /projects)", "parameter odd", "`cookie`"],
    },
    Form {
        what: "a header parameter of the whole path",
        edit: |d| {
            d["paths"]["/projects"]["parameters"] =
                json!([{ "name": "X-Odd", "in": "header", "schema": { "type": "string" } }]);
        },
        named: &["/projects)", "parameter X-Odd", "`header`"],
    },
    Form {
        what: "a style that is not the default",
        edit: |d| {
            query(
                d,
                json!({ "style": "pipeDelimited", "schema": { "type": "array", "items": { "type": "string" } } }),
            );
        },
        named: &["listProjects", "parameter odd", "`pipeDelimited`", "`form`"],
    },
    Form {
        what: "deepObject",
        edit: |d| {
            query(
                d,
                json!({ "style": "deepObject", "schema": { "type": "object" } }),
            );
        },
        named: &["listProjects", "parameter odd", "`deepObject`"],
    },
    Form {
        what: "an object in the query",
        edit: |d| {
            query(
                d,
                json!({ "schema": { "type": "object", "properties": { "a": { "type": "string" } } } }),
            );
        },
        named: &["listProjects", "parameter odd", "only strings"],
    },
    Form {
        what: "a list that is not exploded",
        edit: |d| {
            query(
                d,
                json!({ "explode": false, "schema": { "type": "array", "items": { "type": "string" } } }),
            );
        },
        named: &["listProjects", "parameter odd", "exploded", "commas"],
    },
    Form {
        what: "reserved characters",
        edit: |d| query(d, json!({ "allowReserved": true })),
        named: &["listProjects", "parameter odd", "`allowReserved`"],
    },
    Form {
        what: "content in a parameter",
        edit: |d| {
            query(
                d,
                json!({ "content": { "application/json": { "schema": { "type": "object" } } } }),
            );
        },
        named: &["listProjects", "parameter odd", "`content`"],
    },
    Form {
        what: "a list in the path",
        edit: |d| {
            let parameters = &mut d["paths"]["/projects/{project_id}"]["parameters"];
            parameters[0]["schema"] = json!({ "type": "array", "items": { "type": "string" } });
        },
        named: &[
            "/projects/{project_id})",
            "parameter project_id",
            "only strings",
        ],
    },
    Form {
        what: "servers of an operation",
        edit: |d| {
            d.pointer_mut(PROJECTS).unwrap()["servers"] =
                json!([{ "url": "https://other.example" }]);
        },
        named: &["listProjects (GET /projects)", "`servers`"],
    },
    Form {
        what: "servers of a path",
        edit: |d| d["paths"]["/projects"]["servers"] = json!([{ "url": "https://other.example" }]),
        named: &["/projects", "`servers`"],
    },
    Form {
        what: "a request body without a schema",
        edit: |d| {
            d.pointer_mut(CREATE).unwrap()["requestBody"]["content"] =
                json!({ "application/json": {} });
        },
        named: &[
            "createProject (POST /projects)",
            "request body",
            "no schema",
        ],
    },
    Form {
        what: "a response without a schema",
        edit: |d| {
            d.pointer_mut(PROJECTS).unwrap()["responses"]["200"]["content"] =
                json!({ "application/json": {} });
        },
        named: &["listProjects (GET /projects)", "response 200", "no schema"],
    },
    Form {
        what: "a response of text",
        edit: |d| {
            d.pointer_mut(PROJECTS).unwrap()["responses"]["200"]["content"] =
                json!({ "text/csv": { "schema": { "type": "string" } } });
        },
        named: &["listProjects (GET /projects)", "response 200", "text/csv"],
    },
    Form {
        what: "several media types of a request",
        edit: |d| {
            d.pointer_mut(CREATE).unwrap()["requestBody"]["content"]["text/plain"] =
                json!({ "schema": { "type": "string" } });
        },
        named: &[
            "createProject (POST /projects)",
            "request body",
            "several media types",
        ],
    },
    Form {
        what: "a form as body",
        edit: |d| {
            d.pointer_mut(CREATE).unwrap()["requestBody"]["content"] =
                json!({ "application/x-www-form-urlencoded": { "schema": { "type": "object" } } });
        },
        named: &[
            "createProject (POST /projects)",
            "application/x-www-form-urlencoded",
        ],
    },
    Form {
        what: "a second multipart operation",
        edit: |d| {
            d.pointer_mut(CREATE).unwrap()["requestBody"]["content"] =
                json!({ "multipart/form-data": { "schema": { "type": "object" } } });
        },
        named: &["createProject (POST /projects)", "multipart", "by_hand.rs"],
    },
    Form {
        what: "an enum of integers",
        edit: |d| property(d, json!({ "type": "integer", "enum": [1, 2] })),
        named: &["BranchOdd", "not a string", "enums.rs"],
    },
    Form {
        what: "an enum of booleans",
        edit: |d| property(d, json!({ "type": "boolean", "enum": [true] })),
        named: &["BranchOdd", "not a string", "enums.rs"],
    },
    Form {
        what: "a union in place",
        edit: |d| {
            property(
                d,
                json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            );
        },
        named: &["Branch.odd", "`oneOf`", "give it a name"],
    },
    Form {
        what: "a named union without a discriminator",
        edit: |d| {
            d["components"]["schemas"]["Odd"] =
                json!({ "oneOf": [{ "$ref": "#/components/schemas/Branch" }] });
        },
        named: &["the union Odd", "no discriminator", "rule"],
    },
    Form {
        what: "anyOf",
        edit: |d| property(d, json!({ "anyOf": [{ "type": "string" }] })),
        named: &["Branch.odd", "`anyOf`"],
    },
    Form {
        what: "not",
        edit: |d| property(d, json!({ "not": { "type": "string" } })),
        named: &["Branch.odd", "`not`"],
    },
    Form {
        what: "a list of types",
        edit: |d| property(d, json!({ "type": ["string", "null"] })),
        named: &["Branch.odd", "list of types", "3.1"],
    },
    Form {
        what: "a list of lists of objects in place",
        edit: |d| {
            property(
                d,
                json!({ "type": "array", "items": { "type": "array", "items": {
            "type": "object", "properties": { "a": { "type": "string" } } } } }),
            );
        },
        named: &["Branch.odd[][]", "defined in place"],
    },
    Form {
        what: "properties beside a map",
        edit: |d| {
            property(
                d,
                json!({ "type": "object", "properties": { "a": { "type": "string" } },
            "additionalProperties": { "type": "integer" } }),
            );
        },
        named: &["BranchOdd", "both properties and a map"],
    },
    Form {
        what: "a body that is a list of objects in place",
        edit: |d| {
            d.pointer_mut(PROJECTS).unwrap()["responses"]["200"]["content"] = json!({
            "application/json": { "schema": { "type": "array", "items": {
                "type": "object", "properties": { "a": { "type": "string" } } } } } });
        },
        named: &["listProjects", "defined in place"],
    },
];

fn edited(edit: fn(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(vendored().spec).unwrap();
    edit(&mut document);
    document.to_string()
}

#[test]
fn each_unsupported_form_stops_with_its_place_and_a_remedy() {
    for form in FORMS {
        let spec = edited(form.edit);
        let input = Input {
            spec: &spec,
            ..vendored()
        };
        for options in [
            Options::default(),
            Options {
                httpmock: true,
                schemars: true,
                dynamic: true,
            },
        ] {
            let Err(error) = generate(input, options) else {
                panic!("{} slipped through", form.what);
            };
            let text = error.to_string();
            for named in form.named {
                assert!(text.contains(named), "{}: {text}", form.what);
            }
        }
    }
}

/// The sources for the vendored document with one property more, or with a parameter more.
fn client_with(edit: fn(&mut Value)) -> String {
    let spec = edited(edit);
    let input = Input {
        spec: &spec,
        ..vendored()
    };
    let client = generate(input, Options::default()).unwrap().client;
    client
        .split_whitespace()
        .collect::<String>()
        .replace("::std::", "")
}

#[test]
fn maps_of_objects_in_place_get_a_type() {
    let client = client_with(|d| {
        property(
            d,
            json!({ "type": "object", "additionalProperties": {
            "type": "object", "properties": { "size": { "type": "integer" } } } }),
        );
    });
    assert!(
        client
            .contains("pubodd:option::Option<collections::BTreeMap<string::String,BranchOddValue>"),
        "no map"
    );
    assert!(client.contains("pubstructBranchOddValue"));
}

#[test]
fn lists_of_an_enum_in_the_query_stay_open() {
    let client = client_with(|d| {
        query(
            d,
            json!({ "schema": { "type": "array", "items": { "type": "string", "enum": ["a", "b"] } } }),
        );
    });
    assert!(client.contains("pubodd:option::Option<vec::Vec<crate::enums::ListProjectsOdd>>"));
}
