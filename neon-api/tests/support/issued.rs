//! All secrets that a server issues or is sent, by what the API calls them: how this crate types them
//! plays no part.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::StatusCode;
use neon_api::raw::transport::{BoxFuture, Exchange, FailureKind, Response, ResponseBody};
use neon_api::{Transport, TransportError};
use serde_json::{Value, json};

/// Parts of names of properties that grant access.
const PARTS: [&str; 6] = [
    "secret",
    "password",
    "token",
    "connection_uri",
    "auth_data",
    "portal_url",
];

/// Whole names.
const NAMES: [&str; 2] = ["key", "uri"];

/// Names that mean it in the responses of one operation only. The names of headers are not known.
const OF_OPERATIONS: [(&str, &str); 3] = [
    ("presignProjectBranchBucketObject", "url"),
    ("presignProjectBranchBucketObject", "headers"),
    ("transferNeonAuthProviderProject", "url"),
];

/// Names that only look so.
const DATA: [&str; 2] = ["token_id", "token_id_short"];

/// Keys of objects are no keys.
const OF_OBJECTS: &str = "listProjectBranchBucketObjects";

/// Beginnings of secrets, wherever they stand.
const BEGINNINGS: [&str; 4] = ["npg_", "napi_", "postgresql://", "postgres://"];

fn grants_access(operation: &str, name: &str) -> bool {
    let is_one = PARTS.iter().any(|part| name.contains(part))
        || (NAMES.contains(&name) && operation != OF_OBJECTS)
        || OF_OPERATIONS.contains(&(operation, name));
    is_one && !DATA.contains(&name)
}

/// The secrets that were issued so far.
#[derive(Debug, Default)]
pub(crate) struct Issued {
    secrets: BTreeSet<String>,
    /// What stands in for a sample that is no secret to search for.
    planted: usize,
}

impl Issued {
    fn note(&mut self, secret: &str) {
        self.secrets.insert(secret.to_owned());
        // The password of a connection string counts by itself.
        let user = secret.split_once("://").and_then(|(_, rest)| {
            let (user, _) = rest.split_once('@')?;
            user.split_once(':')
        });
        if let Some((_, password)) = user {
            self.secrets.insert(password.to_owned());
        }
    }

    /// Notes the secrets of a response; those that could be anything are replaced by others.
    pub(crate) fn plant(&mut self, operation: &str, body: &mut Value) {
        self.walk(operation, false, true, body);
    }

    /// Notes the secrets of a request.
    pub(crate) fn read(&mut self, operation: &str, body: &mut Value) {
        self.walk(operation, false, false, body);
    }

    fn walk(&mut self, operation: &str, is_secret: bool, plants: bool, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let is_secret = is_secret || grants_access(operation, name);
                    let is_holder =
                        value.is_object() && !OF_OPERATIONS.contains(&(operation, name));
                    self.walk(operation, is_secret && !is_holder, plants, value);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.walk(operation, is_secret && item.is_string(), plants, item);
                }
            }
            Value::String(text) => {
                let is_known = BEGINNINGS.iter().any(|start| text.starts_with(start));
                if is_secret && plants && !is_known {
                    self.planted += 1;
                    *text = format!("zq{:06}planted", self.planted);
                }
                if is_secret || is_known {
                    self.note(text);
                }
            }
            _ => {}
        }
    }

    /// Those that a text shows.
    pub(crate) fn shown_in(&self, text: &str) -> Vec<&str> {
        let secrets = self.secrets.iter().map(String::as_str);
        secrets.filter(|secret| text.contains(secret)).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.secrets.len()
    }
}

/// What happens to requests.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// It is refused with this status, by an error that repeats all of the request.
    Refused(u16),
    /// It succeeds, and its response is not what is due.
    Garbled,
    /// The connection breaks, and the failure repeats all of the request.
    Broken,
}

/// Between a client and its server: notes what secrets go through.
#[derive(Clone)]
pub(crate) struct Tap {
    server: Arc<dyn Transport>,
    shared: Arc<Mutex<(Issued, Option<Trouble>)>>,
}

impl Tap {
    pub(crate) fn before(server: impl Transport) -> Self {
        Self {
            server: Arc::new(server),
            shared: Arc::default(),
        }
    }

    /// Lets this happen to all requests from now on.
    pub(crate) fn trouble(&self, trouble: Option<Trouble>) {
        self.lock().1 = trouble;
    }

    /// Notes a secret that the test itself has.
    pub(crate) fn note(&self, secret: &str) {
        self.lock().0.note(secret);
    }

    pub(crate) fn shown_in(&self, text: &str) -> Vec<String> {
        let shared = self.lock();
        let shown = shared.0.shown_in(text).into_iter();
        shown.map(str::to_owned).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().0.count()
    }

    fn lock(&self) -> MutexGuard<'_, (Issued, Option<Trouble>)> {
        self.shared.lock().unwrap()
    }

    /// Notes the secrets of a request; all of it, and what is to happen.
    fn request(&self, exchange: &Exchange) -> (String, Option<Trouble>) {
        let mut shared = self.lock();
        let headers = exchange.request.headers();
        let key = headers.get("authorization").map_or("", |value| {
            value.to_str().unwrap().strip_prefix("Bearer ").unwrap()
        });
        shared.0.note(key);
        let body = exchange.request.body();
        if let Ok(mut body) = serde_json::from_slice(body) {
            shared.0.read(exchange.route.id, &mut body);
        }
        let told = format!(
            "cannot use {} with Bearer {key} for {}",
            String::from_utf8_lossy(body),
            exchange.request.uri(),
        );
        (told, shared.1)
    }

    fn response(&self, operation: &str, answer: &mut Response, is_garbled: bool) {
        let ResponseBody::Whole(bytes) = &answer.body else {
            return;
        };
        let Ok(mut body) = serde_json::from_slice(bytes) else {
            return;
        };
        self.lock().0.plant(operation, &mut body);
        if is_garbled {
            // All that it was, and nothing where it is due.
            body = json!({ "password": body, "unexpected": [body] });
        }
        answer.body = ResponseBody::Whole(Bytes::from(body.to_string()));
    }
}

impl Transport for Tap {
    fn send(&self, exchange: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let operation = exchange.route.id;
            let (told, trouble) = self.request(&exchange);
            match trouble {
                Some(Trouble::Refused(status)) => {
                    let body = json!({"code": "", "message": told, "request_id": told});
                    let status = StatusCode::from_u16(status).unwrap();
                    Ok(Response::new(
                        status,
                        http::HeaderMap::new(),
                        body.to_string(),
                    ))
                }
                Some(Trouble::Broken) => {
                    Err(TransportError::new(FailureKind::Interrupted).with_source(told))
                }
                trouble => {
                    let mut answer = self.server.send(exchange).await?;
                    self.response(operation, &mut answer, trouble.is_some());
                    Ok(answer)
                }
            }
        })
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").finish_non_exhaustive()
    }
}
