//! The vendored document without one of its operations.

use super::*;

#[test]
fn a_missing_operation_names_what_is_written_for_it_by_hand() {
    let document: Value = serde_json::from_str(vendored().spec).unwrap();
    let spec = without(&document, "createProjectBranchFunctionDeployment").to_string();
    let told = check_written_by_hand(&spec).unwrap_err().to_string();
    for named in [
        "createProjectBranchFunctionDeployment",
        "src/function_deployment.rs",
        "by_hand.rs",
    ] {
        assert!(told.contains(named), "{told}");
    }
    check_written_by_hand(vendored().spec).unwrap();
}

/// The vendored document without one operation.
fn without(document: &Value, id: &str) -> Value {
    let mut document = document.clone();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        let is_it = |operation: &Value| operation.get("operationId") == Some(&json!(id));
        item.as_object_mut()
            .unwrap()
            .retain(|_, operation| !is_it(operation));
    }
    document
}

#[test]
fn any_operation_may_go() {
    let document: Value = serde_json::from_str(vendored().spec).unwrap();
    let operations = super::super::model::operations(&document).unwrap();
    for facts in &operations {
        let smaller = without(&document, &facts.id);
        let checked = check_written_by_hand(&smaller.to_string());
        let is_by_hand = super::super::rules::WRITTEN_BY_HAND.contains(&facts.id.as_str());
        assert_eq!(checked.is_err(), is_by_hand, "{}", facts.id);
        if let Err(error) = normalize(smaller, Purpose::Client) {
            panic!("without {}: {error}", facts.id);
        }
    }
}
