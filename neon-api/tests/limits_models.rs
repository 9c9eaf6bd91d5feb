//! Many calls against servers that count requests in five ways, in paused time. The client knows what
//! the API documents, and not how the server counts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

#[allow(dead_code, reason = "shared with a benchmark, which uses the rest")]
#[path = "support/models.rs"]
mod models;

use std::time::Duration;

use models::{Make, Quotas, Server, Setting, Trial};

/// Runs the calls, 64 at once, with some drawings and with the clock's window at its worst.
async fn run(make: Make, quotas: Quotas, enforced: Quotas, each: impl Fn(&Trial, Setting)) {
    for calls in [1000, 2000] {
        for route in [Make::Log, make] {
            for seed in 0..2 {
                let mut setting = Setting::new(make, enforced, seed);
                setting.route = route;
                setting.phase = (seed == 0).then_some(0.03);
                let server = Server::new(&setting);
                let trial = models::run(&server, &setting, quotas, calls, 64).await;
                println!("{make:?}, {route:?}, {calls}, {seed}: {trial}");
                assert_eq!(
                    server.admitted(),
                    calls as u64,
                    "nothing lost, nothing doubled"
                );
                each(&trial, setting);
            }
        }
    }
}

/// At most 1 % rejected, and at most so much over the least time.
async fn documented(make: Make, ratio: f64) {
    let quotas = Quotas::DOCUMENTED;
    run(make, quotas, quotas, |trial, setting| {
        assert!(trial.ratio() <= ratio, "{setting:?}: {trial}");
        assert!(trial.refused * 100 <= trial.calls, "{setting:?}: {trial}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_bucket() {
    documented(Make::Bucket, 1.02).await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_refilled_once_a_second() {
    documented(Make::Ticking, 1.02).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_of_any_minute() {
    documented(Make::Log, 1.02).await;
}

#[tokio::test(start_paused = true)]
async fn a_counter_of_two_windows() {
    documented(Make::Counter, 1.1).await;
}

#[tokio::test(start_paused = true)]
async fn windows_of_the_clock() {
    documented(Make::Fixed, 1.1).await;
}

/// At most 5 % and 64 more rejected, and 15 % over the least time.
async fn half(make: Make) {
    let quotas = Quotas::DOCUMENTED;
    run(make, quotas, quotas.half(), |trial, setting| {
        assert!(trial.ratio() <= 1.15, "{setting:?}: {trial}");
        assert!(
            trial.refused <= trial.calls / 20 + 64,
            "{setting:?}: {trial}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn half_of_what_is_documented_in_a_bucket() {
    half(Make::Bucket).await;
    half(Make::Ticking).await;
}

#[tokio::test(start_paused = true)]
async fn half_of_what_is_documented_in_windows() {
    half(Make::Log).await;
    half(Make::Counter).await;
    half(Make::Fixed).await;
}

#[tokio::test(start_paused = true)]
async fn ten_times_the_rates_in_a_bucket() {
    let quotas = Quotas::TENFOLD;
    run(Make::Bucket, quotas, quotas, |trial, setting| {
        assert!(trial.ratio() <= 1.02, "{setting:?}: {trial}");
        assert_eq!(trial.refused, 0, "{setting:?}: {trial}");
    })
    .await;
}

/// A window of 6 s that the client has not been told of: it is found out by the first refusals. The
/// least time is out of reach for 1,000 calls. When the window of a log frees, 300 are left, and the
/// log would take 64 at once; a counter would refuse these 64, of which 10 may be refused, and
/// nothing that came before tells one from the other.
#[tokio::test(start_paused = true)]
async fn ten_times_the_rates_in_windows() {
    let quotas = Quotas::TENFOLD;
    for (make, ratio, refused) in [(Make::Log, 1.1, 10), (Make::Fixed, 1.15, 10)] {
        run(make, quotas, quotas, |trial, setting| {
            assert!(trial.ratio() <= ratio, "{setting:?}: {trial}");
            assert!(trial.refused <= refused, "{setting:?}: {trial}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_refusal_without_a_reason_costs_a_second_and_a_half_at_most() {
    for quotas in [Quotas::DOCUMENTED, Quotas::TENFOLD] {
        for number in [0, 5, 39, 41, 200, 500, 900] {
            let setting = Setting::new(Make::Bucket, quotas, 7);
            let plain = models::run(&Server::new(&setting), &setting, quotas, 1000, 64).await;
            let server = Server::new(&setting);
            server.refuse(number);
            let trial = models::run(&server, &setting, quotas, 1000, 64).await;
            let cost = trial.took.saturating_sub(plain.took);
            println!("request {number}: {cost:?}, {trial}");
            assert!(cost <= Duration::from_millis(1500), "{number}: {cost:?}");
            assert_eq!((server.refused(), server.admitted()), (1, 1000), "{number}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other() {
    for millis in [(0, 0), (30, 70)] {
        let mut setting = Setting::new(Make::Bucket, Quotas::DOCUMENTED, 1);
        setting.millis = millis;
        let server = Server::new(&setting);
        let trial = models::run(&server, &setting, setting.quotas, 100, 1).await;
        println!("{trial}");
        assert!(trial.ratio() <= 1.03, "{trial}");
        assert_eq!(server.refused(), 0);
    }
}
