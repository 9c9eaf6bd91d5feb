//! Methods of `neon_api::projects`, `neon_api::connection`, `neon_api::security_issues` and
//! `neon_api::preload_libraries`.

use std::time::Duration;

use chrono::Weekday;
use neon_api::enums::{
    AdvisorCategory, GetProjectAdvisorSecurityIssuesMinSeverity, ProjectAuditLogLevel,
};
use neon_api::input::{
    AllowedIps, ComputeSize, Limit, MaintenanceWindow, PgVersion, Quota, SuspendTimeout, region,
};
use neon_api::projects::{CreatedProject, ProjectItem};
use neon_api::types::{
    AdvisorIssue, AvailablePreloadLibrary, PreloadLibraries, Project, ProjectListItem,
    ProjectRecoverResponse, RealtimeOptions,
};
use serde_json::{Value, json};

use crate::row::{Row, Shown, json_of, kept_of, project, row, shown_as_json};
use crate::support::{BRANCH, PROJECT};

shown_as_json!(
    AdvisorIssue
    AvailablePreloadLibrary
    Project
    ProjectListItem
    ProjectRecoverResponse
);

impl Shown for CreatedProject {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        json_of(&self.project)
    }
}

impl Shown for ProjectItem {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        json_of(&self.project)
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = collection();
    rows.extend(handle());
    rows.extend(connection());
    rows.extend(findings());
    rows
}

fn allowed_ips() -> AllowedIps {
    let ips = AllowedIps::new(["192.0.2.0/24"]).unwrap();
    ips.protected_branches_only(true)
}

fn preload_libraries() -> PreloadLibraries {
    PreloadLibraries::default().with_enabled_libraries(["timescaledb".to_owned()])
}

fn maintenance_window() -> MaintenanceWindow {
    MaintenanceWindow::new([Weekday::Sun], "03:00", "04:00").unwrap()
}

fn collection() -> Vec<Row> {
    vec![
        row("Projects::create", "createProject", |neon| {
            neon.projects().create("my-app")
        })
        .body(json!({"project": {"name": "my-app"}}))
        .result("/project"),
        row("Projects::create", "createProject", |neon| {
            neon.projects()
                .create("my-app")
                .region(region::AWS_US_EAST_1)
                .org("org-ocean-art-12345678")
                .pg_version(PgVersion::V17)
                .branch_name("main")
                .database_name("app")
                .role_name("owner")
                .history_retention(Duration::from_millis(86_400_900))
                .autoscaling(0.25..=2.0)
                .suspend_timeout(SuspendTimeout::Never)
                .store_passwords(false)
                .quota(Quota::new().logical_size(1_000_000))
                .allowed_ips(allowed_ips())
                .maintenance_window(maintenance_window())
                .block_public_connections(false)
                .block_vpc_connections(false)
                .audit_log_level(ProjectAuditLogLevel::Extended)
                .preload_libraries(preload_libraries())
                .pg_setting("work_mem", "64MB")
                .annotate("commit", "6f1d2c0")
                .realtime(RealtimeOptions::default())
                .logical_replication(true)
                .with(|project| {
                    project.settings.as_mut().unwrap().hipaa = Some(true);
                })
        })
        .body(json!({"project": {
            "name": "my-app",
            "region_id": "aws-us-east-1",
            "org_id": "org-ocean-art-12345678",
            "pg_version": 17,
            "branch": {"name": "main", "database_name": "app", "role_name": "owner", "annotations": {"commit": "6f1d2c0"}},
            "realtime": {},
            "history_retention_seconds": 86_400,
            "default_endpoint_settings": {
                "autoscaling_limit_min_cu": 0.25,
                "autoscaling_limit_max_cu": 2.0,
                "suspend_timeout_seconds": -1,
                "pg_settings": {"work_mem": "64MB"},
            },
            "store_passwords": false,
            "settings": {
                "quota": {"logical_size_bytes": 1_000_000},
                "allowed_ips": {"ips": ["192.0.2.0/24"], "protected_branches_only": true},
                "maintenance_window": {
                    "weekdays": [7],
                    "start_time": "03:00",
                    "end_time": "04:00",
                },
                "block_public_connections": false,
                "block_vpc_connections": false,
                "audit_log_level": "extended",
                "preload_libraries": {"enabled_libraries": ["timescaledb"]},
                "enable_logical_replication": true,
                "hipaa": true,
            },
        }})),
        row("Projects::list", "listProjects", |neon| {
            neon.projects().list().take(1)
        })
        .query("limit", 1),
        row("Projects::list", "listProjects", |neon| {
            let list = neon.projects().list().search("app");
            let list = list.org("org-ocean-art-12345678").recoverable(true);
            list.api_timeout(Duration::from_secs(9)).take(1)
        })
        .query("limit", 1)
        .query("search", "app")
        .query("org_id", "org-ocean-art-12345678")
        .query("recoverable", true)
        .query("timeout", 9000),
        row("Projects::find", "listProjects", |neon| {
            neon.projects().find("my-app")
        })
        .response(|body| body["projects"][0]["name"] = json!("my-app"))
        .query("limit", 400)
        .query("search", "my-app")
        .result("/projects/0"),
        row("Projects::list_shared", "listSharedProjects", |neon| {
            neon.projects().list_shared().take(1)
        })
        .query("limit", 1),
        row("Projects::list_shared", "listSharedProjects", |neon| {
            let list = neon.projects().list_shared().search("app");
            list.api_timeout(Duration::from_secs(9)).take(1)
        })
        .query("limit", 1)
        .query("search", "app")
        .query("timeout", 9000),
    ]
}

fn handle() -> Vec<Row> {
    vec![
        row("ProjectHandle::get", "getProject", |neon| {
            project(&neon).get()
        })
        .result("/project"),
        row("ProjectHandle::get_opt", "getProject", |neon| {
            project(&neon).get_opt()
        })
        .result("/project"),
        row("ProjectHandle::update", "updateProject", |neon| {
            project(&neon).update()
        })
        .body(json!({"project": {}}))
        .result("/project"),
        row("ProjectHandle::update", "updateProject", |neon| {
            project(&neon)
                .update()
                .name("renamed")
                .history_retention(Duration::from_secs(3600))
                .autoscaling(ComputeSize::ONE..)
                .suspend_timeout(Duration::from_secs(600))
                .quota(Quota::new().active_time(Limit::Unlimited))
                .allowed_ips(AllowedIps::anywhere())
                .maintenance_window(maintenance_window())
                .block_public_connections(true)
                .block_vpc_connections(true)
                .audit_log_level(ProjectAuditLogLevel::Base)
                .preload_libraries(preload_libraries())
                .pg_setting("work_mem", "64MB")
                .logical_replication(true)
                .with(|project| {
                    project.settings.as_mut().unwrap().hipaa = Some(false);
                })
        })
        .body(json!({"project": {
            "name": "renamed",
            "history_retention_seconds": 3600,
            "default_endpoint_settings": {
                "autoscaling_limit_min_cu": 1.0,
                "suspend_timeout_seconds": 600,
                "pg_settings": {"work_mem": "64MB"},
            },
            "settings": {
                "quota": {"active_time_seconds": 0},
                "allowed_ips": {"ips": []},
                "maintenance_window": {
                    "weekdays": [7],
                    "start_time": "03:00",
                    "end_time": "04:00",
                },
                "block_public_connections": true,
                "block_vpc_connections": true,
                "audit_log_level": "base",
                "preload_libraries": {"enabled_libraries": ["timescaledb"]},
                "enable_logical_replication": true,
                "hipaa": false,
            },
        }})),
        row("ProjectHandle::delete", "deleteProject", |neon| {
            project(&neon).delete()
        }),
        row("ProjectHandle::recover", "recoverProject", |neon| {
            project(&neon).recover()
        })
        .result(""),
    ]
}

fn connection() -> Vec<Row> {
    vec![
        row(
            "ProjectHandle::connection_uri",
            "getConnectionURI",
            |neon| project(&neon).connection_uri("app", "owner"),
        )
        .query("database_name", "app")
        .query("role_name", "owner")
        .result("/uri"),
        row("BranchHandle::connection_uri", "getConnectionURI", |neon| {
            let branch = neon.project(PROJECT).branch(BRANCH);
            let uri = branch.connection_uri("app", "owner");
            uri.pooled(false).endpoint("ep-misty-sea-a5833nbi")
        })
        .query("branch_id", BRANCH)
        .query("database_name", "app")
        .query("role_name", "owner")
        .query("pooled", false)
        .query("endpoint_id", "ep-misty-sea-a5833nbi")
        .result("/uri"),
    ]
}

fn findings() -> Vec<Row> {
    let advisor = "getProjectAdvisorSecurityIssues";
    vec![
        row("SecurityIssues::list", advisor, |neon| {
            project(&neon).security_issues().list()
        })
        .result("/issues"),
        row("SecurityIssues::list", advisor, |neon| {
            let list = project(&neon).security_issues().list();
            let list = list.branch(BRANCH).database("app");
            let list = list.category(AdvisorCategory::Performance);
            list.min_severity(GetProjectAdvisorSecurityIssuesMinSeverity::Warn)
        })
        .query("branch_id", BRANCH)
        .query("database_name", "app")
        .query("category", "PERFORMANCE")
        .query("min_severity", "WARN"),
        row(
            "PreloadLibraries::list",
            "getAvailablePreloadLibraries",
            |neon| project(&neon).preload_libraries().list(),
        )
        .result("/libraries"),
    ]
}
