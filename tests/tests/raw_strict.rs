//! Bodies that are read strictly: what the interface knows passes, and nothing else.
//!
//! What is expected comes from the vendored spec, body by body and place by place.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;

use neon_api_raw::strict::Refused;
use neon_api_raw::types::ProjectUpdateRequest;
use neon_api_raw::{enums, strict};
use neon_api_tests::call::{BODIES, BodyFn};
use neon_api_tests::compare::differences;
use neon_api_tests::sampled::{self, Options};
use neon_api_tests::spec::{self, Place};
use serde_json::{Value, json};

const NEW_FIELD: &str = "zz_new_field";
const NOT_AN_ID: &str = "Not An ID";

/// A body of an operation, and its strict reader.
struct Case {
    operation: &'static str,
    schema: &'static Value,
    body: Value,
    read: BodyFn,
}

impl Case {
    /// What is wrong unless the body, changed at a place, is refused there.
    fn fault(
        &self,
        pointer: &str,
        change: impl FnOnce(&mut Value),
        path: &str,
        is_due: fn(&Refused) -> bool,
    ) -> Option<String> {
        let mut changed = self.body.clone();
        change(changed.pointer_mut(pointer).unwrap());
        match (self.read)(&changed) {
            Err(refused) if refused.path() == path && is_due(&refused) => None,
            other => Some(format!("{} at {path}: {other:?}", self.operation)),
        }
    }

    /// All places of the body.
    fn places(&self) -> Vec<(Place, Value)> {
        let mut places = Vec::new();
        spec::visit(self.schema, &mut self.body.clone(), &mut |place, value| {
            places.push((place.clone(), value.clone()));
        });
        places
    }
}

/// Samples of all JSON bodies, with all fields and with the required ones, and with each variant of
/// each union.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in spec::operations() {
        let Some(media) = operation.body.filter(spec::Media::is_json) else {
            continue;
        };
        let (_, read) = BODIES.iter().find(|(id, _)| *id == operation.id).unwrap();
        for seed in 0..4 {
            let all = Options::default().seed(seed);
            for options in [all.clone(), all.required_only()] {
                let body = sampled::request(operation, &options).body.unwrap();
                for body in with_variants(media.schema, &body, &options) {
                    cases.push(Case {
                        operation: operation.id,
                        schema: media.schema,
                        body,
                        read: *read,
                    });
                }
            }
        }
    }
    cases
}

fn with_variants(schema: &'static Value, body: &Value, options: &Options) -> Vec<Value> {
    let mut variants = vec![body.clone()];
    spec::visit(schema, &mut body.clone(), &mut |place, _| {
        let Some(tag) = place.tag else {
            return;
        };
        for kind in spec::tags(place.schema) {
            let target = json!({ "$ref": place.schema["discriminator"]["mapping"][kind] });
            let mut changed = body.clone();
            let variant = changed.pointer_mut(&place.pointer).unwrap();
            *variant = sampled::value(&target, options);
            variant[tag] = kind.into();
            variants.push(changed);
        }
    });
    variants
}

/// `$.endpoints[0].type` of `/endpoints/0/type`.
fn path_of(body: &Value, pointer: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut path = "$".to_owned();
    let mut at = body;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = if at.is_array() {
            format!("[{step}]")
        } else if step.chars().all(is_plain) {
            format!(".{step}")
        } else {
            format!("[{step:?}]")
        };
        path.push_str(&next);
        at = match at.as_array() {
            Some(items) => &items[step.parse::<usize>().unwrap()],
            None => &at[&step],
        };
    }
    path
}

/// What is wrong with each of the places, and how many there were.
fn faults_of_places(
    mut fault: impl FnMut(&Case, &Place, &Value, &str) -> Option<Option<String>>,
) -> (usize, BTreeSet<&'static str>) {
    let (mut count, mut operations, mut faults) = (0, BTreeSet::new(), Vec::new());
    for case in cases() {
        for (place, value) in case.places() {
            let path = path_of(&case.body, &place.pointer);
            if let Some(found) = fault(&case, &place, &value, &path) {
                count += 1;
                operations.insert(case.operation);
                faults.extend(found);
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    (count, operations)
}

#[test]
fn every_body_of_the_interface_passes() {
    let cases = cases();
    let operations: BTreeSet<_> = cases.iter().map(|case| case.operation).collect();
    let due = spec::operations()
        .iter()
        .filter(|operation| operation.body.is_some_and(|media| media.is_json()));
    assert_eq!(operations.len(), due.count());
    assert!(operations.len() > 60, "{}", operations.len());
    let mut faults = Vec::new();
    for case in cases {
        match (case.read)(&case.body) {
            Ok(read) => faults.extend(differences(&case.body, &read)),
            Err(refused) => faults.push(format!("{}: {refused}", case.operation)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_unknown_field_is_refused_in_every_object() {
    let (count, operations) = faults_of_places(|case, place, value, path| {
        if !value.is_object() || !place.lists_properties() {
            return None;
        }
        let add = |object: &mut Value| object[NEW_FIELD] = json!({"of": ["any", 1, null]});
        let path = format!("{path}.{NEW_FIELD}");
        Some(case.fault(&place.pointer, add, &path, Refused::is_unknown_field))
    });
    assert!(count > 900, "{count}");
    let whole: BTreeSet<_> = cases().iter().map(|case| case.operation).collect();
    let open = whole.difference(&operations).copied().collect::<Vec<_>>();
    assert_eq!(open, [""; 0], "bodies without an object of known fields");
}

#[test]
fn an_unknown_tag_and_a_missing_one_are_refused() {
    let mut kinds = BTreeSet::new();
    let (count, _) = faults_of_places(|case, place, value, path| {
        let tag = place.tag?;
        kinds.insert(value[tag].as_str().unwrap().to_owned());
        let path = format!("{path}.{tag}");
        let expects = |refused: &Refused| !refused.expected().is_empty();
        let rename = |union: &mut Value| union[tag] = json!("zz_new_kind");
        let remove = |union: &mut Value| drop(union.as_object_mut().unwrap().remove(tag));
        let renamed = case.fault(&place.pointer, rename, &path, expects);
        Some(renamed.or_else(|| case.fault(&place.pointer, remove, &path, expects)))
    });
    assert!(count > 0);
    let due = ["schedule", "shared", "standard", "storage_object_created"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), due);
}

#[test]
fn what_cannot_be_an_id_is_refused_wherever_ids_stand() {
    let mut names = BTreeSet::new();
    let (count, _) = faults_of_places(|case, place, value, path| {
        let is_short = place.schema["pattern"] == "^[a-z0-9-]{1,60}$";
        if !value.is_string() || !is_short {
            return None;
        }
        names.insert(place.name.clone());
        let spoil = |id: &mut Value| *id = NOT_AN_ID.into();
        let is_due = |refused: &Refused| refused.invalid_id().is_some();
        Some(case.fault(&place.pointer, spoil, path, is_due))
    });
    assert!(count > 50, "{count}");
    assert!(names.len() > 10, "{names:?}");
}

#[test]
fn the_error_names_the_place_and_what_is_expected_and_shows_no_value() {
    let typo = r#"{"project": {"nam": "npg_abcdefghijkl"}}"#;
    let refused = strict::from_str::<ProjectUpdateRequest>(typo).unwrap_err();
    assert!(refused.expected().contains(&"name"));
    let shown = format!("{refused} {refused:?}");
    assert!(
        shown.starts_with("unknown field $.project.nam: expected one of `"),
        "{shown}"
    );
    assert!(!shown.contains("npg_"), "{shown}");

    // What the decoder refuses has a place as well.
    let wrong = json!({"project": {"name": ["npg_abcdefghijkl"]}});
    let refused = strict::from_value::<ProjectUpdateRequest>(&wrong).unwrap_err();
    assert_eq!(refused.path(), "$.project.name");
    let shown = format!("{refused} {refused:?}");
    assert!(!shown.contains("npg_"), "{shown}");
    for text in ["", "{", "[]", "<html>"] {
        let refused = strict::from_str::<ProjectUpdateRequest>(text).unwrap_err();
        assert!(!refused.is_unknown_field(), "{text}: {refused}");
    }
}

#[test]
fn values_of_enums_are_left_to_the_api() {
    use neon_api_raw::types::BranchCreateRequestEndpointOptions;

    let body = json!({"type": "zz_new_value"});
    let body: BranchCreateRequestEndpointOptions = strict::from_value(&body).unwrap();
    assert!(matches!(body.type_, enums::EndpointType::Unrecognized(_)));
}

#[test]
fn the_ergonomic_client_takes_it_for_invalid_input() {
    let body = json!({"source_branch_id": NOT_AN_ID});
    let read = strict::from_value::<neon_api::types::BranchRestoreRequest>(&body);
    let error = neon_api::Error::from(read.unwrap_err());
    assert!(
        error.to_string().starts_with("$.source_branch_id: "),
        "{error}"
    );
    let neon_api::Error::InvalidInput(fault) = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        fault.invalid_id().map(neon_api::ids::InvalidId::kind),
        Some("branch")
    );
    assert_eq!(fault.refused_body().unwrap().path(), "$.source_branch_id");
}
