//! The emulator itself: one function from a request to an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::Value;

use crate::api::{self, Call, Reply, ReplyBody};
use crate::builder::{Builder, Observer};
use crate::clock::Clock;
use crate::error::ApiError;
use crate::faults::{FaultAnswer, Faults};
use crate::log::{RequestLog, RequestRecord};
use crate::rate::Limiter;
use crate::request;
use crate::rng::Rng;
use crate::server::RunningEmulator;
use crate::spec::{Matched, Operation, Spec, validate};
use crate::state::account::DEFAULT_ORGANIZATION;
use crate::state::keys::{KeyStatus, Owner};
use crate::state::{Settings, State};

/// The prefix of every path, as the real API has it.
pub const BASE_PATH: &str = "/api/v2";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESPONSE_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A stand-in for the API. Clones share everything.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use bytes::Bytes;
/// use neon_api_emulator::Emulator;
///
/// let emulator = Emulator::builder().build();
/// let request = http::Request::get("/api/v2/projects")
///     .header("authorization", "Bearer napi_any")
///     .body(Bytes::new())
///     .unwrap();
/// let response = emulator.respond(request).await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(emulator.count("listProjects"), 1);
/// # }
/// ```
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

struct Inner {
    api_key: Option<String>,
    seed: u64,
    clock: Clock,
    state: Mutex<State>,
    limiter: Mutex<Limiter>,
    log: Mutex<RequestLog>,
    request_ids: Mutex<Rng>,
    faults: Arc<Faults>,
    observer: Option<Observer>,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("seed", &self.inner.seed)
            .field("requests", &self.total_requests())
            .finish_non_exhaustive()
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Builder::default().build()
    }
}

/// Every change is made under its lock in one go: a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was found out about a request before it is answered.
struct Routed {
    operation: &'static Operation,
    parameters: BTreeMap<String, String>,
}

impl Emulator {
    /// The settings of a new emulator.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts one with default settings on a free port of the loopback interface.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// let server = neon_api_emulator::Emulator::start().await?;
    /// assert!(server.base_url().ends_with("/api/v2"));
    /// # Ok(()) }
    /// ```
    pub async fn start() -> io::Result<RunningEmulator> {
        Builder::default().start().await
    }

    pub(crate) fn from_builder(builder: Builder) -> Self {
        let clock = Clock::new(builder.start_time);
        let faults = Arc::new(Faults::new(builder.seed));
        let settings = Settings {
            seed: builder.seed,
            latency: builder.latency,
            conflicts: builder.conflicts,
            organizations: builder.organizations,
            users: builder.users,
            limits: builder.limits,
        };
        let limiter = Limiter::new(builder.rate_limit, builder.burst, clock.now());
        let state = State::new(settings, clock.clone(), Arc::clone(&faults));
        Self {
            inner: Arc::new(Inner {
                api_key: builder.api_key,
                seed: builder.seed,
                clock,
                state: Mutex::new(state),
                limiter: Mutex::new(limiter),
                log: Mutex::new(RequestLog::new(builder.log_capacity)),
                request_ids: Mutex::new(Rng::for_purpose(builder.seed, "request ids")),
                faults,
                observer: builder.observer,
            }),
        }
    }

    /// The id of the organization that is always there, and that owns projects unless told
    /// otherwise.
    pub fn organization_id(&self) -> &'static str {
        DEFAULT_ORGANIZATION
    }

    /// Whether an operation has state behind it. The others are answered from their schema.
    pub fn is_stateful(operation_id: &str) -> bool {
        api::is_stateful(operation_id)
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The latest requests, the oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        lock(&self.inner.log).records()
    }

    /// How many requests there were for this operation, whatever came of them.
    pub fn count(&self, operation_id: &str) -> u64 {
        lock(&self.inner.log).count(operation_id)
    }

    /// How many requests there were, unknown routes included.
    pub fn total_requests(&self) -> u64 {
        lock(&self.inner.log).total()
    }

    /// Forgets the requests and their counts, and nothing else.
    pub fn clear_requests(&self) {
        lock(&self.inner.log).clear();
    }

    /// Answers a request, without a socket. The path has the prefix [`BASE_PATH`]; scheme and
    /// host, if there are any, do not matter. Waits only where a fault delays the answer.
    pub async fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let at = self.inner.clock.now();
        let sent_id = parts.headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
        let request_id = match sent_id {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => lock(&self.inner.request_ids).uuid(),
        };
        let path = parts.uri.path();
        let query = request::query(parts.uri.query().unwrap_or_default());
        let routed = route(parts.method.as_str(), path);
        let operation = routed.as_ref().ok().map(|routed| routed.operation.id());

        let answer = self.answer(&parts.headers, routed, &query, &body);
        let mut response = answer.await.into_response(&request_id);
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(RESPONSE_ID, value);
        }

        let record = RequestRecord {
            at,
            method: parts.method.to_string(),
            path: path.to_owned(),
            query,
            operation_id: operation.map(str::to_owned),
            status: response.status().as_u16(),
            body: serde_json::from_slice(&body).ok(),
            request_id,
        };
        if let Some(observer) = &self.inner.observer {
            observer(&record);
        }
        lock(&self.inner.log).push(record);
        response
    }

    async fn answer(
        &self,
        headers: &http::HeaderMap,
        routed: Result<Routed, Answer>,
        query: &[(String, String)],
        body: &[u8],
    ) -> Answer {
        let operation = routed.as_ref().ok().map(|routed| routed.operation.id());
        let caller = match self.authenticate(headers) {
            Ok(caller) => caller,
            Err(error) => return Answer::Error(error),
        };
        let now = self.inner.clock.now();
        if !lock(&self.inner.limiter).admit(operation, now) {
            let message = "you've exceeded the rate limit, try again later";
            return Answer::Error(ApiError::new(429, message));
        }
        let met = self.inner.faults.meet(operation);
        if let Some(met) = &met
            && !met.delay.is_zero()
        {
            tokio::time::sleep(met.delay).await;
        }
        let instead = met.as_ref().and_then(|met| met.answer.clone());
        let after_effect = met.is_some_and(|met| met.after_effect);
        if let (Some(instead), false) = (&instead, after_effect) {
            return Answer::Fault(instead.clone());
        }
        let answer = match routed {
            Ok(routed) => self.handle(&caller, &routed, query, body),
            Err(answer) => answer,
        };
        instead.map_or(answer, Answer::Fault)
    }

    fn authenticate(&self, headers: &http::HeaderMap) -> Result<Owner, ApiError> {
        let refused = || ApiError::new(401, "authorization is not valid or was not provided");
        let key = request::bearer(headers).ok_or_else(refused)?;
        let mut state = lock(&self.inner.state);
        let account = &mut state.account;
        match account.keys.use_key(key, self.inner.clock.now()) {
            KeyStatus::Valid(owner) => return Ok(owner),
            KeyStatus::Revoked => return Err(refused()),
            KeyStatus::Unknown => {}
        }
        if let Some(id) = account.user_of_key(key) {
            return Ok(Owner::User(id.to_owned()));
        }
        match &self.inner.api_key {
            Some(expected) if key != expected => Err(refused()),
            _ => Ok(Owner::User(account.default_user().id.clone())),
        }
    }

    fn handle(
        &self,
        caller: &Owner,
        routed: &Routed,
        query: &[(String, String)],
        body: &[u8],
    ) -> Answer {
        let operation = routed.operation;
        let value_of = |name: &str| routed.parameters.get(name).map(String::as_str);
        let checked = validate::path_of(operation, value_of)
            .and_then(|()| validate::query_of(operation, query))
            .map_err(|violations| request::refused(&violations))
            .and_then(|()| request::body(operation, body));
        let body = match checked {
            Ok(body) => body,
            Err(error) => return Answer::Error(error),
        };
        let mut state = lock(&self.inner.state);
        let call = Call {
            caller,
            operation,
            parameters: &routed.parameters,
            query,
            body: &body,
            // Read under the lock: the state never sees time go back.
            now: self.inner.clock.now(),
            seed: self.inner.seed,
        };
        match api::answer(&mut state, &call) {
            Ok(reply) => Answer::Reply(reply),
            Err(error) => Answer::Error(error),
        }
    }
}

/// Everything that may be answered.
enum Answer {
    Reply(Reply),
    Error(ApiError),
    Fault(FaultAnswer),
    Redirect(String),
    OtherMethods(String),
}

fn route(method: &str, path: &str) -> Result<Routed, Answer> {
    let not_found = || Answer::Error(ApiError::new(404, "this route does not exist"));
    let rest = path.strip_prefix(BASE_PATH).ok_or_else(not_found)?;
    if rest.contains("//") {
        // As the real server does it: what an empty id leads to is another route.
        let mut clean = path.to_owned();
        while clean.contains("//") {
            clean = clean.replace("//", "/");
        }
        return Err(Answer::Redirect(clean));
    }
    match Spec::get().route(method, rest) {
        Matched::Operation {
            operation,
            parameters,
        } => Ok(Routed {
            operation,
            parameters,
        }),
        Matched::OtherMethods(methods) => Err(Answer::OtherMethods(methods.join(", "))),
        Matched::Nothing => Err(not_found()),
    }
}

impl Answer {
    fn into_response(self, request_id: &str) -> Response<Bytes> {
        let error = |error: &ApiError| {
            let body = error.body(request_id).to_string();
            response(error.status, Some(JSON), body)
        };
        match self {
            Self::Reply(reply) => match reply.body {
                ReplyBody::Empty => response(reply.status, None, Bytes::new()),
                ReplyBody::Json(value) => json(reply.status, &value),
                ReplyBody::Bytes(text) => response(reply.status, Some(BYTES), text),
            },
            Self::Error(api_error) => error(&api_error),
            Self::Fault(fault) => {
                let mut answer = match fault.body {
                    Some((content_type, body)) => {
                        let content_type = HeaderValue::from_static(content_type);
                        response(fault.status, Some(content_type), body)
                    }
                    None => error(&ApiError::new(fault.status, "injected fault")),
                };
                for (name, value) in fault.headers {
                    answer.headers_mut().append(name, value);
                }
                answer
            }
            Self::Redirect(to) => {
                let mut answer = response(301, None, Bytes::new());
                if let Ok(value) = HeaderValue::from_str(&to) {
                    answer.headers_mut().insert(LOCATION, value);
                }
                answer
            }
            Self::OtherMethods(methods) => {
                let mut answer = error(&ApiError::new(405, "method not allowed"));
                if let Ok(value) = HeaderValue::from_str(&methods) {
                    answer.headers_mut().insert(ALLOW, value);
                }
                answer
            }
        }
    }
}

fn json(status: u16, value: &Value) -> Response<Bytes> {
    response(status, Some(JSON), value.to_string())
}

fn response(
    status: u16,
    content_type: Option<HeaderValue>,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(value) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}
