//! When requests of this process succeeded last.

use std::collections::HashMap;

use neon_api::RateScope;
use tokio::time::Instant;

use crate::budgets::Budgets;

#[derive(Debug)]
pub(crate) struct Successes {
    created: Instant,
    last: HashMap<RateScope, Instant>,
}

impl Successes {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            created: now,
            last: HashMap::new(),
        }
    }

    pub(crate) fn add(&mut self, budgets: &Budgets, now: Instant) {
        for (scope, _) in &budgets.rates {
            self.last.insert(*scope, now);
        }
    }

    /// Of the account, and of narrower budgets if requests wait for those: the earliest.
    pub(crate) fn last(&self, narrow: Option<&Budgets>) -> Instant {
        let of = |scope: &RateScope| self.last.get(scope).copied().unwrap_or(self.created);
        let narrow = narrow.into_iter().flat_map(|budgets| &budgets.rates);
        let account = of(&RateScope::Account);
        narrow
            .map(|(scope, _)| of(scope))
            .fold(account, Instant::min)
    }
}
