//! What goes wrong on purpose, in virtual time.

use std::time::Duration;

use neon_api_emulator::{Fault, RequestView};
use serde_json::json;
use tokio::time::{Instant, advance};

use crate::support::{Api, text};

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
async fn faults_choose_their_requests() {
    let api = Api::instant();
    let faults = api.emulator.faults();
    let (_, first) = api.project_path().await;
    let (_, second) = api.project_path().await;
    let id = first.trim_start_matches("/projects/").to_owned();
    let of_first =
        move |request: &RequestView<'_>| request.path_parameter("project_id") == Some(&id);
    // The third request and the fourth that ask for a branch of this project.
    let fault = Fault::status(500)
        .on("createProjectBranch")
        .on("listProjectBranches");
    faults.inject(fault.when(of_first).after(2).times(2));
    let mut statuses = Vec::new();
    for (method, path) in [
        ("POST", &first),
        ("GET", &first),
        ("POST", &second),
        ("POST", &first),
        ("GET", &first),
        ("GET", &first),
    ] {
        let answer = api
            .send(method, &format!("{path}/branches"), serde_json::Value::Null)
            .await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [201, 200, 201, 500, 500, 200]);

    let by_body = |request: &RequestView<'_>| {
        let named = request
            .json()
            .and_then(|body| body.pointer("/project/name"));
        request.method() == "POST" && named == Some(&json!("unlucky"))
    };
    faults.inject(Fault::status(409).when(by_body));
    let by_query = |request: &RequestView<'_>| {
        request.path() == "/api/v2/projects" && request.query("search") == Some("a b")
    };
    faults.inject(
        Fault::proxy_page(502)
            .when(by_query)
            .header("via", "a proxy"),
    );
    assert_eq!(faults.remaining(), 2);
    api.project("lucky").await;
    let unlucky = json!({ "project": { "name": "unlucky" } });
    assert_eq!(api.post("/projects", unlucky).await.status, 409);
    assert_eq!(api.get("/projects?search=b").await.status, 200);
    let page = api.get("/projects?search=a+b").await;
    assert_eq!(
        (page.status, &page.headers["via"]),
        (502, &"a proxy".parse().unwrap())
    );
    assert_eq!(page.headers["content-type"], "text/html");
    assert!(page.body.as_str().unwrap().starts_with("<html>"));
    assert_eq!(faults.remaining(), 0);
}
