//! Methods of `neon_api::consumption`.

use neon_api::Neon;
use neon_api::chrono::{DateTime, Utc};
use neon_api::consumption::{Consumption, Metric};
use neon_api::enums::ConsumptionHistoryGranularity;
use neon_api::types::{
    ConsumptionHistoryPerBranchV2, ConsumptionHistoryPerProject, ConsumptionHistoryPerProjectV2,
};

use crate::orgs::ORG;
use crate::row::{Row, row, shown_as_json};
use crate::support::{BRANCH, PROJECT};

shown_as_json!(
    ConsumptionHistoryPerBranchV2 ConsumptionHistoryPerProject ConsumptionHistoryPerProjectV2
);

fn span(neon: &Neon) -> Consumption {
    let midnight = |date: &str| -> DateTime<Utc> { format!("{date}T00:00:00Z").parse().unwrap() };
    let days = midnight("2026-11-01")..midnight("2026-11-03");
    neon.consumption(days, ConsumptionHistoryGranularity::Daily)
}

pub(crate) fn rows() -> Vec<Row> {
    let spanned = |row: Row| {
        row.query("from", "2026-11-01T00:00:00Z")
            .query("to", "2026-11-03T00:00:00Z")
            .query("granularity", "daily")
    };
    let rows = legacy().into_iter().chain(by_project());
    rows.chain(by_branch()).map(spanned).collect()
}

fn legacy() -> Vec<Row> {
    let by_project = |call: fn(Neon) -> _| {
        row(
            "Consumption::by_project_legacy",
            "getConsumptionHistoryPerProject",
            call,
        )
        .query("limit", 100)
        .result("/projects")
    };
    vec![
        by_project(|neon| span(&neon).by_project_legacy()),
        by_project(|neon| {
            let list = span(&neon).by_project_legacy();
            list.only([PROJECT]).metrics(["compute_time_seconds"])
        })
        .query("project_ids", PROJECT)
        .query("metrics", "compute_time_seconds"),
    ]
}

fn by_project() -> Vec<Row> {
    let by_project = |call: fn(Neon) -> _| {
        row(
            "Consumption::by_project",
            "getConsumptionHistoryPerProjectV2",
            call,
        )
        .query("limit", 100)
        .query("org_id", ORG)
        .query("metrics", "compute_unit_seconds")
        .result("/projects")
    };
    vec![
        by_project(|neon| span(&neon).by_project(ORG, [Metric::COMPUTE_UNIT_SECONDS])),
        by_project(|neon| {
            let metrics = [Metric::COMPUTE_UNIT_SECONDS, Metric::EXTRA_BRANCHES_MONTH];
            let list = span(&neon).by_project(ORG, metrics);
            list.only([PROJECT, "dark-sun-1"])
        })
        .query("metrics", "extra_branches_month")
        .query("project_ids", PROJECT)
        .query("project_ids", "dark-sun-1"),
    ]
}

fn by_branch() -> Vec<Row> {
    let by_branch = |call: fn(Neon) -> _| {
        row(
            "Consumption::by_branch",
            "getConsumptionHistoryPerBranchV2",
            call,
        )
        .query("limit", 1000)
        .query("org_id", ORG)
        .query("project_ids", PROJECT)
        .query("metrics", "child_branch_bytes_month")
        .result("/branches")
    };
    vec![
        by_branch(|neon| {
            let metrics = [Metric::CHILD_BRANCH_BYTES_MONTH];
            span(&neon).by_branch(ORG, [PROJECT], metrics)
        }),
        by_branch(|neon| {
            let metrics = ["child_branch_bytes_month"];
            let list = span(&neon).by_branch(ORG, [PROJECT], metrics);
            list.only([BRANCH])
        })
        .query("branch_ids", BRANCH),
    ]
}
