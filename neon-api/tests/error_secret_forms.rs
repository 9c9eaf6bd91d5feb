//! Every form of a secret, in every string from outside that an error, its `Debug` or a log repeats.

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

use futures::TryStreamExt;
use neon_api::raw::transport::{Exchange, FailureKind, Response};
use neon_api::raw::{BoxFuture, Transport, TransportError};
use neon_api::{Error, KeyProvider, Neon, RetryPolicy, Secret};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::capture::Capture;
use support::lists::sample;
use support::{Server, Step, call, ok, operation, operation_id, operations, project_id};

/// The forms of secrets, with `{}` in the place of the secret.
const FORMS: &[&str] = &[
    "napi_{}",
    "npg_{}",
    "Bearer {}",
    "authorization: {}",
    "Authorization: Basic {}",
    "postgresql://owner:{}@ep-misty-sea-a5833nbi.aws.neon.tech/db?sslmode=require",
    "host=h user=u password={} dbname=d",
    "host=h pwd='a {}' dbname=d",
    "{\"password\":\"{}\"}",
    "{\"api_key\": \"a\\\"{}\"}",
    "{\\\"clientSecret\\\":\\\"{}\\\"}",
    "{\"token\" : \"{}\", \"id\": 1}",
    "https://h/x?a=1&password={}&b=2",
    "https://h/k?X-Amz-Credential={}%2F20261121&X-Amz-Signature={}",
    "https://h/k?sv=2&sig={}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{}.{}",
    "postgresql%3A%2F%2Fuser%3A{}%40host",
    "https%253A%252F%252Fu%253A{}%2540h",
    "redirect_uri=x%26access_token%3D{}",
];

/// All that a person or a log may come to see of an error.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        write!(text, " {inner}").unwrap();
        source = inner.source();
    }
    write!(text, " {:?} {:?}", error.request_id(), error.resource()).unwrap();
    text
}

/// Responses of several kinds that repeat a string.
fn responses(told: &str) -> Vec<Step> {
    let answer = |status, body: String| Step::Response(status, Vec::new(), body);
    let said = json!({"code": told, "message": told, "reason": told, "request_id": told});
    let long = format!("{} {told}", "word ".repeat(39));
    vec![
        answer(400, said.to_string()),
        answer(404, json!({"error": {"message": told}}).to_string()),
        answer(500, json!({"title": "Bad", "detail": told}).to_string()),
        answer(502, format!("upstream said: {told}")),
        // The cut goes through the secret.
        answer(503, long),
        answer(
            403,
            format!("<html><head><title>{told}</title></head></html>"),
        ),
        answer(
            422,
            json!({"other": [told, {"words in": told}]}).to_string(),
        ),
        answer(302, String::new()).header("location", format!("/x?{}", told.replace('\n', " "))),
        answer(200, format!("<html><title>{told}</title></html>")),
        answer(200, json!({ told: 5 }).to_string()),
        answer(200, json!([told]).to_string()),
        answer(
            200,
            json!({"database": told, "operations": [told]}).to_string(),
        ),
        answer(
            200,
            json!({"databases": [{"id": told, told: told}]}).to_string(),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_form_of_a_secret_is_repeated(
        secret in "zq[a-zA-Z0-9]{8,30}zq",
        form in prop::sample::select(FORMS),
        method in prop::sample::select(vec!["GET", "POST", "DELETE"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let told = form.replace("{}", &secret);
        runtime.block_on(async {
            for step in responses(&told) {
                let (capture, _guard) = Capture::start();
                let server = Server::steps(vec![step]);
                let neon = server.builder().retry(RetryPolicy::never()).build().unwrap();
                if let Err(error) = call(&neon, method).await {
                    let text = shown(&error);
                    assert!(!text.contains(&secret), "{text}");
                }
                let logged = format!("{:?} {:?}", capture.spans(), capture.events());
                assert!(logged.contains("url.template"), "{logged}");
                assert!(!logged.contains(&secret), "{logged}");
            }
        });
    }
}

/// Fails each call with an error that repeats a string.
#[derive(Debug)]
struct Repeats(String);

impl Transport for Repeats {
    fn send(&self, _: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let error = TransportError::new(FailureKind::Proxy).with_source(self.0.clone());
        Box::pin(std::future::ready(Err(error)))
    }
}

impl KeyProvider for Repeats {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        let error = self.0.clone();
        Box::pin(async move { Err(error.into()) })
    }
}

/// A proxy or a provider of keys may repeat what it was sent. Its own error is the source of ours and
/// shows itself; what ours shows of it is masked.
#[tokio::test(start_paused = true)]
async fn what_is_behind_a_failure_is_masked() {
    const SECRET: &str = "zqplanted3c9fzq";
    let (_capture, _guard) = Capture::start();
    for form in FORMS {
        let told = form.replace("{}", SECRET);
        let transport = Neon::builder()
            .api_key("napi_x")
            .transport(Repeats(told.clone()));
        let server = Server::steps(vec![]);
        let key = server.builder().key_provider(Repeats(told.clone()));
        for builder in [transport, key] {
            let neon = builder.retry(RetryPolicy::never()).build().unwrap();
            let error = call(&neon, "GET").await.unwrap_err();
            let text = format!("{error} {error:?} {error:#?}");
            assert!(!text.contains(SECRET), "{text}");
        }
        assert_eq!(server.total(), 0);
    }
}

/// Operations and what else the API describes failures in, as responses show them.
#[tokio::test(start_paused = true)]
async fn descriptions_of_failures_are_masked_in_responses() {
    const SECRET: &str = "zqplanted3c9fzq";
    let (_capture, _guard) = Capture::start();
    for form in FORMS {
        let told = form.replace("{}", SECRET);
        let mut failed = operation(&operation_id(1), "failed");
        failed["error"] = json!(told);
        let server = Server::steps(vec![operations(&[failed])]);
        let list = server.client().project(project_id()).operations().list();
        let found: Vec<_> = list.try_collect().await.unwrap();
        assert_eq!(found[0].error.as_deref(), Some(told.as_str()));
        let text = format!("{found:?} {found:#?}");
        assert!(
            !text.contains(SECRET) && text.contains("error: Some("),
            "{text}"
        );
    }
}

/// A presigned request is a key to an object: neither its URL nor its headers are shown.
#[tokio::test(start_paused = true)]
async fn presigned_requests_are_not_shown() {
    const SECRET: &str = "zqplanted3c9fzq";
    let (_capture, _guard) = Capture::start();
    let server = Server::new(|seen, _| {
        let mut answer: Value = sample(seen.operation);
        answer["url"] = json!(format!("https://h/k?x={SECRET}"));
        answer["headers"] = json!({"x-amz-server-side-encryption-customer-key": SECRET});
        ok(&answer)
    });
    let neon = server.client();
    let request = support::from(json!({"operation": "upload"}));
    let (project, branch) = (project_id(), support::branch_id());
    let raw = neon.raw();
    let presign = raw.presign_project_branch_bucket_object(&project, &branch, "b", "k", &request);
    let presigned = presign.await.unwrap().into_inner();
    let text = format!("{presigned:?} {presigned:#?}");
    assert!(!text.contains(SECRET), "{text}");
    assert!(
        text.contains("x-amz-server-side-encryption-customer-key"),
        "{text}"
    );
    let mut headers = presigned.headers.values();
    assert!(headers.any(|value| value.expose() == SECRET));
}
