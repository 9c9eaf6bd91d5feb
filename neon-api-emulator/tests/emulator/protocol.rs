//! Routes, request IDs and the check of requests against the specification.

use bytes::Bytes;
use serde_json::json;

use crate::support::{Api, request, text};

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
    for beside in ["/api/v2projects", "/api/v2", "/api/v2/"] {
        assert_eq!(ask("GET", beside).await.status, 404, "{beside}");
    }
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
    // Two routes fit this path; each method is named once.
    let other = ask("PUT", "/api/v2/projects/shared").await;
    assert_eq!(other.headers["allow"], "DELETE, GET, PATCH");
    let empty = ask("GET", "/api/v2/projects//branches?limit=1&search=a%20b").await;
    assert_eq!(
        empty.headers["location"],
        "/api/v2/projects/branches?limit=1&search=a%20b"
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
    let missing = api.post("/projects", json!({})).await;
    missing.refused(400, "");
    // As the API worded it in January 2024.
    assert_eq!(
        missing.message(),
        "invalid request: decode application/json: invalid: project (field required)"
    );
    for (body, field) in [
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

#[tokio::test]
async fn forms_are_checked_too() {
    let api = Api::new();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let send = async |content_type: &str, runtime: &str| {
        let part = "Content-Disposition: form-data; name=\"runtime\"";
        let form = format!("--x\r\n{part}\r\n\r\n{runtime}\r\n--x--\r\n");
        let uri = format!("/api/v2{branch}/functions/f/deployments");
        let mut sent = request("POST", &uri, Some("Bearer k"));
        let content_type = content_type.parse().unwrap();
        sent.headers_mut().insert("content-type", content_type);
        *sent.body_mut() = form.into();
        api.raw(sent).await
    };
    let form = "multipart/form-data; boundary=x";
    assert_eq!(send(form, "nodejs24").await.status, 201);
    let wrong = send(form, "cobol").await;
    wrong.refused(400, "runtime: must be one of");
    send("application/json", "nodejs24")
        .await
        .refused(400, "content-type: ");
    send("multipart/form-data; boundary=y", "nodejs24")
        .await
        .refused(400, "not a form");
}

/// As Go reads them: the API is written in it, and a client of Python's was seen to send `True`.
#[tokio::test]
async fn booleans_have_many_forms() {
    let api = Api::new();
    for (given, shows) in [
        ("1 t T TRUE true True", true),
        ("0 f F FALSE false False", false),
    ] {
        for given in given.split(' ') {
            let project = api.project("app").await;
            let path = format!("/projects/{}", text(&project, "/project/id"));
            api.delete(&path).await.expect(200);
            let list = api.get(&format!("/projects?recoverable={given}")).await;
            let found = list.expect(200)["projects"].as_array().unwrap().len();
            assert_eq!(found > 0, shows, "{given}");
        }
    }
    for wrong in ["yes", "tRUE", "2", ""] {
        let list = api.get(&format!("/projects?recoverable={wrong}")).await;
        list.refused(400, "recoverable: must be a boolean");
    }
}

#[tokio::test]
async fn bodies_are_json() {
    let api = Api::new();
    let send = async |content_type: &str, body: &'static str| {
        let mut sent = request("POST", "/api/v2/projects", Some("Bearer k"));
        let value = content_type.parse().unwrap();
        sent.headers_mut().insert("content-type", value);
        *sent.body_mut() = Bytes::from_static(body.as_bytes());
        api.raw(sent).await
    };
    let project = r#"{"project":{}}"#;
    for json in ["application/json", "Application/JSON; charset=utf-8"] {
        send(json, project).await.expect(201);
    }
    for other in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/jsonp",
    ] {
        let refused = send(other, project).await;
        refused.refused(400, "must be application/json");
    }
    let form = send("application/x-www-form-urlencoded", "project=x").await;
    form.refused(400, "must be application/json");
    assert_eq!(api.emulator.state().projects().len(), 2);
}
