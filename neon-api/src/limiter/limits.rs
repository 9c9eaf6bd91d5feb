//! The rate limits of one operation, for limiters that are written elsewhere.

use neon_api_raw::Route;

use super::budget::Quota;
use super::rates::{self, Rates};

/// What a rate limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RateScope {
    /// All requests of the account.
    Account,
    /// The requests to a group of routes, by its name, which stays the same in later versions.
    Group(&'static str),
    /// The requests to one route, by the ID of its operation.
    Route(&'static str),
}

/// A rate limit that the requests of an operation count towards: [`Rates::limits`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RateLimit {
    /// What it counts.
    pub scope: RateScope,
    /// Requests at once after a pause, at least 1.
    pub burst: f64,
    /// The long-term rate in requests a second, greater than 0.
    pub per_second: f64,
    /// Whether no more than [`burst`](Self::burst) requests are allowed in any second. Otherwise it
    /// is a token bucket.
    pub in_any_second: bool,
}

impl RateLimit {
    fn new(scope: RateScope, quota: Quota) -> Self {
        Self {
            scope,
            burst: quota.burst,
            per_second: quota.per_second,
            in_any_second: quota.limit.is_some(),
        }
    }
}

impl Rates {
    /// The limits that a request of this operation counts towards, for an implementation of
    /// [`Limiter`](crate::Limiter) that counts elsewhere: the narrowest first, the account's last.
    ///
    /// ```
    /// use neon_api::raw::routes::{GET_CONSUMPTION_HISTORY_PER_PROJECT, LIST_PROJECTS};
    /// use neon_api::{RateScope, Rates};
    ///
    /// let rates = Rates::default();
    /// let scopes = |operation| rates.limits(operation).map(|limit| limit.scope).collect::<Vec<_>>();
    /// assert_eq!(
    ///     scopes(&LIST_PROJECTS),
    ///     [RateScope::Route("listProjects"), RateScope::Account]
    /// );
    /// let narrowest = rates.limits(&GET_CONSUMPTION_HISTORY_PER_PROJECT).next().unwrap();
    /// assert_eq!(narrowest.scope, RateScope::Group("consumption"));
    /// assert_eq!(narrowest.per_second * 60.0, 30.0);
    /// ```
    pub fn limits(&self, operation: &'static Route) -> impl Iterator<Item = RateLimit> + use<> {
        let of_group = rates::group(operation).and_then(|index| {
            let scope = RateScope::Group(rates::group_name(index)?);
            Some(RateLimit::new(scope, self.groups().nth(index)?))
        });
        let of_route = RateLimit::new(RateScope::Route(operation.id), self.route());
        let of_account = RateLimit::new(RateScope::Account, self.account());
        of_group.into_iter().chain([of_route, of_account])
    }
}
