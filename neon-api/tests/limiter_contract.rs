//! The suite for limiters: this crate's own passes it, and wrong ones fail the check that is theirs.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Mutex;
use std::time::Duration;

use neon_api::http::{HeaderMap, StatusCode};
use neon_api::limiter_contract::{ContractError, Deaf, Forgetful, LimiterContract, TwiceTheRate};
use neon_api::raw::{BoxFuture, Route};
use neon_api::{AccountLimiter, Limiter, Load, Outcome, OutcomeKind, Rates, Unlimited};
use tokio::sync::Notify;
use tokio::time::Instant;

async fn failed<L: Limiter>(make: impl AsyncFn(Rates) -> L) -> Vec<&'static str> {
    let result = LimiterContract::new(Rates::default()).check(make).await;
    let error: ContractError = result.unwrap_err();
    error
        .violations()
        .iter()
        .map(|violation| violation.check)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_limiter_of_an_account_passes() {
    for rates in [
        Rates::default(),
        Rates::default().share(0.25),
        Rates::default().per_minute(6000).burst(100),
    ] {
        let contract = LimiterContract::new(rates);
        let result = contract
            .check(async |rates| AccountLimiter::new(rates))
            .await;
        result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn twice_the_rate_is_noticed() {
    let failed = failed(async |rates| TwiceTheRate::new(rates)).await;
    for check in [
        "account_rate",
        "route_rate",
        "group_rate",
        "group_in_any_second",
    ] {
        assert!(failed.contains(&check), "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_ignores_refusals_is_noticed() {
    let failed = failed(async |rates| Deaf::new(rates)).await;
    assert_eq!(failed, ["retry_after", "narrow_pause"]);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_waits_for_dropped_waits_is_noticed() {
    let failed = failed(async |rates| Forgetful::new(rates)).await;
    for check in ["dropped", "unpolled"] {
        assert!(failed.contains(&check), "{failed:?}");
    }
    assert!(!failed.contains(&"account_rate"), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn no_limit_at_all_is_noticed() {
    let failed = failed(async |_| Unlimited).await;
    assert_eq!(failed.first(), Some(&"account_rate"));
}

/// Reports what is not so.
#[derive(Debug)]
struct Liar(AccountLimiter);

impl Limiter for Liar {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        self.0.permit(operation)
    }

    fn spare<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(std::future::pending())
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        self.0.observe(operation, outcome);
    }

    fn last_success(&self, _: &'static Route) -> Option<Instant> {
        Instant::now().checked_sub(Duration::from_millis(1))
    }

    fn load(&self) -> Option<Load> {
        Some(Load::new(0, 5.0))
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_reports_are_noticed() {
    let failed = failed(async |rates| Liar(AccountLimiter::new(rates))).await;
    assert_eq!(failed, ["last_success", "load", "spare"]);
}

/// Serves those who came last first.
#[derive(Debug)]
struct LastFirst {
    rates: AccountLimiter,
    waiting: Mutex<(u64, Vec<u64>)>,
    changed: Notify,
}

struct Waiting<'a>(&'a LastFirst, u64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0
            .waiting
            .lock()
            .unwrap()
            .1
            .retain(|number| *number != self.1);
        self.0.changed.notify_waiters();
    }
}

impl LastFirst {
    async fn serve(&self, operation: &'static Route) {
        let number = {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.0 += 1;
            let number = waiting.0;
            waiting.1.push(number);
            number
        };
        let _place = Waiting(self, number);
        self.changed.notify_waiters();
        loop {
            let changed = self.changed.notified();
            let is_last = self.waiting.lock().unwrap().1.last() == Some(&number);
            if !is_last {
                changed.await;
                continue;
            }
            tokio::select! {
                () = self.rates.permit(operation) => return,
                () = changed => {}
            }
        }
    }
}

impl Limiter for LastFirst {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.serve(operation))
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        self.rates.observe(operation, outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn another_order_is_noticed() {
    let failed = failed(async |rates| LastFirst {
        rates: AccountLimiter::new(rates),
        waiting: Mutex::default(),
        changed: Notify::new(),
    })
    .await;
    assert!(failed.contains(&"order"), "{failed:?}");
    assert!(!failed.contains(&"account_rate"), "{failed:?}");
}

/// Takes a server error for a refusal.
#[derive(Debug)]
struct Timid(AccountLimiter);

impl Limiter for Timid {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        self.0.permit(operation)
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        if outcome.kind() != OutcomeKind::Failed {
            return self.0.observe(operation, outcome);
        }
        let headers = HeaderMap::new();
        let refusal = Outcome::response(Instant::now(), StatusCode::TOO_MANY_REQUESTS, &headers);
        self.0
            .observe(operation, &refusal.with_retry_after(Duration::from_secs(5)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_server_errors_stop_is_noticed() {
    let failed = failed(async |rates| Timid(AccountLimiter::new(rates))).await;
    assert_eq!(failed, ["failures"]);
}
