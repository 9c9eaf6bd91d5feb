//! The handling of one request: read, admit, inject faults, respond, log.

use std::collections::BTreeMap;
use std::mem::take;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, Uri, request::Parts};
use serde_json::Value;

use super::{BASE_PATH, Emulator, RESPONSE_ID, lock};
use crate::answer::{Answer, Delivery};
use crate::api::{self, Call, ReplyBody, Schemas};
use crate::error::ApiError;
use crate::faults::{Effect, FaultAnswer, Met, RequestView};
use crate::log::RequestRecord;
use crate::request;
use crate::spec::{Matched, Operation, Spec, validate};
use crate::state::keys::{KeyStatus, Owner};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known about a request before its response.
struct Routed {
    operation: &'static Operation,
    parameters: BTreeMap<String, String>,
}

impl Emulator {
    /// The response, and how much of it arrives.
    pub(crate) async fn deliver(&self, request: Request<Bytes>) -> (Response<Bytes>, Delivery) {
        let (parts, body) = request.into_parts();
        self.deliver_read(parts, Ok(body)).await
    }

    /// The same of a request whose body may have been unreadable.
    pub(crate) async fn deliver_read(
        &self,
        parts: Parts,
        body: Result<Bytes, ApiError>,
    ) -> (Response<Bytes>, Delivery) {
        let (body, unreadable) = match body {
            Ok(body) => (body, None),
            Err(error) => (Bytes::new(), Some(error)),
        };
        let at = self.inner.clock.now();
        let sent_id = parts.headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
        let request_id = match sent_id {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => lock(&self.inner.request_ids).uuid(),
        };
        let json = serde_json::from_slice(&body).ok();
        let mut entry = Entry {
            emulator: self,
            fault: None,
            status: 0,
            record: RequestRecord {
                at,
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                query: request::query(parts.uri.query().unwrap_or_default()),
                operation_id: None,
                status: 0,
                fault: None,
                body: json.filter(|json: &Value| !json.is_null()),
                request_id: request_id.clone(),
            },
        };
        let routed = route(parts.method.as_str(), &parts.uri);
        let operation = routed.as_ref().ok().map(|routed| routed.operation);
        entry.record.operation_id = operation.map(|operation| operation.id().to_owned());
        let asked = Asked {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: &entry.record.query,
            routed,
            json: entry.record.body.as_ref().unwrap_or(&Value::Null),
            content_type: parts
                .headers
                .get(CONTENT_TYPE)
                .and_then(|v| v.to_str().ok()),
            body: &body,
        };
        let admitted = match unreadable {
            Some(error) => Err(error),
            None => self.admit(&parts.headers, &asked),
        };
        let met = admitted.as_ref().ok().and_then(|(_, met)| met.as_ref());
        let effect = met.map(|met| met.effect.clone());
        entry.fault = effect.as_ref().map(Effect::name);
        let answer = match admitted {
            Err(error) => Answer::Error(error),
            Ok((caller, None)) => self.handle(&caller, &asked, None).await,
            Ok((caller, Some(met))) => self.faulty(&caller, &asked, &met).await,
        };
        let answer = match self.kept().await {
            Ok(()) => answer,
            Err(error) => Answer::Error(error),
        };
        let mut response = answer.into_response(&request_id, operation);
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(RESPONSE_ID, value);
        }
        let delivery = match effect {
            Some(Effect::Reset) => Delivery::Reset,
            Some(Effect::Truncate(bytes)) => match response.body().len().checked_sub(1) {
                Some(longest) => Delivery::Cut(longest.min(bytes)),
                None => Delivery::Whole,
            },
            _ => Delivery::Whole,
        };
        if delivery != Delivery::Reset {
            entry.status = response.status().as_u16();
        }
        (response, delivery)
    }

    /// Saves what has changed, if that comes before the response.
    async fn kept(&self) -> Result<(), ApiError> {
        let Some(durable) = self.durable() else {
            return Ok(());
        };
        durable.keep(self).await.map_err(|error| {
            let message = format!("changed, but the state could not be saved: {error}");
            ApiError::new(500, message)
        })
    }

    /// The caller of the request, and the fault that applies.
    fn admit(
        &self,
        headers: &http::HeaderMap,
        asked: &Asked<'_>,
    ) -> Result<(Owner, Option<Met>), ApiError> {
        let caller = self.authenticate(headers)?;
        self.limit(asked.operation())?;
        Ok((caller, self.inner.faults.meet(&asked.view())))
    }

    /// Counts a request, or rejects it.
    fn limit(&self, operation: Option<&Operation>) -> Result<(), ApiError> {
        let operation = operation.map(Operation::id);
        let now = self.inner.clock.now();
        let admitted = lock(&self.inner.limiter).admit(operation, now);
        admitted.map_err(|refused| {
            let error = ApiError::new(429, "you've exceeded the rate limit, try again later");
            match refused.seconds() {
                Some(seconds) if self.inner.retry_after => error.with_retry_after(seconds),
                _ => error,
            }
        })
    }

    async fn faulty(&self, caller: &Owner, asked: &Asked<'_>, met: &Met) -> Answer {
        if !met.after_effect {
            late(met).await;
        }
        let instead = match &met.effect {
            Effect::Answer(answer) => Some(Answer::Fault(answer.clone())),
            // Its response is never seen.
            Effect::Reset => Some(Answer::Fault(FaultAnswer::nothing())),
            _ => None,
        };
        let answer = match (instead, met.after_effect) {
            (Some(instead), false) => instead,
            (Some(instead), true) => {
                self.handle(caller, asked, None).await;
                instead
            }
            (None, _) => self.handle(caller, asked, Some(&met.effect)).await,
        };
        if met.after_effect {
            late(met).await;
        }
        answer
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

    /// Performs the request, and alters its response if a fault does so.
    pub(super) fn handle_once(
        &self,
        caller: &Owner,
        asked: &Asked<'_>,
        effect: Option<&Effect>,
        schemas: &Schemas,
    ) -> Answer {
        let routed = match &asked.routed {
            Ok(routed) => routed,
            Err(elsewhere) => return elsewhere.answer(),
        };
        let operation = routed.operation;
        let faults = &self.inner.faults;
        let query = faults.real_query(asked.query);
        let value_of = |name: &str| routed.parameters.get(name).map(String::as_str);
        let checked = validate::path_of(operation, value_of)
            .and_then(|()| validate::query_of(operation, &query))
            .map_err(|violations| request::refused(&violations))
            .and_then(|()| request::body(operation, asked.content_type, asked.body));
        let mut body = match checked {
            Ok(body) => body,
            Err(error) => return Answer::Error(error),
        };
        faults.real_body(&mut body);
        let mut state = lock(&self.inner.state);
        let call = Call {
            caller,
            direct: false,
            operation,
            parameters: &routed.parameters,
            query: &query,
            body: &body,
            // Read under the lock, so that time never goes back for the state.
            now: self.inner.clock.now(),
            seed: self.inner.seed,
            last_cursor: matches!(effect, Some(Effect::LastCursor)),
            schemas,
        };
        let answer = api::answer(&mut state, &call);
        if operation.method() != "GET" {
            // Under the lock: who sees the change sees that there was one.
            self.changed();
        }
        drop(state);
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

/// A parsed request.
pub(super) struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a [(String, String)],
    routed: Result<Routed, Elsewhere>,
    /// Null if there is none.
    json: &'a Value,
    content_type: Option<&'a str>,
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
            query: self.query,
            body: self.json,
        }
    }
}

/// Logged when it is dropped, even if the client disconnects before the response.
struct Entry<'a> {
    emulator: &'a Emulator,
    fault: Option<&'static str>,
    status: u16,
    record: RequestRecord,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let known = &mut self.record;
        let record = RequestRecord {
            at: known.at,
            method: take(&mut known.method),
            path: take(&mut known.path),
            query: take(&mut known.query),
            operation_id: known.operation_id.take(),
            status: self.status,
            fault: self.fault,
            body: known.body.take(),
            request_id: take(&mut known.request_id),
        };
        let inner = &self.emulator.inner;
        if let Some(observer) = &inner.observer {
            observer(&record);
        }
        if let Some(last) = &inner.last_requests {
            let took = inner.clock.now().saturating_sub(record.at);
            lock(last).push(&record, took);
        }
        lock(&inner.log).push(record);
    }
}

async fn late(met: &Met) {
    if !met.delay.is_zero() {
        tokio::time::sleep(met.delay).await;
    }
}

/// An unknown route.
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

fn route(method: &str, uri: &Uri) -> Result<Routed, Elsewhere> {
    let path = uri.path();
    let rest = path.strip_prefix(BASE_PATH);
    let rest = rest.filter(|rest| rest.starts_with('/'));
    let rest = rest.ok_or(Elsewhere::Nowhere)?;
    if rest.contains("//") {
        // Like the real server: an empty ID leads to another route.
        let mut clean = path.to_owned();
        while clean.contains("//") {
            clean = clean.replace("//", "/");
        }
        if let Some(query) = uri.query() {
            clean = format!("{clean}?{query}");
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
        Matched::OtherMethods(methods) => {
            let methods: Vec<&str> = methods.into_iter().collect();
            Err(Elsewhere::OtherMethods(methods.join(", ")))
        }
        Matched::Nothing => Err(Elsewhere::Nowhere),
    }
}
