//! Methods of `neon_api::projects` and `neon_api::connection`.

use std::time::Duration;

use neon_api::projects::{CreatedProject, ProjectItem};
use neon_api::types::{Project, ProjectListItem, ProjectRecoverResponse};
use serde_json::{Value, json};

use crate::row::{Row, Shown, json_of, project, row, shown_as_json};
use crate::support::{BRANCH, PROJECT};

shown_as_json!(Project ProjectListItem ProjectRecoverResponse);

impl Shown for CreatedProject {
    fn shown(&self) -> Value {
        json_of(&self.project)
    }
}

impl Shown for ProjectItem {
    fn shown(&self) -> Value {
        json_of(&self.project)
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = collection();
    rows.extend(handle());
    rows.extend(connection());
    rows
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
                .region("aws-us-east-1")
                .org("org-ocean-art-12345678")
                .pg_version(17)
                .branch_name("main")
                .database_name("app")
                .role_name("owner")
                .history_retention(Duration::from_millis(86_400_900))
                .autoscaling(0.25..=2.0)
                .with(|project| project.store_passwords = Some(false))
        })
        .body(json!({"project": {
            "name": "my-app",
            "region_id": "aws-us-east-1",
            "org_id": "org-ocean-art-12345678",
            "pg_version": 17,
            "branch": {"name": "main", "database_name": "app", "role_name": "owner"},
            "history_retention_seconds": 86_400,
            "default_endpoint_settings": {
                "autoscaling_limit_min_cu": 0.25,
                "autoscaling_limit_max_cu": 2.0,
            },
            "store_passwords": false,
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
                .logical_replication(true)
        })
        .body(json!({"project": {
            "name": "renamed",
            "history_retention_seconds": 3600,
            "settings": {"enable_logical_replication": true},
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
