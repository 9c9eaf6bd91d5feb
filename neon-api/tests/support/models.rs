//! Limiters of servers, five makes of them, and the least time that calls take under each. Exact to
//! the nanosecond, and without any code of the client.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use futures::stream::{self, StreamExt as _};
use http::{HeaderMap, StatusCode};
use neon_api::raw::transport::{Answer, BoxFuture, Call};
use neon_api::types::ListProjectsQuery;
use neon_api::{AccountLimiter, Neon, Rates, Transport, TransportError};
use tokio::time::Instant;

/// Nanoseconds since the server was started.
type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// How a server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// A bucket that gains tokens all the time.
    Bucket,
    /// A bucket that gains a second's tokens once a second.
    Ticking,
    /// At most so many in any window.
    Log,
    /// The requests of this window of the clock, and a part of those of the one before.
    Counter,
    /// At most so many in each window of the clock.
    Fixed,
}

impl Make {
    pub(crate) const ALL: [Self; 5] = [
        Self::Bucket,
        Self::Ticking,
        Self::Log,
        Self::Counter,
        Self::Fixed,
    ];
}

/// So many requests in a window; of buckets, at that rate and so many at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) requests: u64,
    pub(crate) window: Duration,
    pub(crate) burst: u64,
}

impl Quota {
    pub(crate) const fn new(requests: u64, window: Duration, burst: u64) -> Self {
        Self {
            requests,
            window,
            burst,
        }
    }

    pub(crate) const fn half(self) -> Self {
        Self::new(self.requests / 2, self.window, self.burst / 2)
    }
}

/// What a server allows an account and each of its routes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quotas {
    pub(crate) account: Quota,
    pub(crate) route: Quota,
}

impl Quotas {
    /// What the API documents.
    pub(crate) const DOCUMENTED: Self = Self {
        account: Quota::new(700, Duration::from_secs(60), 40),
        route: Quota::new(40, Duration::from_secs(1), 40),
    };
    /// Ten times that, with windows of 6 s.
    pub(crate) const TENFOLD: Self = Self {
        account: Quota::new(700, Duration::from_secs(6), 400),
        route: Quota::new(400, Duration::from_secs(1), 400),
    };

    pub(crate) const fn half(self) -> Self {
        Self {
            account: self.account.half(),
            route: self.route.half(),
        }
    }
}

/// One limit of a server. Times must not decrease from call to call.
#[derive(Debug, Clone)]
struct Meter {
    make: Make,
    requests: u64,
    window: Nanos,
    burst: u64,
    /// How far into a window, or a second, the clock is at the start.
    phase: Nanos,
    /// Of buckets: parts of a token, of which `window` make one.
    level: u128,
    /// Of the ticking bucket: the ticks that were counted; of clocks' windows: the current one.
    index: u64,
    at: Nanos,
    before: u64,
    current: u64,
    log: VecDeque<Nanos>,
}

impl Meter {
    fn new(make: Make, quota: Quota, phase: f64) -> Self {
        let window = nanos(quota.window);
        let period = if make == Make::Ticking {
            SECOND
        } else {
            window
        };
        Self {
            make,
            requests: quota.requests,
            window,
            burst: quota.burst,
            phase: nanos(Duration::from_nanos(period).mul_f64(phase)),
            level: u128::from(quota.burst) * u128::from(window),
            index: 0,
            at: 0,
            before: 0,
            current: 0,
            log: VecDeque::new(),
        }
    }

    fn period(&self) -> Nanos {
        match self.make {
            Make::Ticking => SECOND,
            _ => self.window,
        }
    }

    /// How far the clock is into its window.
    fn in_window(&self, at: Nanos) -> Nanos {
        (at + self.phase) % self.period()
    }

    fn advance(&mut self, at: Nanos) {
        let index = (at + self.phase) / self.period();
        match self.make {
            Make::Bucket => self.gain(at - self.at),
            Make::Ticking => self.gain((index - self.index) * SECOND),
            Make::Log => {
                while self
                    .log
                    .front()
                    .is_some_and(|sent| sent + self.window <= at)
                {
                    self.log.pop_front();
                }
            }
            Make::Counter | Make::Fixed => {
                if index > self.index {
                    self.before = if index == self.index + 1 {
                        self.current
                    } else {
                        0
                    };
                    self.current = 0;
                }
            }
        }
        self.index = index;
        self.at = at;
    }

    fn gain(&mut self, time: Nanos) {
        let gained = u128::from(self.requests) * u128::from(time);
        let capacity = u128::from(self.burst) * u128::from(self.window);
        self.level = (self.level + gained).min(capacity);
    }

    /// When a request is admitted that comes at this time at the earliest.
    fn earliest(&mut self, at: Nanos) -> Nanos {
        self.advance(at);
        let missing = u128::from(self.window).saturating_sub(self.level);
        let left = self.period() - self.in_window(at);
        match self.make {
            Make::Bucket => at + ceiling(missing, self.requests.into()),
            Make::Ticking => match ceiling(missing, u128::from(self.requests) * u128::from(SECOND))
            {
                0 => at,
                ticks => at + left + (ticks - 1) * SECOND,
            },
            Make::Log => match self.log.len() as u64 {
                count if count < self.requests => at,
                _ => self.log[0] + self.window,
            },
            Make::Fixed if self.current < self.requests => at,
            Make::Fixed => at + left,
            Make::Counter => {
                // Of the window before, the part `left / window` counts.
                let free = self.requests.saturating_sub(self.current + 1);
                let may_count = |before: u64, free: u64| {
                    let part = u128::from(free) * u128::from(self.window) / u128::from(before);
                    u64::try_from(part).unwrap()
                };
                if self.current < self.requests {
                    match self.before {
                        0 => at,
                        before => {
                            let longest = may_count(before, free);
                            at + left.saturating_sub(longest)
                        }
                    }
                } else {
                    let longest = may_count(self.current, self.requests - 1);
                    at + left + self.window.saturating_sub(longest)
                }
            }
        }
    }

    fn take(&mut self, at: Nanos) {
        match self.make {
            Make::Bucket | Make::Ticking => self.level -= u128::from(self.window),
            Make::Log => self.log.push_back(at),
            Make::Counter | Make::Fixed => self.current += 1,
        }
    }
}

fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap()
}

fn ceiling(of: u128, by: u128) -> u64 {
    u64::try_from(of.div_ceil(by)).unwrap()
}

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
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async move {
            let latency = self.0.lock().unwrap().latency.draw();
            tokio::time::sleep(Duration::from_nanos(latency)).await;
            let status = if self.admits(call.operation.id) {
                StatusCode::OK
            } else {
                StatusCode::TOO_MANY_REQUESTS
            };
            let body = r#"{"projects":[],"applications":{},"integrations":{},"branches":[],"annotations":{}}"#;
            Ok(Answer::new(status, HeaderMap::new(), body))
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
