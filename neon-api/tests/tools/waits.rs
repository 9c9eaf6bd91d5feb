//! Operations that calls start.

use std::time::Duration;

use neon_api::tools::WaitOutcome;
use neon_api::{Neon, Unlimited};
use neon_api_emulator::{Emulator, OperationFault};
use serde_json::json;

use crate::everything;

fn client(emulator: &Emulator) -> Neon {
    let builder = Neon::builder().api_key("k").limiter(Unlimited);
    builder.transport(emulator.transport()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_operations_of_a_call_are_named_and_waited_for_if_asked_to() {
    let emulator = Emulator::builder().build();
    let project = emulator
        .seed(|seed| seed.project("app"))
        .unwrap()
        .project
        .id;
    let input = |name: &str| json!({"project_id": project, "body": {"branch": {"name": name}}});
    let tools = everything(client(&emulator)).build().unwrap();
    let result = tools
        .dispatch("createProjectBranch", &input("one"))
        .await
        .unwrap();
    assert!(!result.operations.is_empty() && result.wait.is_none());
    assert_eq!(result.operations[0].project_id, project);
    assert_eq!(emulator.count("listProjectOperations"), 0);

    let waiting = everything(client(&emulator)).wait_up_to(Duration::from_secs(60));
    let waiting = waiting.build().unwrap();
    let result = waiting
        .dispatch("createProjectBranch", &input("two"))
        .await
        .unwrap();
    assert_eq!(result.wait, Some(WaitOutcome::Finished));
    assert!(!result.is_failed());
    assert!(emulator.count("listProjectOperations") > 0);
    // What only lists operations waits for none.
    let polls = emulator.count("listProjectOperations");
    let listed = waiting
        .dispatch("listProjectOperations", &json!({"project_id": project}))
        .await;
    assert_eq!(listed.unwrap().wait, None);
    assert_eq!(emulator.count("listProjectOperations"), polls + 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_fails_is_reported_with_what_was_started() {
    for (fault, is_failed) in [
        (OperationFault::fail("no space"), true),
        (OperationFault::stick(), false),
    ] {
        let emulator = Emulator::builder().build();
        let project = emulator
            .seed(|seed| seed.project("app"))
            .unwrap()
            .project
            .id;
        emulator.faults().inject_operation(fault.always());
        let tools = everything(client(&emulator)).wait_up_to(Duration::from_secs(5));
        let tools = tools.build().unwrap();
        let input = json!({"project_id": project});
        let result = tools.dispatch("createProjectBranch", &input).await.unwrap();
        assert_eq!(result.is_failed(), is_failed, "{:?}", result.wait);
        assert!(result.untrusted_data["branch"]["id"].is_string());
        let shown = serde_json::to_value(&result).unwrap();
        let outcome = if is_failed { "failed" } else { "unfinished" };
        assert_eq!(shown["wait"]["outcome"], outcome);
        assert!(!shown["wait"]["message"].as_str().unwrap().is_empty());
    }
}
