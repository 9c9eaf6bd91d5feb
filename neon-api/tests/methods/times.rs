//! Times that stand for none.

use neon_api::endpoints::EndpointTimes;
use neon_api::projects::ProjectTimes;
use serde_json::{Value, json};

use crate::row::{project, sampled};
use crate::support::{Server, ok};

/// A client of a server that responds with the sample, changed.
fn client(change: fn(&mut Value)) -> neon_api::Neon {
    let server = Server::new(move |seen, _| {
        let (_, body) = sampled(seen.operation, Some(change));
        ok(&body)
    });
    server.client()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_was_never_active_has_no_such_time() {
    let neon = client(|body| {
        body["endpoint"]["last_active"] = json!("2000-01-01T00:00:00Z");
        body["endpoint"]["started_at"] = json!("2026-11-02T08:15:00Z");
        body["endpoint"]["suspended_at"] = json!("0001-01-01T00:00:00Z");
    });
    let endpoint = project(&neon).endpoint("ep-one").get().await.unwrap();
    assert_eq!(endpoint.last_active(), None);
    assert_eq!(endpoint.started_at(), endpoint.started_at);
    assert!(endpoint.started_at().is_some());
    assert_eq!(endpoint.suspended_at(), None);
}

#[tokio::test(start_paused = true)]
async fn a_project_without_a_period_has_no_such_times() {
    let neon = client(|body| {
        body["project"]["compute_last_active_at"] = json!("2000-01-01T00:00:00Z");
        body["project"]["consumption_period_start"] = json!("0001-01-01T00:00:00Z");
        body["project"]["consumption_period_end"] = json!("2026-12-01T00:00:00Z");
    });
    let project = project(&neon).get().await.unwrap();
    assert_eq!(project.compute_last_active_at(), None);
    assert_eq!(project.consumption_period_start(), None);
    let end = Some(project.consumption_period_end);
    assert_eq!(project.consumption_period_end(), end);
}
