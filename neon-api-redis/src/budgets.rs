//! What a request of an operation takes from, as the script counts it.

use neon_api::raw::Route;
use neon_api::raw::routes::LIST_PROJECTS;
use neon_api::{RateLimit, RateScope, Rates};

/// How much slower than its limits an account runs, so that small clock differences do not exceed
/// them.
const MARGIN: f64 = 0.998;
/// The part of a burst that is used: requests do not arrive exactly as they were sent.
const BURST: f64 = 0.9;
/// The time in which no more than a window's limit is sent: a second, and how differently long
/// requests may be on their way.
const SECOND: f64 = 1_100_000.0;

/// A token bucket, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    /// Between two requests in the long term.
    pub(crate) interval: f64,
    /// How much earlier than that a request may be.
    pub(crate) tolerance: f64,
}

impl Bucket {
    fn new(limit: &RateLimit) -> Self {
        let interval = 1_000_000.0 / (limit.per_second * MARGIN);
        Self {
            interval,
            tolerance: ((limit.burst * BURST).max(1.0) - 1.0) * interval,
        }
    }
}

/// A limit in any second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    /// The end of its key.
    pub(crate) name: String,
    pub(crate) limit: f64,
    pub(crate) span: f64,
}

/// The budgets of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Budgets {
    pub(crate) account: Bucket,
    pub(crate) route: &'static str,
    pub(crate) group: Option<(&'static str, Option<Bucket>)>,
    /// The route's first.
    pub(crate) windows: Vec<Window>,
    /// Requests a second of each limit, for shares that are used without Redis.
    pub(crate) rates: Vec<(RateScope, f64)>,
}

impl Budgets {
    pub(crate) fn new(rates: &Rates, operation: &'static Route) -> Self {
        let mut budgets = Self {
            account: Bucket {
                interval: 0.0,
                tolerance: 0.0,
            },
            route: operation.id,
            group: None,
            windows: Vec::new(),
            rates: Vec::new(),
        };
        for limit in rates.limits(operation) {
            budgets.add(&limit);
        }
        budgets
    }

    /// Requests a second of the account.
    pub(crate) fn account_per_second(rates: &Rates) -> f64 {
        let limits = rates.limits(&LIST_PROJECTS);
        let account = limits
            .filter(|limit| limit.scope == RateScope::Account)
            .last();
        account.map_or(1.0, |limit| limit.per_second * MARGIN)
    }

    fn add(&mut self, limit: &RateLimit) {
        self.rates.push((limit.scope, limit.per_second * MARGIN));
        let bucket = (!limit.in_any_second).then(|| Bucket::new(limit));
        let window = |name| Window {
            name,
            limit: limit.burst.floor(),
            span: SECOND,
        };
        match limit.scope {
            RateScope::Route(id) => self.windows.insert(0, window(format!("r:{id}"))),
            RateScope::Group(name) => {
                self.group = Some((name, bucket));
                if bucket.is_none() {
                    self.windows.push(window(format!("g:{name}")));
                }
            }
            _ => self.account = Bucket::new(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use neon_api::raw::routes::{CREATE_ORG_API_KEY, GET_CONSUMPTION_HISTORY_PER_PROJECT};

    use super::*;

    #[test]
    fn each_operation_takes_from_the_budgets_that_the_api_has() {
        let of = |operation| Budgets::new(&Rates::default(), operation);
        let plain = of(&LIST_PROJECTS);
        assert_eq!(plain.group, None);
        assert_eq!(plain.windows.len(), 1);
        assert!(plain.account.interval > 60_000_000.0 / 700.0);
        assert!(plain.account.interval < 60_000_000.0 / 698.0);

        let consumption = of(&GET_CONSUMPTION_HISTORY_PER_PROJECT);
        let Some(("consumption", Some(bucket))) = consumption.group else {
            panic!("{consumption:?}");
        };
        assert!(bucket.interval > 2_000_000.0 && bucket.interval < 2_010_000.0);

        let keys = of(&CREATE_ORG_API_KEY);
        assert_eq!(keys.group, Some(("org_api_keys", None)));
        let limits: Vec<f64> = keys.windows.iter().map(|window| window.limit).collect();
        assert_eq!(limits, [40.0, 10.0]);
    }
}
