//! Provisioning that is killed and resumed.

use std::time::Duration;

use neon_api::fleet::{FleetState, Provisioned};
use neon_api_emulator::{Emulator, Fault};

use crate::checkpoint::Sink;
use crate::kill::{at_every_poll, polled};
use crate::provision::tenants;
use crate::{Network, client_over, names};

type State = FleetState<Provisioned>;

/// A server that takes its time, before requests take effect and after, and loses responses.
fn server(seed: u64, loses: f64) -> Emulator {
    let emulator = Emulator::builder().seed(seed).build();
    let faults = emulator.faults();
    let lost = Fault::reset().after_effect().on("createProject");
    faults.inject(lost.probability(loses).always());
    let unsent = Fault::reset().on("createProject");
    faults.inject(unsent.probability(loses).always());
    let slow = Duration::from_millis(5)..=Duration::from_millis(900);
    faults.inject(Fault::delay_between(slow.clone()).probability(0.5).always());
    faults.inject(Fault::delay_between(slow).after_effect().always());
    emulator
}

#[tokio::test(start_paused = true)]
async fn five_hundred_tenants_killed_at_random_points_end_with_five_hundred_projects() {
    for seed in 0..2 {
        let mut random = fastrand::Rng::with_seed(seed);
        let emulator = server(seed, 0.02);
        let sink = Sink::default();
        let (mut kills, mut lists) = (0, 0);
        let report = loop {
            // A process of its own each time.
            let neon = client_over(Network::to(&emulator));
            let state = sink.last::<State>();
            let job = neon.fleet().provision(tenants(&neon, 500));
            let job = job.concurrency(random.usize(5..30)).maybe_resume(state);
            let job = job.checkpoint(sink.clone()).send();
            lists += 3;
            let ended = if random.bool() {
                polled(random.usize(0..500), job).await
            } else {
                let time = Duration::from_millis(random.u64(0..8_000));
                tokio::time::timeout(time, job).await.ok()
            };
            match ended {
                Some(report) => break report.unwrap(),
                None => kills += 1,
            }
            // As long as a supervisor takes to start it again, or not at all.
            tokio::time::sleep(Duration::from_millis(random.u64(0..2_000))).await;
        };
        assert_eq!(report.done().count(), 500, "{report}");
        let all = names(&emulator);
        assert_eq!(all.len(), 500);
        assert!(all.values().all(|count| *count == 1), "{all:?}");
        assert!(kills >= 8, "{kills} kills");
        let sent = emulator.total_requests();
        println!("{kills} kills: {sent} requests for 500 tenants");
        // Each kill leaves at most the tenants that were being worked on to be examined: 8 requests
        // each, and what they had sent.
        let bound = 500 * 3 + lists * 2 + kills * 30 * 10;
        assert!(sent <= bound, "{sent} requests after {kills} kills");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_killed_at_every_poll_is_resumed() {
    for loses in [0.0, 0.3] {
        let kills = at_every_poll(async |polls| {
            let emulator = server(3, loses);
            let sink = Sink::default();
            let neon = client_over(Network::to(&emulator));
            let job = neon.fleet().provision(tenants(&neon, 4)).concurrency(2);
            let first = polled(polls, job.checkpoint(sink.clone()).send()).await;
            let ended = first.is_some();
            let neon = client_over(Network::to(&emulator));
            let job = neon.fleet().provision(tenants(&neon, 4));
            let report = job.maybe_resume(sink.last::<State>()).await.unwrap();
            let done = report.check().unwrap();
            assert_eq!(done.len(), 4, "after {polls} polls");
            assert_eq!(
                names(&emulator).values().sum::<usize>(),
                4,
                "after {polls} polls"
            );
            ended
        })
        .await;
        assert!(kills > 20, "{kills}");
    }
}
