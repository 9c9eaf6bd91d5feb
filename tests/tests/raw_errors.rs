//! What becomes of answers that are errors, and of successes that cannot be read.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use neon_api_raw::types::{
    AcceptProjectTransferRequestSatisfiesPlanError, BranchAiGatewayNotEnabled,
    BranchStorageNotEnabled, GeneralError, LimitsUnsatisfiedResponse,
    ProjectBranchLogsInvalidQuery, ProjectBranchLogsNotAvailable, ProjectsWithIntegrationResponse,
};
use neon_api_raw::{ApiError, Client, DecodeError, Error};
use neon_api_tests::call::call;
use neon_api_tests::compare::differences;
use neon_api_tests::sampled::{self, Options};
use neon_api_tests::server::{REQUEST_ID, Server};
use neon_api_tests::spec;
use serde_json::{Value, json};

async fn error_of(client: &Client, operation: &spec::Operation) -> Error {
    let request = sampled::request(operation, &Options::default());
    match call(client, operation.id, &request.arguments).await {
        Ok(reply) => panic!("{} succeeded: {}", operation.id, reply.value),
        Err(failure) => failure.client(),
    }
}

fn api(error: &Error) -> &ApiError {
    match error {
        Error::Api(error) => error,
        other => panic!("not an answer of the API: {other}"),
    }
}

fn decode(error: &Error) -> &DecodeError {
    match error {
        Error::Decode(error) => error,
        other => panic!("not an unreadable answer: {other}"),
    }
}

#[tokio::test]
async fn each_declared_error_reaches_the_caller_whole() {
    let server = Server::start().await;
    let client = server.client();
    let mut errors = 0;
    for operation in spec::operations() {
        for (status, schema) in operation.errors() {
            for options in [Options::default(), Options::default().required_only()] {
                errors += 1;
                // Spaces that no encoder of ours would write show that the bytes are kept.
                let sample = sampled::value(schema, &options);
                let body = format!(" {sample:#}\n");
                server.answer(status, "application/json", body.clone());
                let error = error_of(&client, operation).await;
                assert_eq!(server.taken().len(), 1, "{error}");
                assert_eq!(error.route().id, operation.id);
                assert_eq!(error.status().unwrap(), status, "{error}");
                assert_eq!(error.attempts(), 1);
                let answer = api(&error);
                assert_eq!(answer.status, status);
                assert_eq!(answer.body().as_ref(), body.as_bytes());
                assert_eq!(answer.headers()["x-neon-ret-request-id"], REQUEST_ID);
                let text =
                    |name: &str| sample.get(name).and_then(Value::as_str).unwrap_or_default();
                assert_eq!(answer.code, text("code"));
                assert_eq!(answer.message, text("message"));
                assert_eq!(answer.reason, text("reason"));
                let id = Some(text("request_id")).filter(|id| !id.is_empty());
                assert_eq!(error.request_id(), Some(id.unwrap_or(REQUEST_ID)));
                let name = spec::target_name(schema).expect("the bodies of errors have names");
                let found = typed(name, answer);
                assert_eq!(
                    differences(&sample, &found),
                    [""; 0],
                    "{} {name}",
                    operation.id
                );
                let shown = error.to_string();
                assert!(
                    shown.contains(operation.id) && shown.contains(&status.to_string()),
                    "{shown}"
                );
                assert_eq!(shown.lines().count(), 1, "{shown}");
            }
        }
    }
    assert!(errors >= 2 * spec::operations().len(), "{errors}");
}

/// The body of an error, decoded as the type of its schema and encoded again.
fn typed(schema: &str, error: &ApiError) -> Value {
    macro_rules! as_one_of {
        ($($name:literal => $type:ty,)*) => {
            match schema {
                $($name => {
                    let value: $type = error.decode().expect($name);
                    serde_json::to_value(value).unwrap()
                })*
                other => panic!("errors have a new form {other}"),
            }
        };
    }
    as_one_of! {
        "AcceptProjectTransferRequestSatisfiesPlanError" => AcceptProjectTransferRequestSatisfiesPlanError,
        "BranchAiGatewayNotEnabled" => BranchAiGatewayNotEnabled,
        "BranchStorageNotEnabled" => BranchStorageNotEnabled,
        "GeneralError" => GeneralError,
        "LimitsUnsatisfiedResponse" => LimitsUnsatisfiedResponse,
        "ProjectBranchLogsInvalidQuery" => ProjectBranchLogsInvalidQuery,
        "ProjectBranchLogsNotAvailable" => ProjectBranchLogsNotAvailable,
        "ProjectsWithIntegrationResponse" => ProjectsWithIntegrationResponse,
    }
}

#[tokio::test]
async fn an_error_of_a_status_that_is_not_declared_is_an_error_all_the_same() {
    let server = Server::start().await;
    let client = server.client();
    let body = json!({ "code": "", "message": "slow down", "request_id": "from-the-body" });
    for operation in spec::operations() {
        for status in [301, 304, 400, 401, 418, 423, 429, 503, 520, 599] {
            server.answer_json(status, &body);
            let error = error_of(&client, operation).await;
            let answer = api(&error);
            assert_eq!(answer.status, status);
            // HTTP gives a 304 no body.
            if status != 304 {
                assert_eq!(answer.message, "slow down");
                assert_eq!(error.request_id(), Some("from-the-body"));
            }
            assert_eq!(server.taken().len(), 1, "{error}");
        }
    }
}

#[tokio::test]
async fn errors_without_json_keep_their_body() {
    let server = Server::start().await;
    let client = server.client();
    let page = "<html><body>502 Bad Gateway</body></html>";
    let bodies = [
        page,
        "",
        "upstream",
        "null",
        "[]",
        "7",
        r#"{"message":7}"#,
        r#"{"message":"cut"#,
    ];
    for operation in spec::operations() {
        for body in bodies {
            server.answer(502, "text/html", body);
            let error = error_of(&client, operation).await;
            let answer = api(&error);
            assert_eq!(answer.body().as_ref(), body.as_bytes());
            assert_eq!((answer.code.as_str(), answer.message.as_str()), ("", ""));
            assert_eq!(error.request_id(), Some(REQUEST_ID));
            assert!(answer.decode::<GeneralError>().is_err());
            assert!(error.to_string().contains("Bad Gateway"), "{error}");
        }
    }
}

/// The bodies of gateways resemble those of the API: what can be read of them is told.
#[tokio::test]
async fn a_field_of_another_type_takes_the_others_from_nobody() {
    let server = Server::start().await;
    let client = server.client();
    let operation = &spec::operations()[0];
    for (body, code, message, id) in [
        (
            json!({"code": 400, "message": "m", "request_id": 7}),
            "",
            "m",
            REQUEST_ID,
        ),
        (
            json!({"code": null, "message": "m", "reason": []}),
            "",
            "m",
            REQUEST_ID,
        ),
        (
            json!({"code": "C", "message": {"a": 1}, "request_id": true}),
            "C",
            "",
            REQUEST_ID,
        ),
    ] {
        server.answer_json(400, &body);
        let error = error_of(&client, operation).await;
        let answer = api(&error);
        assert_eq!(
            (answer.code.as_str(), answer.message.as_str()),
            (code, message)
        );
        assert_eq!(answer.reason, "");
        assert_eq!(error.request_id(), Some(id));
    }
}

#[tokio::test]
async fn a_success_that_is_no_json_says_where_it_cannot_be_read() {
    let server = Server::start().await;
    let client = server.client();
    let page = "<!doctype html><title>Maintenance</title>".to_owned();
    let mut unreadable = 0;
    for operation in spec::operations() {
        let Some((status, _)) = operation.json_success() else {
            continue;
        };
        let (_, sample) = sampled::answer(operation, &Options::default());
        let mut cut = sample.to_string();
        cut.pop();
        for (body, reason) in [
            (page.clone(), "HTML"),
            (String::new(), "empty"),
            (" \n".to_owned(), "empty"),
            (cut, "EOF"),
            ("npg_secret".to_owned(), ""),
        ] {
            unreadable += 1;
            server.answer(status, "application/json", body.clone());
            let error = error_of(&client, operation).await;
            assert_eq!(error.route().id, operation.id);
            assert_eq!(error.status().unwrap(), status);
            assert_eq!(error.request_id(), Some(REQUEST_ID));
            assert_eq!(error.attempts(), 1);
            let fault = decode(&error);
            assert!(fault.path().starts_with('$'), "{error}");
            assert_eq!(fault.body().as_ref(), body.as_bytes());
            let shown = error.to_string();
            for part in [
                operation.id,
                status.to_string().as_str(),
                REQUEST_ID,
                fault.path(),
                reason,
            ] {
                assert!(shown.contains(part), "{shown} does not say {part}");
            }
            assert_eq!(shown.lines().count(), 1, "{shown}");
            for text in [shown, format!("{error:?}")] {
                assert!(!text.contains("npg_secret"), "{text}");
            }
        }
    }
    assert!(unreadable > 500, "{unreadable}");
}

#[tokio::test]
async fn a_value_of_another_type_is_named_by_its_path() {
    let others = [
        json!({ "npg_secret": "npg_secret" }),
        json!(["npg_secret"]),
        json!(true),
    ];
    let mut turn = 0;
    each_broken_answer(|schema, sample| {
        let mut places = Vec::new();
        let mut tags = Vec::new();
        spec::visit(schema, &mut sample.clone(), &mut |place, value| {
            // A union whose tag is no text is a variant that nobody knows.
            tags.extend(place.tag.map(|tag| format!("{}/{tag}", place.pointer)));
            if place.schema.get("type").is_some() && !value.is_object() {
                places.push((place.pointer.clone(), value.clone()));
            }
        });
        places.retain(|(pointer, _)| !tags.contains(pointer));
        let mut broken = Vec::new();
        for (pointer, value) in places {
            let is_other =
                |other: &&Value| std::mem::discriminant(*other) != std::mem::discriminant(&value);
            turn += 1;
            let (before, after) = others.split_at(turn % others.len());
            let other = after.iter().chain(before).find(is_other).unwrap();
            let mut body = sample.clone();
            *body.pointer_mut(&pointer).unwrap() = other.clone();
            broken.push((body, pointer));
        }
        broken
    })
    .await;
}

#[tokio::test]
async fn a_missing_property_is_looked_for_in_its_object() {
    each_broken_answer(|schema, sample| {
        let mut broken = Vec::new();
        spec::visit(schema, &mut sample.clone(), &mut |place, value| {
            let required = place.schema.get("required").and_then(Value::as_array);
            for name in required.into_iter().flatten().filter_map(Value::as_str) {
                let property = &place.schema["properties"][name];
                // Lists and maps may be absent; `raw_operations` has those that may not.
                let may_be_absent = spec::is_nullable(property) || is_collection(property);
                if value.get(name).is_some() && !may_be_absent {
                    let mut body = sample.clone();
                    let object = body
                        .pointer_mut(&place.pointer)
                        .and_then(Value::as_object_mut);
                    object.unwrap().remove(name);
                    broken.push((body, place.pointer.clone(), name));
                }
            }
            // Without its tag, a union is a variant that nobody knows.
            broken
                .retain(|(_, pointer, name)| *pointer != place.pointer || Some(*name) != place.tag);
        });
        let broken = broken.into_iter();
        broken.map(|(body, pointer, _)| (body, pointer)).collect()
    })
    .await;
}

fn is_collection(schema: &'static Value) -> bool {
    let schema = spec::resolve(schema);
    let is_map = schema.get("additionalProperties").is_some() && schema.get("properties").is_none();
    schema["type"] == "array" || is_map
}

/// Breaks each answer of the interface in one place at a time and compares the path of the error.
/// `breaks` gives the broken answers and where they are broken.
async fn each_broken_answer(
    mut breaks: impl FnMut(&'static Value, &Value) -> Vec<(Value, String)>,
) {
    let server = Server::start().await;
    let client = server.client();
    let mut broken = 0;
    let mut faults = Vec::new();
    for operation in spec::operations() {
        let Some((status, schema)) = operation.json_success() else {
            continue;
        };
        let (_, sample) = sampled::answer(operation, &Options::default());
        let mut unions = Vec::new();
        spec::visit(schema, &mut sample.clone(), &mut |place, _| {
            unions.extend(place.tag.map(|_| place.pointer.clone()));
        });
        for (body, pointer) in breaks(schema, &sample) {
            broken += 1;
            // With and without spaces, which move what the decoder has read when it fails.
            let text = if broken % 2 == 0 {
                format!("{body:#}")
            } else {
                body.to_string()
            };
            server.answer(status, "application/json", text);
            let error = error_of(&client, operation).await;
            let due = json_path(&pointer, &sample);
            let found = decode(&error).path();
            // How deep inside a union's variant, is not known: the path may end before it.
            let is_inside = unions.iter().any(|union| pointer.starts_with(union));
            let leads_there = is_inside && is_above(found, &due);
            if found != due && !leads_there {
                faults.push(format!("{}: {found} instead of {due}", operation.id));
            }
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(!text.contains("npg_secret"), "{text}");
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {broken}:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert!(broken > 100, "{broken}");
}

/// Whether a path leads to a place that holds another.
fn is_above(path: &str, other: &str) -> bool {
    other
        .strip_prefix(path)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// `/projects/3/id` as `$.projects[3].id`. The keys of maps are not shown.
fn json_path(pointer: &str, document: &Value) -> String {
    let mut path = String::from("$");
    let mut at = document;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if at.is_array() {
            path.extend(["[", &token, "]"]);
            at = &at[token.parse::<usize>().unwrap()];
        } else {
            let is_sampled = token == "sample_key";
            path.extend([".", if is_sampled { "***" } else { &token }]);
            at = &at[&token];
        }
    }
    path
}
