//! A server on loopback that writes down what it gets and answers what it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The ID that every answer's headers carry.
pub const REQUEST_ID: &str = "6b9f8c1e-5f0a-4a57-8b0e-3a4f4f6f3a11";

/// The path in front of all operations' paths.
pub const BASE_PATH: &str = "/api/v2";

/// A request as it came over the socket.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path below [`BASE_PATH`], as it was sent.
    pub path: String,
    /// The query's pairs, decoded, sorted by name; pairs of one name keep their order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Seen {
    /// A header's value, if it occurs exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{} {} was sent no JSON: {e}", self.method, self.path))
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
}

#[derive(Debug)]
struct State {
    answer: Answer,
    seen: Vec<Seen>,
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepts: JoinHandle<()>,
}

impl Server {
    /// Starts it on a free port.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State {
            answer: Answer {
                status: StatusCode::NO_CONTENT,
                content_type: "application/json",
                body: Bytes::new(),
            },
            seen: Vec::new(),
        }));
        let accepts = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            accepts,
        }
    }

    /// The base URL for a client.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// A client for this server with the key `test-key`.
    ///
    /// # Panics
    ///
    /// When it cannot be built.
    pub fn client(&self) -> neon_api_raw::Client {
        neon_api_raw::Client::builder()
            .base_url(self.base_url())
            .api_key("test-key")
            .build()
            .expect("the settings are good")
    }

    /// What to answer from now on.
    ///
    /// # Panics
    ///
    /// When there is no such status.
    pub fn answer(&self, status: u16, content_type: &'static str, body: impl Into<Bytes>) {
        self.state().answer = Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            content_type,
            body: body.into(),
        };
    }

    /// Answers JSON from now on.
    pub fn answer_json(&self, status: u16, body: &Value) {
        self.answer(status, "application/json", body.to_string());
    }

    /// The requests that came since this was called last.
    pub fn taken(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// The one request that came.
    ///
    /// # Panics
    ///
    /// When there was none, or more than one.
    pub fn taken_one(&self) -> Seen {
        let mut seen = self.taken();
        assert_eq!(seen.len(), 1, "requests: {seen:?}");
        seen.remove(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| respond(request, &state));
            // A client that hangs up is no failure of the server's.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn respond(
    request: http::Request<Incoming>,
    state: &Mutex<State>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.seen.push(Seen {
        method: head.method.to_string(),
        path: head
            .uri
            .path()
            .strip_prefix(BASE_PATH)
            .unwrap_or(head.uri.path())
            .to_owned(),
        query: pairs(head.uri.query().unwrap_or_default()),
        headers: head.headers,
        body,
    });
    Ok(response(&state.answer))
}

fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body.clone()));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(
        "x-neon-ret-request-id",
        HeaderValue::from_static(REQUEST_ID),
    );
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

/// The decoded pairs of a query, sorted by name.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    // Servers read a plus sign in a query as a space.
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}
