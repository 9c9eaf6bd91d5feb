//! The step of a snapshot scheduler under faults, killed anywhere, and at random times.

use std::time::Duration;

use neon_api::Error;
use neon_api::fleet::snapshots::SnapshotFate;
use neon_api_emulator::{Emulator, Fault, OperationFault};
use proptest::prelude::*;
use tokio::time::advance;

use crate::kill::{at_every_poll, polled};
use crate::paused;
use crate::snapshots::{HOUR, World, hourly};

/// Responses are lost, and requests are refused for a while.
#[tokio::test(start_paused = true)]
async fn faults_change_nothing_but_the_time() {
    for fault in [
        Fault::reset(),
        Fault::reset().after_effect(),
        Fault::status(429),
        Fault::status(423),
        Fault::proxy_page(502).after_effect(),
    ] {
        for operation in ["listSnapshots", "createSnapshot", "deleteSnapshot"] {
            let world = World::new(Emulator::builder());
            let rule = hourly().keep_last(1);
            for _ in 0..2 {
                world.emulator.faults().inject(fault.clone().on(operation));
                let report = world.step(&rule).await;
                assert!(report.taken().is_some(), "{report}");
                advance(HOUR).await;
            }
            assert_eq!(
                world.names().await,
                ["hourly 20T11:00"],
                "{fault:?} of {operation}"
            );
        }
    }
    // It cannot be relied on, so that the one before it stays.
    let world = World::new(Emulator::builder());
    world.step(&hourly()).await.check().unwrap();
    advance(HOUR).await;
    let fault = OperationFault::fail("no space left").always();
    world.emulator.faults().inject_operation(fault);
    let report = world.step(&hourly().keep_last(1)).await;
    let fates: Vec<_> = report.not_done().map(|one| one.fate.clone()).collect();
    assert!(
        matches!(fates[..], [SnapshotFate::Failed(_), SnapshotFate::Newest]),
        "{report}"
    );
    assert!(world.names().await.contains(&"hourly 20T10:00".to_owned()));
    // No permission: the step ends, and says why.
    let world = World::new(Emulator::builder());
    world
        .emulator
        .faults()
        .inject(Fault::status(403).on("createSnapshot"));
    let report = world.step(&hourly()).await;
    assert!(report.error().is_some_and(Error::is_auth));
    assert_eq!(
        report.not_done().next().unwrap().fate,
        SnapshotFate::Planned
    );
    assert!(report.check().is_err());
}

/// A process may end at any point: the next step does the rest.
#[tokio::test(start_paused = true)]
async fn killed_anywhere() {
    let kills = at_every_poll(async |polls| {
        let world = World::new(Emulator::builder());
        let rule = hourly().keep_last(2);
        for _ in 0..2 {
            world.step(&rule).await.check().unwrap();
            advance(HOUR).await;
        }
        let step = world.branch.snapshot_step(rule.clone()).as_of(world.now());
        let done = polled(polls, step.send()).await;
        let report = world.step(&rule).await;
        assert_eq!(report.not_done().count(), 0, "{report}");
        assert_eq!(world.names().await, ["hourly 20T11:00", "hourly 20T12:00"]);
        done.is_some()
    })
    .await;
    assert!(kills > 5, "{kills}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    /// Whenever steps are made, what is there afterwards follows from when they were made.
    #[test]
    fn what_is_kept_follows_from_the_times(
        pauses in prop::collection::vec(1..500_u64, 1..15),
        keep_last in prop::option::of(1..4_usize),
        keep_minutes in prop::option::of(1..400_u64),
    ) {
        let mut rule = hourly().maybe_keep_last(keep_last);
        rule = rule.maybe_keep_for(keep_minutes.map(|minutes| Duration::from_secs(60 * minutes)));
        let (left, expected) = paused(async {
            let world = World::new(Emulator::builder());
            // The minutes since midnight at which the hours began in which there were steps.
            let mut hours: Vec<u64> = Vec::new();
            let mut minute = 10 * 60 + 20;
            for pause in pauses {
                minute += pause;
                let next = world.begin + Duration::from_secs(60 * (minute - 620));
                tokio::time::sleep_until(next).await;
                world.step(&rule).await.check().unwrap();
                let hour = minute / 60 * 60;
                if hours.last() != Some(&hour) {
                    hours.push(hour);
                }
                let first = hours.len().saturating_sub(keep_last.unwrap_or(usize::MAX));
                hours.drain(..first);
                let newest = *hours.last().unwrap();
                let is_young = |hour: &u64| keep_minutes.is_none_or(|keep| hour + keep > minute);
                hours.retain(|hour| *hour == newest || is_young(hour));
            }
            let shown = |hour: &u64| {
                let (day, hour) = (20 + hour / 1440, hour % 1440 / 60);
                format!("hourly {day}T{hour:02}:00")
            };
            (world.names().await, hours.iter().map(shown).collect::<Vec<_>>())
        });
        prop_assert_eq!(left, expected);
    }
}
