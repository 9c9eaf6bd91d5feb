//! Consumption of the emulator's projects.

use std::collections::BTreeSet;
use std::time::Duration;

use neon_api::chrono::TimeDelta;
use neon_api::consumption::Metric;
use neon_api::enums::ConsumptionHistoryGranularity::Hourly;
use neon_api::fleet::consumption::DeltaState;
use neon_api::{AccountLimiter, Neon, Rates};
use neon_api_emulator::{Emulator, Limits, RateLimit};
use tokio::time::{Instant, advance};

use crate::model::{ORG, time};
use crate::support::client_of;

const START: &str = "2026-11-20T10:00:00Z";
const ROUTE: &str = "getConsumptionHistoryPerProjectV2";

fn emulator(projects: usize) -> Emulator {
    let builder = Emulator::builder().start_time(time(START));
    let emulator = builder.rate_limit(RateLimit::Real).build();
    emulator.seed(|seed| {
        for number in 0..projects {
            seed.project(&format!("tenant-{number}")).unwrap();
        }
    });
    emulator
}

/// Computes run for five minutes; a poller adds up what a series has.
#[tokio::test(start_paused = true)]
async fn a_poller_and_a_series_agree() {
    let emulator = emulator(250);
    let neon = client_of(&emulator);
    let metrics = [Metric::COMPUTE_UNIT_SECONDS];
    let state = DeltaState::new(ORG, Hourly, metrics.clone(), time(START)).unwrap();
    let mut state = Some(state);
    let mut polled = 0;
    let mut now = time(START);
    for _ in 0..8 {
        advance(Duration::from_secs(900)).await;
        now += TimeDelta::minutes(15);
        let mut poll = neon
            .fleet()
            .consumption_deltas(state.take().unwrap())
            .as_of(now);
        while let Some(project) = poll.try_next().await.unwrap() {
            polled += project.deltas.iter().map(|delta| delta.change).sum::<i64>();
        }
        state = Some(poll.into_state());
    }
    assert!(polled > 250 * 60, "{polled}");
    let fleet = neon.org(ORG).fleet();
    let mut series = fleet
        .consumption(time(START)..now, Hourly, metrics.clone())
        .as_of(now);
    let (mut total, mut projects) = (0, BTreeSet::new());
    while let Some(project) = series.try_next().await.unwrap() {
        total += project.total(&metrics[0]);
        assert!(projects.insert(project.project_id));
    }
    assert_eq!((total, projects.len()), (polled, 250));
    // Three pages and the end, for each poll and for the series.
    assert_eq!(emulator.count(ROUTE), 9 * 4);
}

/// 30 a minute, or so many more as all limits are higher, and nothing is refused.
#[tokio::test(start_paused = true)]
async fn the_limit_of_consumption_history_is_kept() {
    for scale in [1_u32, 10] {
        let limit = RateLimit::PerMinute(700 * scale);
        let builder = Emulator::builder().start_time(time(START));
        let emulator = builder.rate_limit(limit).build();
        let limiter = AccountLimiter::new(Rates::default().scaled_to(700 * scale));
        let builder = Neon::builder().api_key("napi_test").limiter(limiter);
        let neon = builder.transport(emulator.transport()).build().unwrap();
        let begin = Instant::now();
        let now = time(START) + TimeDelta::minutes(1);
        for _ in 0..120 {
            let metrics = [Metric::COMPUTE_UNIT_SECONDS];
            let fleet = neon.org(ORG).fleet();
            let series = fleet.consumption(time(START)..now, Hourly, metrics);
            let mut series = series.as_of(now);
            assert!(series.try_next().await.unwrap().is_none());
        }
        let statuses: BTreeSet<u16> = emulator.requests().iter().map(|r| r.status).collect();
        assert_eq!(
            (emulator.count(ROUTE), statuses),
            (120, BTreeSet::from([200]))
        );
        let minutes = begin.elapsed().as_secs_f64() / 60.0 * f64::from(scale);
        assert!(
            (3.0..4.1).contains(&minutes),
            "120 requests took {minutes} minutes"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_it_ends_the_walk() {
    let limits = Limits::free_plan();
    let builder = Emulator::builder().start_time(time(START)).limits(limits);
    let emulator = builder.build();
    let now = time(START) + TimeDelta::hours(1);
    let fleet = client_of(&emulator).org(ORG).fleet();
    let mut series = fleet
        .consumption(time(START)..now, Hourly, ["compute_unit_seconds"])
        .as_of(now);
    let error = series.try_next().await.unwrap_err();
    assert!(error.is_missing_from_plan(), "{error}");
    let advice = "Scale and Enterprise have it, Business for by_project_legacy";
    assert!(error.to_string().contains(advice), "{error}");
    assert!(series.try_next().await.unwrap().is_none());
    assert_eq!(emulator.count(ROUTE), 1);
}
