//! Keys, limits, faults, the log and the protocol, without a socket.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Api, KEY, text};
use neon_api_emulator::{Emulator, Fault, RateLimit};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

fn request(method: &str, uri: &str, key: Option<&str>) -> http::Request<Bytes> {
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(key) = key {
        request = request.header("Authorization", key);
    }
    request.body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn keys_are_checked() {
    let api = Api::of(Emulator::builder().api_key("napi_right").build());
    let ask = async |key| {
        let answer = api.raw(request("GET", "/api/v2/projects", key)).await;
        answer.status
    };
    assert_eq!(ask(None).await, 401);
    assert_eq!(ask(Some("napi_right")).await, 401);
    assert_eq!(ask(Some("Bearer ")).await, 401);
    assert_eq!(ask(Some("Bearer napi_wrong")).await, 401);
    assert_eq!(ask(Some("Bearer napi_right")).await, 200);
    assert_eq!(ask(Some("bearer napi_right")).await, 200);

    let open = Api::new();
    let answer = open.raw(request("GET", "/api/v2/projects", None)).await;
    let id = answer.headers["x-neon-ret-request-id"].to_str().unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body["request_id"], id);
    assert_eq!(answer.body["code"], "");
}

#[tokio::test]
async fn keys_are_made_and_revoked() {
    let api = Api::new();
    let key = api
        .post("/api_keys", json!({ "key_name": "ci" }))
        .await
        .expect(200);
    let bearer = format!("Bearer {}", text(&key, "/key"));
    let ask = || request("GET", "/api/v2/users/me", Some(&bearer));
    assert_eq!(api.raw(ask()).await.status, 200);
    let listed = api.get("/api_keys").await.expect(200);
    assert_eq!(text(&listed, "/0/name"), "ci");
    assert!(listed[0]["last_used_at"].is_string());
    let path = format!("/api_keys/{}", key["id"]);
    assert_eq!(api.delete(&path).await.expect(200)["revoked"], true);
    assert_eq!(api.delete(&path).await.status, 404);
    assert_eq!(api.raw(ask()).await.status, 401);
    let organization = format!("/organizations/{}/api_keys", api.emulator.organization_id());
    api.post(&organization, json!({ "key_name": "org" }))
        .await
        .expect(200);
    assert_eq!(api.get("/api_keys").await.expect(200), json!([]));
    assert_eq!(
        text(&api.get(&organization).await.expect(200), "/0/name"),
        "org"
    );
}

#[tokio::test]
async fn request_ids_are_echoed() {
    let api = Api::new();
    let mut sent = request("GET", "/api/v2/nowhere", Some("Bearer k"));
    sent.headers_mut()
        .insert("x-request-id", "mine".parse().unwrap());
    let answer = api.raw(sent).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["x-neon-ret-request-id"], "mine");
    assert_eq!(answer.body["request_id"], "mine");
}

#[tokio::test]
async fn routes() {
    let api = Api::new();
    let bearer = Some("Bearer k");
    let ask = async |method: &str, uri: &str| api.raw(request(method, uri, bearer)).await;
    assert_eq!(
        ask("GET", "/projects").await.status,
        404,
        "without the prefix"
    );
    assert_eq!(
        ask("GET", "https://console.neon.tech/api/v2/projects")
            .await
            .status,
        200
    );
    assert_eq!(ask("GET", "/api/v2/projects/").await.status, 404);
    assert_eq!(ask("GET", "/api/v2/projects/none").await.status, 404);
    let other = ask("PUT", "/api/v2/projects").await;
    assert_eq!(
        (other.status, &other.headers["allow"]),
        (405, &"GET, POST".parse().unwrap())
    );
    let empty = ask("GET", "/api/v2/projects//branches").await;
    assert_eq!(
        (empty.status, &empty.headers["location"]),
        (301, &"/api/v2/projects/branches".parse().unwrap())
    );
    // An encoded slash is part of its segment.
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let key = format!("/api/v2{branch}/buckets/x/objects/a%2Fb%20c/download");
    let object = ask("GET", &key).await;
    assert_eq!(object.status, 200);
    assert_eq!(object.headers["content-type"], "application/octet-stream");
    assert_eq!(api.emulator.count("getProjectBranchBucketObject"), 1);
    assert_eq!(
        ask("GET", "/api/v2/projects/p/branches/count").await.status,
        404
    );
    assert_eq!(api.emulator.count("countProjectBranches"), 1);
    assert_eq!(api.emulator.count("getProjectBranch"), 0);
    assert_eq!(
        ask("GET", "/api/v2/projects/Not%20An%20Id").await.status,
        400
    );
}

#[tokio::test]
async fn requests_are_checked_against_the_specification() {
    let api = Api::new();
    for (body, field) in [
        (json!({}), "project"),
        (json!({ "project": { "name": 7 } }), "project.name"),
        (json!({ "project": { "name": "" } }), "project.name"),
        (
            json!({ "project": { "pg_version": 13 } }),
            "project.pg_version",
        ),
        (
            json!({ "project": { "pg_version": null } }),
            "project.pg_version",
        ),
        (
            json!({ "project": { "region_id": "mars" } }),
            "project.region_id",
        ),
        (
            json!({ "project": { "settings": { "allowed_ips": { "ips": [1] } } } }),
            "project.settings.allowed_ips.ips[0]",
        ),
    ] {
        let answer = api.post("/projects", body).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.message().starts_with(&format!("{field}: ")),
            "{}",
            answer.message()
        );
    }
    let mut sent = request("POST", "/api/v2/projects", Some("Bearer k"));
    assert_eq!(api.raw(sent.clone()).await.status, 400, "no body");
    *sent.body_mut() = Bytes::from_static(b"{");
    assert_eq!(api.raw(sent).await.status, 400, "no JSON");
    let extra = json!({ "project": { "a_new_field": 1 } });
    api.post("/projects", extra).await.expect(201);
    let triggers = "/projects/p/branches/b/triggers";
    let wrong = api.post(triggers, json!({ "type": "never" })).await;
    assert!(
        wrong
            .message()
            .starts_with("type: must be one of schedule,"),
        "{}",
        wrong.message()
    );
}

#[tokio::test(start_paused = true)]
async fn the_account_limit_is_enforced() {
    let limited = Emulator::builder().rate_limit(RateLimit::PerMinute(60));
    let api = Api::of(limited.rate_limit_burst(5).build());
    let burst = async || {
        let mut admitted = 0;
        while api.get("/projects").await.status == 200 {
            admitted += 1;
        }
        admitted
    };
    assert_eq!(burst().await, 5);
    let refused = api.get("/projects").await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.get("retry-after").is_none());
    advance(Duration::from_millis(999)).await;
    assert_eq!(burst().await, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(burst().await, 1);
    advance(Duration::from_secs(3)).await;
    assert_eq!(burst().await, 3);
    // Refused requests are counted, and cost nothing.
    assert_eq!(api.emulator.count("listProjects"), 9 + 5);
}

#[tokio::test(start_paused = true)]
async fn the_real_limit_lets_700_through_in_a_minute() {
    let api = Api::of(
        Emulator::builder()
            .rate_limit(RateLimit::Real)
            .request_log(1)
            .build(),
    );
    let mut admitted = 0;
    for _ in 0..6000 {
        if api.get("/projects").await.status == 200 {
            admitted += 1;
        }
        advance(Duration::from_millis(10)).await;
    }
    // The burst of 40, and what the next 59.99 s bring.
    assert_eq!(admitted, 40 + 699);
}

#[tokio::test(start_paused = true)]
async fn faults_happen_as_often_as_they_should() {
    let api = Api::instant();
    let faults = api.emulator.faults();
    faults.inject(
        Fault::status(503)
            .header("retry-after", "2")
            .on("listProjects")
            .times(2),
    );
    faults.inject(
        Fault::status(502)
            .body("text/html", "<h1>Bad gateway</h1>")
            .on("getProject"),
    );
    assert_eq!(faults.remaining(), 3);
    let first = api.get("/projects").await;
    assert_eq!(
        (first.status, &first.headers["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    assert_eq!(api.get("/regions").await.status, 200);
    assert_eq!(api.get("/projects").await.status, 503);
    assert_eq!(api.get("/projects").await.status, 200);
    let page = api.get("/projects/p").await;
    assert_eq!(
        (page.status, page.body),
        (502, json!("<h1>Bad gateway</h1>"))
    );
    assert_eq!(faults.remaining(), 0);

    faults.inject(Fault::delay(Duration::from_secs(9)));
    let start = Instant::now();
    api.get("/projects").await.expect(200);
    assert_eq!(start.elapsed(), Duration::from_secs(9));
    api.get("/projects").await.expect(200);
    assert_eq!(start.elapsed(), Duration::from_secs(9));

    // The request takes effect, its answer is lost.
    let (_, path) = api.project_path().await;
    faults.inject(Fault::status(504).after_effect().on("createProjectBranch"));
    let body = json!({ "branch": { "name": "dev" } });
    assert_eq!(
        api.post(&format!("{path}/branches"), body.clone())
            .await
            .status,
        504
    );
    assert_eq!(
        api.post(&format!("{path}/branches"), body).await.status,
        409
    );

    faults.inject(Fault::status(500).probability(0.3).always());
    let mut failed = 0;
    for _ in 0..1000 {
        failed += i32::from(api.get("/regions").await.status == 500);
    }
    assert!((250..350).contains(&failed), "{failed}");
    faults.clear();
    assert_eq!(api.get("/regions").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn operations_fail_when_told_to() {
    let api = Api::with_latency(Duration::from_secs(1));
    api.emulator
        .faults()
        .fail_next_operation(Some("start_compute"), "out of computes");
    let (project, path) = api.project_path().await;
    advance(Duration::from_secs(2)).await;
    let status = async |index: &str| {
        let id = text(&project, &format!("/operations/{index}/id"));
        let shown = api
            .get(&format!("{path}/operations/{id}"))
            .await
            .expect(200);
        shown["operation"].clone()
    };
    assert_eq!(status("0").await["status"], "finished");
    let failed = status("1").await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("out of computes"))
    );
}

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
    let mut ids = common::each(&all["projects"], "id");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}
