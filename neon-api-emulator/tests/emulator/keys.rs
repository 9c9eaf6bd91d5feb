//! Who may ask.

use neon_api_emulator::Emulator;
use serde_json::json;

use crate::support::{Api, request, text};

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
