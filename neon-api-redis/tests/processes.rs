//! Sixteen processes with one account: 700 requests a minute, scaled by 20, through everything that
//! happens to Redis and to processes, in front of an emulator with the same limits.
//!
//! The gate asserts what is counted; `figures` has longer phases, and also asserts how well the rate
//! is used and shared, which a busy machine may spoil:
//!
//! ```sh
//! cargo test -p neon-api-redis --test processes -- --ignored --nocapture figures
//! ```
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "processes/run.rs"]
mod run;
mod support;
#[path = "processes/worker.rs"]
mod worker;

use std::time::Duration;

use run::{Fleet, Phase, Report};

/// What happens, in this order; each begins a phase.
fn run(seconds: u64, burst: u32) -> Option<Report> {
    let mut fleet = Fleet::start(16, burst)?;
    let phase = Duration::from_secs(seconds);
    fleet.phase("start", Duration::from_secs(2), |_| ());
    fleet.phase("steady", phase, |_| ());
    fleet.phase("Redis is killed", phase, Fleet::kill_redis);
    fleet.phase("Redis is back", phase, Fleet::start_redis);
    fleet.phase("FLUSHALL", phase, Fleet::flush);
    fleet.phase("a process is killed", phase, Fleet::kill_worker);
    fleet.phase("a process joins", phase, Fleet::add_worker);
    Some(fleet.finish())
}

/// What must hold however busy the machine is.
fn check_counts(report: &Report, burst: usize) {
    // The burst at once, and five seconds of 14,000 a minute.
    let allowed = burst + 5 * 14_000 / 60;
    let most = report.most_in(Duration::from_secs(5));
    assert!(
        most <= allowed,
        "{most} requests in five seconds, allowed are {allowed}"
    );
    let (refused, all) = (report.refused(), report.total());
    assert!(refused * 200 <= all, "{refused} of {all} were refused");
    assert_eq!(report.lost(), 0, "requests that only one side knows about");
    assert!(
        report
            .phases()
            .skip(1)
            .all(|phase| phase.workers_seen >= 15),
        "{report}"
    );
}

#[test]
fn processes_share_one_account_through_everything() {
    // The burst is scaled as well: a machine that stops for half a second is no matter then.
    let Some(report) = run(3, 800) else { return };
    println!("{report}");
    check_counts(&report, 800);
}

#[test]
#[ignore = "takes a minute and a machine with nothing else to do"]
fn figures() {
    // The burst of one account: a sixth of a second at this rate, so that nothing may be late.
    let Some(report) = run(10, 40) else { return };
    println!("{report}");
    check_counts(&report, 40);
    for phase in report.phases().skip(1) {
        let Phase {
            name,
            used,
            least,
            most,
            ..
        } = phase;
        assert!(*used >= 0.95, "{name}: {used:.3} of the rate was used");
        assert!(
            *least >= 0.8 && *most <= 1.2,
            "{name}: shares from {least:.2} to {most:.2}"
        );
    }
    let steady = report
        .phases()
        .find(|phase| phase.name == "steady")
        .unwrap();
    assert!(
        (steady.used - 1.0).abs() <= 0.01,
        "{:.4} of the rate",
        steady.used
    );
}

/// Not a test: the processes of the others.
#[test]
#[ignore = "a process of the other tests"]
fn worker() {
    worker::run();
}
