//! Function bundles over a real socket: sent as streams, and again from the start when a request is
//! retried.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, stream};
use neon_api::functions::{DeployFunction, FunctionBundle};
use neon_api::raw::upload::{Chunks, Upload};
use neon_api::{Error, Neon};
use neon_api_emulator::spec::sample;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// A request as it came.
#[derive(Debug, Default, Clone)]
struct Seen {
    headers: HeaderMap,
    body: Vec<u8>,
    is_whole: bool,
}

#[derive(Clone)]
struct Shared {
    /// The statuses before success.
    refusals: Arc<Mutex<Vec<StatusCode>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    arrived: mpsc::UnboundedSender<usize>,
}

struct Server {
    shared: Shared,
    arrived: mpsc::UnboundedReceiver<usize>,
    neon: Neon,
    running: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Server {
    async fn start(refusals: &[u16]) -> Self {
        let statuses = refusals.iter().rev();
        let statuses = statuses.map(|status| StatusCode::from_u16(*status).unwrap());
        let (sender, arrived) = mpsc::unbounded_channel();
        let shared = Shared {
            refusals: Arc::new(Mutex::new(statuses.collect())),
            seen: Arc::default(),
            arrived: sender,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v2", listener.local_addr().unwrap());
        let app = Router::new().fallback(respond).with_state(shared.clone());
        let serving = tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self {
            shared,
            arrived,
            neon: Neon::builder()
                .api_key("napi_key")
                .base_url(url)
                .build()
                .unwrap(),
            running: serving.abort_handle(),
        }
    }

    fn deploy(&self, bundle: impl Into<FunctionBundle>) -> DeployFunction {
        let project = self.neon.project("late-frost-12345678");
        project
            .branch("br-cool-sun-12345678")
            .function("resize")
            .deploy(bundle)
    }

    fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

async fn respond(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let mut seen = Seen {
        headers,
        ..Seen::default()
    };
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        seen.body.extend_from_slice(&chunk);
        let _ = shared.arrived.send(seen.body.len());
    }
    seen.is_whole = seen.body.ends_with(b"--\r\n");
    shared.seen.lock().unwrap().push(seen);
    if let Some(status) = shared.refusals.lock().unwrap().pop() {
        let body = r#"{"code":"","message":"not now"}"#;
        return (status, body).into_response();
    }
    let sampled = sample::response(
        "createProjectBranchFunctionDeployment",
        &sample::Options::default(),
    );
    let sampled = sampled.unwrap();
    let status = StatusCode::from_u16(sampled.status).unwrap();
    (status, sampled.body.unwrap().to_string()).into_response()
}

/// The file in a form.
fn file(seen: &Seen) -> &[u8] {
    let content_type = seen.headers["content-type"].to_str().unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let end = format!("\r\n--{boundary}--\r\n");
    let body = seen.body.strip_suffix(end.as_bytes()).unwrap();
    let head = b"Content-Type: application/zip\r\n\r\n";
    let start = body.windows(head.len()).position(|bytes| bytes == head);
    &body[start.unwrap() + head.len()..]
}

fn length(seen: &Seen) -> Option<usize> {
    let length = seen.headers.get("content-length")?;
    Some(length.to_str().unwrap().parse().unwrap())
}

/// A file of more than one chunk that is deleted with this value.
struct Archive(std::path::PathBuf, Vec<u8>);

impl Archive {
    fn new(name: &str) -> Self {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        Self(path, content)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_file_is_sent_whole_with_its_length_each_time_the_request_is_retried() {
    let archive = Archive::new("uploaded.zip");
    let server = Server::start(&[429, 503]).await;
    let deploy = server.deploy(FunctionBundle::file(&archive.0));
    deploy.environment([("LEVEL", "info")]).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        assert_eq!(file(request), archive.1);
        assert_eq!(length(request), Some(request.body.len()));
        assert!(
            request
                .body
                .windows(16)
                .any(|bytes| bytes == br#"{"LEVEL":"info"}"#)
        );
    }
}

/// What can be sent only once the server has what comes before it cannot have been read ahead.
#[tokio::test]
async fn chunks_are_sent_as_they_come() {
    let mut server = Server::start(&[]).await;
    let (chunks, receiver) = mpsc::unbounded_channel::<io::Result<Bytes>>();
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let upload = Upload::new(move || {
        let mut receiver = receiver.lock().unwrap().take().expect("it is opened once");
        let content = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        async move { Ok(Chunks::new(None, content)) }
    });
    let deploying = tokio::spawn(server.deploy(upload).send());
    // The headers of the part.
    server.arrived.recv().await.unwrap();
    for chunk in ["PK", " the", " code"] {
        chunks.send(Ok(Bytes::from(chunk))).unwrap();
        server.arrived.recv().await.unwrap();
    }
    drop(chunks);
    deploying.await.unwrap().unwrap();
    let seen = server.seen();
    assert_eq!(file(&seen[0]), b"PK the code");
    assert_eq!(length(&seen[0]), None);
    assert_eq!(seen[0].headers["transfer-encoding"], "chunked");
}

#[tokio::test]
async fn a_file_that_cannot_be_sent_is_refused_before_anything_is_sent() {
    let server = Server::start(&[]).await;
    let mut empty = Archive::new("empty.zip");
    empty.1.clear();
    std::fs::write(&empty.0, &empty.1).unwrap();
    let missing = empty.0.with_extension("missing");
    for (path, rule) in [
        (&empty.0, "expected a zip archive"),
        (&missing, "the archive could not be read: "),
    ] {
        let error = server.deploy(FunctionBundle::file(path)).await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error}");
        assert!(error.to_string().contains(rule), "{error}");
    }
    let closed = Upload::new(|| async { Err(io::Error::other("the vault is closed")) });
    let error = server.deploy(closed).await.unwrap_err();
    assert!(!error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("the vault is closed"), "{error}");
    assert!(server.seen().is_empty());
}

/// An upload that never opens does not outlast the call.
#[tokio::test]
async fn opening_ends_with_the_deadline() {
    let server = Server::start(&[]).await;
    let stuck = Upload::new(std::future::pending::<io::Result<Chunks>>);
    let error = server
        .deploy(stuck)
        .send()
        .timeout(Duration::from_millis(50))
        .await;
    let error = error.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert!(server.seen().is_empty());
}

/// Part of the request was sent, and whatever the server did with it is not known.
#[tokio::test]
async fn an_upload_that_breaks_off_is_never_a_whole_request() {
    for stated in [None, Some(4), Some(1)] {
        let server = Server::start(&[]).await;
        let broken = Upload::new(move || async move {
            let mut chunks = vec![Ok(Bytes::from("PK"))];
            if stated.is_none() {
                chunks.push(Err(io::Error::other("the disk failed")));
            }
            Ok(Chunks::new(stated, stream::iter(chunks)))
        });
        let error = server.deploy(broken).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert!(
            server.seen().iter().all(|seen| !seen.is_whole),
            "{stated:?}"
        );
    }
}
