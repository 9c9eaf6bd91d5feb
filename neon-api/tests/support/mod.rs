//! What the tests of the core share: a server that answers by script, and clients of it.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod bucket;
pub(crate) mod capture;
pub(crate) mod issued;
pub(crate) mod lists;
#[cfg(feature = "metrics")]
pub(crate) mod metered;
pub(crate) mod parallel;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use neon_api::ids::{BranchId, OperationId, ProjectId};
use neon_api::raw::transport::{BoxFuture, Exchange, FailureKind, Response};
use neon_api::{Neon, NeonBuilder, Transport, TransportError, Unlimited, WaitToken};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) const PROJECT: &str = "late-frost-12345678";
pub(crate) const BRANCH: &str = "br-noisy-breeze-a5e59rrb";

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Answers.
    Response(u16, Vec<(&'static str, String)>, String),
    /// The connection fails in this way.
    Fail(FailureKind),
    /// Never answers.
    Hang,
    /// Does something after a while.
    After(Duration, Box<Step>),
}

/// An answer in the API's error form, or the empty success of any listing.
pub(crate) fn status(status: u16) -> Step {
    let body = json!({"code": "", "message": format!("made up {status}")});
    Step::Response(status, Vec::new(), body.to_string())
}

/// A response of a gateway in the API's place.
pub(crate) fn gateway(status: u16) -> Step {
    let body = format!("<html><h1>{status}</h1></html>");
    Step::Response(status, Vec::new(), body)
}

/// A response in the API's error form whose body is cut.
pub(crate) fn cut(status: u16) -> Step {
    Step::Response(status, Vec::new(), r#"{"code":"","mess"#.to_owned())
}

pub(crate) fn ok(body: &Value) -> Step {
    Step::Response(200, Vec::new(), body.to_string())
}

pub(crate) fn fail(kind: FailureKind) -> Step {
    Step::Fail(kind)
}

impl Step {
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Response(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    pub(crate) fn after(self, time: Duration) -> Self {
        Self::After(time, Box::new(self))
    }
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Since the server was made.
    pub(crate) at: Duration,
    pub(crate) operation: &'static str,
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

type Script = Box<dyn Fn(&Seen, usize) -> Step + Send + Sync>;

/// A server that answers as a function of the request and of how many requests of its operation
/// came before it. Clones share everything.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    script: Script,
    start: Instant,
    seen: Mutex<Vec<Seen>>,
    in_flight: AtomicUsize,
}

impl Server {
    pub(crate) fn new(script: impl Fn(&Seen, usize) -> Step + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            script: Box::new(script),
            start: Instant::now(),
            seen: Mutex::default(),
            in_flight: AtomicUsize::new(0),
        }))
    }

    /// Answers each operation by these steps first, then as the API would.
    pub(crate) fn steps(steps: Vec<Step>) -> Self {
        Self::new(move |seen, at| steps.get(at).cloned().unwrap_or_else(|| success(seen)))
    }

    /// The same with this time before each answer. To be called before its first request.
    pub(crate) fn slow(self, time: Duration) -> Self {
        let script = move |seen: &Seen, at| (self.0.script)(seen, at).after(time);
        Self::new(script)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.seen.lock().unwrap().clone()
    }

    pub(crate) fn total(&self) -> usize {
        self.0.seen.lock().unwrap().len()
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        let seen = self.0.seen.lock().unwrap();
        seen.iter().filter(|s| s.operation == operation).count()
    }

    /// Requests whose answers somebody still waits for.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::SeqCst)
    }

    /// A client without pacing.
    pub(crate) fn client(&self) -> Neon {
        self.builder().build().unwrap()
    }

    pub(crate) fn builder(&self) -> NeonBuilder {
        Neon::builder()
            .api_key("napi_test")
            .limiter(Unlimited)
            .transport(self.clone())
    }
}

/// Counts a request for as long as somebody waits for its answer.
struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Transport for Server {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let seen = Seen {
            at: self.0.start.elapsed(),
            operation: call.route.id,
            method: call.request.method().to_string(),
            uri: call.request.uri().to_string(),
            headers: call.request.headers().clone(),
            body: String::from_utf8_lossy(call.request.body()).into_owned(),
        };
        let before = self.count(seen.operation);
        let mut step = (self.0.script)(&seen, before);
        self.0.seen.lock().unwrap().push(seen);
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
        let guard = InFlight(&self.0.in_flight);
        Box::pin(async move {
            let _guard = guard;
            loop {
                match step {
                    Step::Response(status, headers, body) => {
                        return Ok(answer(status, &headers, body));
                    }
                    Step::Fail(kind) => return Err(TransportError::new(kind)),
                    Step::Hang => std::future::pending().await,
                    Step::After(time, next) => {
                        tokio::time::sleep(time).await;
                        step = *next;
                    }
                }
            }
        })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

fn answer(status: u16, headers: &[(&'static str, String)], body: String) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        map.append(HeaderName::from_static(name), value);
    }
    Response::new(StatusCode::from_u16(status).unwrap(), map, body)
}

/// What the API answers where all is well and nothing is there.
pub(crate) fn success(seen: &Seen) -> Step {
    let database = json!({
        "branch_id": BRANCH, "id": 1, "name": "app", "owner_name": "owner",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    });
    match seen.operation {
        "listProjects" => ok(&json!({"projects": [], "applications": {}, "integrations": {}})),
        "listProjectBranches" => ok(&json!({"branches": [], "annotations": {}, "pagination": {}})),
        "listProjectOperations" => ok(&json!({"operations": []})),
        "listProjectBranchDatabases" => ok(&json!({"databases": [database]})),
        "setSnapshotSchedule" => ok(&json!({})),
        _ => ok(&json!({"database": database, "operations": []})),
    }
}

/// An operation as the API lists it.
pub(crate) fn operation(id: &str, status: &str) -> Value {
    json!({
        "id": id, "project_id": PROJECT, "branch_id": BRANCH, "action": "create_branch",
        "status": status, "failures_count": 0, "total_duration_ms": 0,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    })
}

/// The ID of the made-up operation with this number.
pub(crate) fn operation_id(number: usize) -> String {
    format!("a07f8772-1877-4da9-a939-{number:012x}")
}

/// An answer of `listProjectOperations`.
pub(crate) fn operations(list: &[Value]) -> Step {
    ok(&json!({"operations": list}))
}

/// One call of each method, awaited; what came of it.
pub(crate) async fn call(neon: &Neon, method: &str) -> Result<u32, neon_api::Error> {
    let raw = neon.raw();
    let (project, branch) = (project_id(), branch_id());
    let attempts = match method {
        "GET" => raw
            .list_project_branch_databases(&project, &branch)
            .await?
            .attempts(),
        "POST" => raw
            .create_project_branch_database(
                &project,
                &branch,
                &from(json!({"database": {"name": "app", "owner_name": "owner"}})),
            )
            .await?
            .attempts(),
        "PATCH" => raw
            .update_project_branch_database(
                &project,
                &branch,
                "app",
                &from(json!({"database": {"name": "web"}})),
            )
            .await?
            .attempts(),
        "PUT" => raw
            .set_snapshot_schedule(&project, &branch, &from(json!({"schedule": []})))
            .await?
            .attempts(),
        "DELETE" => raw
            .delete_project_branch_database(&project, &branch, "app")
            .await?
            .attempts(),
        other => panic!("no call for {other}"),
    };
    Ok(attempts)
}

/// The operation that [`call`] calls.
pub(crate) fn operation_of(method: &str) -> &'static str {
    match method {
        "GET" => "listProjectBranchDatabases",
        "POST" => "createProjectBranchDatabase",
        "PATCH" => "updateProjectBranchDatabase",
        "PUT" => "setSnapshotSchedule",
        "DELETE" => "deleteProjectBranchDatabase",
        other => panic!("no call for {other}"),
    }
}

/// The project of the made-up answers.
pub(crate) fn project_id() -> ProjectId {
    ProjectId::new(PROJECT).unwrap()
}

/// The branch of the made-up answers.
pub(crate) fn branch_id() -> BranchId {
    BranchId::new(BRANCH).unwrap()
}

/// What a wait for the made-up operations with these numbers is known by.
pub(crate) fn handle(numbers: impl IntoIterator<Item = usize>) -> WaitToken {
    let id = |number| OperationId::new(operation_id(number)).unwrap();
    WaitToken::new(project_id(), numbers.into_iter().map(id))
}

/// A client of an emulator, paced as by default.
pub(crate) fn client_of(emulator: &Emulator) -> Neon {
    let builder = Neon::builder().api_key("napi_test");
    builder.transport(emulator.transport()).build().unwrap()
}

/// A request body, made of JSON.
pub(crate) fn from<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
