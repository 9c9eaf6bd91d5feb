//! Limiters of servers, five makes of them, and the least time that calls take under each. Exact to
//! the nanosecond, and without any code of the client.

mod meter;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use futures::stream::{self, StreamExt as _};
use http::{HeaderMap, StatusCode};
use neon_api::raw::transport::{BoxFuture, Exchange, Response};
use neon_api::types::ListProjectsQuery;
use neon_api::{AccountLimiter, Neon, Rates, Transport, TransportError};
use tokio::time::Instant;

pub(crate) use meter::{Make, Quotas};
use meter::{Meter, Nanos, nanos};

/// How long requests are under way, drawn anew for each.
#[derive(Debug, Clone)]
struct Latency {
    rng: Rng,
    millis: (u64, u64),
}

impl Latency {
    /// All of it is before the request arrives, so that requests overtake each other as much as they
    /// can.
    fn draw(&mut self) -> Nanos {
        let (least, most) = self.millis;
        self.rng.u64(least * 1_000_000..=most * 1_000_000)
    }
}

/// What is tried: a server's limiter, and what is drawn for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) account: Make,
    pub(crate) route: Make,
    pub(crate) quotas: Quotas,
    pub(crate) seed: u64,
    /// How long requests are under way, from and to, in milliseconds.
    pub(crate) millis: (u64, u64),
    /// How far the account's window is at the start, as a part of it; drawn otherwise.
    pub(crate) phase: Option<f64>,
}

impl Setting {
    /// What the API documents, counted in this way for the account and in any second for the route;
    /// requests are under way for 50 ms, 20 more or less.
    pub(crate) fn new(account: Make, quotas: Quotas, seed: u64) -> Self {
        Self {
            account,
            route: Make::Log,
            quotas,
            seed,
            millis: (30, 70),
            phase: None,
        }
    }

    fn latency(&self) -> Latency {
        Latency {
            rng: Rng::with_seed(self.seed),
            millis: self.millis,
        }
    }

    fn meters(&self) -> (Meter, Meter) {
        let mut rng = Rng::with_seed(self.seed ^ 0x5eed);
        let account = Meter::new(
            self.account,
            self.quotas.account,
            self.phase.unwrap_or_else(|| rng.f64()),
        );
        let route = Meter::new(self.route, self.quotas.route, rng.f64());
        (account, route)
    }

    /// The least time in which so many calls of one route can end, of which so many are under way at
    /// once: within the account's bucket, the route's limit in any second, and the server's make.
    pub(crate) fn bound(&self, calls: usize, at_once: usize) -> Duration {
        let (account, route) = self.meters();
        let bucket = Meter::new(Make::Bucket, self.quotas.account, 0.0);
        let any_second = Meter::new(Make::Log, self.quotas.route, 0.0);
        let mut meters = [account, route, bucket, any_second];
        let mut latency = self.latency();
        let mut free: BinaryHeap<Reverse<Nanos>> = (0..at_once).map(|_| Reverse(0)).collect();
        let mut arrived = 0;
        for _ in 0..calls {
            let Reverse(sent) = free.pop().unwrap();
            arrived = arrived.max(sent + latency.draw());
            loop {
                let earliest = meters.iter_mut().map(|meter| meter.earliest(arrived));
                let latest = earliest.max().unwrap();
                if latest == arrived {
                    break;
                }
                arrived = latest;
            }
            for meter in &mut meters {
                meter.take(arrived);
            }
            free.push(Reverse(arrived));
        }
        Duration::from_nanos(arrived)
    }
}

/// A server with such limits, which answers every request with an empty list, or with 429. Clones
/// share everything.
#[derive(Debug, Clone)]
pub(crate) struct Server(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    account: Meter,
    route: Meter,
    routes: HashMap<&'static str, Meter>,
    latency: Latency,
    seen: u64,
    /// Requests that are refused without a reason, by their numbers in order of arrival.
    spurious: Vec<u64>,
    refused: u64,
}

impl Server {
    pub(crate) fn new(setting: &Setting) -> Self {
        let (account, route) = setting.meters();
        Self(Arc::new(Mutex::new(Inner {
            start: Instant::now(),
            account,
            route,
            routes: HashMap::new(),
            latency: setting.latency(),
            seen: 0,
            spurious: Vec::new(),
            refused: 0,
        })))
    }

    /// Refuses the request with this number, from 0 on, without a reason.
    pub(crate) fn refuse(&self, number: u64) {
        self.0.lock().unwrap().spurious.push(number);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.0.lock().unwrap().refused
    }

    pub(crate) fn admitted(&self) -> u64 {
        let inner = self.0.lock().unwrap();
        inner.seen - inner.refused
    }

    fn admits(&self, route: &'static str) -> bool {
        let inner = &mut *self.0.lock().unwrap();
        let at = nanos(inner.start.elapsed());
        let initial = &inner.route;
        let route = inner.routes.entry(route).or_insert_with(|| initial.clone());
        let is_spurious = inner.spurious.contains(&inner.seen);
        let is_within = inner.account.earliest(at) <= at && route.earliest(at) <= at;
        inner.seen += 1;
        if is_spurious || !is_within {
            inner.refused += 1;
            return false;
        }
        inner.account.take(at);
        route.take(at);
        true
    }
}

impl Transport for Server {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let latency = self.0.lock().unwrap().latency.draw();
            tokio::time::sleep(Duration::from_nanos(latency)).await;
            let status = if self.admits(call.route.id) {
                StatusCode::OK
            } else {
                StatusCode::TOO_MANY_REQUESTS
            };
            let body = r#"{"projects":[],"applications":{},"integrations":{},"branches":[],"annotations":{}}"#;
            Ok(Response::new(status, HeaderMap::new(), body))
        })
    }
}

/// What came of some calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub(crate) calls: u64,
    pub(crate) took: Duration,
    pub(crate) bound: Duration,
    pub(crate) refused: u64,
}

impl Trial {
    /// The time over the least possible.
    pub(crate) fn ratio(&self) -> f64 {
        self.took.as_secs_f64() / self.bound.as_secs_f64()
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (took, bound) = (self.took.as_secs_f64(), self.bound.as_secs_f64());
        let (ratio, refused, calls) = (self.ratio(), self.refused, self.calls);
        write!(
            f,
            "{took:.2} s of {bound:.2} s, {ratio:.3}; {refused} of {calls} refused"
        )
    }
}

/// Lists projects this often by a client that knows what is documented. Every call must succeed.
pub(crate) async fn run(
    server: &Server,
    setting: &Setting,
    documented: Quotas,
    calls: usize,
    at_once: usize,
) -> Trial {
    let Quotas { account, route } = documented;
    let whole = |number: u64| u32::try_from(number).unwrap();
    let rates = Rates::default()
        .per_minute(whole(account.requests * 60 / account.window.as_secs()))
        .burst(whole(account.burst))
        .route_per_second(whole(route.requests));
    fastrand::seed(setting.seed);
    let neon = Neon::builder()
        .api_key("napi_test")
        .limiter(AccountLimiter::new(rates))
        .transport(server.clone())
        .build()
        .unwrap();
    let start = Instant::now();
    stream::iter(0..calls)
        .map(|number| {
            let query = ListProjectsQuery::default().with_search(number.to_string());
            let neon = &neon;
            async move { neon.raw().list_projects(&query).await.map(|_| ()) }
        })
        .buffer_unordered(at_once)
        .for_each(|called| async { called.unwrap() })
        .await;
    Trial {
        calls: calls as u64,
        took: start.elapsed(),
        bound: setting.bound(calls, at_once),
        refused: server.refused(),
    }
}
