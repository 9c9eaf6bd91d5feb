//! Deployments of functions: multipart forms, with archives in memory and as streams.

use std::io;
use std::time::Duration;

use futures::{FutureExt as _, stream};
use neon_api::functions::{DeployFunction, FunctionBundle};
use neon_api::{Error, Neon};
use neon_api_emulator::spec::sample;
use serde_json::{Value, json};

use crate::row::{branch, json_of};
use crate::support::{BRANCH, PROJECT, Seen, Server, Step, status, success};

/// An operation and the method that is called by the tests of this file, for the list.
pub(crate) const CALLED: [(&str, &str); 2] = [
    (
        "createProjectBranchFunctionDeployment",
        "FunctionHandle::deploy",
    ),
    (
        "createProjectBranchFunctionDeployment",
        "FunctionHandle::redeploy",
    ),
];

fn response() -> (u16, Value) {
    let options = sample::Options::default();
    let sampled = sample::response("createProjectBranchFunctionDeployment", &options).unwrap();
    (sampled.status, sampled.body.unwrap())
}

fn server() -> Server {
    Server::new(|_, _| {
        let (status, body) = response();
        Step::Response(status, Vec::new(), body.to_string())
    })
}

/// The parts of a form: each one's `Content-Disposition`, and its content.
fn parts(seen: &Seen) -> Vec<(String, String)> {
    let content_type = seen.headers["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=");
    let boundary = format!("--{}", boundary.unwrap());
    let body = seen.body.strip_suffix("--\r\n").unwrap();
    let parts = body.split(&boundary).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (head, content) = part
                .trim_start_matches("\r\n")
                .split_once("\r\n\r\n")
                .unwrap();
            let disposition = head.split("\r\n").next().unwrap();
            let name = disposition
                .strip_prefix("Content-Disposition: form-data; ")
                .unwrap();
            let content = content.strip_suffix("\r\n").unwrap();
            (name.to_owned(), content.to_owned())
        })
        .collect()
}

/// Sends it, and gives the parts that were sent.
async fn sent(deploy: impl Fn(Neon) -> DeployFunction) -> Vec<(String, String)> {
    let server = server();
    let deployment = deploy(server.client()).await.unwrap();
    assert_eq!(json_of(&deployment), response().1["deployment"]);
    let seen = server.seen();
    let [request] = &*seen else {
        panic!("{seen:?}");
    };
    assert_eq!(request.operation, CALLED[0].0);
    assert_eq!(request.method, "POST");
    let path = format!("/projects/{PROJECT}/branches/{BRANCH}/functions/resize/deployments");
    assert!(request.uri.ends_with(&path), "{}", request.uri);
    parts(request)
}

fn part(name: &str, content: &str) -> (String, String) {
    (name.to_owned(), content.to_owned())
}

const ZIP: &str = "name=\"zip\"; filename=\"function.zip\"";

#[tokio::test(start_paused = true)]
async fn a_deployment_is_a_form_of_what_was_set() {
    let archive = || b"PK\x03\x04 the code".as_slice();
    let alone = sent(|neon| branch(&neon).function("resize").deploy(archive()));
    assert_eq!(alone.await, [part(ZIP, "PK\u{3}\u{4} the code")]);

    let all = sent(|neon| {
        let deploy = branch(&neon).function("resize").deploy(archive());
        let deploy = deploy.runtime("nodejs24");
        deploy.environment([("LEVEL", "info"), ("TOKEN", "hidden")])
    });
    let expected = [
        part("name=\"runtime\"", "nodejs24"),
        part(
            "name=\"environment\"",
            &json!({"LEVEL": "info", "TOKEN": "hidden"}).to_string(),
        ),
        part(ZIP, "PK\u{3}\u{4} the code"),
    ];
    assert_eq!(all.await, expected);

    let again = sent(|neon| {
        let redeploy = branch(&neon).function("resize").redeploy();
        redeploy.environment([("LEVEL", "debug")])
    });
    let expected = [part("name=\"environment\"", r#"{"LEVEL":"debug"}"#)];
    assert_eq!(again.await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_sent_whole_also_when_the_request_is_retried() {
    let server = Server::new(|_, before| {
        if before == 0 {
            return status(429);
        }
        let (status, body) = response();
        Step::Response(status, Vec::new(), body.to_string())
    });
    let pieces = stream::iter(["PK", " the", " code"].map(Ok::<_, io::Error>));
    let function = branch(&server.client()).function("resize");
    let deploy = function.deploy(FunctionBundle::stream(pieces));
    assert_eq!(server.total(), 0);
    deploy.await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for request in &seen {
        assert_eq!(parts(request), [part(ZIP, "PK the code")]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deployed_is_refused_before_anything_is_sent() {
    let server = Server::new(|seen, _| success(seen));
    let function = branch(&server.client()).function("resize");
    let broken = [Ok("PK"), Err(io::Error::other("the pipe broke"))];
    let broken = FunctionBundle::stream(stream::iter(broken));
    for (deploy, rule) in [
        (function.deploy(Vec::new()), "expected a zip archive"),
        (
            function.deploy(broken),
            "the archive could not be read: the pipe broke",
        ),
        (
            function.redeploy(),
            "a deployment needs at least one of zip, runtime and environment",
        ),
    ] {
        match deploy.await {
            Err(Error::InvalidInput(fault)) => assert_eq!(fault.rule(), Some(rule)),
            other => panic!("{rule}: {other:?}"),
        }
    }
    assert_eq!(server.total(), 0);
}

/// A stream that a call may not or can no longer send is not waited for.
#[tokio::test(start_paused = true)]
async fn a_bundle_is_not_read_in_vain() {
    let server = server();
    let deploy = |neon: &Neon| {
        let pieces = stream::pending::<Result<Vec<u8>, io::Error>>();
        let function = branch(neon).function("resize");
        function.deploy(FunctionBundle::stream(pieces)).send()
    };
    let neon = server.client();
    let blocked = deploy(&neon.read_only()).now_or_never().unwrap();
    assert!(blocked.unwrap_err().is_blocked());
    let late = deploy(&neon).timeout(Duration::from_secs(3)).await;
    let late = late.unwrap_err();
    assert!(late.is_timeout() && !late.outcome_unknown(), "{late}");
    assert!(neon.shutdown(Duration::ZERO).await.is_clean());
    let shut_down = deploy(&neon).now_or_never().unwrap();
    assert!(shut_down.unwrap_err().is_blocked());
    assert_eq!(server.total(), 0);
}
