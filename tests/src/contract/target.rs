//! Whoever is held to the contract.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::{BASE_PATH, Emulator};
use serde_json::{Value, json};

use super::exchange::{Exchange, operation};
use super::ledger::Ledger;
use super::recorder::Recorder;

/// How requests get there.
enum Wire {
    /// Over the network.
    Http {
        client: reqwest::Client,
        base: String,
        key: String,
    },
    /// Without a socket, so that its time is the test's.
    InProcess(Emulator),
}

/// Sends requests, and refuses to send those that touch what was not created here.
pub struct Target {
    wire: Wire,
    /// What was created here.
    pub ledger: Ledger,
    /// Writes down what is exchanged.
    pub recorder: Option<Recorder>,
    /// The organization in which projects are created and listed, where one must be named.
    pub org_id: Option<String>,
    /// Put in front of names, after [`MARK`](super::ledger::MARK).
    pub run: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

/// A response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The JSON body; null if there was none, a string if it was no JSON.
    pub body: Value,
}

impl Response {
    /// The body of a success.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[track_caller]
    pub fn success(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.body
        );
        self.body
    }
}

/// How long a live run waits for the operations of a project.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends a request again while the API does not take it.
async fn unlimited(request: reqwest::RequestBuilder) -> reqwest::Response {
    let mut pause = Duration::from_secs(2);
    loop {
        let again = request.try_clone().expect("a body in memory");
        let response = again.send().await.expect("a response");
        if response.status() != 429 || pause > PATIENCE {
            return response;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

impl Target {
    fn new(wire: Wire, ledger: Ledger) -> Self {
        Self {
            wire,
            ledger,
            recorder: None,
            org_id: None,
            run: String::new(),
        }
    }

    /// An emulator in this process, on paused time.
    pub fn in_process(emulator: Emulator) -> Self {
        Self::new(Wire::InProcess(emulator), Ledger::in_memory())
    }

    /// A server at this base URL.
    ///
    /// # Panics
    ///
    /// If there is no TLS to be had.
    pub fn http(base: &str, key: &str, ledger: Ledger) -> Self {
        let wire = Wire::Http {
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("a client"),
            base: base.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
        };
        Self::new(wire, ledger)
    }

    /// A name that is marked as created here.
    pub fn name(&self, name: &str) -> String {
        format!("{}{}{name}", super::ledger::MARK, self.run)
    }

    /// Sends a request with a JSON body; none if it is null.
    pub async fn send(&mut self, method: &str, path: &str, body: &Value) -> Response {
        let text = if body.is_null() {
            None
        } else {
            Some(("application/json", body.to_string()))
        };
        self.send_text(method, path, body, text).await
    }

    /// Sends a request whose body may be anything; `means` is what it creates, for the check that
    /// it is marked.
    ///
    /// # Panics
    ///
    /// If it touches what was not created here; nothing is sent then.
    pub async fn send_text(
        &mut self,
        method: &str,
        path: &str,
        means: &Value,
        body: Option<(&str, String)>,
    ) -> Response {
        let id = operation(method, path).id;
        if let Err(refusal) = self.ledger.allow(id, path, means) {
            panic!("refused to send {refusal}");
        }
        let (status, headers, bytes) = match &self.wire {
            Wire::Http { client, base, key } => {
                let method = method.parse().expect("a method");
                let mut request = client.request(method, format!("{base}{path}"));
                request = request.bearer_auth(key).timeout(Duration::from_secs(60));
                if let Some((content_type, text)) = body {
                    request = request.header("content-type", content_type).body(text);
                }
                let response = unlimited(request).await;
                let (status, headers) = (response.status(), response.headers().clone());
                let body = response.bytes().await.expect("a complete response");
                (status, headers, body)
            }
            Wire::InProcess(emulator) => {
                let mut request = http::Request::builder()
                    .method(method)
                    .uri(format!("{BASE_PATH}{path}"))
                    .header("authorization", "Bearer napi_contract");
                let mut bytes = Bytes::new();
                if let Some((content_type, text)) = body {
                    request = request.header("content-type", content_type);
                    bytes = text.into();
                }
                let request = request.body(bytes).expect("a request");
                let (parts, body) = emulator.respond(request).await.into_parts();
                (parts.status, parts.headers, body)
            }
        };
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let response = Response {
            status: status.as_u16(),
            body: if bytes.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&bytes).unwrap_or_else(|_| text())
            },
        };
        self.ledger.note(id, path, response.status, &response.body);
        if let Some(recorder) = &mut self.recorder {
            let shown = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
            let names = ["content-type", "content-encoding"];
            let headers = names
                .into_iter()
                .filter_map(|n| Some((n.to_owned(), shown(n)?)));
            recorder.record(&Exchange {
                set: String::new(),
                date: chrono::Utc::now()
                    .format("%a, %d %b %Y %H:%M:%S GMT")
                    .to_string(),
                method: method.to_owned(),
                path: path.to_owned(),
                request: means.clone(),
                status: response.status,
                headers: headers.collect(),
                response: response.body.clone(),
            });
        }
        response
    }

    /// Waits until the operations of a project have ended.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub async fn settle(&mut self, project_id: &str) {
        if let Wire::InProcess(_) = self.wire {
            tokio::time::advance(Duration::from_secs(5)).await;
            return;
        }
        let recorder = self.recorder.take();
        let begin = tokio::time::Instant::now();
        let path = format!("/projects/{project_id}/operations?limit=20");
        loop {
            let list = self.send("GET", &path, &Value::Null).await.success();
            let list = list["operations"].as_array().cloned().unwrap_or_default();
            let runs = |status: &str| ["scheduling", "running", "cancelling"].contains(&status);
            if !list
                .iter()
                .any(|o| runs(o["status"].as_str().unwrap_or_default()))
            {
                break;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "the operations of {project_id} do not end"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        self.recorder = recorder;
    }

    /// Creates a project with a marked name, and waits until it is there.
    pub async fn project(&mut self, name: &str) -> Value {
        let mut body = json!({ "project": { "name": self.name(name) } });
        if let Some(org_id) = &self.org_id {
            body["project"]["org_id"] = json!(org_id);
        }
        let made = self.send("POST", "/projects", &body).await.success();
        let id = made["project"]["id"].as_str().unwrap_or_default();
        self.settle(id).await;
        made
    }

    /// Deletes what was created here, as far as it is still there and its name is marked.
    pub async fn clean_up(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        for id in self.ledger.projects() {
            let path = format!("/projects/{id}");
            let shown = self.send("GET", &path, &Value::Null).await;
            let name = shown.body.pointer("/project/name").and_then(Value::as_str);
            let marked = name.is_some_and(|name| name.starts_with(super::ledger::MARK));
            if shown.status == 404 {
                self.ledger.note("deleteProject", &path, 200, &Value::Null);
            } else if !marked || self.send("DELETE", &path, &Value::Null).await.status != 200 {
                left.push(id);
            }
        }
        left
    }
}
