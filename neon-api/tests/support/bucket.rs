//! A server that enforces rates exactly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use neon_api::raw::transport::{BoxFuture, Exchange, Response};
use neon_api::{Transport, TransportError};
use tokio::time::Instant;

/// A token bucket that counts in billionths of a token: exact, to the nanosecond.
#[derive(Debug)]
struct Bucket {
    /// Billionths of a token that a nanosecond adds, times 60.
    per_minute: u128,
    capacity: u128,
    level: u128,
    at: Instant,
}

const TOKEN: u128 = 60_000_000_000;

impl Bucket {
    fn new(per_minute: u32, burst: u32) -> Self {
        let capacity = TOKEN * u128::from(burst);
        Self {
            per_minute: u128::from(per_minute),
            capacity,
            level: capacity,
            at: Instant::now(),
        }
    }

    fn has_token(&mut self, now: Instant) -> bool {
        let gained = (now - self.at).as_nanos() * self.per_minute;
        self.level = self.capacity.min(self.level + gained);
        self.at = now;
        self.level >= TOKEN
    }
}

/// What an account is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) per_minute: u32,
    pub(crate) burst: u32,
    pub(crate) route_per_second: u32,
}

pub(crate) const DOCUMENTED: Allowed = Allowed {
    per_minute: 700,
    burst: 40,
    route_per_second: 40,
};

/// Ten times the rates that are documented.
pub(crate) const TENFOLD: Allowed = Allowed {
    per_minute: 7000,
    burst: 400,
    route_per_second: 400,
};

/// Responds to every request with an empty list, or with 429. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Limited(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    allowed: Allowed,
    account: Mutex<Bucket>,
    routes: Mutex<HashMap<&'static str, Bucket>>,
    /// How long requests and answers are on their way, each of them, drawn anew for each.
    longest_way: Duration,
    taken: Mutex<Vec<String>>,
    refused: AtomicU64,
}

impl Limited {
    pub(crate) fn new(allowed: Allowed) -> Self {
        Self::with_way(allowed, Duration::ZERO)
    }

    pub(crate) fn with_way(allowed: Allowed, longest_way: Duration) -> Self {
        Self(Arc::new(Inner {
            allowed,
            account: Mutex::new(Bucket::new(allowed.per_minute, allowed.burst)),
            routes: Mutex::default(),
            longest_way,
            taken: Mutex::default(),
            refused: AtomicU64::new(0),
        }))
    }

    /// Takes one request out of both budgets, or out of none.
    pub(crate) fn admit(&self, route: &'static str) -> bool {
        let now = Instant::now();
        let mut account = self.0.account.lock().unwrap();
        let mut routes = self.0.routes.lock().unwrap();
        let rate = self.0.allowed.route_per_second;
        let route = routes
            .entry(route)
            .or_insert_with(|| Bucket::new(rate * 60, rate));
        let admitted = account.has_token(now) && route.has_token(now);
        if admitted {
            account.level -= TOKEN;
            route.level -= TOKEN;
        }
        admitted
    }

    /// The queries of the requests that were taken, in order of arrival.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.0.taken.lock().unwrap().clone()
    }

    pub(crate) fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    async fn way(&self) {
        if !self.0.longest_way.is_zero() {
            tokio::time::sleep(self.0.longest_way.mul_f64(fastrand::f64())).await;
        }
    }
}

impl Transport for Limited {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            self.way().await;
            let admitted = self.admit(call.route.id);
            let status = if admitted {
                let query = call.request.uri().query().unwrap_or_default().to_owned();
                self.0.taken.lock().unwrap().push(query);
                StatusCode::OK
            } else {
                self.0.refused.fetch_add(1, Ordering::Relaxed);
                StatusCode::TOO_MANY_REQUESTS
            };
            self.way().await;
            let body = r#"{"projects":[],"applications":{},"integrations":{},"branches":[],"annotations":{}}"#;
            Ok(Response::new(status, HeaderMap::new(), body))
        })
    }
}
