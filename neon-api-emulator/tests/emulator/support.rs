//! What the tests share: calls without a socket, answers checked against the specification.

use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::spec::validate;
use neon_api_emulator::{BASE_PATH, Emulator};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "napi_test";

/// Operations take no time.
pub(crate) const NONE: std::ops::RangeInclusive<Duration> = Duration::ZERO..=Duration::ZERO;

pub(crate) struct Api {
    pub(crate) emulator: Emulator,
    key: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// That it was refused with this status, and a message that says this.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.message().contains(message), "{}", self.message());
    }

    /// That a limit was exceeded, by its code.
    #[track_caller]
    pub(crate) fn exceeds(&self, code: &str) {
        assert_eq!(self.status, 422, "{}", self.body);
        assert_eq!(self.body["code"], code);
        assert!(!self.message().is_empty());
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::of(Emulator::default())
    }

    pub(crate) fn of(emulator: Emulator) -> Self {
        Self {
            emulator,
            key: KEY.to_owned(),
        }
    }

    /// The same emulator, asked with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            emulator: self.emulator.clone(),
            key: key.to_owned(),
        }
    }

    /// One whose operations are finished at once, and whose clock shows this time.
    pub(crate) fn at(time: &str) -> Self {
        let builder = Emulator::builder().start_time(time.parse().unwrap());
        Self::of(
            builder
                .operation_latency(Duration::ZERO..=Duration::ZERO)
                .build(),
        )
    }

    /// One whose operations take this long each.
    pub(crate) fn with_latency(latency: Duration) -> Self {
        Self::of(
            Emulator::builder()
                .operation_latency(latency..=latency)
                .build(),
        )
    }

    /// One whose operations are finished at once.
    pub(crate) fn instant() -> Self {
        Self::with_latency(Duration::ZERO)
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = match body {
            Value::Null => Bytes::new(),
            body => Bytes::from(body.to_string()),
        };
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{BASE_PATH}{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .body(body)
            .unwrap();
        self.raw(request).await
    }

    /// Every answer that passes here is checked against the specification.
    pub(crate) async fn raw(&self, request: http::Request<Bytes>) -> Answer {
        let what = format!("{} {}", request.method(), request.uri());
        let response = self.emulator.respond(request).await;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let is_json = parts
            .headers
            .get("content-type")
            .is_some_and(|t| t == "application/json; charset=utf-8");
        let body = if is_json {
            serde_json::from_slice(&body).unwrap()
        } else {
            Value::String(String::from_utf8_lossy(&body).into_owned())
        };
        assert!(
            parts.headers.contains_key("x-neon-ret-request-id"),
            "{what}"
        );
        let record = self.emulator.requests().pop().unwrap();
        if let (Some(id), true) = (&record.operation_id, is_json) {
            let valid = validate::response(id, status, &body);
            assert_eq!(valid, Ok(()), "{what}: {body:#}");
        }
        Answer {
            status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Value::Null).await
    }

    pub(crate) async fn project(&self, name: &str) -> Value {
        let body = json!({ "project": { "name": name } });
        self.post("/projects", body).await.expect(201)
    }

    /// A project and the path of it.
    pub(crate) async fn project_path(&self) -> (Value, String) {
        let project = self.project("app").await;
        let path = format!("/projects/{}", text(&project, "/project/id"));
        (project, path)
    }

    pub(crate) async fn branch(&self, project: &str, body: Value) -> Value {
        let path = format!("{project}/branches");
        self.post(&path, body).await.expect(201)
    }
}

#[track_caller]
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value:#}"))
}

/// The member `key` of every item of `list`.
#[track_caller]
pub(crate) fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|item| item[key].as_str().unwrap())
        .collect()
}

/// A request as it is sent, with what `Authorization` says.
pub(crate) fn request(method: &str, uri: &str, key: Option<&str>) -> http::Request<Bytes> {
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(key) = key {
        request = request.header("Authorization", key);
    }
    request.body(Bytes::new()).unwrap()
}

/// A folder that goes when it is dropped.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("neon-api-emulator-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
