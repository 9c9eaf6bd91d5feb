//! The request log, and runs that are the same.

use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::{Emulator, Fault, OperationFault, RateLimit};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{Api, KEY, each, text};

#[tokio::test(start_paused = true)]
async fn requests_are_logged() {
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = std::sync::Arc::clone(&seen);
    let builder = Emulator::builder().request_log(2).on_request(move |_| {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    let api = Api::of(builder.build());
    api.get("/regions").await;
    advance(Duration::from_secs(1)).await;
    api.project("app").await;
    api.get("/projects?search=a%20b+c&limit=3").await;
    let [made, listed] = &api.emulator.requests()[..] else {
        panic!("two are remembered")
    };
    assert_eq!(made.operation_id.as_deref(), Some("createProject"));
    assert_eq!(
        (made.method.as_str(), made.status, made.at),
        ("POST", 201, Duration::from_secs(1))
    );
    assert_eq!(made.body, Some(json!({ "project": { "name": "app" } })));
    assert_eq!(listed.path, "/api/v2/projects");
    let pairs = [("search", "a b c"), ("limit", "3")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(listed.query, pairs);
    assert_eq!(
        (
            api.emulator.total_requests(),
            api.emulator.count("getActiveRegions")
        ),
        (3, 1)
    );
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 3);
    api.emulator.clear_requests();
    assert_eq!(
        (api.emulator.total_requests(), api.emulator.requests().len()),
        (0, 0)
    );
}

#[tokio::test]
async fn the_seed_decides_everything() {
    let made = async |seed| {
        let builder = Emulator::builder().seed(seed);
        let api = Api::of(
            builder
                .start_time("2025-01-01T00:00:00Z".parse().unwrap())
                .build(),
        );
        api.project("app").await
    };
    // Times are the clock's.
    let ids = |value: &Value| {
        [
            "/project/id",
            "/branch/id",
            "/roles/0/password",
            "/operations/0/id",
        ]
        .map(|p| text(value, p).to_owned())
    };
    assert_eq!(ids(&made(1).await), ids(&made(1).await));
    assert_ne!(ids(&made(1).await), ids(&made(2).await));
    assert_eq!(KEY, "napi_test");
}

/// Every mutation under its own lock: nothing is lost or doubled.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once() {
    let emulator = Emulator::default();
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let api = Api::of(emulator.clone());
            tokio::spawn(async move {
                let body = json!({ "project": { "name": format!("p{number}") } }).to_string();
                let request = http::Request::post("/api/v2/projects")
                    .header("authorization", "Bearer k")
                    .body(Bytes::from(body))
                    .unwrap();
                api.emulator.respond(request).await.status()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 201);
    }
    let all = Api::of(emulator)
        .get("/projects?limit=400")
        .await
        .expect(200);
    let mut ids = each(&all["projects"], "id");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

/// Two runs of the same requests against the same faults, told apart by nothing but the seed.
#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    let run = async |seed| {
        let builder = Emulator::builder()
            .seed(seed)
            .rate_limit(RateLimit::PerMinute(600))
            .rate_limit_burst(5)
            .start_time("2026-01-01T00:00:00Z".parse().unwrap());
        let api = Api::of(builder.build());
        let faults = api.emulator.faults();
        let slow = Duration::from_millis(1)..=Duration::from_millis(900);
        faults.inject(Fault::reset().probability(0.1).always());
        faults.inject(Fault::status(503).probability(0.2).always().after_effect());
        faults.inject(Fault::truncate(20).probability(0.1).times(5));
        faults.inject(Fault::delay_between(slow).probability(0.5).always());
        faults.inject_operation(OperationFault::fail("no").probability(0.5).always());
        let mut bodies = Vec::new();
        for number in 0..60 {
            let body = json!({ "project": { "name": format!("p{number}") } });
            api.post("/projects", body).await;
            let listed = api.get("/projects?limit=100").await;
            for project in listed.body["projects"]
                .as_array()
                .into_iter()
                .flatten()
                .take(2)
            {
                let path = format!("/projects/{}", text(project, "/id"));
                api.post(&format!("{path}/branches"), json!({})).await;
                bodies.push(api.get(&format!("{path}/operations")).await.body);
            }
        }
        (api.emulator.requests(), bodies)
    };
    let (first, second) = (run(5).await, run(5).await);
    assert_eq!(first, second);
    let met: Vec<_> = first.0.iter().filter_map(|record| record.fault).collect();
    for fault in ["reset", "response", "truncation", "delay"] {
        assert!(met.contains(&fault), "{fault}");
    }
    assert!(first.0.iter().any(|record| record.status == 429));
    assert_ne!(first, run(6).await);
}

#[test]
fn bodies_are_not_in_debug() {
    let record = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let api = Api::new();
        api.project("a secret").await;
        api.emulator.requests().pop().unwrap()
    });
    assert!(
        record
            .body
            .as_ref()
            .unwrap()
            .to_string()
            .contains("a secret")
    );
    assert!(!format!("{record:?}").contains("a secret"));
}
