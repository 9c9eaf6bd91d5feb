//! Calls that somebody has to agree to.

use std::sync::{Arc, Mutex};

use neon_api::tools::{ToolErrorKind, Tools};
use serde_json::{Value, json};

use crate::all;
use crate::sample::{self, Options};

#[tokio::test(start_paused = true)]
async fn without_a_confirmation_nothing_that_needs_one_is_sent() {
    let server = sample::server();
    let tools = Tools::builder(server.client())
        .allow(all())
        .build()
        .unwrap();
    let mut refused = 0;
    for tool in tools.list() {
        let input = sample::of(tool.name(), &Options::default()).input;
        let before = server.total();
        let outcome = tools.dispatch(tool.name(), &input).await;
        if tool.hints().needs_confirmation() {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ToolErrorKind::NotConfirmed, "{error}");
            assert!(error.to_string().contains("nothing was sent"), "{error}");
            assert_eq!(server.total(), before, "{error}");
            refused += 1;
        } else {
            assert_eq!(
                (outcome.is_ok(), server.total()),
                (true, before + 1),
                "{tool:?}"
            );
        }
    }
    let needing = tools
        .list()
        .filter(|tool| tool.hints().needs_confirmation());
    assert_eq!(refused, needing.count());
    assert!(refused > 70, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_was_confirmed_is_what_is_sent() {
    let server = sample::server();
    let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let note = Arc::clone(&asked);
    let tools = Tools::builder(server.client())
        .allow([
            "deleteProjectBranch",
            "updateNeonAuthEmailProvider",
            "listProjects",
        ])
        .confirm(move |request| {
            let name = request.tool().name().to_owned();
            note.lock().unwrap().push((name, request.input().clone()));
            let shown = format!("{request} {request:?}");
            assert!(!shown.contains("hunter22"), "{shown}");
            async move { request.input()["branch_id"] != "br-main" }
        })
        .build()
        .unwrap();
    let input = |branch: &str| json!({"project_id": "late-frost-1", "branch_id": branch});
    let error = tools
        .dispatch("deleteProjectBranch", &input("br-main"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ToolErrorKind::NotConfirmed);
    assert_eq!(server.total(), 0);
    tools
        .dispatch("deleteProjectBranch", &input("br-old"))
        .await
        .unwrap();
    assert!(server.seen()[0].uri.ends_with("/branches/br-old"));

    // Nobody is asked about what reads, nor about input that is refused.
    tools.dispatch("listProjects", &Value::Null).await.unwrap();
    tools
        .dispatch("deleteProjectBranch", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(asked.lock().unwrap()[1].1, input("br-old"));

    // Secrets of the input are sent, and not shown.
    let mut mail = input("br-old");
    mail["body"] = json!({
        "type": "standard", "host": "h", "port": 25, "username": "u", "password": "hunter22",
        "sender_email": "a@b.c", "sender_name": "n",
    });
    tools
        .dispatch("updateNeonAuthEmailProvider", &mail)
        .await
        .unwrap();
    assert!(server.seen().pop().unwrap().body.contains("hunter22"));
    let shown = asked.lock().unwrap()[2].1.clone();
    assert_eq!(shown["body"]["password"], "[redacted]");
    assert_eq!(shown["body"]["host"], "h");
}

#[tokio::test(start_paused = true)]
async fn named_operations_need_no_confirmation() {
    let server = sample::server();
    let tools = Tools::builder(server.client())
        .allow_unconfirmed(["suspendProjectEndpoint"])
        .allow(["restartProjectEndpoint"])
        .build()
        .unwrap();
    let input = json!({"project_id": "late-frost-1", "endpoint_id": "ep-a"});
    tools
        .dispatch("suspendProjectEndpoint", &input)
        .await
        .unwrap();
    tools
        .dispatch("restartProjectEndpoint", &input)
        .await
        .unwrap_err();
    assert_eq!(server.count("suspendProjectEndpoint"), 1);
    assert_eq!(server.total(), 1);
}

/// As a server needs it that spawns its calls.
fn assert_send<T: Send>(future: T) -> T {
    future
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_that_is_never_given_can_be_dropped() {
    let server = sample::server();
    let tools = Tools::builder(server.client())
        .allow(["deleteProject"])
        .confirm(|_| std::future::pending())
        .build()
        .unwrap();
    let input = json!({"project_id": "late-frost-1"});
    let call = tools.dispatch("deleteProject", &input);
    let call = assert_send(call);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3600), call).await;
    assert!(waited.is_err());
    assert_eq!(server.total(), 0);
}
