//! What is shown of a job while it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use neon_api::fleet::{Event, Status};
use neon_api::{AccountLimiter, Neon, Rates, RetryPolicy};
use neon_api_emulator::{Emulator, Fault, RateLimit};

use crate::client;
use crate::provision::tenants;

#[tokio::test(start_paused = true)]
async fn each_item_begins_and_ends_once_and_counts_add_up() {
    let emulator = Emulator::builder().rate_limit(RateLimit::Real).build();
    let limiter = AccountLimiter::new(Rates::default());
    let builder = Neon::builder().api_key("napi_test").limiter(limiter);
    let neon = builder.transport(emulator.transport()).build().unwrap();
    let mut run = neon
        .fleet()
        .provision(tenants(&neon, 100))
        .concurrency(30)
        .events();
    let mut items: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut statuses: Vec<Status> = Vec::new();
    while let Some(event) = run.next().await {
        match event {
            Event::Started { item } => items.entry(item.to_string()).or_default()[0] += 1,
            Event::Finished { item, .. } => items.entry(item.to_string()).or_default()[1] += 1,
            Event::Status(status) => statuses.push(status),
            other => panic!("{other:?}"),
        }
        let status = run.status();
        assert!(
            status.running <= 30 && status.settled() + status.running <= 100,
            "{status}"
        );
    }
    assert!(items.len() == 100 && items.values().all(|counts| *counts == [1, 1]));
    let last = statuses.last().unwrap();
    assert_eq!((last.done, last.total, last.running), (100, 100, 0));
    assert_eq!(last.requests, emulator.total_requests());
    let took = usize::try_from(last.elapsed.as_secs()).unwrap();
    assert!(
        (took..=took + 3).contains(&statuses.len()),
        "{} in {took} s",
        statuses.len()
    );
    assert!(statuses.iter().any(|status| status.queued > 10));
    // Half way, the end is known.
    let half = statuses.iter().find(|status| status.done >= 50).unwrap();
    let estimated = half.elapsed + half.eta.unwrap();
    assert!(
        estimated.abs_diff(last.elapsed) < last.elapsed / 4,
        "{estimated:?} {last:?}"
    );
    assert_eq!(run.finish().await.unwrap().status(), *last);
}

#[tokio::test(start_paused = true)]
async fn a_job_goes_on_only_while_it_is_polled_and_ends_without_events() {
    let emulator = Emulator::builder().build();
    let neon = client(&emulator);
    let mut run = neon
        .fleet()
        .provision(tenants(&neon, 20))
        .concurrency(2)
        .events();
    while emulator.count("createProject") < 5 {
        run.next().await.unwrap();
    }
    let sent = emulator.total_requests();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(emulator.total_requests(), sent);
    assert_eq!(run.finish().await.unwrap().done().count(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_tried_again_has_failed() {
    let emulator = Emulator::builder().build();
    let faults = emulator.faults();
    faults.inject(Fault::status(500).on("createProject"));
    faults.inject(Fault::status(500).on("listProjects").after(1));
    faults.inject(Fault::status(401).on("createProject").after(1));
    let neon = client(&emulator).with_retry(RetryPolicy::never());
    let mut run = neon
        .fleet()
        .provision(tenants(&neon, 3))
        .concurrency(1)
        .events();
    let mut shown = Vec::new();
    while let Some(event) = run.next().await {
        match event {
            Event::Retried { item, .. } => shown.push(format!("{item} retried")),
            Event::Failed { item, .. } => shown.push(format!("{item} failed")),
            Event::Finished { item, .. } => shown.push(format!("{item} done")),
            _ => {}
        }
    }
    let expected = [
        "tenant-0 retried",
        "tenant-1 done",
        "tenant-2 failed",
        "tenant-0 failed",
    ];
    assert_eq!(shown, expected);
    assert_eq!(run.finish().await.unwrap().status().failed, 2);
}
