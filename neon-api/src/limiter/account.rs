//! The limiter of one account in one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api_raw::operations::CREATE_ORG_API_KEY;
use neon_api_raw::{BoxFuture, Operation};
use tokio::time::Instant;

use super::lane::Lane;
use super::{Limiter, Outcome, OutcomeKind};

/// What the API takes of requests for new API keys of an organization.
const ORG_API_KEYS_PER_SECOND: f64 = 10.0;
/// How much slower than its limits a client runs, so that clocks which differ a little, and
/// requests that take a little less time than the one before, do not meet the limit.
const MARGIN: f64 = 0.998;
/// What a refusal leaves of the assumed rate.
const DECREASE: f64 = 0.75;
/// The part of the full rate that the assumed one gains in a second.
const RECOVERY_PER_SECOND: f64 = 0.005;
/// The least part of the full rate that is assumed, so that refusals cannot stop a client for good.
const LEAST: f64 = 0.05;
/// How long a refusal without `Retry-After` pauses every call.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, whatever the API asks for: calls that are asked to wait longer fail by
/// themselves, and others may fare better.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What an account may send.
///
/// ```
/// use neon_api::{AccountLimiter, Neon, Rates};
///
/// // One of four workers of an account whose plan allows more than the documented rates.
/// let rates = Rates::default().per_minute(1400).burst(80).share(0.25);
/// let neon = Neon::builder().api_key("napi_abc").limiter(AccountLimiter::new(rates)).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    per_minute: f64,
    burst: f64,
    route_per_second: f64,
    /// The part of each of them that this client may use.
    share: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            per_minute: 700.0,
            burst: 40.0,
            route_per_second: 40.0,
            share: 1.0,
        }
    }
}

impl Rates {
    /// Requests a minute of the whole account, more than 0; 700 by default.
    #[must_use]
    pub fn per_minute(mut self, requests: u32) -> Self {
        self.per_minute = f64::from(requests.max(1));
        self
    }

    /// Requests at once after a pause, more than 0; 40 by default.
    #[must_use]
    pub fn burst(mut self, requests: u32) -> Self {
        self.burst = f64::from(requests.max(1));
        self
    }

    /// Requests a second to one route, more than 0; 40 by default. Routes that the API limits to
    /// less have that: creating an organization's API keys, 10 a second.
    #[must_use]
    pub fn route_per_second(mut self, requests: u32) -> Self {
        self.route_per_second = f64::from(requests.max(1));
        self
    }

    /// A share of the rates, for one of several processes of the same account: `0.25` for one of
    /// four, whenever it is set; 1 by default. Values outside of 0.001 to 1 are taken as the nearer
    /// of them, and what is no number as 1.
    #[must_use]
    pub fn share(mut self, part: f64) -> Self {
        self.share = if part.is_nan() {
            1.0
        } else {
            part.clamp(0.001, 1.0)
        };
        self
    }

    fn account_per_second(&self) -> f64 {
        self.per_minute / 60.0 * self.share
    }

    fn account_burst(&self) -> f64 {
        (self.burst * self.share).max(1.0)
    }

    fn of_route(&self, operation: &Operation) -> f64 {
        let mut per_second = self.route_per_second;
        if *operation == CREATE_ORG_API_KEY {
            per_second = per_second.min(ORG_API_KEYS_PER_SECOND);
        }
        (per_second * self.share).max(1.0)
    }
}

/// Paces the calls of one account in one process, in order of arrival.
///
/// A request takes from its route's bucket, then from the account's. When the API answers 429 all
/// the same, every call pauses, and the assumed rate falls by a quarter; it recovers by 0.5 % of
/// the full rate each second. So a client that is one of several finds its share.
///
/// ```
/// use std::sync::Arc;
///
/// use neon_api::{AccountLimiter, Neon};
///
/// // Two keys of one account share its rates.
/// let limiter = Arc::new(AccountLimiter::default());
/// let reader = Neon::builder().api_key("napi_abc").limiter(Arc::clone(&limiter)).build()?;
/// let writer = Neon::builder().api_key("napi_def").limiter(limiter).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug)]
pub struct AccountLimiter {
    rates: Rates,
    account: Lane,
    routes: Mutex<HashMap<(&'static str, &'static str), Arc<Lane>>>,
    pace: Mutex<Pace>,
}

/// The assumed rate, as a part of the full one.
#[derive(Debug)]
struct Pace {
    part: f64,
    /// Since when the rate recovers.
    at: Instant,
    /// Refusals of requests that were sent before this time tell nothing new.
    known_since: Option<Instant>,
}

impl Default for AccountLimiter {
    fn default() -> Self {
        Self::new(Rates::default())
    }
}

impl AccountLimiter {
    /// A limiter for these rates.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            // One token less than the account has: the last one is the margin for requests that
            // overtake each other on their way.
            account: Lane::new(
                (rates.account_burst() - 1.0).max(1.0),
                rates.account_per_second() * MARGIN,
            ),
            routes: Mutex::new(HashMap::new()),
            pace: Mutex::new(Pace {
                part: 1.0,
                at: Instant::now(),
                known_since: None,
            }),
        }
    }

    async fn wait(&self, operation: &'static Operation) {
        self.route(operation).turn(|_, _| {}).await;
        self.account
            .turn(|bucket, now| bucket.set_rate(self.per_second(now), now))
            .await;
    }

    /// The rate that is assumed at this time.
    fn per_second(&self, now: Instant) -> f64 {
        let mut pace = self.pace();
        let passed = now.saturating_duration_since(pace.at).as_secs_f64();
        pace.part = (pace.part + passed * RECOVERY_PER_SECOND).min(1.0);
        pace.at = pace.at.max(now);
        self.rates.account_per_second() * MARGIN * pace.part
    }

    fn route(&self, operation: &'static Operation) -> Arc<Lane> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = routes
            .entry((operation.method, operation.path))
            .or_insert_with(|| {
                let per_second = self.rates.of_route(operation);
                Arc::new(Lane::new((per_second - 1.0).max(1.0), per_second * MARGIN))
            });
        Arc::clone(lane)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limiter for AccountLimiter {
    fn permit<'a>(&'a self, operation: &'static Operation) -> BoxFuture<'a, ()> {
        Box::pin(self.wait(operation))
    }

    fn observe(&self, _: &'static Operation, outcome: &Outcome<'_>) {
        if outcome.kind() != OutcomeKind::Refused {
            return;
        }
        let now = Instant::now();
        let mut pace = self.pace();
        let pause = outcome.retry_after().unwrap_or(PAUSE).min(LONGEST_PAUSE);
        let until = now + pause;
        let is_known = pace
            .known_since
            .is_some_and(|since| outcome.sent_at() <= since);
        if !is_known {
            pace.known_since = Some(now);
            pace.part = (pace.part * DECREASE).max(LEAST);
            pace.at = pace.at.max(until);
        }
        drop(pace);
        self.account.pause(until, !is_known);
    }
}
