//! Methods of `neon_api::anonymization`, `neon_api::schema`, `neon_api::storage`,
//! `neon_api::ai_gateway` and `neon_api::realtime`.

use chrono::{DateTime, Utc};
use neon_api::types::{
    AnonymizedBranchStatusResponse, BranchAiGateway, BranchSchemaResponse, BranchStorage,
    MaskingRule, Realtime, RealtimeSecret,
};
use serde_json::{Value, json};

use crate::row::{Row, branch, project, row, shown_as_json};
use crate::support::BRANCH;

shown_as_json!(
    AnonymizedBranchStatusResponse
    BranchAiGateway
    BranchSchemaResponse
    BranchStorage
    MaskingRule
    Realtime
);

shown_as_json!(RealtimeSecret);

fn time() -> DateTime<Utc> {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn rule() -> MaskingRule {
    MaskingRule::new("email", "app", "public", "users").with_masking_value("nobody")
}

fn rule_sent() -> Value {
    json!({
        "column_name": "email",
        "database_name": "app",
        "schema_name": "public",
        "table_name": "users",
        "masking_value": "nobody",
    })
}

pub(crate) fn rows() -> Vec<Row> {
    let rows = anonymized_branches().into_iter().chain(anonymization());
    rows.chain(schema())
        .chain(places())
        .chain(realtime())
        .collect()
}

fn anonymized_branches() -> Vec<Row> {
    vec![
        row(
            "Branches::create_anonymized",
            "createProjectBranchAnonymized",
            |neon| project(&neon).branches().create_anonymized("for-tests"),
        )
        .body(json!({"branch_create": {"branch": {"name": "for-tests"}}}))
        .result("/branch"),
        row(
            "Branches::create_anonymized",
            "createProjectBranchAnonymized",
            |neon| {
                let create = project(&neon).branches().create_anonymized("for-tests");
                let create = create.branch(|branch| {
                    let branch = branch.parent(BRANCH).with_compute();
                    branch.annotate("commit", "6f1d2c0").expires_at(time())
                });
                create.masking_rules([rule()]).start(true)
            },
        )
        .body(json!({
            "branch_create": {
                "branch": {
                    "name": "for-tests",
                    "parent_id": BRANCH,
                    "expires_at": "2026-12-01T10:00:00Z",
                },
                "endpoints": [{"type": "read_write"}],
            },
            "annotation_value": {"commit": "6f1d2c0"},
            "masking_rules": [rule_sent()],
            "start_anonymization": true,
        })),
    ]
}

fn anonymization() -> Vec<Row> {
    vec![
        row(
            "Anonymization::status",
            "getAnonymizedBranchStatus",
            |neon| branch(&neon).anonymization().status(),
        )
        .result(""),
        row(
            "Anonymization::status_opt",
            "getAnonymizedBranchStatus",
            |neon| branch(&neon).anonymization().status_opt(),
        )
        .result(""),
        row("Anonymization::start", "startAnonymization", |neon| {
            branch(&neon).anonymization().start()
        })
        .result(""),
        row("MaskingRules::get", "getMaskingRules", |neon| {
            branch(&neon).masking_rules().get()
        })
        .result("/masking_rules"),
        row("MaskingRules::get_opt", "getMaskingRules", |neon| {
            branch(&neon).masking_rules().get_opt()
        })
        .result("/masking_rules"),
        row("MaskingRules::update", "updateMaskingRules", |neon| {
            branch(&neon).masking_rules().update([rule()])
        })
        .body(json!({"masking_rules": [rule_sent()]}))
        .result("/masking_rules"),
    ]
}

fn schema() -> Vec<Row> {
    let compare = "getProjectBranchSchemaComparison";
    let rows = vec![
        row("BranchHandle::schema", "getProjectBranchSchema", |neon| {
            branch(&neon).schema("app")
        })
        .result(""),
        row("BranchHandle::schema", "getProjectBranchSchema", |neon| {
            branch(&neon).schema("app").format("json").at(time())
        })
        .query("format", "json")
        .query("timestamp", "2026-12-01T10:00:00Z"),
        row("BranchHandle::schema", "getProjectBranchSchema", |neon| {
            branch(&neon).schema("app").at_lsn("0/1FE3A28")
        })
        .query("lsn", "0/1FE3A28"),
        row("BranchHandle::compare_schema", compare, |neon| {
            branch(&neon).compare_schema("app")
        })
        .result("/diff"),
        row("BranchHandle::compare_schema", compare, |neon| {
            let compare = branch(&neon).compare_schema("app");
            let compare = compare.base("br-other-12345678");
            compare.at(time()).base_at_lsn("0/1FE3A28")
        })
        .query("base_branch_id", "br-other-12345678")
        .query("timestamp", "2026-12-01T10:00:00Z")
        .query("base_lsn", "0/1FE3A28"),
        row("BranchHandle::compare_schema", compare, |neon| {
            let compare = branch(&neon).compare_schema("app");
            compare.at_lsn("0/1FE3A28").base_at(time())
        })
        .query("base_timestamp", "2026-12-01T10:00:00Z")
        .query("lsn", "0/1FE3A28"),
    ];
    rows.into_iter()
        .map(|row| row.query("db_name", "app"))
        .collect()
}

fn places() -> Vec<Row> {
    vec![
        row("Storage::get", "getProjectBranchStorage", |neon| {
            branch(&neon).storage().get()
        })
        .result(""),
        row("Storage::get_opt", "getProjectBranchStorage", |neon| {
            branch(&neon).storage().get_opt()
        })
        .result(""),
        row("AiGateway::get", "getProjectBranchAiGateway", |neon| {
            branch(&neon).ai_gateway().get()
        })
        .result(""),
        row("AiGateway::get_opt", "getProjectBranchAiGateway", |neon| {
            branch(&neon).ai_gateway().get_opt()
        })
        .result(""),
    ]
}

fn realtime() -> Vec<Row> {
    vec![
        row("Realtime::get", "getProjectBranchRealtime", |neon| {
            branch(&neon).realtime().get()
        })
        .result(""),
        row("Realtime::get_opt", "getProjectBranchRealtime", |neon| {
            branch(&neon).realtime().get_opt()
        })
        .result(""),
        row("Realtime::enable", "enableProjectBranchRealtime", |neon| {
            branch(&neon).realtime().enable()
        })
        .body(json!({})),
        row("Realtime::enable", "enableProjectBranchRealtime", |neon| {
            let enable = branch(&neon).realtime().enable();
            enable.allowed_origins(["https://example.com"])
        })
        .body(json!({"allowed_origins": ["https://example.com"]})),
        row(
            "Realtime::disable",
            "disableProjectBranchRealtime",
            |neon| branch(&neon).realtime().disable(),
        ),
        row(
            "Realtime::secret",
            "getProjectBranchRealtimeSecret",
            |neon| branch(&neon).realtime().secret(),
        )
        .result(""),
        row(
            "Realtime::rotate_secret",
            "rotateProjectBranchRealtimeSecret",
            |neon| branch(&neon).realtime().rotate_secret(),
        ),
    ]
}
