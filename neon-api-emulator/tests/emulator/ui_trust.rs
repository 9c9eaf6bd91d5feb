//! Whom the page is for, and what is not in it.

use std::net::SocketAddr;

use http::{Method, StatusCode};
use neon_api_emulator::Emulator;
use reqwest::Client;
use serde_json::{Value, json};

use crate::ui::{call, get, started, view, watched};

const HOSTILE: &str = "<img src=x onerror=\"alert('&')\">";

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
