//! The budgets of one account.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::budget::{self, Budget, Nanos};
use super::documented::{self, ACCOUNT_PER_MINUTE, Group};
use super::settings::{RateLimit, RateLimitModel, Settings};
use crate::clock::{Moment, millis};

/// Why a request does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// How long it would not have passed; `None` means never.
    wait: Option<Duration>,
}

impl Refused {
    /// The wait in whole seconds, rounded up.
    pub(crate) fn seconds(self) -> Option<u64> {
        let wait = self.wait?;
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

/// The budgets of one account.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// Requests a minute; `None` means no limit.
    per_minute: Option<u32>,
    burst: u32,
    model: RateLimitModel,
    route_model: RateLimitModel,
    window: Duration,
    /// The time from a midnight to the first moment, so that windows are aligned to the clock.
    midnight: Duration,
    /// The latest time of a request. One whose time was read first may come second.
    seen: Nanos,
    account: Option<Box<dyn Budget>>,
    /// By operation; filled as they are used.
    routes: HashMap<String, Box<dyn Budget>>,
    /// By the group's position; filled as they are used.
    groups: HashMap<usize, Box<dyn Budget>>,
}

impl Limiter {
    /// `midnight` is the time from a midnight to the zero of moments.
    pub(crate) fn new(settings: &Settings, midnight: Duration, now: Moment) -> Self {
        let per_minute = match settings.limit {
            RateLimit::Off => None,
            RateLimit::Real => Some(ACCOUNT_PER_MINUTE),
            RateLimit::PerMinute(rate) => Some(rate),
        };
        let seen = midnight.saturating_add(now).as_nanos();
        let account = per_minute.map(|rate| {
            let quota = documented::account(rate, settings.burst, settings.window);
            budget::unused(settings.model, quota, seen)
        });
        Self {
            per_minute,
            burst: settings.burst,
            model: settings.model,
            window: settings.window,
            route_model: settings.route_model.unwrap_or(settings.model),
            midnight,
            seen,
            account,
            routes: HashMap::new(),
            groups: HashMap::new(),
        }
    }

    /// Takes one request out of every budget that applies, or out of none.
    pub(crate) fn admit(&mut self, operation: Option<&str>, now: Moment) -> Result<(), Refused> {
        let (Some(per_minute), Some(account)) = (self.per_minute, &mut self.account) else {
            return Ok(());
        };
        let now = self.seen.max(self.midnight.saturating_add(now).as_nanos());
        self.seen = now;
        let (model, burst) = (self.route_model, self.burst);
        let route = operation.map(|id| {
            let quota = || documented::route(per_minute, burst);
            let route = self.routes.entry(id.to_owned());
            route.or_insert_with(|| budget::unused(model, quota(), now))
        });
        let group = operation.and_then(Group::of).map(|(position, group)| {
            let quota = || group.quota(per_minute, burst);
            let budget = self.groups.entry(position);
            budget.or_insert_with(|| budget::unused(model, quota(), now))
        });
        let mut budgets: Vec<_> = [Some(account), route, group]
            .into_iter()
            .flatten()
            .collect();
        let ready = budgets.iter_mut().map(|budget| budget.ready_at(now)).max();
        match ready.map(|ready| ready - now) {
            None | Some(0) => {
                for budget in budgets {
                    budget.take(now);
                }
                Ok(())
            }
            Some(wait) => Err(Refused {
                wait: duration(wait),
            }),
        }
    }
}

/// The settings of the limits, and which of them reject requests now.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShownLimits {
    /// Requests a minute of the account; `None` means no limits.
    per_minute: Option<u32>,
    burst: u32,
    window_seconds: u64,
    model: &'static str,
    /// Of routes and groups of routes.
    route_model: &'static str,
    /// By name, and how long in milliseconds; `None` means for ever.
    used_up: Vec<(String, Option<u64>)>,
}

impl Limiter {
    pub(crate) fn shown(&mut self, now: Moment) -> ShownLimits {
        let now = self.seen.max(self.midnight.saturating_add(now).as_nanos());
        self.seen = now;
        let account = self.account.iter_mut();
        let account = account.map(|budget| ("account".to_owned(), budget));
        let routes = self.routes.iter_mut().map(|(id, b)| (id.clone(), b));
        let groups = self.groups.iter_mut();
        let groups = groups.map(|(position, b)| (documented::group_name(*position), b));
        let mut used_up = Vec::new();
        for (name, budget) in account.chain(routes).chain(groups) {
            let wait = budget.ready_at(now).saturating_sub(now);
            if wait > 0 {
                used_up.push((name, duration(wait).map(millis)));
            }
        }
        used_up.sort();
        ShownLimits {
            per_minute: self.per_minute,
            burst: self.burst,
            window_seconds: self.window.as_secs(),
            model: self.model.name(),
            route_model: self.route_model.name(),
            used_up,
        }
    }
}

fn duration(nanos: Nanos) -> Option<Duration> {
    const SECOND: Nanos = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    let rest = u32::try_from(nanos % SECOND).ok()?;
    Some(Duration::new(seconds, rest))
}
