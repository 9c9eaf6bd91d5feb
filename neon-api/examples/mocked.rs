//! Unit tests without the API: typed mocks on a local server.
//!
//! `cargo run --example mocked --features httpmock`

#![allow(clippy::print_stdout)]

use std::error::Error;

use futures::TryStreamExt;
use httpmock::MockServer;
use neon_api::Neon;
use neon_api::ids::ProjectId;
use neon_api::raw::httpmock::MockServerExt;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = MockServer::start_async().await;
    let branch = json!({
        "id": "br-noisy-breeze-a5e59rrb", "project_id": "late-frost-12345678", "name": "main",
        "current_state": "ready", "state_changed_at": "2026-11-01T00:00:00Z",
        "creation_source": "console", "default": true, "protected": false,
        "cpu_used_sec": 0, "active_time_seconds": 0, "compute_time_seconds": 0,
        "written_data_bytes": 0, "data_transfer_bytes": 0,
        "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z",
    });
    let page = serde_json::from_value(json!({ "branches": [branch], "annotations": {} }))?;
    let id: ProjectId = "late-frost-12345678".parse()?;
    let mock = server.list_project_branches(|when, then| {
        when.project_id(&id);
        then.success(200, &page);
    });

    let neon = Neon::builder()
        .api_key("napi_mocked")
        .base_url(server.base_url())
        .build()?;
    let names: Vec<String> = neon
        .project(&id)
        .branches()
        .list()
        .map_ok(|branch| branch.name.clone())
        .try_collect()
        .await?;

    mock.assert();
    println!("the mock received one request and returned {names:?}");
    Ok(())
}
