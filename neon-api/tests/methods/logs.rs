//! Methods of `neon_api::logs`.

use std::time::Duration;

use neon_api::types::{
    ProjectBranchLogFieldValuesResponse, ProjectBranchLogRecord, ProjectBranchLogsQueryRequest,
};
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};

shown_as_json!(ProjectBranchLogFieldValuesResponse ProjectBranchLogRecord);

pub(crate) fn rows() -> Vec<Row> {
    let values = "listProjectBranchLogFieldValues";
    let field = |row: Row| row.path("field_name", "service_name");
    vec![
        row("Logs::query", "queryProjectBranchLogs", |neon| {
            let query = ProjectBranchLogsQueryRequest::default();
            branch(&neon).logs().query(query).take(1)
        })
        .response(|body| {
            let first = body["logs"][0].clone();
            body["logs"] = json!([first]);
        })
        .body(json!({"limit": 1}))
        .result("/logs"),
        row("Logs::query", "queryProjectBranchLogs", |neon| {
            let query = ProjectBranchLogsQueryRequest::default();
            let query = query
                .with_since("6h".to_owned().into())
                .with_body_contains("timeout");
            branch(&neon).logs().query(query).take(1)
        })
        .body(json!({"limit": 1, "since": "6h", "body_contains": "timeout"})),
        row("LogFields::list", "listProjectBranchLogFields", |neon| {
            branch(&neon).logs().fields().list()
        })
        .result("/fields"),
        field(row("LogFieldHandle::values", values, |neon| {
            branch(&neon).logs().field("service_name").values()
        }))
        .result(""),
        field(row("LogFieldHandle::values", values, |neon| {
            let values = branch(&neon).logs().field("service_name").values();
            let values = values.since(Duration::from_secs(900)).limit(1000);
            let values = values.start_time("2026-11-01T10:00:00Z".parse().unwrap());
            let values = values.end_time("2026-11-01T11:00:00Z".parse().unwrap());
            values.source("function")
        }))
        .query("since", "900000ms")
        .query("start_time", "2026-11-01T10:00:00Z")
        .query("end_time", "2026-11-01T11:00:00Z")
        .query("source", "function")
        .query("limit", 1000),
    ]
}
