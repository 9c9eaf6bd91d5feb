//! The page for people, with something on it: faults, limits, and operations that never end.
//!
//! ```console
//! $ cargo run -p neon-api-emulator --example operators_view
//! listening on http://127.0.0.1:40001/api/v2
//! ui on http://127.0.0.1:40001/
//! ```
//!
//! It runs until it is killed. A test with a browser uses it as well.
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::future::pending;
use std::time::Duration;

use neon_api_emulator::{Emulator, Fault, Limits, OperationFault, RateLimit};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder()
        .ui(true)
        .rate_limit(RateLimit::PerMinute(7_000))
        .limits(Limits::free_plan())
        .organization("org-second-1", "Second organization")
        .operation_latency(Duration::from_millis(20)..=Duration::from_millis(60))
        .start()
        .await?;
    let faults = server.emulator().faults();
    faults.inject(
        Fault::status(503)
            .header("retry-after", "1")
            .on("listSharedProjects"),
    );
    faults.inject(
        Fault::delay_between(Duration::from_millis(200)..=Duration::from_secs(2))
            .on("createProjectBranch")
            .when(|request| request.path_parameter("project_id") == Some("late-frost-1"))
            .probability(0.25)
            .always(),
    );
    faults.inject(
        Fault::reset()
            .after_effect()
            .on("deleteProject")
            .times(3)
            .after(2),
    );
    faults.inject_operation(OperationFault::stick().on("suspend_compute"));
    println!("listening on {}", server.base_url());
    if let Some(url) = server.ui_url() {
        println!("ui on {url}");
    }
    pending().await
}
