//! The request log, and runs that are the same.

use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::Emulator;
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
