//! The documented limits, to the nanosecond.

use std::time::Duration;

use super::MODELS;
use crate::rate::{Limiter, RateLimit, RateLimitModel, Settings};

const NANO: Duration = Duration::from_nanos(1);
const KEYS: &str = "createOrgApiKey";
const CONSUMPTION: [&str; 3] = [
    "getConsumptionHistoryPerProject",
    "getConsumptionHistoryPerProjectV2",
    "getConsumptionHistoryPerBranchV2",
];

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Built at midnight.
fn limiter(limit: RateLimit, burst: u32, model: RateLimitModel) -> Limiter {
    let settings = Settings {
        limit,
        burst,
        model,
        ..Settings::default()
    };
    Limiter::new(&settings, Duration::ZERO, Duration::ZERO)
}

/// How many of 2,000 pass at once.
fn count(limiter: &mut Limiter, operation: Option<&str>, at: Duration) -> usize {
    let admitted = (0..2000).filter(|_| limiter.admit(operation, at).is_ok());
    admitted.count()
}

/// That nothing passes a nanosecond before, and so many then; and that a refusal said so.
#[track_caller]
fn opens(limiter: &mut Limiter, operation: Option<&str>, at: Duration, for_: usize) {
    let early = at.saturating_sub(NANO);
    let refused = limiter.admit(operation, early).unwrap_err();
    assert_eq!(
        refused.seconds(),
        Some(1),
        "a nanosecond is told as a second"
    );
    assert_eq!(count(limiter, operation, early), 0);
    assert_eq!(count(limiter, operation, at), for_);
}

/// 700 a minute after a burst of 40: one more each 60/700 s, not a nanosecond early.
#[test]
fn the_account_as_a_token_bucket() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::TokenBucket);
    assert_eq!(count(&mut limiter, None, Duration::ZERO), 40);
    opens(&mut limiter, None, Duration::from_nanos(85_714_286), 1);
    let hour = secs(3600.0);
    let saved_up = count(&mut limiter, None, hour);
    assert_eq!(saved_up, 40, "an idle hour saves up one burst, not more");
}

/// 11 2/3 tokens come with each second: 11, then 12 twice, as thirds are kept.
#[test]
fn the_account_as_a_bucket_refilled_once_a_second() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::SecondRefill);
    assert_eq!(count(&mut limiter, None, secs(0.25)), 40);
    for (second, admitted) in [(1.0, 11), (2.0, 12), (3.0, 12), (4.0, 11)] {
        opens(&mut limiter, None, secs(second), admitted);
    }
}

#[test]
fn the_account_as_a_sliding_log() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::SlidingLog);
    assert_eq!(count(&mut limiter, None, secs(10.0)), 700);
    assert_eq!(
        count(&mut limiter, None, secs(60.0)),
        0,
        "a new minute is none to it"
    );
    opens(&mut limiter, None, secs(70.0), 700);
}

/// 700 at 10 s: in the next minute, 1 passes as soon as 1/700 of it is over, and so on.
#[test]
fn the_account_as_a_sliding_counter() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::SlidingCounter);
    assert_eq!(count(&mut limiter, None, secs(10.0)), 700);
    let part = Duration::from_nanos(85_714_286);
    opens(&mut limiter, None, secs(60.0) + part, 1);
    // Half of the 700 still count, and the one does.
    assert_eq!(count(&mut limiter, None, secs(90.0)), 349);
    assert_eq!(count(&mut limiter, None, secs(120.0)), 350);
}

#[test]
fn the_account_as_fixed_windows() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::FixedWindow);
    assert_eq!(count(&mut limiter, None, secs(59.0)), 700);
    opens(&mut limiter, None, secs(60.0), 700);
}

/// Windows are the clock's, not those of the first request or of the start.
#[test]
fn windows_are_aligned_to_the_clock() {
    let settings = Settings {
        limit: RateLimit::Real,
        model: RateLimitModel::FixedWindow,
        ..Settings::default()
    };
    let midnight = secs(59.5);
    let mut limiter = Limiter::new(&settings, midnight, Duration::ZERO);
    assert_eq!(count(&mut limiter, None, Duration::ZERO), 700);
    opens(&mut limiter, None, secs(0.5), 700);
}

#[test]
fn a_window_of_the_account_may_be_another() {
    let settings = Settings {
        limit: RateLimit::PerMinute(7000),
        model: RateLimitModel::SlidingLog,
        window: secs(6.0),
        ..Settings::default()
    };
    let mut limiter = Limiter::new(&settings, Duration::ZERO, Duration::ZERO);
    assert_eq!(count(&mut limiter, None, Duration::ZERO), 700);
    opens(&mut limiter, None, secs(6.0), 700);
}

/// Time that was counted once does not count again for a request that was overtaken.
#[test]
fn time_does_not_go_back() {
    let (early, late) = (secs(1.0), secs(9.0));
    for model in MODELS {
        let mut limiter = limiter(RateLimit::Real, 40, model);
        assert!(count(&mut limiter, None, late) >= 40, "{model:?}");
        assert_eq!(count(&mut limiter, None, early), 0, "{model:?}");
        assert_eq!(count(&mut limiter, None, late), 0, "{model:?}");
    }
}

#[test]
fn routes_have_their_own_budgets() {
    for model in MODELS {
        let mut limiter = limiter(RateLimit::Real, 1000, model);
        for route in ["listProjects", "getProject"] {
            assert_eq!(
                count(&mut limiter, Some(route), Duration::ZERO),
                40,
                "{model:?}"
            );
        }
    }
    let mut limiter = limiter(RateLimit::Real, 1000, RateLimitModel::TokenBucket);
    assert_eq!(count(&mut limiter, Some("getProject"), Duration::ZERO), 40);
    opens(
        &mut limiter,
        Some("getProject"),
        Duration::from_millis(25),
        1,
    );
}

/// The model of routes and groups can be another one than the account's: 40 in *any* second.
#[test]
fn routes_may_be_counted_in_another_way() {
    let settings = Settings {
        limit: RateLimit::Real,
        burst: 100,
        route_model: Some(RateLimitModel::SlidingLog),
        ..Settings::default()
    };
    let mut limiter = Limiter::new(&settings, Duration::ZERO, Duration::ZERO);
    let route = Some("getProject");
    assert_eq!(count(&mut limiter, route, Duration::ZERO), 40);
    opens(&mut limiter, route, secs(1.0), 40);
    // 100, 80 taken, and 11 2/3 gained.
    assert_eq!(count(&mut limiter, None, secs(1.0)), 31);
}

/// Ten times the documented rates; and a tenth, where a burst of the account still passes.
#[test]
fn routes_are_scaled() {
    for (per_minute, at_once, a_second) in [(7000, 400, 400), (70, 40, 4), (700, 40, 40)] {
        let limit = RateLimit::PerMinute(per_minute);
        let mut limiter = limiter(limit, 5000, RateLimitModel::TokenBucket);
        for route in ["getProject", "listProjects"] {
            assert_eq!(count(&mut limiter, Some(route), Duration::ZERO), at_once);
        }
        assert_eq!(count(&mut limiter, Some("getProject"), secs(1.0)), a_second);
    }
    for (per_minute, in_a_second) in [(7000, 400), (70, 4), (1, 1)] {
        let limit = RateLimit::PerMinute(per_minute);
        let settings = Settings {
            limit,
            burst: 5000,
            route_model: Some(RateLimitModel::SlidingLog),
            ..Settings::default()
        };
        let mut limiter = Limiter::new(&settings, Duration::ZERO, Duration::ZERO);
        assert_eq!(
            count(&mut limiter, Some("getProject"), Duration::ZERO),
            in_a_second
        );
        opens(&mut limiter, Some("getProject"), secs(1.0), in_a_second);
    }
}

/// 30 at once and one every two seconds, whichever of the three routes they go to.
#[test]
fn consumption_history_shares_a_budget() {
    let mut limiter = limiter(RateLimit::Real, 40, RateLimitModel::TokenBucket);
    let [first, second, third] = CONSUMPTION.map(Some);
    for _ in 0..10 {
        for route in [first, second, third] {
            assert!(limiter.admit(route, Duration::ZERO).is_ok());
        }
    }
    let refused = limiter.admit(first, Duration::ZERO).unwrap_err();
    assert_eq!(refused.seconds(), Some(2));
    opens(&mut limiter, third, secs(2.0), 1);
    opens(&mut limiter, second, secs(4.0), 1);
    // The refusals took nothing of the account, which has gained its whole burst but for this one.
    assert_eq!(count(&mut limiter, Some("getProject"), secs(4.0)), 39);
}

#[test]
fn consumption_history_is_counted_by_every_model() {
    for (model, opens_at, for_) in [
        (RateLimitModel::TokenBucket, 2.0, 1),
        (RateLimitModel::SecondRefill, 2.0, 1),
        (RateLimitModel::SlidingLog, 60.0, 30),
        (RateLimitModel::SlidingCounter, 62.0, 1),
        (RateLimitModel::FixedWindow, 60.0, 30),
    ] {
        let mut limiter = limiter(RateLimit::Real, 40, model);
        let [first, second, _] = CONSUMPTION.map(Some);
        assert_eq!(count(&mut limiter, first, Duration::ZERO), 30, "{model:?}");
        opens(&mut limiter, second, secs(opens_at), for_);
    }
}

#[test]
fn keys_of_organizations_are_made_slowly() {
    for model in MODELS {
        let mut limiter = limiter(RateLimit::Real, 5000, model);
        assert_eq!(
            count(&mut limiter, Some(KEYS), Duration::ZERO),
            10,
            "{model:?}"
        );
    }
    let mut limiter = limiter(
        RateLimit::PerMinute(7000),
        5000,
        RateLimitModel::TokenBucket,
    );
    assert_eq!(count(&mut limiter, Some(KEYS), Duration::ZERO), 100);
    opens(&mut limiter, Some(KEYS), Duration::from_millis(10), 1);
}

#[test]
fn off_admits_everything() {
    let mut limiter = limiter(RateLimit::Off, 1, RateLimitModel::SlidingLog);
    assert_eq!(
        count(&mut limiter, Some("getProject"), Duration::ZERO),
        2000
    );
}
