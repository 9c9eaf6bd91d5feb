//! Timeouts of workflows, which are those of their calls.

use std::time::Duration;

use neon_api::workflows::{Fate, RestorePoint};
use neon_api_emulator::{Emulator, Fault, OperationFault};
use tokio::time::Instant;

use crate::restore::history;
use crate::sweep::{branch, old_world};
use crate::{client, sent, world};

const SECONDS: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn a_workflow_ends_with_its_timeout_also_between_calls_and_in_waits() {
    // Between two lists.
    let emulator = Emulator::builder().build();
    emulator
        .faults()
        .inject(Fault::reset().on("createProject").always());
    let start = Instant::now();
    let error = client(&emulator)
        .projects()
        .ensure("app")
        .send()
        .timeout(SECONDS)
        .await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), SECONDS);

    let (emulator, project) = world();
    emulator
        .faults()
        .inject(Fault::reset().on("createProjectBranch").always());
    let start = Instant::now();
    let error = project.branches().ensure("x").send().timeout(SECONDS).await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), SECONDS);

    // In waits for operations.
    emulator.faults().clear();
    emulator.faults().inject_operation(OperationFault::stick());
    let start = Instant::now();
    let error = project
        .branches()
        .ephemeral("test")
        .send()
        .timeout(SECONDS)
        .await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), SECONDS);

    let (emulator, _, branch) = history().await;
    emulator.faults().inject_operation(OperationFault::stick());
    let start = Instant::now();
    let restore = branch.restore_to(RestorePoint::Parent).send();
    assert!(restore.timeout(SECONDS).await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), SECONDS);
    assert_eq!(sent(&emulator, "restoreProjectBranch"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_runs_out_of_time_reports_what_it_has_done() {
    let (emulator, project) = old_world();
    for name in ["a", "b"] {
        branch(&emulator, &project, name, Some("ci"), None);
    }
    emulator.faults().inject_operation(OperationFault::stick());
    let start = Instant::now();
    let report = project
        .sweep()
        .owner("ci")
        .send()
        .timeout(SECONDS)
        .await
        .unwrap();
    assert_eq!(start.elapsed(), SECONDS);
    assert!(report.error().unwrap().is_timeout(), "{report}");
    let fates: Vec<_> = report
        .plan()
        .branches()
        .iter()
        .map(|branch| &branch.fate)
        .collect();
    assert!(fates.contains(&&Fate::Delete), "{report}");
}
