//! The types of the raw crate: secrets, three-state fields, open enums, sizes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::transport::{BoxFuture, Exchange, Response};
use neon_api_raw::types::{BranchUpdateRequest, BranchUpdateRequestBranch};
use neon_api_raw::{Client, Patch, Transport, TransportError};
use neon_api_tests::call::{BY_HAND, call};
use neon_api_tests::sampled::{self, Options};
use neon_api_tests::server::Server;
use neon_api_tests::spec;
use serde_json::{Value, json};

/// The properties whose values `{:?}` must not show, each with its schema.
const HIDDEN: &[&str] = &[
    "ApiKeyCreateResponse.key",
    "AuthDetailsResponse.auth_data",
    "BillingAccount.orb_portal_url",
    "ConnectionDetails.connection_uri",
    "ConnectionParameters.password",
    "ConnectionURIResponse.uri",
    "CreateCredentialResponse.api_token",
    "CreateCredentialResponse.s3_secret_access_key",
    "CredentialSecret.api_token",
    "CredentialSecret.s3_secret_access_key",
    "NeonAuthAddOAuthProviderRequest.client_secret",
    "NeonAuthCreateIntegrationResponse.secret_server_key",
    "NeonAuthOauthProvider.client_secret",
    "NeonAuthTransferAuthProviderProjectResponse.url",
    "NeonAuthUpdateOAuthProviderRequest.client_secret",
    "PresignResponse.*",
    "PresignResponse.url",
    "RealtimeSecret.secret",
    "Role.password",
    "RolePasswordResponse.password",
    "RotateCredentialResponse.api_token",
    "RotateCredentialResponse.s3_secret_access_key",
    "SendNeonAuthTestEmailRequest.password",
    "StandardEmailServer.password",
    "StandardEmailServerResponse.password",
];

/// IDs of credentials, which say which one is meant and let nobody in.
const SHOWN: &[&str] = &[
    "CreateCredentialResponse.token_id",
    "CreateCredentialResponse.token_id_short",
    "CredentialMeta.token_id",
    "CredentialMeta.token_id_short",
    "CredentialSecret.token_id",
    "RotateCredentialResponse.token_id",
    "RotateCredentialResponse.token_id_short",
];

fn looks_secret(name: &str) -> bool {
    let property = name.split('.').next_back().unwrap_or_default();
    [
        "password",
        "secret",
        "token",
        "connection_uri",
        "private",
        "credential",
        "api_key",
    ]
    .iter()
    .any(|part| property.contains(part))
}

/// Puts a text of its own into every free text below a value, and gives these with the names of
/// the properties.
fn mark(schema: &'static Value, value: &mut Value) -> Vec<(String, String)> {
    let mut marks = Vec::new();
    spec::visit(schema, value, &mut |place, value| {
        let is_text = place.schema["type"] == "string" && place.schema["format"] != "date-time";
        if is_text && !place.is_enum() {
            let mark = format!("mark{}z", marks.len());
            *value = mark.clone().into();
            marks.push((place.name.clone(), mark));
        }
    });
    marks
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let server = Server::start().await;
    let client = server.client();
    let mut hidden = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for operation in spec::operations() {
        // Several values, so that each variant of each union occurs.
        for seed in 0..4 {
            let options = Options::default().seed(seed);
            let mut arguments = sampled::request(operation, &options).arguments;
            let mut sent = Vec::new();
            if let Some(media) = operation.body.filter(spec::Media::is_json) {
                sent = mark(media.schema, arguments.0.get_mut("body").unwrap());
            }
            let mut got = Vec::new();
            match operation.json_success() {
                Some((status, schema)) => {
                    let (_, mut answer) = sampled::answer(operation, &options);
                    got = mark(schema, &mut answer);
                    server.answer_json(status, &answer);
                }
                None => server.answer(200, "application/json", ""),
            }
            let reply = call(&client, operation.id, &arguments).await.unwrap();
            for (marks, debug) in [(sent, reply.request_debug), (got, reply.debug)] {
                for (name, mark) in marks {
                    if !debug.contains(&mark) {
                        hidden.insert(name);
                    } else if looks_secret(&name) {
                        shown.insert(name);
                    }
                }
            }
        }
    }
    assert_eq!(
        hidden.iter().map(String::as_str).collect::<Vec<_>>(),
        HIDDEN
    );
    assert_eq!(shown.iter().map(String::as_str).collect::<Vec<_>>(), SHOWN);
}

#[tokio::test]
async fn a_deployment_shows_neither_code_nor_environment() {
    let server = Server::start().await;
    let operation = spec::operation(BY_HAND);
    let (status, answer) = sampled::answer(operation, &Options::default());
    server.answer_json(status, &answer);
    let mut arguments = sampled::request(operation, &Options::default()).arguments;
    arguments.0["body"]["zip"] = "mark1z".into();
    arguments.0["body"]["environment"] = r#"{"NAME":"mark2z"}"#.into();
    let reply = call(&server.client(), BY_HAND, &arguments).await.unwrap();
    assert!(
        !reply.request_debug.contains("mark"),
        "{}",
        reply.request_debug
    );
}

#[tokio::test]
async fn the_key_is_not_shown() {
    let url = "http://npg_marked@127.0.0.1:9/api/v2";
    let builder = Client::builder().api_key("npg_marked").base_url(url);
    assert!(!format!("{builder:?}").contains("npg_marked"));
    let url = "http://127.0.0.1:9/api/v2";
    let client = builder.base_url(url).build().unwrap();
    assert!(!format!("{client:?}").contains("npg_marked"));
    for bad in ["", " ", "npg_marked\n"] {
        let error = Client::builder().api_key(bad).build().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("npg_marked"));
    }
}

/// Writes down how calls and answers look in a log.
#[derive(Debug, Clone, Default)]
struct Shows(Arc<Mutex<Vec<String>>>);

impl Transport for Shows {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let body = r#"{"role":"marked"}"#;
        let answer = Response::new(StatusCode::OK, HeaderMap::new(), Bytes::from(body));
        self.0
            .lock()
            .unwrap()
            .extend([format!("{call:?}"), format!("{answer:?}")]);
        Box::pin(async { Ok(answer) })
    }
}

#[tokio::test]
async fn calls_and_answers_of_a_transport_show_no_bodies() {
    let shows = Shows::default();
    let client = Client::builder()
        .api_key("marked")
        .transport(shows.clone())
        .build()
        .unwrap();
    let operation = spec::operation("sendNeonAuthTestEmail");
    let mut arguments = sampled::request(operation, &Options::default()).arguments;
    arguments.0["body"]["password"] = "marked".into();
    let _ = call(&client, operation.id, &arguments).await;
    let texts = shows.0.lock().unwrap();
    assert_eq!(texts.len(), 2);
    for text in texts.iter() {
        assert!(!text.contains("marked"), "{text}");
    }
}

#[tokio::test]
async fn a_field_can_be_left_cleared_or_set() {
    let server = Server::start().await;
    let client = server.client();
    let operation = spec::operation("updateProjectBranch");
    let (status, answer) = sampled::answer(operation, &Options::default());
    server.answer_json(status, &answer);
    let project = ProjectId::new("late-frost-12345678").unwrap();
    let branch = BranchId::new("br-noisy-breeze-a5e59rrb").unwrap();
    let at: DateTime<Utc> = "2030-01-02T03:04:05Z".parse().unwrap();
    for (expires_at, body) in [
        (Patch::Keep, json!({ "branch": {} })),
        (Patch::Clear, json!({ "branch": { "expires_at": null } })),
        (
            Patch::Set(at),
            json!({ "branch": { "expires_at": "2030-01-02T03:04:05Z" } }),
        ),
    ] {
        let change = BranchUpdateRequestBranch::default().with_expires_at(expires_at);
        let request = BranchUpdateRequest::new(change);
        client
            .update_project_branch(&project, &branch, &request)
            .await
            .unwrap();
        assert_eq!(
            server.taken_one().body.as_ref(),
            body.to_string().as_bytes()
        );
    }
}

#[test]
fn errors_are_small_and_cross_threads() {
    fn crosses_threads<T: Send + Sync + 'static>() {}

    assert!(size_of::<neon_api_raw::Error>() <= 16);
    crosses_threads::<neon_api_raw::Error>();
    crosses_threads::<Client>();
}

/// The enums that occur in what an operation sends or gets are tested to be open where that is
/// tested; this shows that there is no other one.
#[test]
fn no_enum_of_the_interface_escapes_the_tests() {
    let mut seen = BTreeSet::new();
    let mut note = |schema: &'static Value, value: &mut Value| {
        spec::visit(schema, value, &mut |place, _| {
            if place.is_enum() {
                seen.insert(std::ptr::from_ref(place.schema) as usize);
            }
        });
    };
    for operation in spec::operations() {
        for parameter in &operation.parameters {
            let mut value = sampled::value(parameter.schema, &Options::default());
            note(parameter.schema, &mut value);
        }
        for seed in 0..8 {
            let options = Options::default().seed(seed);
            let answers = operation.json_success().map(|(_, schema)| schema);
            let errors = operation.errors().map(|(_, schema)| schema);
            let bodies = operation.body.map(|media| media.schema);
            for schema in answers.into_iter().chain(errors).chain(bodies) {
                note(schema, &mut sampled::value(schema, &options));
            }
        }
    }
    let mut all = Vec::new();
    enums(spec::document(), "", &mut all);
    let missed: Vec<&String> = all
        .iter()
        .filter(|(node, _)| !seen.contains(&(std::ptr::from_ref(*node) as usize)))
        .map(|(_, place)| place)
        .collect();
    assert_eq!(missed, Vec::<&String>::new());
    assert!(all.len() > 50, "{}", all.len());
}

fn enums(node: &'static Value, at: &str, found: &mut Vec<(&'static Value, String)>) {
    if node.get("enum").is_some_and(Value::is_array) {
        found.push((node, at.to_owned()));
    }
    match node {
        Value::Object(object) => {
            for (name, node) in object {
                enums(node, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, node) in items.iter().enumerate() {
                enums(node, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[cfg(feature = "schemars")]
mod schemas {
    use neon_api_raw::types;
    use neon_api_tests::spec;
    use schemars::{JsonSchema, schema_for};
    use serde_json::Value;

    /// The JSON schema of a type has the properties that the interface gives the component.
    fn check<T: JsonSchema>(component: &str) -> Value {
        let found = schema_for!(T).to_value();
        let declared = spec::resolve(&spec::document()["components"]["schemas"][component]);
        let declared = declared["properties"].as_object().expect("properties");
        let properties = found["properties"].as_object().expect("properties");
        assert!(declared.keys().eq(properties.keys()), "{component}");
        found
    }

    #[test]
    fn types_have_json_schemas() {
        let project = check::<types::ProjectCreateRequest>("ProjectCreateRequest");
        assert!(project["$defs"].as_object().unwrap().len() > 5);
        check::<types::Project>("Project");
        check::<types::Endpoint>("Endpoint");
        let operation = check::<types::Operation>("Operation");
        let status = &operation["$defs"]["OperationStatus"];
        assert_eq!(status["type"], "string");
        assert!(status.get("enum").is_none(), "enums are open");

        let answer = schema_for!(types::CreateProjectResponse).to_value();
        for part in [
            "project",
            "connection_uris",
            "roles",
            "databases",
            "operations",
            "endpoints",
        ] {
            assert!(answer["properties"].get(part).is_some(), "{part}");
        }
        assert_eq!(answer["$defs"]["Secret"]["type"], "string");
    }
}
