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
    /// each route (10 for the creation of an organization's keys).
    Real,
    /// The documented limits, scaled to this many a minute for the account: a route's share is to
    /// it as 40 a second are to 700 a minute. Bursts of the account stay as they are, 40 unless
    /// [set](crate::Builder::rate_limit_burst); a route's are scaled, but no smaller than those
    /// up to 40. `PerMinute(700)` is `Real`.
    PerMinute(u32),
}

/// The documented requests a minute of an account.
const ACCOUNT_PER_MINUTE: u32 = 700;
/// The documented requests a second of a route.
const ROUTE_PER_SECOND: u32 = 40;
/// The one route for which less is documented.
const KEYS: (&str, u32) = ("createOrgApiKey", 10);
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
    fn new(rate: u64, per: Duration, burst: u32, now: Moment) -> Self {
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
        // A request whose time was read first may come second.
        self.seen = self.seen.max(now);
        self.level >= self.token
    }

    fn take(&mut self) {
        self.level = self.level.saturating_sub(self.token);
    }
}

/// The buckets of one account.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// Requests a minute; `None` is no limit.
    per_minute: Option<u32>,
    burst: u32,
    account: Option<Bucket>,
    /// By operation; filled as they are used.
    routes: HashMap<String, Bucket>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit, burst: u32, now: Moment) -> Self {
        let per_minute = match limit {
            RateLimit::Off => None,
            RateLimit::Real => Some(ACCOUNT_PER_MINUTE),
            RateLimit::PerMinute(rate) => Some(rate),
        };
        Self {
            per_minute,
            burst,
            account: per_minute.map(|rate| Bucket::new(rate.into(), MINUTE, burst, now)),
            routes: HashMap::new(),
        }
    }

    /// The bucket of a route: the documented one, scaled as the account's.
    fn route(id: &str, per_minute: u32, burst: u32, now: Moment) -> Bucket {
        let documented = if id == KEYS.0 {
            KEYS.1
        } else {
            ROUTE_PER_SECOND
        };
        let rate = u64::from(documented) * u64::from(per_minute);
        let at_once = rate.div_ceil(ACCOUNT_PER_MINUTE.into());
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        // So many in so many seconds: whole numbers, whatever the scale.
        let per = SECOND * ACCOUNT_PER_MINUTE;
        Bucket::new(rate, per, at_once.max(burst.min(documented)), now)
    }

    /// Takes one request out of every budget that applies, or out of none.
    pub(crate) fn admit(&mut self, operation: Option<&str>, now: Moment) -> bool {
        let Some(per_minute) = self.per_minute else {
            return true;
        };
        let burst = self.burst;
        let mut route = operation.map(|id| {
            let new = || Self::route(id, per_minute, burst, now);
            self.routes.entry(id.to_owned()).or_insert_with(new)
        });
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

    /// Time that was counted once does not count again for a request that was overtaken.
    #[test]
    fn time_does_not_go_back() {
        let (early, late) = (Duration::from_secs(1), Duration::from_secs(9));
        let mut limiter = Limiter::new(RateLimit::PerMinute(700), 40, Duration::ZERO);
        let count =
            |limiter: &mut Limiter, at| (0..100).filter(|_| limiter.admit(None, at)).count();
        assert_eq!(count(&mut limiter, late), 40);
        assert_eq!(count(&mut limiter, early), 0);
        assert_eq!(count(&mut limiter, late), 0);
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

    /// Ten times the documented rates; and a tenth, where a burst of the account still passes.
    #[test]
    fn routes_are_scaled() {
        for (per_minute, at_once, a_second) in [(7000, 400, 400), (70, 40, 4), (700, 40, 40)] {
            let mut limiter = Limiter::new(RateLimit::PerMinute(per_minute), 5000, Duration::ZERO);
            let mut count = |id, at| {
                let admitted = (0..1000).filter(|_| limiter.admit(Some(id), at));
                admitted.count()
            };
            assert_eq!(count("getProject", Duration::ZERO), at_once);
            assert_eq!(count("listProjects", Duration::ZERO), at_once);
            assert_eq!(count("getProject", Duration::from_secs(1)), a_second);
        }
    }

    #[test]
    fn keys_of_organizations_are_made_slowly() {
        let mut limiter = Limiter::new(RateLimit::Real, 5000, Duration::ZERO);
        let admitted = (0..100).filter(|_| limiter.admit(Some(KEYS.0), Duration::ZERO));
        assert_eq!(admitted.count(), 10);
    }

    #[test]
    fn off_admits_everything() {
        let mut limiter = Limiter::new(RateLimit::Off, 1, Duration::ZERO);
        assert!((0..1000).all(|_| limiter.admit(Some("getProject"), Duration::ZERO)));
    }
}
