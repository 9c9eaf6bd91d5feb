//! The page for people, over a socket.

use std::net::SocketAddr;

use http::{Method, StatusCode};
use neon_api_emulator::{Builder, Emulator, Fault, RateLimit, RunningEmulator};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::support::NONE;

const HOSTILE: &str = "<img src=x onerror=\"alert('&')\">";

async fn started(builder: Builder) -> RunningEmulator {
    builder.operation_latency(NONE).start().await.unwrap()
}

async fn watched() -> RunningEmulator {
    started(Emulator::builder().ui(true)).await
}

/// A request for the page: without a key.
async fn get(server: &RunningEmulator, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Client::new().get(format!("http://{}{path}", server.address()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn view(server: &RunningEmulator, query: &str) -> Value {
    let response = get(server, &format!("/ui/view?{query}"), &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// A request of the API.
async fn call(server: &RunningEmulator, method: Method, path: &str, body: Value) -> Value {
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
async fn foreign_hosts_and_origins_are_refused() {
    let allowed = "http://localhost:3000";
    let server = started(Emulator::builder().ui(true).allow_origin(allowed)).await;
    let own = format!("http://{}", server.address());
    for path in ["/", "/ui/page.js", "/ui/view"] {
        for header in [
            ("host", "evil.example"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let response = get(&server, path, &[header]).await;
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{path} {header:?}"
            );
            assert!(!response.text().await.unwrap().contains("<html"));
        }
        let response = get(&server, path, &[("origin", &own)]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    // Who may use the API may not read this: it is not limited to what a key may see.
    let response = get(&server, "/ui/view", &[("origin", allowed)]).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    for path in ["/", "/ui/view"] {
        let response = get(&server, path, &[("origin", allowed)]).await;
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin")
        );
    }
    for (site, status) in [
        ("same-origin", StatusCode::OK),
        ("none", StatusCode::OK),
        ("same-site", StatusCode::FORBIDDEN),
        ("cross-site", StatusCode::FORBIDDEN),
    ] {
        let response = get(&server, "/ui/view", &[("sec-fetch-site", site)]).await;
        assert_eq!(response.status(), status, "{site}");
    }
}

#[tokio::test]
async fn hostile_names_are_data() {
    let server = watched().await;
    let body = json!({ "project": { "name": HOSTILE, "branch": { "name": HOSTILE } } });
    let made = call(&server, Method::POST, "/projects", body).await;
    let id = made["project"]["id"].as_str().unwrap();
    let response = get(&server, &format!("/ui/view?open={id}"), &[]).await;
    let text = response.text().await.unwrap();
    assert!(!text.contains(['<', '>', '&']), "{text}");
    let view: Value = serde_json::from_str(&text).unwrap();
    let project = &view["projects"]["items"][0];
    assert_eq!(project["name"], HOSTILE);
    assert_eq!(project["open"]["branches"][0]["name"], HOSTILE);
    // Names are nowhere in the page itself.
    let page = get(&server, "/", &[]).await.text().await.unwrap();
    assert!(!page.contains("onerror"));
}

#[tokio::test]
async fn keys_passwords_and_bodies_are_not_in_it() {
    let server = started(
        Emulator::builder()
            .ui(true)
            .user("a@example.com", "napi_given"),
    )
    .await;
    let made = call(&server, Method::POST, "/projects", json!({ "project": {} })).await;
    let key = call(
        &server,
        Method::POST,
        "/api_keys",
        json!({ "key_name": "named" }),
    )
    .await;
    let project = made["project"]["id"].as_str().unwrap();
    let search = format!("/projects/{project}/branches?search=searched");
    call(&server, Method::GET, &search, Value::Null).await;
    let secrets = [
        key["key"].as_str().unwrap(),
        made["roles"][0]["password"].as_str().unwrap(),
        "napi_given",
        "napi_of_a_client",
        "searched",
        "named",
    ];
    let view = view(&server, &format!("open={project}")).await.to_string();
    assert!(
        view.contains("createApiKey") && view.contains("search=…"),
        "{view}"
    );
    for secret in secrets {
        assert!(!view.contains(secret), "{secret}: {view}");
    }
}

#[tokio::test]
async fn all_users_are_in_it() {
    let server = started(
        Emulator::builder()
            .ui(true)
            .user("a@example.com", "napi_given"),
    )
    .await;
    call(
        &server,
        Method::POST,
        "/projects",
        json!({ "project": { "name": "one" } }),
    )
    .await;
    let request = Client::new().post(format!("{}/projects", server.base_url()));
    let body = json!({ "project": { "name": "other" } });
    let made = request.bearer_auth("napi_given").json(&body).send().await;
    assert_eq!(made.unwrap().status(), StatusCode::CREATED);
    let view = view(&server, "").await;
    let projects = view["projects"]["items"].as_array().unwrap();
    let names: Vec<_> = projects
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["other", "one"]);
    assert_eq!(view["organizations"]["total"], 2);
    assert_eq!(view["users"], 2);
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
    let view = view(&server, "").await;
    let requests = view["requests"]["items"].as_array().unwrap();
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
    let view = crate::ui::view(&server, "").await;
    assert_eq!(view["requests"]["total"], 1);
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

#[tokio::test]
async fn it_is_served_on_loopback_addresses_only() {
    let emulator = Emulator::builder().ui(true).build();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let address: SocketAddr = address.parse().unwrap();
        let error = emulator.serve(address).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{address}");
        assert!(error.to_string().contains("loopback"), "{error}");
    }
    assert!(emulator.serve("127.0.0.1:0".parse().unwrap()).await.is_ok());
}
