//! Over real sockets.

use std::time::Duration;

use neon_api_emulator::{Emulator, Fault};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_whole_life() {
    let server = Emulator::start().await.unwrap();
    let (http, base) = (Client::new(), server.base_url().to_owned());
    assert!(base.starts_with("http://127.0.0.1:") && base.ends_with("/api/v2"));
    let made = http
        .post(format!("{base}/projects"))
        .bearer_auth("k")
        .json(&json!({ "project": { "name": "app" } }))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(
        made.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    let made: Value = made.json().await.unwrap();
    let project = format!(
        "{base}/projects/{}",
        made["project"]["id"].as_str().unwrap()
    );

    // A branch, as soon as the project lets it.
    let mut refused = 0;
    let branch = loop {
        let answer = http
            .post(format!("{project}/branches"))
            .bearer_auth("k")
            .send()
            .await
            .unwrap();
        if answer.status() == StatusCode::CREATED {
            break answer.json::<Value>().await.unwrap();
        }
        assert_eq!(answer.status(), StatusCode::LOCKED);
        refused += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(refused > 0);
    let id = branch["branch"]["id"].as_str().unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    for expected in [StatusCode::OK, StatusCode::NO_CONTENT] {
        let gone = http
            .delete(format!("{project}/branches/{id}"))
            .bearer_auth("k");
        let gone = gone.send().await.unwrap();
        assert_eq!(gone.status(), expected);
    }
    let uri = http
        .get(format!("{project}/connection_uri"))
        .query(&[("database_name", "neondb"), ("role_name", "neondb_owner")])
        .bearer_auth("k");
    let uri: Value = uri.send().await.unwrap().json().await.unwrap();
    assert!(
        uri["uri"]
            .as_str()
            .unwrap()
            .starts_with("postgresql://neondb_owner:npg_")
    );
    assert_eq!(server.emulator().count("deleteProjectBranch"), 2);
}

#[tokio::test]
async fn an_upload_and_a_download() {
    let server = Emulator::start().await.unwrap();
    let (http, base) = (Client::new(), server.base_url());
    let body = json!({ "project": {} });
    let made = http.post(format!("{base}/projects")).bearer_auth("k");
    let made: Value = made.json(&body).send().await.unwrap().json().await.unwrap();
    let id = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap();
    let (project, branch) = (id("/project/id"), id("/branch/id"));
    let branch = format!("{base}/projects/{project}/branches/{branch}");
    let upload = http
        .post(format!("{branch}/functions/f/deployments"))
        .bearer_auth("k")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(vec![b'x'; 5_000_000]);
    assert_eq!(upload.send().await.unwrap().status(), StatusCode::CREATED);
    let download = http
        .get(format!("{branch}/buckets/x/objects/a%2Fb/download"))
        .bearer_auth("k");
    let download = download.send().await.unwrap();
    assert_eq!(
        download.headers()["content-type"],
        "application/octet-stream"
    );
}

#[tokio::test]
async fn dropping_it_stops_it() {
    let server = Emulator::start().await.unwrap();
    let (http, url) = (Client::new(), format!("{}/regions", server.base_url()));
    let ask = async || http.get(&url).bearer_auth("k").send().await;
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
    let emulator = server.emulator().clone();
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(ask().await.is_err(), "its connections are closed too");
    assert_eq!(emulator.count("getActiveRegions"), 1);
}

#[tokio::test]
async fn shutdown_lets_requests_finish() {
    let server = Emulator::start().await.unwrap();
    let slow = Fault::delay(Duration::from_millis(200));
    server.emulator().faults().inject(slow);
    let url = format!("{}/regions", server.base_url());
    let asking = tokio::spawn(Client::new().get(url).bearer_auth("k").send());
    while server.emulator().faults().remaining() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.shutdown().await;
    assert_eq!(asking.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let server = Emulator::start().await.unwrap();
    let second = Emulator::builder().bind(server.address()).await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}
