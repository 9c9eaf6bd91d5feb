//! The limiter of one account in one process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use neon_api_raw::{BoxFuture, Route};
use tokio::time::Instant;

use super::lane::{Lane, Permit};
use super::rates::{self, Rates};
use super::{Limiter, Load, Outcome, OutcomeKind};

/// Rate-limits the calls of one account in one process, in order of arrival.
///
/// A request takes from every budget that applies to it: its route's, the account's, and that of a
/// group of routes if the API limits one (consumption history: 30 requests a minute for its three
/// routes together; API keys of organizations: 10 a second). The API does not document how it
/// counts, so the limiter obeys what satisfies every usual algorithm: one burst after a pause, and
/// a route's limit in any second. Whether the account also has a windowed limit is detected when
/// the API rejects a request at its end, and obeyed from then on.
///
/// A 429 response is charged to the narrowest budget that explains it. That budget pauses for a
/// quarter of a second or for the time that the API asks for, then sends one request, and resumes
/// if it is accepted; if it is rejected as well, a longer pause follows. A single rejection has no
/// other effect. If more follow within seconds, the rate is lowered to what the API accepts, and
/// rises again within half a minute without rejections. So a client that is one of several
/// finds its share.
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
    groups: Vec<Arc<Lane>>,
    routes: Mutex<Routes>,
}

/// By operation ID. It is looked up twice in every call, and the IDs are ours, so a hash that
/// resists attacks is not needed.
type Routes = HashMap<&'static str, Arc<RouteBudgets>, BuildHasherDefault<IdHasher>>;

/// FNV-1a.
#[derive(Debug)]
struct IdHasher(u64);

impl Default for IdHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The budgets of one route, without the account's.
#[derive(Debug)]
struct RouteBudgets {
    own: Lane,
    /// The budget that it shares with other routes, if any.
    group: Option<Arc<Lane>>,
}

impl Default for AccountLimiter {
    fn default() -> Self {
        Self::new(Rates::default())
    }
}

impl AccountLimiter {
    /// Returns a limiter for these rates.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            account: Lane::new(rates.account()),
            groups: rates
                .groups()
                .map(|quota| Arc::new(Lane::new(quota)))
                .collect(),
            routes: Mutex::default(),
        }
    }

    /// Waits for the narrowest budget first, so that no permit of a wider one is held meanwhile.
    async fn wait(&self, operation: &'static Route) {
        let route = self.route(operation);
        let of_group = match &route.group {
            None => None,
            Some(group) => Some(group.permit().await),
        };
        let of_route = route.own.permit().await;
        let of_account = loop {
            let narrow = || of_group.iter().chain([&of_route]);
            match self.of_account_unless_held(narrow).await {
                Ok(permit) => break permit,
                Err(held) => held.released().await,
            }
        };
        of_account.send_now();
        of_route.send().await;
        if let Some(permit) = of_group {
            permit.send().await;
        }
    }

    /// Waits for a permit of the account, as long as no narrower budget for which the request has
    /// one is paused: the account's permit would be spent now, and the request sent later. This is
    /// checked before each poll, since only a poll takes a permit.
    async fn of_account_unless_held<'a, 'b, I>(
        &'a self,
        narrow: impl Fn() -> I,
    ) -> Result<Permit<'a>, &'b Permit<'b>>
    where
        I: Iterator<Item = &'b Permit<'b>>,
    {
        let mut permit = pin!(self.account.permit());
        poll_fn(|cx| match narrow().find(|permit| permit.is_held()) {
            Some(held) => Poll::Ready(Err(held)),
            None => permit.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    fn route(&self, operation: &'static Route) -> Arc<RouteBudgets> {
        let mut routes = self.routes();
        let route = routes.entry(operation.id).or_insert_with(|| {
            let group = rates::group(operation).and_then(|index| self.groups.get(index));
            Arc::new(RouteBudgets {
                own: Lane::new(self.rates.route()),
                group: group.cloned(),
            })
        });
        Arc::clone(route)
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a rejection to the narrowest budget that explains it.
    fn refuse(&self, route: &RouteBudgets, outcome: &Outcome<'_>, now: Instant) {
        match &route.group {
            Some(group) => group.observe(outcome, now),
            None if self.account.expects(outcome.sent_at(), now) => {
                self.account.observe(outcome, now);
            }
            None if route.own.is_near_limit(now) => {
                route.own.observe(outcome, now);
                self.account.be_gentle(now);
            }
            None => self.account.observe(outcome, now),
        }
    }
}

impl Limiter for AccountLimiter {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.wait(operation))
    }

    fn spare<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.account.spare())
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        let now = Instant::now();
        let route = self.route(operation);
        if outcome.kind() == OutcomeKind::Refused {
            self.refuse(&route, outcome, now);
            return;
        }
        self.account.observe(outcome, now);
        route.own.observe(outcome, now);
        if let Some(group) = &route.group {
            group.observe(outcome, now);
        }
    }

    /// Of the budgets that currently delay requests of this operation, because others wait for them
    /// or they pause after a rejection, the last success of the one whose last success is the
    /// longest ago; `None` if there is no such budget. A budget without a success counts from its
    /// first use, the account's from when the limiter was created.
    fn last_success(&self, operation: &'static Route) -> Option<Instant> {
        let now = Instant::now();
        let route = self.route(operation);
        [
            Some(&self.account),
            Some(&route.own),
            route.group.as_deref(),
        ]
        .into_iter()
        .flatten()
        .filter_map(|lane| lane.last_success_if_waited_for(now))
        .min()
    }

    fn load(&self) -> Option<Load> {
        let routes: Vec<Arc<RouteBudgets>> = self.routes().values().cloned().collect();
        let queued: usize = routes.iter().map(|route| route.own.queued()).sum();
        let of_groups: usize = self.groups.iter().map(|lane| lane.queued()).sum();
        Some(Load {
            queued: queued + of_groups + self.account.queued(),
            per_second: self.account.per_second(Instant::now()),
        })
    }
}
