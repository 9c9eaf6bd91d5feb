//! What the forms of single operations do not show: credentials, names, paths, circles, and what is
//! written by hand.

use super::*;

/// The error for the vendored document after a change.
fn stopped(edit: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(vendored().spec).unwrap();
    edit(&mut document);
    match normalize(document, Purpose::Client) {
        Ok(_) => panic!("it slipped through"),
        Err(error) => error.to_string(),
    }
}

fn key_scheme(document: &mut Value) {
    document["components"]["securitySchemes"]["Key"] =
        json!({ "type": "apiKey", "in": "header", "name": "X-Key" });
}

#[test]
fn credentials_other_than_the_token_stop() {
    for security in [
        json!([{ "Key": [] }]),
        json!([{ "BearerAuth": [], "Key": [] }]),
    ] {
        let told = stopped(|d| {
            key_scheme(d);
            d["paths"]["/projects"]["get"]["security"] = security;
        });
        assert!(
            told.starts_with("listProjects (GET /projects): it cannot be called"),
            "{told}"
        );
    }
    let told = stopped(|d| {
        key_scheme(d);
        d["security"] = json!([{ "Key": [] }]);
    });
    assert!(told.starts_with("the document: it cannot"), "{told}");
    let told = stopped(|d| {
        d["components"]["securitySchemes"]["BearerAuth"]["scheme"] = json!("basic");
    });
    assert!(told.contains("bearer token"), "{told}");
    let told = stopped(|d| d["security"] = json!([{ "Gone": [] }]));
    assert!(told.contains("the security scheme Gone"), "{told}");

    // The token, or nothing.
    let mut document: Value = serde_json::from_str(vendored().spec).unwrap();
    for security in [json!([]), json!([{}, { "CookieAuth": [] }])] {
        document["paths"]["/projects"]["get"]["security"] = security;
        normalize(document.clone(), Purpose::Client).unwrap();
    }
}

#[test]
fn names_and_paths_that_are_not_one_stop() {
    let other = operation(&json!({ "operationId": "list_projects", "parameters": [] }));
    let told = stopped(|d| d["paths"]["/others"]["get"] = other.clone());
    assert!(told.contains("list_projects (GET /others)"), "{told}");
    assert!(told.contains("listProjects (GET /projects)"), "{told}");
    for path in ["/others?kind=x", "/others#x", "/a/../b", "/an other", "/é"] {
        let told = stopped(|d| d["paths"][path]["get"] = other.clone());
        assert!(
            told.starts_with(&format!("{path}: a path with a query")),
            "{told}"
        );
    }
    let told = stopped(|d| {
        let properties = &mut d["components"]["schemas"]["Branch"]["properties"];
        properties["fooBar"] = json!({ "type": "string" });
        properties["foo_bar"] = json!({ "type": "string" });
    });
    assert!(
        told.starts_with("Branch.foo_bar: another property"),
        "{told}"
    );
    let told = stopped(|d| {
        let schemas = &mut d["components"]["schemas"];
        schemas["Odd_Thing"] = json!({ "type": "object" });
        schemas["OddThing"] = json!({ "type": "object" });
    });
    assert!(told.contains("its type has the name"), "{told}");
    let query = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let told = stopped(|d| {
        let parameters = &mut d["paths"]["/projects"]["get"]["parameters"];
        let parameters = parameters.as_array_mut().unwrap();
        parameters.extend([query("fooBar"), query("foo_bar")]);
    });
    assert!(
        told.contains("parameter foo_bar: another argument"),
        "{told}"
    );
}

#[test]
fn null_in_a_url_stops() {
    let text = json!({ "type": "string", "nullable": true });
    for schema in [text.clone(), json!({ "type": "array", "items": text })] {
        let told = stopped(|d| {
            let odd = json!({ "name": "odd", "in": "query", "schema": schema });
            let parameters = &mut d["paths"]["/projects"]["get"]["parameters"];
            parameters.as_array_mut().unwrap().push(odd);
        });
        assert!(
            told.starts_with("listProjects (GET /projects), parameter odd: `nullable`"),
            "{told}"
        );
    }
}

#[test]
fn references_in_a_circle_stop() {
    let told = stopped(|d| {
        let circle = json!({ "$ref": "#/components/parameters/Odd" });
        d["components"]["parameters"]["Odd"] = circle.clone();
        d["paths"]["/projects"]["get"]["parameters"] = json!([circle]);
    });
    assert!(told.contains("parameters/Odd"), "{told}");
    assert!(told.contains("refers to itself"), "{told}");
    let told = stopped(|d| {
        let schemas = &mut d["components"]["schemas"];
        schemas["Odd"] = json!({ "$ref": "#/components/schemas/Even" });
        schemas["Even"] = json!({ "$ref": "#/components/schemas/Odd" });
    });
    assert!(told.contains("refers to itself"), "{told}");
}

#[test]
fn references_and_requirements_lead_to_what_is_stated() {
    for target in [
        "#/components/schemas/Branch/properties/name",
        "#/paths/~1projects/get/responses/200/content/application~1json/schema",
    ] {
        let told = stopped(|d| {
            d["components"]["schemas"]["Branch"]["properties"]["odd"] = json!({ "$ref": target });
        });
        assert!(told.starts_with("Branch.odd: a reference to"), "{told}");
    }
    let told = stopped(|d| d["components"]["schemas"]["Branch"]["required"] = json!(["gone"]));
    assert!(
        told.starts_with("Branch: it requires \"gone\", which"),
        "{told}"
    );
}

const DEPLOYMENTS: &str =
    "/projects/{project_id}/branches/{branch_id}/functions/{slug}/deployments";

/// The operation that is written by hand, to be changed.
fn deployment(document: &mut Value) -> &mut Value {
    &mut document["paths"][DEPLOYMENTS]["post"]
}

type Edit<'a> = &'a dyn Fn(&mut Value);

#[test]
fn what_is_written_by_hand_is_for_what_the_document_states() {
    let body = |d: &mut Value, content: Value| deployment(d)["requestBody"]["content"] = content;
    let part = |d: &mut Value, name: &str, schema: Value| {
        d["components"]["schemas"]["FunctionDeployRequest"]["properties"][name] = schema;
    };
    let changes: [(&str, Edit<'_>); 8] = [
        ("parameters", &|d| {
            let new = json!({ "name": "dry", "in": "query", "schema": { "type": "boolean" } });
            deployment(d)["parameters"] = json!([new]);
        }),
        ("parameters", &|d| {
            let item = d["paths"].as_object_mut().unwrap().remove(DEPLOYMENTS);
            d["paths"]["/functions/{slug}/deployments"] = item.unwrap();
        }),
        ("media types", &|d| {
            let schema = json!({ "$ref": "#/components/schemas/FunctionDeployRequest" });
            body(d, json!({ "application/json": { "schema": schema } }));
        }),
        ("media types", &|d| {
            let media = &mut deployment(d)["requestBody"]["content"]["multipart/form-data"];
            media["encoding"] = json!({ "zip": { "contentType": "application/x-zip" } });
        }),
        ("parts", &|d| part(d, "region", json!({ "type": "string" }))),
        ("parts", &|d| {
            part(d, "environment", json!({ "type": "object" }));
        }),
        ("parts", &|d| part(d, "zip", json!({ "type": "string" }))),
        ("parts", &|d| {
            d["components"]["schemas"]["FunctionDeployRequest"]["required"] = json!(["zip"]);
        }),
    ];
    for (what, edit) in changes {
        let told = stopped(edit);
        assert!(
            told.contains(&format!("written by hand for other {what}")),
            "{what}: {told}"
        );
        for named in [
            "createProjectBranchFunctionDeployment",
            "function_deployment.rs",
            "by_hand.rs",
        ] {
            assert!(told.contains(named), "{told}");
        }
    }
}
