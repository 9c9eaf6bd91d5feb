//! What the checks have in common: waits that are driven by hand, and what a limit allows.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use neon_api_raw::{BoxFuture, Route};
use tokio::time::{Instant, timeout};

use crate::limiter::{Limiter, Outcome, RateLimit, RateScope, Rates};

/// A limiter and what is expected of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) limiter: Arc<dyn Limiter>,
    rates: Rates,
    tolerance: Duration,
}

/// A wait for a permit.
pub(super) struct Wait<'a> {
    operation: &'static Route,
    future: Option<BoxFuture<'a, ()>>,
    granted_at: Option<Instant>,
}

impl Case {
    pub(super) fn new(limiter: Arc<dyn Limiter>, rates: Rates, tolerance: Duration) -> Self {
        Self {
            limiter,
            rates,
            tolerance,
        }
    }

    /// The limit of this kind that an operation has.
    pub(super) fn limit(
        &self,
        operation: &'static Route,
        is_wanted: impl Fn(RateScope) -> bool,
    ) -> Result<RateLimit, String> {
        let mut limits = self.rates.limits(operation);
        let limit = limits.find(|limit| is_wanted(limit.scope));
        limit.ok_or_else(|| format!("{} has no such limit", operation.id))
    }

    pub(super) fn account(&self, operation: &'static Route) -> Result<RateLimit, String> {
        self.limit(operation, |scope| scope == RateScope::Account)
    }

    /// How long this many permits of a limit may take, generously: it bounds what hangs.
    pub(super) fn patience(&self, limit: &RateLimit, count: usize) -> Duration {
        let time = as_f64(count) / limit.per_second * 1.25;
        Duration::from_secs_f64(time) + Duration::from_secs(3) + self.tolerance * 10
    }

    /// A time for what is not delayed by any limit.
    pub(super) fn soon(&self) -> Duration {
        Duration::from_secs(1) + self.tolerance * 10
    }

    pub(super) fn tolerance(&self) -> Duration {
        self.tolerance
    }

    pub(super) fn wait(&self, operation: &'static Route) -> Wait<'_> {
        Wait {
            operation,
            future: Some(self.limiter.permit(operation)),
            granted_at: None,
        }
    }

    pub(super) fn succeeded(&self, operation: &'static Route) {
        let headers = HeaderMap::new();
        let outcome = Outcome::response(Instant::now(), StatusCode::OK, &headers);
        self.limiter.observe(operation, &outcome);
    }

    pub(super) fn refused(&self, operation: &'static Route, retry_after: Duration) {
        let headers = HeaderMap::new();
        let outcome = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers);
        let outcome = outcome.with_retry_after(retry_after);
        self.limiter.observe(operation, &outcome);
    }

    /// One permit, within a time.
    pub(super) async fn permit(
        &self,
        operation: &'static Route,
        within: Duration,
    ) -> Result<Instant, String> {
        let permit = self.limiter.permit(operation);
        timeout(within, permit)
            .await
            .map_err(|_| format!("no permit for {} within {within:?}", operation.id))?;
        let granted_at = Instant::now();
        self.succeeded(operation);
        Ok(granted_at)
    }

    /// Polls all waits once, in order; each that has its permit is sent and succeeds.
    pub(super) async fn poll_once(&self, waits: &mut [Wait<'_>]) {
        poll_fn(|context| {
            for wait in &mut *waits {
                self.poll(wait, context);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Waits until all have their permits, within a time.
    pub(super) async fn finish(
        &self,
        waits: &mut [Wait<'_>],
        within: Duration,
    ) -> Result<(), String> {
        let all = poll_fn(|context| {
            let mut is_done = true;
            for wait in &mut *waits {
                is_done &= self.poll(wait, context);
            }
            if is_done {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        if timeout(within, all).await.is_ok() {
            return Ok(());
        }
        let without = waits.iter().filter(|wait| wait.is_pending()).count();
        Err(format!(
            "{without} of {} waits had no permit within {within:?}",
            waits.len()
        ))
    }

    /// Returns whether the wait is over.
    fn poll(&self, wait: &mut Wait<'_>, context: &mut std::task::Context<'_>) -> bool {
        let Some(future) = &mut wait.future else {
            return true;
        };
        if future.as_mut().poll(context).is_pending() {
            return false;
        }
        wait.future = None;
        wait.granted_at = Some(Instant::now());
        self.succeeded(wait.operation);
        true
    }

    /// More waits than there are permits now: those that wait are polled once, and the others sent.
    pub(super) async fn crowd(
        &self,
        operation: &'static Route,
        waiting: usize,
    ) -> Result<Vec<Wait<'_>>, String> {
        let account = self.account(operation)?;
        let settled = Duration::from_millis(200) + self.tolerance;
        let meanwhile = account.per_second * settled.as_secs_f64() * 1.5;
        let count = as_usize(account.burst + meanwhile) + waiting;
        let mut waits: Vec<_> = (0..count).map(|_| self.wait(operation)).collect();
        self.poll_once(&mut waits).await;
        // One that awaits its own permit lets the others, which are not polled here, have theirs.
        let end = Instant::now() + settled;
        while Instant::now() < end {
            tokio::time::sleep(settled / 20).await;
            self.poll_once(&mut waits).await;
        }
        waits.retain(Wait::is_pending);
        if waits.is_empty() {
            return Err(format!("nobody waits after {count} requests"));
        }
        Ok(waits)
    }

    /// Fails if permits at these times exceed a limit.
    pub(super) fn check_rate(
        &self,
        limit: &RateLimit,
        mut times: Vec<Instant>,
    ) -> Result<(), String> {
        times.sort();
        for (index, from) in times.iter().enumerate() {
            for (number, to) in times.iter().skip(index).enumerate() {
                let time = to.duration_since(*from);
                let count = as_f64(number + 1);
                let is_exceeded = if limit.in_any_second {
                    time + self.tolerance < Duration::from_secs(1) && count > limit.burst
                } else {
                    let time = (time + self.tolerance).as_secs_f64();
                    count > limit.burst + limit.per_second * time + 0.001
                };
                if is_exceeded {
                    return Err(format!(
                        "{count} permits within {time:?}, although the burst is {} and the rate {:.3} \
                         a second",
                        limit.burst, limit.per_second
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Wait<'_> {
    pub(super) fn is_pending(&self) -> bool {
        self.future.is_some()
    }

    pub(super) fn granted_at(&self) -> Option<Instant> {
        self.granted_at
    }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn as_usize(count: f64) -> usize {
    count.ceil() as usize
}
