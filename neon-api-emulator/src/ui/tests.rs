#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{Fault, OperationFault, RateLimit};

/// The emulator, and what is asked of it.
struct Watched(Emulator);

impl Watched {
    fn new() -> Self {
        let latency = Duration::ZERO..=Duration::ZERO;
        Self(
            Emulator::builder()
                .ui(true)
                .operation_latency(latency)
                .build(),
        )
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header("authorization", "Bearer k")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let response = self.0.respond(request).await;
        assert!(response.status().is_success(), "{path}: {response:?}");
        serde_json::from_slice(response.body()).unwrap()
    }

    async fn project(&self, name: &str) -> String {
        let body = json!({ "project": { "name": name } });
        let made = self.call(Method::POST, "/projects", body).await;
        made["project"]["id"].as_str().unwrap().to_owned()
    }

    async fn branch(&self, project: &str, name: &str, parent: Option<&str>) -> String {
        let mut body = json!({ "branch": { "name": name } });
        if let Some(parent) = parent {
            body["branch"]["parent_id"] = json!(parent);
        }
        let path = format!("/projects/{project}/branches");
        let made = self.call(Method::POST, &path, body).await;
        made["branch"]["id"].as_str().unwrap().to_owned()
    }

    /// The response to the page's request for data.
    fn view(&self, query: &str) -> Value {
        let request = Request::get(format!("/ui/view?{query}")).body(()).unwrap();
        let response = respond(&self.0, &request).unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_slice(response.body()).unwrap()
    }
}

fn strings<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[key].as_str().unwrap()).collect()
}

#[tokio::test]
async fn parents_come_before_their_children() {
    let watched = Watched::new();
    let project = watched.project("app").await;
    let a = watched.branch(&project, "a", None).await;
    let b = watched.branch(&project, "b", None).await;
    watched.branch(&project, "b1", Some(&b)).await;
    let a1 = watched.branch(&project, "a1", Some(&a)).await;
    watched.branch(&project, "a11", Some(&a1)).await;
    watched.branch(&project, "a2", Some(&a)).await;
    let view = watched.view(&format!("open={project}"));
    let branches = &view["projects"]["items"][0]["open"]["branches"];
    let names = strings(branches, "name");
    assert_eq!(names, ["main", "a", "a1", "a11", "a2", "b", "b1"]);
    let depths: Vec<_> = branches.as_array().unwrap().iter().collect();
    let depths: Vec<_> = depths
        .iter()
        .map(|b| b["depth"].as_u64().unwrap())
        .collect();
    assert_eq!(depths, [0, 1, 2, 3, 2, 1, 2]);
}

#[tokio::test]
async fn a_chain_of_any_depth_is_listed() {
    let watched = Watched::new();
    let project = watched.project("app").await;
    let mut parent = None;
    for number in 0..300 {
        let name = format!("b{number}");
        parent = Some(watched.branch(&project, &name, parent.as_deref()).await);
    }
    let view = watched.view(&format!("open={project}"));
    let project = &view["projects"]["items"][0];
    assert_eq!(project["branches"], 301);
    let names = strings(&project["open"]["branches"], "name");
    // The default branch, and the newest: the parent of the first of those is not listed.
    assert_eq!(names.len(), 201);
    assert_eq!(names[..2], ["main", "b100"]);
    assert_eq!(names[200], "b299");
    assert_eq!(project["open"]["branches"][1]["depth"], 0);
    assert_eq!(project["open"]["branches"][200]["depth"], 199);
}

#[tokio::test]
async fn the_newest_projects_are_listed_and_all_are_counted_and_found() {
    let watched = Watched::new();
    let first = watched.project("The First").await;
    for number in 0..150 {
        watched.project(&format!("tenant {number}")).await;
    }
    let view = watched.view("");
    assert_eq!(view["projects"]["total"], 151);
    assert_eq!(view["projects"]["matching"], 151);
    let names = strings(&view["projects"]["items"], "name");
    assert_eq!((names.len(), names[0]), (100, "tenant 149"));
    assert_eq!(view["branches"], 151);
    assert_eq!(view["endpoints"], json!({ "total": 151, "running": 151 }));
    assert_eq!(view["organizations"]["items"][0]["projects"], 151);

    let view = watched.view(&format!("open={first}&open=none"));
    let items = view["projects"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 101, "an open one stays listed");
    assert_eq!(items[100]["id"], first);
    let branch = &items[100]["open"]["branches"][0];
    assert!(items[..100].iter().all(|project| project["open"].is_null()));

    let endpoint = branch["endpoints"][0]["id"].as_str().unwrap();
    for filter in [
        "the+first",
        &first,
        branch["id"].as_str().unwrap(),
        endpoint,
        &format!("{endpoint}-pooler.eu-central-1.aws.neon.tech"),
    ] {
        let view = watched.view(&format!("filter={filter}"));
        assert_eq!(view["projects"]["matching"], 1, "{filter}");
        assert_eq!(view["projects"]["items"][0]["id"], first, "{filter}");
    }
    assert_eq!(watched.view("filter=nothing")["projects"]["matching"], 0);
}

#[tokio::test(start_paused = true)]
async fn what_happens_as_time_passes_is_shown_without_other_requests() {
    let watched = Watched::new();
    let project = watched.project("app").await;
    let query = format!("open={project}");
    let state = |view: &Value| {
        let endpoint = &view["projects"]["items"][0]["open"]["branches"][0]["endpoints"][0];
        endpoint["current_state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&watched.view(&query)), "active");
    tokio::time::advance(Duration::from_secs(301)).await;
    let view = watched.view(&query);
    assert_eq!(state(&view), "idle");
    assert_eq!(view["endpoints"], json!({ "total": 1, "running": 0 }));
    let actions = strings(
        &view["projects"]["items"][0]["open"]["operations"],
        "action",
    );
    assert_eq!(actions[0], "suspend_compute");
}

#[tokio::test]
async fn running_operations_are_counted_and_listed() {
    let watched = Watched::new();
    let project = watched.project("app").await;
    assert_eq!(watched.view("")["operations"]["total"], 0);
    let stuck = OperationFault::stick().on("create_branch");
    watched.0.faults().inject_operation(stuck);
    let branch = watched.branch(&project, "preview", None).await;
    let view = watched.view("");
    assert_eq!(view["operations"]["total"], 1);
    assert_eq!(view["projects"]["items"][0]["operations"], 1);
    let shown = &view["operations"]["items"][0];
    assert_eq!(shown["action"], "create_branch");
    assert_eq!(shown["status"], "running");
    assert_eq!(shown["project"], "app");
    assert_eq!(shown["branch_id"], branch);
    assert_eq!(view["faults"]["remaining"], 0);
}

#[tokio::test]
async fn messages_of_failed_operations_are_masked_and_cut() {
    let watched = Watched::new();
    let project = watched.project("app").await;
    let message = format!("password=hidden-one {}", "x".repeat(1_000));
    watched.0.faults().fail_next_operation(None, &message);
    watched.branch(&project, "preview", None).await;
    let view = watched.view(&format!("open={project}"));
    let operation = &view["projects"]["items"][0]["open"]["operations"][0];
    assert_eq!(operation["status"], "failed");
    let error = operation["error"].as_str().unwrap();
    assert!(error.starts_with("password=***"), "{error}");
    assert!(error.chars().count() <= 201, "{error}");
}

#[tokio::test(start_paused = true)]
async fn limits_that_reject_requests_are_shown_and_not_used_up_by_looking() {
    let builder = Emulator::builder().ui(true).rate_limit(RateLimit::Real);
    let watched = Watched(builder.build());
    let limits = |watched: &Watched| watched.view("")["rate_limits"].clone();
    for _ in 0..100 {
        assert_eq!(limits(&watched)["used_up"], json!([]));
    }
    for _ in 0..40 {
        watched.call(Method::GET, "/regions", Value::Null).await;
    }
    let shown = limits(&watched);
    assert_eq!(shown["per_minute"], 700);
    assert_eq!(shown["model"], "token bucket");
    // 700 a minute are one each 85.7 ms, 40 a second one each 25 ms.
    assert_eq!(
        shown["used_up"],
        json!([["account", 85], ["getActiveRegions", 25]])
    );
    tokio::time::advance(Duration::from_millis(86)).await;
    assert_eq!(limits(&watched)["used_up"], json!([]));
}

#[test]
fn settings_beyond_all_numbers_of_json_are_shown() {
    let longest = Duration::MAX;
    let builder = Emulator::builder().ui(true).rate_limit_window(longest);
    let builder = builder.operation_latency(longest..=longest);
    let watched = Watched(builder.rate_limit(RateLimit::PerMinute(0)).build());
    let faults = watched.0.faults();
    faults.inject(Fault::delay(longest).probability(f64::NAN));
    let view = watched.view("");
    assert_eq!(view["faults"]["items"][0]["delay_ms"][0], u64::MAX);
    assert_eq!(view["faults"]["items"][0]["probability"], Value::Null);
    assert_eq!(view["settings"]["operation_latency_ms"][1], u64::MAX);
}

#[tokio::test]
async fn only_what_is_asked_for_is_in_a_view() {
    let watched = Watched::new();
    for number in 0..30 {
        watched.project(&format!("p{number}")).await;
    }
    let view = watched.view("");
    let ids = strings(&view["projects"]["items"], "id");
    let query: Vec<String> = ids.iter().map(|id| format!("open={id}")).collect();
    let view = watched.view(&query.join("&"));
    let items = view["projects"]["items"].as_array().unwrap();
    let open = items.iter().filter(|project| !project["open"].is_null());
    assert_eq!(open.count(), 20);
}

#[test]
fn json_has_no_characters_of_html() {
    let value = json!({ "a": "<script>&amp;</script>" });
    let text = escaped(&value.to_string());
    assert!(!text.contains(['<', '>', '&']), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
}
