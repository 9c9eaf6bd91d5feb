//! Without Redis: this process's share of the rates, without bursts.

use std::collections::HashMap;
use std::time::Duration;

use neon_api::RateScope;
use tokio::time::Instant;

use crate::budgets::Budgets;
use crate::request::Absence;

/// The processes that are assumed by one that has never seen Redis.
pub(crate) const UNKNOWN_MEMBERS: f64 = 64.0;

/// A time without Redis.
#[derive(Debug)]
pub(crate) struct Away {
    since: Instant,
    pub(crate) next_probe: Instant,
    members: f64,
    /// The part of the rates that the API accepts.
    part: f64,
    /// When the account can send its first request.
    first_at: Instant,
    next: HashMap<RateScope, Instant>,
    sent: HashMap<RateScope, u32>,
}

impl Away {
    pub(crate) fn new(
        members: f64,
        part: f64,
        per_second: f64,
        slots_until: Instant,
        now: Instant,
    ) -> Self {
        // After all slots that were reserved before, whose processes still use them; at another moment
        // in each process, and on average after one interval.
        let wait = members / (per_second * part) * (0.5 + fastrand::f64());
        Self {
            since: now,
            next_probe: now + until_probe(),
            members,
            part,
            first_at: slots_until.max(now) + seconds(wait),
            next: HashMap::new(),
            sent: HashMap::new(),
        }
    }

    pub(crate) fn probe_failed(&mut self, now: Instant) {
        self.next_probe = now + until_probe();
    }

    /// When a request can be sent.
    pub(crate) fn ready_at(&self, budgets: &Budgets) -> Instant {
        let next = |(scope, _): &(RateScope, f64)| self.next.get(scope).copied();
        let latest = budgets.rates.iter().filter_map(next).max();
        latest.map_or(self.first_at, |at| at.max(self.first_at))
    }

    pub(crate) fn take(&mut self, budgets: &Budgets, now: Instant) {
        for (scope, per_second) in &budgets.rates {
            let interval = seconds(self.members / (per_second * self.part));
            // What a timer was late by is not lost.
            let from = self.next.get(scope).copied().unwrap_or(self.first_at);
            let from = from.max(now.checked_sub(interval / 2).unwrap_or(now));
            self.next.insert(*scope, from + interval);
            *self.sent.entry(*scope).or_default() += 1;
        }
    }

    pub(crate) fn absence(&self, budgets: &Budgets, now: Instant) -> Absence {
        let sent = |scope| self.sent.get(&scope).copied().unwrap_or(0);
        let of_group = budgets.group.map(|(name, _)| sent(RateScope::Group(name)));
        Absence {
            time: now.saturating_duration_since(self.since),
            of_account: sent(RateScope::Account),
            of_group: of_group.unwrap_or(0),
        }
    }

    /// The rate of this process.
    pub(crate) fn per_second(&self, of_account: f64) -> f64 {
        of_account * self.part / self.members
    }
}

/// At another moment in each process, so that they do not return all at once.
fn until_probe() -> Duration {
    Duration::from_millis(fastrand::u64(500..1300))
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(3600))
}
