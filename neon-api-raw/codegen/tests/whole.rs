//! From a whole document to sources.

use super::*;

#[test]
fn the_vendored_document_generates_every_operation() {
    let input = vendored();
    let output = generate(input, Options::default()).unwrap();
    let spec: Value = serde_json::from_str(input.spec).unwrap();
    let operations = super::super::model::operations(&spec).unwrap();
    let stated = input.spec.matches("\"operationId\":").count();
    assert_eq!(operations.len(), stated);
    for facts in &operations {
        let is_generated = output
            .client
            .contains(&format!("pub fn {}(", facts.method_name));
        let is_by_hand = facts.id == "createProjectBranchFunctionDeployment";
        assert!(is_generated != is_by_hand, "{}", facts.id);
        assert!(output.extras.contains(&format!("id: \"{}\"", facts.id)));
    }
    assert!(
        !output.client.contains("unwrap()"),
        "generated code does not panic"
    );
    assert_eq!(
        generate(input, Options::default()).unwrap().client,
        output.client
    );
}

/// What stands where a text is missing says nothing.
#[test]
fn every_type_of_the_vendored_document_has_a_text() {
    let output = generate(vendored(), Options::default()).unwrap();
    for filler in ["An enum of the API.", "A union of the API."] {
        assert!(!output.extras.contains(filler), "{filler}");
    }
    // The generator's own is the type's name.
    let is_name = |text: &str| text.chars().all(char::is_alphanumeric);
    let unsaid: Vec<&str> = output
        .client
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("///`")?.strip_suffix('`'))
        .filter(|text| is_name(text))
        .collect();
    assert_eq!(unsaid, [""; 0]);
}

#[test]
fn a_document_that_is_not_json_is_named() {
    let input = Input {
        spec: "{",
        operation_docs: "{}",
        schema_docs: "{}",
    };
    let told = generate(input, Options::default()).unwrap_err().to_string();
    assert!(told.starts_with("openapi/v2.json is not JSON"), "{told}");
}
