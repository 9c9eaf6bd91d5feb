//! The emulator itself: one function from a request to an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::Value;
use tokio::sync::watch;

use crate::answer::{Answer, Delivery, bad_gateway};
use crate::api::{self, Call, ReplyBody};
use crate::builder::{Builder, Observer};
use crate::clock::{Clock, Moment};
use crate::error::ApiError;
use crate::faults::{Effect, FaultAnswer, Faults, Met, RequestView};
use crate::log::{RequestLog, RequestRecord};
use crate::rate::Limiter;
use crate::request;
use crate::rng::Rng;
use crate::server::RunningEmulator;
use crate::spec::{Matched, Operation, Spec, validate};
use crate::state::account::DEFAULT_ORGANIZATION;
use crate::state::keys::{KeyStatus, Owner};
use crate::state::saved::Saved;
use crate::state::{Settings, State};

/// The prefix of every path, as the real API has it.
pub const BASE_PATH: &str = "/api/v2";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESPONSE_ID: HeaderName = HeaderName::from_static("x-neon-ret-request-id");

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
    /// Held while the state is written to a file.
    saving: Mutex<()>,
    limiter: Mutex<Limiter>,
    log: Mutex<RequestLog>,
    request_ids: Mutex<Rng>,
    faults: Arc<Faults>,
    observer: Option<Observer>,
    /// How many requests there were that may have changed the state.
    changes: watch::Sender<u64>,
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

    pub(crate) fn from_builder(builder: Builder, saved: Option<Saved>) -> Self {
        let clock = Clock::new(builder.start_time);
        let clock = saved.as_ref().map_or(clock.clone(), |s| s.clock(clock));
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
        let state = match saved {
            Some(saved) => State::restored(saved, settings, clock.clone(), Arc::clone(&faults)),
            None => State::new(settings, clock.clone(), Arc::clone(&faults)),
        };
        Self {
            inner: Arc::new(Inner {
                api_key: builder.api_key,
                seed: builder.seed,
                clock,
                state: Mutex::new(state),
                saving: Mutex::new(()),
                limiter: Mutex::new(limiter),
                log: Mutex::new(RequestLog::new(builder.log_capacity)),
                request_ids: Mutex::new(Rng::for_purpose(builder.seed, "request ids")),
                faults,
                observer: builder.observer,
                changes: watch::Sender::new(0),
            }),
        }
    }

    /// Serves on this address until what this answers is dropped. The state is shared.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<RunningEmulator> {
        RunningEmulator::bind(self.clone(), address).await
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
    /// host, if there are any, do not matter. Waits only where a fault delays the answer. Where a
    /// fault resets the connection or cuts the body off, this is a gateway's answer: 502.
    pub async fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (response, delivery) = self.deliver(request).await;
        if delivery == Delivery::Whole {
            return response;
        }
        let id = response.headers().get(RESPONSE_ID).cloned();
        let text = id.as_ref().and_then(|id| id.to_str().ok());
        let mut instead = bad_gateway(text.unwrap_or_default());
        if let Some(id) = id {
            instead.headers_mut().insert(RESPONSE_ID, id);
        }
        instead
    }

    /// The answer, and how much of it is to arrive.
    pub(crate) async fn deliver(&self, request: Request<Bytes>) -> (Response<Bytes>, Delivery) {
        let (parts, body) = request.into_parts();
        let at = self.inner.clock.now();
        let sent_id = parts.headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
        let request_id = match sent_id {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => lock(&self.inner.request_ids).uuid(),
        };
        let asked = Asked {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: request::query(parts.uri.query().unwrap_or_default()),
            routed: route(parts.method.as_str(), parts.uri.path()),
            json: serde_json::from_slice(&body).unwrap_or(Value::Null),
            body: &body,
        };
        let answered = self.answer(&parts.headers, &asked).await;
        let mut response = answered
            .answer
            .into_response(&request_id, asked.operation());
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(RESPONSE_ID, value);
        }
        let delivery = match answered.met.as_ref().map(|met| &met.effect) {
            Some(Effect::Reset) => Delivery::Reset,
            Some(Effect::Truncate(bytes)) => match response.body().len().checked_sub(1) {
                Some(longest) => Delivery::Cut(longest.min(*bytes)),
                None => Delivery::Whole,
            },
            _ => Delivery::Whole,
        };
        let status = response.status().as_u16();
        let record = RequestRecord {
            at,
            operation_id: asked.operation().map(|operation| operation.id().to_owned()),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: asked.query,
            status: if delivery == Delivery::Reset {
                0
            } else {
                status
            },
            fault: answered.met.as_ref().map(|met| met.effect.name()),
            body: Some(asked.json).filter(|json| !json.is_null()),
            request_id,
        };
        if let Some(observer) = &self.inner.observer {
            observer(&record);
        }
        lock(&self.inner.log).push(record);
        (response, delivery)
    }

    async fn answer(&self, headers: &http::HeaderMap, asked: &Asked<'_>) -> Answered {
        let whole = |answer| Answered { answer, met: None };
        let caller = match self.authenticate(headers) {
            Ok(caller) => caller,
            Err(error) => return whole(Answer::Error(error)),
        };
        let now = self.inner.clock.now();
        let operation = asked.operation().map(Operation::id);
        if !lock(&self.inner.limiter).admit(operation, now) {
            let message = "you've exceeded the rate limit, try again later";
            return whole(Answer::Error(ApiError::new(429, message)));
        }
        let Some(met) = self.inner.faults.meet(&asked.view()) else {
            return whole(self.handle(&caller, asked, None));
        };
        if !met.after_effect {
            late(&met).await;
        }
        let instead = match &met.effect {
            Effect::Answer(answer) => Some(Answer::Fault(answer.clone())),
            // Its answer is never seen.
            Effect::Reset => Some(Answer::Fault(FaultAnswer::nothing())),
            _ => None,
        };
        let answer = match (instead, met.after_effect) {
            (Some(instead), false) => instead,
            (Some(instead), true) => {
                self.handle(&caller, asked, None);
                instead
            }
            (None, _) => self.handle(&caller, asked, Some(&met.effect)),
        };
        if met.after_effect {
            late(&met).await;
        }
        Answered {
            answer,
            met: Some(met),
        }
    }

    pub(crate) fn saving(&self) -> MutexGuard<'_, ()> {
        lock(&self.inner.saving)
    }

    /// The state, as it is saved.
    pub(crate) fn state_text(&self) -> serde_json::Result<Vec<u8>> {
        let state = self.lock_state();
        state.save(self.inner.clock.now())
    }

    pub(crate) fn lock_state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }

    /// Grows with every request that may have changed the state.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    pub(crate) fn changed(&self) {
        self.inner.changes.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    pub(crate) fn seed_number(&self) -> u64 {
        self.inner.seed
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

    /// Takes effect. What an effect alters is altered.
    fn handle(&self, caller: &Owner, asked: &Asked<'_>, effect: Option<&Effect>) -> Answer {
        let routed = match &asked.routed {
            Ok(routed) => routed,
            Err(elsewhere) => return elsewhere.answer(),
        };
        let operation = routed.operation;
        let faults = &self.inner.faults;
        let query = faults.real_query(&asked.query);
        let value_of = |name: &str| routed.parameters.get(name).map(String::as_str);
        let checked = validate::path_of(operation, value_of)
            .and_then(|()| validate::query_of(operation, &query))
            .map_err(|violations| request::refused(&violations))
            .and_then(|()| request::body(operation, asked.body));
        let mut body = match checked {
            Ok(body) => body,
            Err(error) => return Answer::Error(error),
        };
        faults.real_body(&mut body);
        let mut state = lock(&self.inner.state);
        let call = Call {
            caller,
            operation,
            parameters: &routed.parameters,
            query: &query,
            body: &body,
            // Read under the lock: the state never sees time go back.
            now: self.inner.clock.now(),
            seed: self.inner.seed,
        };
        let answer = api::answer(&mut state, &call);
        drop(state);
        if operation.method() != "GET" {
            self.changed();
        }
        match answer {
            Ok(mut reply) => {
                if let (Some(effect), ReplyBody::Json(value)) = (effect, &mut reply.body) {
                    let cursor = asked.view().cursor().map(str::to_owned);
                    faults.alter(effect, operation, cursor.as_deref(), value);
                }
                Answer::Reply(reply)
            }
            Err(error) => Answer::Error(error),
        }
    }
}

/// A request, read.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    query: Vec<(String, String)>,
    routed: Result<Routed, Elsewhere>,
    /// Null where it is none.
    json: Value,
    body: &'a [u8],
}

impl Asked<'_> {
    fn operation(&self) -> Option<&'static Operation> {
        self.routed.as_ref().ok().map(|routed| routed.operation)
    }

    fn view(&self) -> RequestView<'_> {
        RequestView {
            operation: self.operation(),
            method: self.method,
            path: self.path,
            parameters: self.routed.as_ref().ok().map(|routed| &routed.parameters),
            query: &self.query,
            body: &self.json,
        }
    }
}

struct Answered {
    answer: Answer,
    met: Option<Met>,
}

async fn late(met: &Met) {
    if !met.delay.is_zero() {
        tokio::time::sleep(met.delay).await;
    }
}

/// A route that is no operation's.
enum Elsewhere {
    Nowhere,
    Redirect(String),
    OtherMethods(String),
}

impl Elsewhere {
    fn answer(&self) -> Answer {
        match self {
            Self::Nowhere => Answer::Error(ApiError::new(404, "this route does not exist")),
            Self::Redirect(to) => Answer::Redirect(to.clone()),
            Self::OtherMethods(methods) => Answer::OtherMethods(methods.clone()),
        }
    }
}

fn route(method: &str, path: &str) -> Result<Routed, Elsewhere> {
    let rest = path.strip_prefix(BASE_PATH).ok_or(Elsewhere::Nowhere)?;
    if rest.contains("//") {
        // As the real server does it: what an empty id leads to is another route.
        let mut clean = path.to_owned();
        while clean.contains("//") {
            clean = clean.replace("//", "/");
        }
        return Err(Elsewhere::Redirect(clean));
    }
    match Spec::get().route(method, rest) {
        Matched::Operation {
            operation,
            parameters,
        } => Ok(Routed {
            operation,
            parameters,
        }),
        Matched::OtherMethods(methods) => Err(Elsewhere::OtherMethods(methods.join(", "))),
        Matched::Nothing => Err(Elsewhere::Nowhere),
    }
}
