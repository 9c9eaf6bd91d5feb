mod keywords;

use serde_json::{Value, json};

use super::validate::Violation;
use super::{Matched, Spec, sample, validate};

/// All that is wrong; empty where nothing is.
fn told(checked: Result<(), Vec<Violation>>) -> String {
    let violations = checked.err().unwrap_or_default();
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    all.join("; ")
}

#[test]
fn the_vendored_document_is_read_whole() {
    let spec = Spec::get();
    let stated = neon_api_raw::openapi::V2_JSON
        .matches("\"operationId\":")
        .count();
    assert_eq!(spec.operations().count(), stated);
    assert_eq!(spec.by_id.len(), stated, "ids are unique");
    for operation in spec.operations() {
        assert!(operation.successes().next().is_some(), "{}", operation.id());
        assert!(
            operation.response_schema(500).is_some(),
            "{}",
            operation.id()
        );
        let path = operation.path();
        let declared = operation.parameter_names(super::ParameterIn::Path);
        assert_eq!(declared.count(), path.matches('{').count(), "{path}");
    }
}

/// What cannot be parsed is an empty specification, not a panic.
#[test]
fn malformed_documents_are_empty() {
    for text in [
        "",
        "[",
        "[]",
        "{\"paths\": 3}",
        "{\"paths\": {\"/x\": {\"get\": {}}}}",
    ] {
        let spec = Spec::parse(text);
        assert_eq!(spec.operations().count(), 0, "{text}");
        assert!(matches!(spec.route("GET", "/x"), Matched::Nothing));
    }
}

#[track_caller]
fn routed(method: &str, path: &str) -> (String, Vec<(String, String)>) {
    match Spec::get().route(method, path) {
        Matched::Operation {
            operation,
            parameters,
        } => (operation.id().to_owned(), parameters.into_iter().collect()),
        other => panic!("{method} {path}: {other:?}"),
    }
}

/// Every template leads to its own operation, also where a literal and a parameter compete.
#[test]
fn every_operation_is_routed() {
    for operation in Spec::get().operations() {
        let filled = operation.path().replace('{', "x-").replace('}', "");
        assert_eq!(routed(operation.method(), &filled).0, operation.id());
    }
    assert_eq!(routed("GET", "/projects/shared").0, "listSharedProjects");
}

#[test]
fn parameters_are_decoded_by_segment() {
    let path = "/projects/p/branches/b/buckets/a%2Fb/objects/%7B%C3%A9%20/download";
    let (_, parameters) = routed("GET", path);
    let found = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(found("bucket_name"), Some("a/b"));
    assert_eq!(found("object_key"), Some("{é "));
    let not_text = Spec::get().route("GET", "/projects/%ff");
    assert!(matches!(not_text, Matched::Nothing));
}

#[test]
fn discriminators_choose_the_variant() {
    let check = |body| told(validate::request_body("createProjectBranchTrigger", &body));
    assert_eq!(check(json!({})), "type: is required");
    assert!(check(json!({ "type": "schedule" })).contains("is required"));
    // The variants of this one do not declare the property that tells them apart.
    let pointer = "#/components/schemas/NeonAuthEmailServerConfig";
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let schema = json!({ "$ref": pointer });
        let value = sample::schema(&schema, &sample::Options::default().seed(seed));
        assert_eq!(validate::pointer(pointer, &value), Ok(()));
        seen.insert(value["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["shared", "standard"]);
    assert!(validate::pointer(pointer, &json!({ "type": "never" })).is_err());
}

#[test]
fn query_parameters_are_read_as_their_types() {
    let check = |pairs: &[(&str, &str)]| {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        told(validate::query("getConsumptionHistoryPerProject", &pairs))
    };
    let from = ("from", "2025-01-01T00:00:00Z");
    let to = ("to", "2025-01-02T00:00:00Z");
    let daily = ("granularity", "daily");
    assert_eq!(check(&[from, to, daily]), "");
    assert_eq!(
        check(&[from, to, daily, ("limit", "100"), ("unknown", "x")]),
        ""
    );
    assert_eq!(
        check(&[
            from,
            to,
            daily,
            ("project_ids", "a,b"),
            ("project_ids", "c")
        ]),
        ""
    );
    assert_eq!(check(&[from, to]), "granularity: is required");
    assert_eq!(
        check(&[from, to, daily, ("limit", "101")]),
        "limit: must be at most 100"
    );
    assert_eq!(
        check(&[from, to, daily, ("limit", "x")]),
        "limit: must be an integer"
    );
    assert_eq!(
        check(&[from, to, daily, ("include_v1_metrics", "maybe")]),
        "include_v1_metrics: must be a boolean"
    );
    assert!(
        check(&[from, to, daily, ("project_ids", "A")]).starts_with("project_ids[0]: must match")
    );
}

#[test]
fn unknown_operations_are_refused() {
    assert_eq!(sample::response("never", &sample::Options::default()), None);
    assert_eq!(sample::request("never", &sample::Options::default()), None);
    assert_eq!(
        sample::request_body("listProjects", &sample::Options::default()),
        None
    );
    assert!(validate::response("never", 200, &json!({})).is_err());
    assert!(
        validate::response("listProjects", 201, &json!({})).is_err(),
        "not declared"
    );
    assert!(
        validate::request_body("listProjects", &json!({})).is_err(),
        "takes none"
    );
    assert!(validate::pointer("#/nowhere", &json!({})).is_err());
}

/// Every schema of the document, whether an operation uses it or not.
#[test]
fn every_schema_can_be_sampled() {
    let schemas = Spec::get().pointer("#/components/schemas").unwrap();
    for (name, schema) in schemas.as_object().unwrap() {
        for seed in 0..5 {
            let value = sample::schema(schema, &sample::Options::default().seed(seed));
            assert_eq!(
                validate::schema(schema, &value),
                Ok(()),
                "{name}: {value:#}"
            );
        }
    }
}

#[test]
fn schemas_that_contain_themselves_end() {
    // A reference that goes in a circle leads nowhere.
    for text in [
        r##"{ "components": { "schemas": { "a": { "$ref": "#/components/schemas/a" } } } }"##,
        r##"{ "a": { "$ref": "#/a" } }"##,
    ] {
        let (document, _) = super::Document::parse(text);
        let circle = ["/components/schemas/a", "/a"];
        let circle = circle.iter().find_map(|at| document.pointer(at)).unwrap();
        assert_eq!(document.resolve(circle), None);
    }
}

/// Nothing is checked against a pattern that does not compile.
#[test]
fn every_pattern_compiles() {
    fn collect(node: &Value, found: &mut Vec<String>) {
        if let Some(pattern) = node.get("pattern").and_then(Value::as_str) {
            found.push(pattern.to_owned());
        }
        match node {
            Value::Object(map) => map.values().for_each(|child| collect(child, found)),
            Value::Array(list) => list.iter().for_each(|child| collect(child, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(Spec::get().pointer("").unwrap(), &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for pattern in found {
        assert!(regex::Regex::new(&pattern).is_ok(), "{pattern}");
    }
}

/// Parts are the same, whether they are read alone or with the whole.
#[test]
fn parts_are_what_the_whole_has() {
    let spec = Spec::get();
    let whole = spec.pointer("").unwrap();
    let schemas = whole["components"]["schemas"].as_object().unwrap();
    assert!(!schemas.is_empty());
    for (name, schema) in schemas {
        assert_eq!(spec.schema(name), Some(schema), "{name}");
    }
    let below = "/components/schemas/Branch/properties/id";
    assert_eq!(spec.pointer(below), whole.pointer(below));
    assert!(spec.pointer(below).is_some());
}
