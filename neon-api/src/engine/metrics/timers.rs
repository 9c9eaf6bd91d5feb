//! What is measured from a beginning to an end, also if it is dropped before.

use std::time::Duration;

use neon_api_raw::Route;
use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::{End, Measure, Metrics};

/// When something began that has not ended, where it is measured.
#[derive(Debug)]
struct Running {
    metrics: Metrics,
    since: Option<Instant>,
}

impl Running {
    fn new(metrics: Metrics) -> Self {
        let since = metrics.0.is_some().then(Instant::now);
        Self { metrics, since }
    }

    /// Ends it; `None` if it had ended, or is not measured.
    fn end(&mut self) -> Option<(&dyn Measure, Duration)> {
        let took = self.since.take()?.elapsed();
        Some((self.metrics.0.as_deref()?, took))
    }
}

/// A call or an attempt.
#[derive(Debug)]
pub(crate) struct Timer {
    running: Running,
    route: &'static Route,
    is_attempt: bool,
    /// Why it is a retry, if it is one.
    retried_for: Option<&'static str>,
}

impl Timer {
    pub(in crate::engine) fn call(metrics: &Metrics, route: &'static Route) -> Self {
        Self {
            running: Running::new(metrics.clone()),
            route,
            is_attempt: false,
            retried_for: None,
        }
    }

    pub(in crate::engine) fn attempt(
        metrics: &Metrics,
        route: &'static Route,
        retried_for: Option<&'static str>,
    ) -> Self {
        let mut timer = Self::call(metrics, route);
        timer.is_attempt = true;
        timer.retried_for = retried_for;
        timer
    }

    pub(in crate::engine) fn end(&mut self, end: End) {
        let (route, is_attempt, retried_for) = (self.route, self.is_attempt, self.retried_for);
        let Some((measure, took)) = self.running.end() else {
            return;
        };
        if !is_attempt {
            return measure.call(route, end, took);
        }
        measure.attempt(route, end, took);
        if let Some(reason) = retried_for {
            measure.retry(route, reason);
        }
    }

    /// There was none.
    pub(in crate::engine) fn cancel(&mut self) {
        self.running.since = None;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}

/// A wait for operations.
#[derive(Debug)]
pub(crate) struct WaitTimer(Running);

impl WaitTimer {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self(Running::new(metrics))
    }

    /// It has ended, and these of its operations have.
    pub(crate) fn end(&mut self, outcome: &'static str, ended: impl FnOnce() -> Vec<Operation>) {
        if let Some((measure, took)) = self.0.end() {
            measure.wait(outcome, took);
            for operation in ended() {
                measure.operation(&operation);
            }
        }
    }
}

impl Drop for WaitTimer {
    fn drop(&mut self) {
        self.end("dropped", Vec::new);
    }
}

/// A call in the limiter's queue.
#[derive(Debug)]
pub(crate) struct InQueue(Metrics);

impl InQueue {
    pub(super) fn new(metrics: Metrics) -> Self {
        if let Some(measure) = &metrics.0 {
            measure.queue(1);
        }
        Self(metrics)
    }
}

impl Drop for InQueue {
    fn drop(&mut self) {
        if let Some(measure) = &self.0.0 {
            measure.queue(-1);
        }
    }
}
