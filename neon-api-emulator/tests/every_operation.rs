//! All operations of the specification, called with valid requests.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Api, KEY};
use neon_api_emulator::spec::{Spec, sample, validate};
use neon_api_emulator::{BASE_PATH, Emulator};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

async fn call(api: &Api, id: &str, options: &sample::Options) -> common::Answer {
    let request = sample::request(id, options).unwrap();
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = request.query.iter();
    let pairs: Vec<String> = pairs
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
        .collect();
    let uri = format!("{BASE_PATH}{}?{}", request.path, pairs.join("&"));
    let body = request
        .body
        .map(|body| body.to_string())
        .unwrap_or_default();
    let request = http::Request::builder()
        .method(request.method.as_str())
        .uri(uri)
        .header("authorization", format!("Bearer {KEY}"))
        .body(body.into())
        .unwrap();
    api.raw(request).await
}

/// Operations without state answer as the specification says; those with state answer so, or
/// that what the sampled ids name does not exist.
#[tokio::test]
async fn every_operation_answers() {
    let api = Api::instant();
    let mut count = 0;
    for operation in Spec::get().operations() {
        let id = operation.id();
        for options in [
            sample::Options::default(),
            sample::Options::default().required_only(),
            sample::Options::default().seed(3),
        ] {
            let answer = call(&api, id, &options).await;
            let succeeded = operation.success_statuses().any(|s| s == answer.status);
            let absent = Emulator::is_stateful(id) && answer.status == 404;
            let multipart = operation.request_schema().is_some() && !operation.takes_json();
            assert!(
                succeeded || absent || (multipart && answer.status == 400),
                "{id}: {} {}",
                answer.status,
                answer.body
            );
        }
        assert_eq!(api.emulator.count(id), 3);
        count += 1;
    }
    assert_eq!(count, 179);
}

#[test]
fn what_is_sampled_conforms() {
    for operation in Spec::get().operations() {
        let id = operation.id();
        for seed in 0..20 {
            for options in [
                sample::Options::default().seed(seed),
                sample::Options::default().seed(seed).required_only(),
            ] {
                let response = sample::response(id, &options).unwrap();
                assert_eq!(response, sample::response(id, &options).unwrap(), "{id}");
                if let Some(body) = response.body {
                    let valid = validate::response(id, response.status, &body);
                    assert_eq!(valid, Ok(()), "{id}: {body:#}");
                }
                let request = sample::request(id, &options).unwrap();
                assert_eq!(validate::query(id, &request.query), Ok(()), "{id}");
                assert!(!request.path.contains(['{', '}']), "{}", request.path);
                if let Some(body) = sample::request_body(id, &options) {
                    assert_eq!(validate::request_body(id, &body), Ok(()), "{id}: {body:#}");
                }
            }
        }
    }
}

/// A walk over a sampled list ends: it is not given a cursor to go on with.
#[tokio::test]
async fn sampled_lists_end() {
    let api = Api::instant();
    for id in [
        "getConsumptionHistoryPerProjectV2",
        "getOrganizationMembers",
        "listProjectBranchBucketObjects",
        "queryProjectBranchLogs",
    ] {
        let body = call(&api, id, &sample::Options::default())
            .await
            .expect(200);
        assert_eq!(body.get("pagination"), None, "{id}");
        assert_eq!(body.get("next_cursor"), None, "{id}");
        assert_ne!(body.get("is_truncated"), Some(&Value::Bool(true)), "{id}");
    }
}

/// Ids in the path come back, and what is scheduled can be waited for.
#[tokio::test(start_paused = true)]
async fn sampled_answers_fit_the_state() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = common::text(&project, "/branch/id");
    let made = api
        .post(&format!("{path}/branches/{branch}/snapshot"), Value::Null)
        .await
        .expect(200);
    let operation = common::text(&made, "/operations/0/id");
    let found = api.get(&format!("{path}/operations/{operation}")).await;
    let found = found.expect(200);
    assert_eq!(common::text(&found, "/operation/branch_id"), branch);
}
