//! The table of operations that are called with JSON.

use super::*;

/// The compact table for one operation with these changes.
fn table(changes: &Value) -> Result<String, crate::Error> {
    let document = document(&operation(changes), &json!({}));
    let input = Input {
        spec: &document.to_string(),
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let options = Options {
        schemars: true,
        dynamic: true,
        ..Options::default()
    };
    let table = generate(input, options)?.dynamic;
    Ok(table.split_whitespace().collect())
}

fn in_path() -> Value {
    json!({ "name": "project_id", "in": "path", "required": true, "schema": { "type": "string" } })
}

fn parameter(name: &str, is_required: bool, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "required": is_required, "schema": schema })
}

#[test]
fn required_and_optional_parameters_stand_beside_the_body() {
    let text = json!({ "type": "string" });
    let parameters = [
        in_path(),
        parameter("from", true, &text),
        parameter("limit", false, &json!({ "type": "integer" })),
    ];
    let table = table(&json!({ "parameters": parameters })).unwrap();
    assert!(table.contains(r#"("from",&Shape::Value)"#), "{table}");
    assert!(table.contains(r#"("limit",&Shape::Value)"#), "{table}");
    assert!(table.contains(r#"=input.one("from")?;"#), "{table}");
    assert!(table.contains(r#"=input.some(&["limit"])?;"#), "{table}");
    assert!(table.contains("has_secrets:false"), "{table}");
}

#[test]
fn a_parameter_that_is_called_body_stops_the_build() {
    let parameter = parameter("body", true, &json!({ "type": "string" }));
    let outcome = table(&json!({ "parameters": [in_path(), parameter] }));
    let error = outcome.unwrap_err().to_string();
    assert!(
        error.contains("parameter body: another argument of the method has the same name"),
        "{error}"
    );
}

#[test]
fn secrets_of_responses_are_noticed_at_any_depth() {
    let inner = json!({ "type": "object", "properties": { "password": { "type": "string" } } });
    let schema =
        json!({ "type": "object", "properties": { "roles": { "type": "array", "items": inner } } });
    let table = table(&json!({ "responses": { "200": json_body(&schema) } })).unwrap();
    assert!(table.contains("has_secrets:true"), "{table}");
}

#[test]
fn without_the_option_there_is_no_table() {
    let document = document(&operation(&json!({})), &json!({}));
    let input = Input {
        spec: &document.to_string(),
        operation_docs: "{}",
        schema_docs: "{}",
    };
    assert_eq!(generate(input, Options::default()).unwrap().dynamic, "");
}
