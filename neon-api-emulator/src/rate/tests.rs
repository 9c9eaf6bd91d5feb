//! Each model against its definition, written anew and slowly; and the documented limits, to the
//! nanosecond.

use std::time::Duration;

use super::budget::{self, Nanos, Quota};
use super::{Limiter, RateLimit, RateLimitModel, Settings};
use crate::rng::Rng;

mod documented;

const MODELS: [RateLimitModel; 5] = [
    RateLimitModel::TokenBucket,
    RateLimitModel::SecondRefill,
    RateLimitModel::SlidingLog,
    RateLimitModel::SlidingCounter,
    RateLimitModel::FixedWindow,
];

/// Whether one more passes at `now` after those that passed.
fn passes(model: RateLimitModel, quota: Quota, start: Nanos, passed: &[Nanos], now: Nanos) -> bool {
    let count = |from: Nanos, to: Nanos| {
        let within = passed.iter().filter(|at| (from..to).contains(*at));
        within.count() as u128
    };
    let most = u128::from(quota.in_window);
    let window = quota.window;
    let first = now / window * window;
    match model {
        RateLimitModel::SlidingLog => count((now + 1).saturating_sub(window), now + 1) < most,
        RateLimitModel::FixedWindow => count(first, first + window) < most,
        RateLimitModel::SlidingCounter => {
            let before = first
                .checked_sub(window)
                .map_or(0, |from| count(from, first));
            let current = count(first, first + window);
            before * (first + window - now) + (current + 1) * window <= most * window
        }
        RateLimitModel::TokenBucket => level(quota, start, passed, now, 1) >= quota.per,
        RateLimitModel::SecondRefill => {
            level(quota, start, passed, now, 1_000_000_000) >= quota.per
        }
    }
}

/// What a bucket holds, where `per` is one token, walked through tick by tick.
fn level(quota: Quota, start: Nanos, passed: &[Nanos], now: Nanos, tick: Nanos) -> u128 {
    let capacity = quota.per * u128::from(quota.burst);
    let mut level = capacity;
    let mut passed = passed.iter().peekable();
    for number in start / tick..=now / tick {
        if number > start / tick {
            level = capacity.min(level + tick * u128::from(quota.rate));
        }
        while passed.next_if(|at| **at / tick == number).is_some() {
            level -= quota.per;
        }
    }
    level
}

#[test]
fn every_model_is_its_definition() {
    let mut dice = Rng::for_purpose(0, "models");
    for round in 0..2000 {
        for model in MODELS {
            // A bucket that is refilled once a second is given quarters of seconds, the others
            // nanoseconds.
            let unit = match model {
                RateLimitModel::SecondRefill => 250_000_000,
                _ => 1,
            };
            let quota = Quota {
                rate: 1 + dice.below(5),
                per: (1 + u128::from(dice.below(12))) * unit,
                burst: 1 + dice.below(4),
                in_window: 1 + dice.below(5),
                window: 1 + u128::from(dice.below(12)),
            };
            let start = u128::from(dice.below(20)) * unit;
            let mut tested = budget::unused(model, quota, start);
            let mut passed = Vec::new();
            let mut now = start;
            for _ in 0..20 {
                now += u128::from(dice.below(4)) * unit;
                let ready = (0..1000)
                    .map(|later| now + later * unit)
                    .find(|&at| passes(model, quota, start, &passed, at));
                let case = || format!("round {round}: {model:?} {quota:?} {passed:?} at {now}");
                // Between two units nothing happens but the end of a second, which is one.
                assert_eq!(Some(tested.ready_at(now)), ready, "{}", case());
                if ready == Some(now) {
                    tested.take(now);
                    passed.push(now);
                }
            }
        }
    }
}

#[test]
fn what_is_never_refilled_is_never_ready() {
    for model in [RateLimitModel::TokenBucket, RateLimitModel::SecondRefill] {
        let settings = Settings {
            limit: RateLimit::PerMinute(0),
            burst: 1,
            model,
            ..Settings::default()
        };
        let mut limiter = Limiter::new(&settings, Duration::ZERO, Duration::ZERO);
        assert!(limiter.admit(None, Duration::ZERO).is_ok());
        let refused = limiter.admit(None, Duration::MAX).unwrap_err();
        assert_eq!(refused.seconds(), None);
    }
}
