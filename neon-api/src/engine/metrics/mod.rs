//! What the engine and the waits report to metrics, if there are any: where there are none, a check
//! for that is all.

#[cfg(feature = "metrics")]
mod opentelemetry;
mod timers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::Route;
use neon_api_raw::transport::FailureKind;
use neon_api_raw::types::Operation;

use super::run::Outcome;

#[cfg(feature = "metrics")]
pub(crate) use self::opentelemetry::Instruments;
pub(crate) use self::timers::{InQueue, Timer, WaitTimer};

/// What is measured.
pub(crate) trait Measure: Send + Sync {
    /// A call has ended, with all its waits and retries.
    fn call(&self, route: &'static Route, end: End, took: Duration);
    /// An attempt has ended that was made.
    fn attempt(&self, route: &'static Route, end: End, took: Duration);
    /// A permit was granted.
    fn permit(&self, route: &'static Route, waited: Duration);
    /// More or fewer calls wait for a permit.
    fn queue(&self, change: i64);
    /// An attempt was a retry, for this reason.
    fn retry(&self, route: &'static Route, reason: &'static str);
    /// A response had status 429.
    fn rate_limited(&self, route: &'static Route);
    /// A wait for operations has ended.
    fn wait(&self, outcome: &'static str, took: Duration);
    /// A wait has seen the end of an operation.
    fn operation(&self, operation: &Operation);
}

/// How an attempt or a call ended.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "nobody measures"))]
pub(crate) enum End {
    Response(u16),
    Failure(FailureKind),
    /// Its future was dropped.
    Dropped,
}

impl From<&Outcome> for End {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Ok(answer) => Self::Response(answer.status.as_u16()),
            Err(error) => Self::Failure(error.kind()),
        }
    }
}

/// The metrics of a client, if it has any.
#[derive(Clone, Default)]
pub(crate) struct Metrics(Option<Arc<dyn Measure>>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.0.is_some() { "on" } else { "off" };
        f.debug_tuple("Metrics").field(&state).finish()
    }
}

impl Metrics {
    #[cfg(feature = "metrics")]
    pub(crate) fn new(measure: impl Measure + 'static) -> Self {
        Self(Some(Arc::new(measure)))
    }

    pub(super) fn permit(&self, route: &'static Route, waited: Duration) {
        if let Some(measure) = &self.0 {
            measure.permit(route, waited);
        }
    }

    pub(super) fn rate_limited(&self, route: &'static Route) {
        if let Some(measure) = &self.0 {
            measure.rate_limited(route);
        }
    }

    /// A call that waits for a permit, until the result is dropped.
    pub(super) fn queued(&self) -> InQueue {
        InQueue::new(self.clone())
    }

    /// A wait for operations.
    pub(crate) fn wait(&self) -> WaitTimer {
        WaitTimer::new(self.clone())
    }
}
