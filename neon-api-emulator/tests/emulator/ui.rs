//! The page for people, over a socket.

use http::{Method, StatusCode};
use neon_api_emulator::{Builder, Emulator, Fault, RateLimit, RunningEmulator};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::support::NONE;

pub(crate) async fn started(builder: Builder) -> RunningEmulator {
    builder.operation_latency(NONE).start().await.unwrap()
}

pub(crate) async fn watched() -> RunningEmulator {
    started(Emulator::builder().ui(true)).await
}

/// A request for the page: without a key.
pub(crate) async fn get(
    server: &RunningEmulator,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut request = Client::new().get(format!("http://{}{path}", server.address()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

pub(crate) async fn view(server: &RunningEmulator, query: &str) -> Value {
    let response = get(server, &format!("/ui/view?{query}"), &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// A request of the API.
pub(crate) async fn call(
    server: &RunningEmulator,
    method: Method,
    path: &str,
    body: Value,
) -> Value {
    let request = Client::new().request(method, format!("{}{path}", server.base_url()));
    let request = request.bearer_auth("napi_of_a_client").json(&body);
    let response = request.send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    response.json().await.unwrap()
}

/// The files that the page names, and those that these name.
async fn files(server: &RunningEmulator) -> Vec<String> {
    let mut found = vec!["/".to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        let text = get(server, &path, &[]).await.text().await.unwrap();
        for part in text.split(['"', '\'']) {
            let is_module = part.starts_with("./") && part.contains(".js");
            let path = if is_module {
                part.replacen("./", "/ui/", 1)
            } else {
                part.to_owned()
            };
            let is_file = path.starts_with("/ui/") && path.contains('.');
            if is_file && !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn there_is_no_page_unless_asked() {
    let server = started(Emulator::builder()).await;
    assert_eq!(server.ui_url(), None);
    for path in [
        "/",
        "/ui/view",
        "/ui/page.js",
        "/ui/page.css",
        "/ui/icon.svg",
    ] {
        let response = get(&server, path, &[("authorization", "Bearer k")]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["message"], "this route does not exist");
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn every_file_has_its_type_and_the_policy() {
    let server = watched().await;
    assert_eq!(
        server.ui_url().unwrap(),
        format!("http://{}/", server.address())
    );
    let mut paths = files(&server).await;
    assert_eq!(paths.len(), 7, "{paths:?}");
    paths.push("/ui/view".to_owned());
    for path in paths {
        let response = get(&server, &path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split("; ").any(|one| one == part),
                "{path}: {policy}"
            );
        }
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{policy}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let kind = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("/ui/view") => "application/json; charset=utf-8",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(header("content-type"), kind, "{path}");
    }
}

#[tokio::test]
async fn only_reading_is_for_the_page() {
    let server = watched().await;
    let at = format!("http://{}/ui/view", server.address());
    let head = Client::new().head(&at).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.text().await.unwrap(), "");
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let request = Client::new().request(method.clone(), &at).bearer_auth("k");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method}");
    }
    let unknown = get(&server, "/ui/none.js", &[("authorization", "Bearer k")]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    // The API is where it was.
    call(&server, Method::GET, "/projects", Value::Null).await;
}

#[tokio::test]
async fn it_is_no_request_of_the_api() {
    let builder = Emulator::builder().ui(true).api_key("napi_only");
    let server = started(
        builder
            .rate_limit(RateLimit::PerMinute(1))
            .rate_limit_burst(1),
    )
    .await;
    let faults = server.emulator().faults();
    faults.inject(Fault::status(500).times(2));
    for _ in 0..50 {
        let shown = view(&server, "").await;
        assert_eq!(shown["requests"]["total"], 0);
        assert_eq!(shown["faults"]["remaining"], 2);
        assert_eq!(shown["one_key"], true);
    }
    assert_eq!(server.emulator().total_requests(), 0);
}

#[tokio::test]
async fn requests_are_shown_as_they_were_and_ended() {
    let server = watched().await;
    server
        .emulator()
        .faults()
        .inject(Fault::reset().on("getActiveRegions"));
    let request = |path: &str| {
        let request = Client::new().get(format!("{}{path}", server.base_url()));
        request.bearer_auth("k").header("x-request-id", "mine")
    };
    let listed = request("/projects?limit=7").send().await.unwrap();
    assert_eq!(listed.status(), StatusCode::OK);
    assert!(request("/regions").send().await.is_err());
    let shown = view(&server, "").await;
    let requests = shown["requests"]["items"].as_array().unwrap();
    let [reset, listed] = requests.as_slice() else {
        panic!("{requests:#?}");
    };
    assert_eq!(listed["number"], 1);
    assert_eq!(listed["method"], "GET");
    assert_eq!(
        (&listed["path"], &listed["query"]),
        (&json!("/projects"), &json!("limit=7"))
    );
    assert_eq!(
        (&listed["status"], &listed["fault"]),
        (&json!(200), &Value::Null)
    );
    assert_eq!(listed["operation_id"], "listProjects");
    assert_eq!(listed["request_id"], "mine");
    assert!(listed["took_us"].as_u64().unwrap() < 10_000_000);
    assert_eq!(
        (&reset["status"], &reset["fault"]),
        (&json!(0), &json!("reset"))
    );
    // Such an emulator may have no other log.
    let server = started(Emulator::builder().ui(true).request_log(0)).await;
    call(&server, Method::GET, "/projects", Value::Null).await;
    assert!(server.emulator().requests().is_empty());
    let shown = view(&server, "").await;
    assert_eq!(shown["requests"]["total"], 1);
}

#[tokio::test]
async fn it_agrees_with_the_api() {
    let server = watched().await;
    let made = call(&server, Method::POST, "/projects", json!({ "project": {} })).await;
    let id = made["project"]["id"].as_str().unwrap();
    let body = json!({ "branch": { "name": "preview" }, "endpoints": [{ "type": "read_write" }] });
    let branch = call(
        &server,
        Method::POST,
        &format!("/projects/{id}/branches"),
        body,
    )
    .await;
    let endpoint = branch["endpoints"][0]["id"].as_str().unwrap();
    let suspend = format!("/projects/{id}/endpoints/{endpoint}/suspend");
    call(&server, Method::POST, &suspend, Value::Null).await;
    let view = view(&server, &format!("open={id}")).await;
    let shown = view["projects"]["items"][0]["open"]["branches"]
        .as_array()
        .unwrap();
    let listed = call(
        &server,
        Method::GET,
        &format!("/projects/{id}/branches"),
        Value::Null,
    )
    .await;
    let endpoints = format!("/projects/{id}/endpoints");
    let endpoints = call(&server, Method::GET, &endpoints, Value::Null).await;
    assert_eq!(shown.len(), listed["branches"].as_array().unwrap().len());
    for branch in shown {
        let same = |other: &&Value| other["id"] == branch["id"];
        let listed = listed["branches"]
            .as_array()
            .unwrap()
            .iter()
            .find(same)
            .unwrap();
        for key in [
            "name",
            "parent_id",
            "current_state",
            "default",
            "protected",
            "created_at",
        ] {
            assert_eq!(branch[key], listed[key], "{key}");
        }
        let of_branch = |endpoint: &&Value| endpoint["branch_id"] == branch["id"];
        let theirs = endpoints["endpoints"]
            .as_array()
            .unwrap()
            .iter()
            .find(of_branch)
            .unwrap();
        for key in ["id", "type", "current_state", "suspended_at"] {
            assert_eq!(branch["endpoints"][0][key], theirs[key], "{key}");
        }
    }
    assert_eq!(view["endpoints"], json!({ "total": 2, "running": 1 }));
}
