//! Requests that one budget holds up take nothing of another.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{join, join_all};
use neon_api::http::{HeaderMap, StatusCode};
use neon_api::raw::Route;
use neon_api::raw::routes::{
    GET_CONSUMPTION_HISTORY_PER_PROJECT, GET_PROJECT, LIST_PROJECT_BRANCHES, LIST_PROJECTS,
};
use neon_api::{AccountLimiter, Limiter, Outcome};
use tokio::time::{Instant, sleep};

/// The documented requests of an account at once, and those of a second after them.
const BURST: f64 = 40.0;
const PER_SECOND: f64 = 700.0 / 60.0;
/// An operation of a group with a budget of its own.
static HELD: Route = GET_CONSUMPTION_HISTORY_PER_PROJECT;

/// A limiter, and the times at which it let requests pass.
#[derive(Debug, Default)]
struct Sent {
    limiter: AccountLimiter,
    times: Mutex<Vec<Instant>>,
}

impl Sent {
    /// Sends a request, to which there is a response at once.
    async fn call(&self, operation: &'static Route) {
        self.limiter.permit(operation).await;
        let now = Instant::now();
        self.times.lock().unwrap().push(now);
        let headers = HeaderMap::new();
        let success = Outcome::response(now, StatusCode::OK, &headers);
        self.limiter.observe(operation, &success);
    }

    async fn calls(&self, operation: &'static Route, count: usize) {
        join_all((0..count).map(|_| self.call(operation))).await;
    }

    /// Refuses the requests of the group for a while.
    fn refuse(&self, pause: Duration) {
        let headers = HeaderMap::new();
        let refusal = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers)
            .with_retry_after(pause);
        self.limiter.observe(&HELD, &refusal);
    }

    /// The most requests beyond what the account may send in any time.
    fn excess(&self) -> f64 {
        let times = self.times.lock().unwrap();
        let mut most = f64::MIN;
        for (first, from) in times.iter().enumerate() {
            let mut count = 0.0;
            for at in times.iter().skip(first) {
                count += 1.0;
                most = most.max(count - BURST - (*at - *from).as_secs_f64() * PER_SECOND);
            }
        }
        most
    }
}

/// Requests of a paused group that have its permits, and wait for the account's before others, let
/// those pass: no token of the account is spent on them until they may be sent.
#[tokio::test(start_paused = true)]
async fn requests_of_a_paused_group_hold_no_permits_of_the_account() {
    let sent = Sent::default();
    let pause = Duration::from_secs(60);
    sent.calls(&LIST_PROJECTS, 40).await;
    let start = Instant::now();
    let mut held = Box::pin(sent.calls(&HELD, 28));
    assert!(held.as_mut().now_or_never().is_none());
    sent.refuse(pause);
    let others = async {
        sent.calls(&GET_PROJECT, 10).await;
        // As if the group's had not been there: a token for each of them, gained since the start.
        let took = start.elapsed();
        assert!(took.as_secs_f64() <= 11.0 / PER_SECOND, "{took:?}");
        // And at the end of the pause, all that the account has gained meanwhile.
        sleep(pause.saturating_sub(start.elapsed())).await;
        let calls = [&LIST_PROJECTS, &GET_PROJECT, &LIST_PROJECT_BRANCHES];
        join_all(calls.map(|operation| sent.calls(operation, 30))).await;
    };
    join(held, others).await;
    assert_eq!(sent.times.lock().unwrap().len(), 40 + 28 + 10 + 90);
    let excess = sent.excess();
    assert!(excess <= 0.0, "{excess}");
}
