//! The contract against the real API. Ignored: see `tests/contract/README.md`.

#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

use std::fs::OpenOptions;
use std::path::Path;

use neon_api_tests::contract::exchange::recorded;
use neon_api_tests::contract::ledger::Ledger;
use neon_api_tests::contract::live;
use neon_api_tests::contract::recorder::Recorder;
use neon_api_tests::contract::target::Target;

#[tokio::test]
#[ignore = "uses an account of the real API: needs NEON_LIVE_TESTS=1 and NEON_API_KEY"]
async fn the_real_api_holds_the_contract() {
    let Some(settings) = live::Settings::read(|name| std::env::var(name).ok()) else {
        println!("not run: it needs NEON_LIVE_TESTS=1 and NEON_API_KEY");
        return;
    };
    let exchanges = recorded();
    println!("{}", live::cost(&exchanges));

    let ledger = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/contract-ledger");
    let ledger = Ledger::open(&ledger).unwrap();
    let mut target = Target::http(&settings.base, &settings.key, ledger);
    target.org_id = settings.org_id;
    target.run = format!("{:x}-", std::process::id());
    let left = target.clean_up().await;
    assert!(
        left.is_empty(),
        "left by an earlier run, and no longer marked: {left:?}"
    );
    if let Some(file) = settings.record {
        let file = OpenOptions::new().write(true).create_new(true).open(file);
        target.recorder = Some(Recorder::new(file.unwrap()));
    }

    // In a task of its own, so that a panic does not leave anything behind.
    let target = std::sync::Arc::new(tokio::sync::Mutex::new(target));
    let run = tokio::spawn({
        let target = target.clone();
        async move { live::all(&mut *target.lock().await, &exchanges).await }
    });
    let report = run.await;
    let mut target = target.lock().await;
    if let Some(recorder) = target.recorder.take() {
        let dropped = recorder.finish().unwrap();
        println!("left out of the recording, since the specification lacks them: {dropped:?}");
    }
    let left = target.clean_up().await;
    assert!(left.is_empty(), "could not be deleted: {left:?}");
    let report = report.unwrap();
    println!("{}", report.text);
    assert!(
        report.holds,
        "the API differs from what was recorded or published"
    );
}
