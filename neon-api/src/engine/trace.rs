//! Spans and events, with OpenTelemetry's names for HTTP. They contain no secrets: headers and
//! bodies are not recorded.

use std::time::Duration;

use http::StatusCode;
use neon_api_raw::Route;
use neon_api_raw::transport::{Exchange, FailureKind};
use tokio::time::Instant;
use tracing::{Instrument, Span, debug, field, warn};

use super::health::LastFailure;
use super::request_id::RequestId;
use super::run::Outcome;

/// The span of a call, from its first wait to its last response.
pub(super) fn call_span(call: &Exchange) -> Span {
    let operation = call.route;
    tracing::info_span!(
        target: "neon_api",
        "neon_api.call",
        "otel.kind" = "client",
        operation = operation.id,
        "http.request.method" = operation.method,
        "url.template" = operation.path,
        "http.response.status_code" = field::Empty,
        "http.request.resend_count" = field::Empty,
        "error.type" = field::Empty,
    )
}

pub(super) fn within<F: Future>(span: Span, call: F) -> impl Future<Output = F::Output> {
    call.instrument(span)
}

/// A wait for a permit of the limiter, if there was one.
pub(super) fn turn(waited: Duration) {
    if !waited.is_zero() {
        debug!(target: "neon_api", reason = "limiter", waited_ms = millis(waited), "waited for a permit");
    }
}

/// An attempt that has ended.
pub(super) fn attempt(
    operation: &Route,
    request_id: &RequestId,
    number: u32,
    sent_at: Instant,
    outcome: &Outcome,
) {
    debug!(
        target: "neon_api",
        operation = operation.id,
        request_id = request_id.text(),
        attempt = number,
        duration_ms = millis(sent_at.elapsed()),
        "http.response.status_code" = outcome.as_ref().ok().map(|answer| answer.status.as_u16()),
        "error.type" = outcome.as_ref().err().map(|error| field::debug(error.kind())),
        "attempt"
    );
}

/// A call that has been waiting for long, and continues to wait.
pub(super) fn long_wait(
    operation: &Route,
    reason: &'static str,
    waited: Duration,
    last_failure: Option<LastFailure>,
) {
    warn!(
        target: "neon_api",
        operation = operation.id,
        reason,
        waited_ms = millis(waited),
        last_request = last_failure.map(LastFailure::text),
        "still waiting"
    );
}

/// A wait before a retry.
pub(super) fn retry(reason: &'static str, delay: Duration) {
    debug!(target: "neon_api", reason, delay_ms = millis(delay), "will be retried");
}

/// A wait for a project's operations, and whether the call continues after it.
pub(super) fn lock(waited: Duration, goes_on: bool) {
    debug!(
        target: "neon_api",
        reason = "locked",
        waited_ms = millis(waited),
        goes_on,
        "waited for the project's operations"
    );
}

/// The end of a call with a response.
pub(super) fn answered(span: &Span, status: StatusCode, attempts: u32) {
    span.record("http.response.status_code", status.as_u16());
    span.record("http.request.resend_count", attempts.saturating_sub(1));
}

/// The end of a call without a response.
pub(super) fn failed(span: &Span, kind: FailureKind, attempts: u32) {
    span.record("error.type", field::debug(kind));
    span.record("http.request.resend_count", attempts.saturating_sub(1));
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
