//! What calls return can be kept as JSON, compared, and described by a JSON schema.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::fmt::Debug;

use futures::TryStreamExt;
use neon_api::branches::{AnnotatedBranch, CreatedBranch};
use neon_api::buckets::BucketEntry;
use neon_api::projects::{CreatedProject, ProjectItem};
use neon_api::snapshots::RestoredSnapshot;
use neon_api::{Cursor, ExposeSecrets, Page, Progress, Started, WaitToken};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::lists::sample;
use support::{Server, ms, ok, operation, operation_id, operations, status};

/// A value comes back from its JSON as it was; other than that of another value.
fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let json = serde_json::to_value(value.with_secrets()).unwrap();
    let back: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(&back, value);
    let text = serde_json::to_string(&value.with_secrets()).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    json
}

fn samples() -> Server {
    Server::new(|seen, _| {
        let mut body = sample(seen.operation);
        if let Some(fields) = body.as_object_mut() {
            fields.remove("pagination");
            fields.remove("unavailable_project_ids");
        }
        ok(&body)
    })
}

#[tokio::test(start_paused = true)]
async fn what_calls_return_comes_back_from_json() {
    let neon = samples().client();
    let project = neon.project("late-frost-12345678");
    let app = neon.projects().create("app").await.unwrap().into_value();
    let json = kept::<CreatedProject>(&app);
    assert_eq!(json["project"]["id"], app.project.id.as_str());
    let mut other = app.clone();
    other.databases.clear();
    assert_ne!(app, other);
    // Without its secrets it comes back, too.
    let masked = serde_json::to_string(&app).unwrap();
    let masked: CreatedProject = serde_json::from_str(&masked).unwrap();
    assert_eq!(masked.connection_uri().unwrap().expose(), "[redacted]");
    assert_eq!(masked.project, app.project);

    let branch = project.branches().create("b").await.unwrap().into_value();
    kept::<CreatedBranch>(&branch);
    let branches = project.branches().list().await.unwrap();
    kept::<AnnotatedBranch>(&branches[0]);
    let projects = neon.projects().list().await.unwrap();
    kept::<ProjectItem>(&projects[0]);
    let restored = project.snapshot("snap-soft-sun-12345678").restore().await;
    kept::<RestoredSnapshot>(&restored.unwrap());
}

#[tokio::test(start_paused = true)]
async fn pages_cursors_and_entries_come_back_from_json() {
    let server = Server::new(|_, _| {
        let mut body = sample("listProjectBranchBucketObjects");
        body["folders"] = json!(["2026/"]);
        body["is_truncated"] = json!(true);
        body["next_cursor"] = json!("later");
        ok(&body)
    });
    let branch = server.client().project("late-frost-12345678");
    let branch = branch.branch("br-noisy-breeze-a5e59rrb");
    let mut pages = branch.bucket("uploads").objects().list().pages();
    let page = pages.try_next().await.unwrap().unwrap();
    let json = kept::<Page<BucketEntry>>(&page);
    assert_eq!(json["items"][0], json!({"folder": "2026/"}));
    assert!(json["items"][1]["object"]["key"].is_string(), "{json}");
    assert_eq!(kept(&Cursor::new("later")), json!("later"));
    assert_eq!(json["next"], "later");
}

#[tokio::test(start_paused = true)]
async fn progress_comes_back_from_json() {
    for (status, name) in [
        ("running", "running"),
        ("finished", "done"),
        ("failed", "failed"),
    ] {
        let server = Server::new(move |_, _| operations(&[operation(&operation_id(1), status)]));
        let token = support::handle([1]);
        let progress = server.client().check(&token).await.unwrap();
        let json = kept::<Progress>(&progress);
        assert_eq!(json[name][0]["status"], status);
        kept::<WaitToken>(&token);
    }
}

/// No client, no request, no wait.
#[tokio::test(start_paused = true)]
async fn a_unit_test_makes_what_has_started() {
    let role = json!({
        "branch_id": "br-noisy-breeze-a5e59rrb", "name": "alice",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    });
    let role: neon_api::types::Role = serde_json::from_value(role).unwrap();
    let started = Started::finished(role.clone());
    assert_eq!(started.name, "alice");
    assert!(started.operations().is_empty());
    assert!(started.token().operations().is_empty());
    let start = tokio::time::Instant::now();
    assert_eq!(started.ready().await.unwrap(), role);
    let timeout = Started::finished(1).ready().timeout(ms(0));
    assert_eq!(timeout.await.unwrap(), 1);
    assert_eq!(start.elapsed(), ms(0));
    // A token of it waits for nothing either.
    let server = Server::new(|_, _| status(500));
    let token = Started::finished(()).token();
    server.client().wait(token).await.unwrap();
    assert_eq!(server.total(), 0);
}

#[cfg(feature = "schemars")]
#[test]
fn what_calls_return_has_a_schema() {
    use neon_api::branches::{AnnotatedBranch as A, CreatedBranch as B};
    use schemars::{Schema, schema_for};

    fn fields(schema: &Schema) -> Vec<String> {
        let schema = serde_json::to_value(schema).unwrap();
        let fields = schema["properties"].as_object().unwrap();
        let mut names: Vec<String> = fields.keys().cloned().collect();
        names.sort();
        names
    }

    let project = schema_for!(CreatedProject);
    assert!(fields(&project).contains(&"connection_uris".to_owned()));
    let definitions = serde_json::to_value(&project).unwrap()["$defs"].clone();
    assert_eq!(definitions["ProjectId"]["pattern"], "^[a-z0-9-]{1,60}$");
    assert_eq!(definitions["Secret"]["type"], "string");
    assert_eq!(fields(&schema_for!(B)).len(), 5);
    assert_eq!(fields(&schema_for!(A)), ["annotation", "branch"]);
    assert_eq!(fields(&schema_for!(ProjectItem)).len(), 3);
    assert_eq!(fields(&schema_for!(RestoredSnapshot)).len(), 2);
    assert_eq!(fields(&schema_for!(Page<BucketEntry>)).len(), 3);
    assert_eq!(fields(&schema_for!(WaitToken)).len(), 2);
    let json = |schema| serde_json::to_value(schema).unwrap();
    assert_eq!(json(schema_for!(Cursor))["type"], "string");
    assert!(json(schema_for!(Progress))["oneOf"].is_array());
}
