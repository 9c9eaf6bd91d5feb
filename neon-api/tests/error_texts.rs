//! Errors made of bodies as the API sends them: what they answer, and what they never show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::error::Error as _;
use std::fmt::Write as _;

use neon_api::ids::{BranchId, ProjectId};
use neon_api::raw::transport::FailureKind;
use neon_api::{Error, RetryPolicy};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{BRANCH, PROJECT, Server, Step, call, fail, from};

fn answer(status: u16, body: &Value) -> Step {
    Step::Answer(status, Vec::new(), body.to_string())
}

/// The error of a change that is answered so and not repeated.
async fn error_of(step: Step) -> Error {
    let server = Server::steps(vec![step]);
    let neon = server.builder().retry(RetryPolicy::never()).build();
    let error = call(&neon.unwrap(), "POST").await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

/// The predicates that hold, by their names.
fn holds(error: &Error) -> Vec<&'static str> {
    let all = [
        ("not_found", error.is_not_found()),
        ("conflict", error.is_conflict()),
        ("locked", error.is_locked()),
        ("rate_limited", error.is_rate_limited()),
        ("quota_exceeded", error.is_quota_exceeded()),
        ("auth", error.is_auth()),
        ("timeout", error.is_timeout()),
        ("outcome_unknown", error.outcome_unknown()),
        ("retryable", error.is_retryable()),
    ];
    let held = all.into_iter().filter(|(_, holds)| *holds);
    held.map(|(name, _)| name).collect()
}

#[tokio::test(start_paused = true)]
async fn is_not_found() {
    let body =
        json!({"request_id": "a1b2", "code": "", "message": "branch not found", "reason": "gone"});
    let error = error_of(answer(404, &body)).await;
    assert_eq!(holds(&error), ["not_found"]);
    assert_eq!(error.message(), Some("branch not found"));
    assert_eq!((error.code(), error.reason()), (None, Some("gone")));
    assert_eq!(error.request_id(), Some("a1b2"));
    assert_eq!(error.operation().unwrap().id, "createProjectBranchDatabase");
    assert_eq!(error.attempts(), 1);
    let text = "createProjectBranchDatabase: the API answered 404: branch not found (request a1b2)";
    assert_eq!(error.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn is_conflict() {
    let body = json!({"code": "PROJECT_ID_ALREADY_EXISTS", "message": "project already exists"});
    let error = error_of(answer(409, &body)).await;
    assert_eq!(holds(&error), ["conflict"]);
    assert_eq!(error.code(), Some("PROJECT_ID_ALREADY_EXISTS"));
}

#[tokio::test(start_paused = true)]
async fn is_locked() {
    let body = json!({
        "code": "",
        "message": "project already has running conflicting operations, scheduling of new ones is prohibited",
    });
    let error = error_of(answer(423, &body)).await;
    assert_eq!(holds(&error), ["locked", "retryable"]);
}

#[tokio::test(start_paused = true)]
async fn is_rate_limited() {
    let body = json!({"code": "", "message": "rate limit exceeded"});
    let error = error_of(answer(429, &body)).await;
    assert_eq!(holds(&error), ["rate_limited", "retryable"]);
}

#[tokio::test(start_paused = true)]
async fn is_quota_exceeded() {
    for code in [
        "PROJECTS_LIMIT_EXCEEDED",
        "BRANCHES_LIMIT_EXCEEDED",
        "BRANCHES_PROTECTED_LIMIT_EXCEEDED",
        "ROOT_BRANCHES_LIMIT_EXCEEDED",
        "ENDPOINTS_LIMIT_EXCEEDED",
        "ACTIVE_ENDPOINTS_LIMIT_EXCEEDED",
        "ROLES_LIMIT_EXCEEDED",
        "DATABASES_LIMIT_EXCEEDED",
        "DATA_TRANSFER_LIMIT_EXCEEDED",
        "VPC_ENDPOINTS_LIMIT_EXCEEDED",
        "BRANCH_SIZE_LIMIT_EXCEEDED_THRESHOLD",
        "COMPUTE_TIME_EXCEEDED",
        "NON_PRIMARY_BRANCH_COMPUTE_TIME_EXCEEDED",
    ] {
        let body = json!({"code": code, "message": "limit exceeded"});
        let error = error_of(answer(422, &body)).await;
        assert_eq!(holds(&error), ["quota_exceeded"], "{code}");
        assert!(error.to_string().contains(code), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn is_auth() {
    for (status, told) in [(401, "check the API key"), (403, "organization keys")] {
        let body = json!({"request_id": "r", "code": "", "message": "no"});
        let error = error_of(answer(status, &body)).await;
        assert_eq!(holds(&error), ["auth"]);
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn is_timeout_and_outcome_unknown() {
    let error = error_of(Step::Hang).await;
    assert_eq!(holds(&error), ["timeout", "outcome_unknown"]);
    assert!(
        error.to_string().contains("look before you repeat it"),
        "{error}"
    );
    let error = error_of(fail(FailureKind::Interrupted)).await;
    assert_eq!(holds(&error), ["outcome_unknown"]);
    let error = error_of(fail(FailureKind::Connect)).await;
    assert_eq!(holds(&error), ["retryable"]);
}

#[tokio::test(start_paused = true)]
async fn other_answers_are_none_of_these() {
    let password = json!({"code": "", "message": "role password is not stored"});
    let error = error_of(answer(412, &password)).await;
    assert_eq!(holds(&error), [""; 0]);
    assert!(error.to_string().contains("reset_password"), "{error}");
    for page in [
        "<html>\n<h1>Bad gateway</h1></html>",
        "",
        "\u{0}",
        "[]",
        "null",
        "{\"code\":5}",
    ] {
        let error = error_of(Step::Answer(502, Vec::new(), page.to_owned())).await;
        assert_eq!((error.code(), error.message()), (None, None));
        assert_eq!(error.status().unwrap().as_u16(), 502);
        assert!(!error.to_string().contains('<'), "{error}");
    }
    // A proxy's page with the status of a success.
    let error = error_of(Step::Answer(200, Vec::new(), "<html></html>".to_owned())).await;
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert!(error.to_string().contains("HTML"), "{error}");
    assert!(error.request_id().is_some());
}

/// All that a person or a log may come to see of an error.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        write!(text, " {inner} {inner:?}").unwrap();
        source = inner.source();
    }
    text
}

/// JSON with the secret in places where answers have them, and in places where they have none.
fn bodies(secret: &str) -> Vec<String> {
    let uri = format!("postgresql://owner:{secret}@ep-misty-sea-a5833nbi.aws.neon.tech/db");
    vec![
        json!({"uri": uri, "password": secret, "connection_uris": [{"connection_uri": uri}]})
            .to_string(),
        json!({"database": {"name": secret}, "operations": secret}).to_string(),
        json!({"database": secret, "operations": []}).to_string(),
        json!({"code": "", "message": "refused", "password": secret, "uri": uri}).to_string(),
        json!([{ secret: secret }]).to_string(),
        format!("<html>{secret}</html>"),
        format!("{{\"password\":\"{secret}"),
        secret.to_owned(),
        format!("\"{secret}\""),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Secrets in the key, the request's body, the answer's headers and the answer's body.
    #[test]
    fn no_error_shows_a_secret(
        secret in "[a-zA-Z0-9_]{12,40}",
        status in prop::sample::select(vec![200, 201, 400, 401, 404, 409, 412, 422, 500, 503]),
        failure in prop::option::weighted(0.2, prop::sample::select(vec![
            FailureKind::Connect, FailureKind::Interrupted, FailureKind::Timeout, FailureKind::NotSent,
        ])),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            for body in bodies(&secret) {
                let step = match failure {
                    Some(kind) => fail(kind),
                    None => Step::Answer(status, Vec::new(), body)
                        .header("set-cookie", secret.clone())
                        .header("authorization", format!("Bearer {secret}"))
                        .header("location", format!("https://u:{secret}@h/")),
                };
                let server = Server::new(move |_, _| step.clone());
                let neon = server
                    .builder()
                    .api_key(format!("napi_{secret}"))
                    .retry(RetryPolicy::never())
                    .build()
                    .unwrap();
                assert!(!format!("{neon:?}").contains(&secret));
                let (project, branch) =
                    (ProjectId::new(PROJECT).unwrap(), BranchId::new(BRANCH).unwrap());
                let request = from(json!({"database": {"name": "app", "owner_name": secret}}));
                let raw = neon.raw();
                let create = raw.create_project_branch_database(&project, &branch, &request);
                let password = raw.get_project_branch_role_password(&project, &branch, "owner");
                let mut errors: Vec<Error> = Vec::new();
                errors.extend(create.await.err().map(Error::from));
                errors.extend(password.await.err().map(Error::from));
                errors.extend(neon.projects().create("app").await.err());
                let handle = neon.project(&project).branch(&branch);
                // Where the whole answer is as due, its secret is the caller's.
                match handle.connection_uri("neondb", "owner").await {
                    Ok(uri) => assert!(!format!("{uri:?}").contains(&secret)),
                    Err(error) => errors.push(error),
                }
                assert!(!errors.is_empty());
                for error in errors {
                    let text = shown(&error);
                    assert!(!text.contains(&secret), "{text}");
                }
            }
        });
    }
}
