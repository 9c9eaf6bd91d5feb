//! Methods of `neon_api::endpoints`.

use std::time::Duration;

use neon_api::Neon;
use neon_api::endpoints::EndpointHandle;
use neon_api::enums::EndpointType;
use neon_api::ids::RegionId;
use neon_api::input::{ComputeSize, SuspendTimeout};
use neon_api::types::{Endpoint, EndpointSettingsData};
use serde_json::json;

use crate::row::{Row, branch, project, row, shown_as_json};
use crate::support::BRANCH;

shown_as_json!(Endpoint);

const ENDPOINT: &str = "ep-misty-sea-a5833nbi";

fn endpoint(neon: &Neon) -> EndpointHandle {
    project(neon).endpoint(ENDPOINT)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = collections();
    rows.extend(handle());
    rows
}

fn collections() -> Vec<Row> {
    vec![
        row("Endpoints::create", "createProjectEndpoint", |neon| {
            let endpoints = project(&neon).endpoints();
            endpoints.create("br-other-12345678", EndpointType::ReadWrite)
        })
        .body(json!({"endpoint": {"branch_id": "br-other-12345678", "type": "read_write"}}))
        .result("/endpoint"),
        row("Endpoints::create", "createProjectEndpoint", |neon| {
            project(&neon)
                .endpoints()
                .create(BRANCH, EndpointType::ReadOnly)
                .name("replica")
                .autoscaling(ComputeSize::HALF..=ComputeSize::FOUR)
                .suspend_timeout(Duration::from_millis(600_900))
                .disabled(true)
                .passwordless_access(false)
                .pg_setting("statement_timeout", "60000")
                .with(|endpoint| endpoint.region_id = RegionId::new("aws-us-east-1").ok())
        })
        .body(json!({"endpoint": {
            "branch_id": BRANCH,
            "type": "read_only",
            "name": "replica",
            "autoscaling_limit_min_cu": 0.5,
            "autoscaling_limit_max_cu": 4.0,
            "suspend_timeout_seconds": 600,
            "disabled": true,
            "passwordless_access": false,
            "settings": {"pg_settings": {"statement_timeout": "60000"}},
            "region_id": "aws-us-east-1",
        }})),
        row("Endpoints::create", "createProjectEndpoint", |neon| {
            let settings = EndpointSettingsData::default();
            let create = branch(&neon).endpoints().create_read_only();
            #[allow(deprecated, reason = "it is sent as long as it is there")]
            create.settings(settings).pooler_enabled(true)
        })
        .body(json!({"endpoint": {
            "branch_id": BRANCH,
            "type": "read_only",
            "settings": {},
            "pooler_enabled": true,
        }})),
        row("Endpoints::list", "listProjectEndpoints", |neon| {
            project(&neon).endpoints().list()
        })
        .result("/endpoints"),
        row("BranchEndpoints::create", "createProjectEndpoint", |neon| {
            branch(&neon).endpoints().create(EndpointType::ReadWrite)
        })
        .body(json!({"endpoint": {"branch_id": BRANCH, "type": "read_write"}}))
        .result("/endpoint"),
        row(
            "BranchEndpoints::create_read_only",
            "createProjectEndpoint",
            |neon| branch(&neon).endpoints().create_read_only(),
        )
        .body(json!({"endpoint": {"branch_id": BRANCH, "type": "read_only"}}))
        .result("/endpoint"),
        row(
            "BranchEndpoints::list",
            "listProjectBranchEndpoints",
            |neon| branch(&neon).endpoints().list(),
        )
        .result("/endpoints"),
    ]
}

fn handle() -> Vec<Row> {
    let path = |row: Row| row.path("endpoint_id", ENDPOINT);
    let rows = vec![
        row("EndpointHandle::get", "getProjectEndpoint", |neon| {
            endpoint(&neon).get()
        })
        .result("/endpoint"),
        row("EndpointHandle::get_opt", "getProjectEndpoint", |neon| {
            endpoint(&neon).get_opt()
        })
        .result("/endpoint"),
        row("EndpointHandle::update", "updateProjectEndpoint", |neon| {
            endpoint(&neon).update()
        })
        .body(json!({"endpoint": {}}))
        .result("/endpoint"),
        row("EndpointHandle::update", "updateProjectEndpoint", |neon| {
            let settings = serde_json::from_value(json!({
                "preload_libraries": {"use_defaults": true},
            }));
            endpoint(&neon)
                .update()
                .name("writer")
                .autoscaling(1.0..=2.0)
                .suspend_timeout(SuspendTimeout::Never)
                .disabled(false)
                .passwordless_access(true)
                .settings(settings.unwrap())
                .pg_setting("work_mem", "64MB")
                .with(|endpoint| {
                    endpoint.provisioner = serde_json::from_value(json!("k8s-neonvm")).ok();
                })
        })
        .body(json!({"endpoint": {
            "name": "writer",
            "autoscaling_limit_min_cu": 1.0,
            "autoscaling_limit_max_cu": 2.0,
            "suspend_timeout_seconds": -1,
            "disabled": false,
            "passwordless_access": true,
            "settings": {
                "preload_libraries": {"use_defaults": true},
                "pg_settings": {"work_mem": "64MB"},
            },
            "provisioner": "k8s-neonvm",
        }})),
        row("EndpointHandle::update", "updateProjectEndpoint", |neon| {
            let update = endpoint(&neon).update().autoscaling(1.0..=2.0);
            let update = update.suspend_timeout(SuspendTimeout::Default);
            #[allow(deprecated, reason = "it is sent as long as it is there")]
            update.autoscaling(..=8.0).pooler_enabled(false)
        })
        .body(json!({"endpoint": {
            "autoscaling_limit_max_cu": 8.0,
            "suspend_timeout_seconds": 0,
            "pooler_enabled": false,
        }})),
        row("EndpointHandle::delete", "deleteProjectEndpoint", |neon| {
            endpoint(&neon).delete()
        }),
        row("EndpointHandle::start", "startProjectEndpoint", |neon| {
            endpoint(&neon).start()
        })
        .result("/endpoint"),
        row(
            "EndpointHandle::suspend",
            "suspendProjectEndpoint",
            |neon| endpoint(&neon).suspend(),
        )
        .result("/endpoint"),
        row(
            "EndpointHandle::restart",
            "restartProjectEndpoint",
            |neon| endpoint(&neon).restart(),
        )
        .result("/endpoint"),
    ];
    rows.into_iter().map(path).collect()
}
