//! The account's request limits.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Moment;

/// How many requests an account may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RateLimit {
    /// As many as it likes.
    #[default]
    Off,
    /// As documented: 700 a minute for the account in bursts of up to 40, and 40 a second for
    /// each route.
    Real,
    /// This many a minute for the account, in bursts of up to 40; no limit for a route.
    PerMinute(u32),
}

/// The documented requests a minute of an account.
const ACCOUNT_PER_MINUTE: u32 = 700;
/// The documented requests a second of a route.
const ROUTE_PER_SECOND: u32 = 40;
/// The documented size of a burst.
pub(crate) const BURST: u32 = 40;

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// A token bucket in whole numbers: its level is kept in parts of a token, such that a nanosecond
/// adds `rate` of them. No rounding, so the moment at which the next request passes is exact.
#[derive(Debug)]
struct Bucket {
    rate: u128,
    token: u128,
    capacity: u128,
    level: u128,
    seen: Moment,
}

impl Bucket {
    fn new(rate: u32, per: Duration, burst: u32, now: Moment) -> Self {
        let token = per.as_nanos();
        let capacity = token * u128::from(burst.max(1));
        Self {
            rate: u128::from(rate),
            token,
            capacity,
            level: capacity,
            seen: now,
        }
    }

    fn has_token(&mut self, now: Moment) -> bool {
        let added = now.saturating_sub(self.seen).as_nanos() * self.rate;
        self.level = self.capacity.min(self.level.saturating_add(added));
        self.seen = now;
        self.level >= self.token
    }

    fn take(&mut self) {
        self.level = self.level.saturating_sub(self.token);
    }
}

/// The buckets of one account.
#[derive(Debug)]
pub(crate) struct Limiter {
    account: Option<Bucket>,
    /// By operation; filled as they are used. `None` when routes have no limit.
    routes: Option<HashMap<String, Bucket>>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit, burst: u32, now: Moment) -> Self {
        let account = |rate| Some(Bucket::new(rate, MINUTE, burst, now));
        match limit {
            RateLimit::Off => Self {
                account: None,
                routes: None,
            },
            RateLimit::Real => Self {
                account: account(ACCOUNT_PER_MINUTE),
                routes: Some(HashMap::new()),
            },
            RateLimit::PerMinute(rate) => Self {
                account: account(rate),
                routes: None,
            },
        }
    }

    /// Takes one request out of every budget that applies, or out of none.
    pub(crate) fn admit(&mut self, operation: Option<&str>, now: Moment) -> bool {
        let mut route = match (&mut self.routes, operation) {
            (Some(routes), Some(id)) => Some(
                routes
                    .entry(id.to_owned())
                    .or_insert_with(|| Bucket::new(ROUTE_PER_SECOND, SECOND, BURST, now)),
            ),
            _ => None,
        };
        let account = self.account.as_mut();
        let mut buckets: Vec<&mut Bucket> = account.into_iter().chain(route.take()).collect();
        let admitted = buckets.iter_mut().all(|bucket| bucket.has_token(now));
        if admitted {
            for bucket in buckets {
                bucket.take();
            }
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 700 a minute after a burst of 40: one more each 60/700 s, not a nanosecond early.
    #[test]
    fn the_account_bucket_is_exact() {
        let mut limiter = Limiter::new(RateLimit::PerMinute(700), 40, Duration::ZERO);
        let admitted = (0..100).filter(|_| limiter.admit(None, Duration::ZERO));
        assert_eq!(admitted.count(), 40);
        let next = Duration::from_nanos(85_714_286);
        assert!(!limiter.admit(None, next.saturating_sub(Duration::from_nanos(1))));
        assert!(limiter.admit(None, next));
        assert!(!limiter.admit(None, next));
        let admitted = (0..1000).filter(|_| limiter.admit(None, Duration::from_secs(3600)));
        assert_eq!(
            admitted.count(),
            40,
            "an idle hour saves up one burst, not more"
        );
    }

    #[test]
    fn routes_have_their_own_buckets() {
        let mut limiter = Limiter::new(RateLimit::Real, 1000, Duration::ZERO);
        let count = |limiter: &mut Limiter, id| {
            let admitted = (0..60).filter(|_| limiter.admit(Some(id), Duration::ZERO));
            admitted.count()
        };
        assert_eq!(count(&mut limiter, "listProjects"), 40);
        assert_eq!(count(&mut limiter, "getProject"), 40);
        assert!(limiter.admit(Some("getProject"), Duration::from_millis(25)));
        assert!(!limiter.admit(Some("getProject"), Duration::from_millis(25)));
    }

    #[test]
    fn off_admits_everything() {
        let mut limiter = Limiter::new(RateLimit::Off, 1, Duration::ZERO);
        assert!((0..1000).all(|_| limiter.admit(Some("getProject"), Duration::ZERO)));
    }
}
