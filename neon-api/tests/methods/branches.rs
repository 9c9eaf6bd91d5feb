//! Methods of `neon_api::branches`.

use chrono::{DateTime, Utc};
use neon_api::Patch;
use neon_api::branches::{AnnotatedBranch, CreatedBranch, EndpointOptions};
use neon_api::enums::{ListProjectBranchesSortBy, SortOrder};
use neon_api::input::{ComputeSize, SuspendTimeout};
use neon_api::types::{Branch, RealtimeOptions};
use serde_json::{Value, json};

use crate::row::{Row, Shown, branch, json_of, kept_of, project, row, shown_as_json};
use crate::snapshots::DAY;
use crate::support::BRANCH;

shown_as_json!(Branch);

impl Shown for CreatedBranch {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        json_of(&self.branch)
    }
}

impl Shown for AnnotatedBranch {
    fn kept(&self) -> String {
        kept_of(self)
    }

    fn shown(&self) -> Value {
        json_of(&self.branch)
    }
}

fn time() -> DateTime<Utc> {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = collection();
    rows.extend(handle());
    rows
}

fn collection() -> Vec<Row> {
    vec![
        row("Branches::create", "createProjectBranch", |neon| {
            project(&neon).branches().create("preview")
        })
        .body(json!({"branch": {"name": "preview"}}))
        .result("/branch"),
        row("Branches::create", "createProjectBranch", |neon| {
            let writer = EndpointOptions::read_write()
                .autoscaling(ComputeSize::ONE)
                .suspend_timeout(SuspendTimeout::Never)
                .pg_setting("work_mem", "64MB");
            project(&neon)
                .branches()
                .create("preview")
                .parent(BRANCH)
                .at(time())
                .expires_at(time())
                .with_endpoint(writer)
                .with_endpoint(EndpointOptions::read_only())
                .annotate("commit", "6f1d2c0")
        })
        .body(json!({
            "branch": {
                "name": "preview",
                "parent_id": BRANCH,
                "parent_timestamp": "2026-12-01T10:00:00Z",
                "expires_at": "2026-12-01T10:00:00Z",
            },
            "endpoints": [
                {
                    "type": "read_write",
                    "autoscaling_limit_min_cu": 1.0,
                    "autoscaling_limit_max_cu": 1.0,
                    "suspend_timeout_seconds": -1,
                    "settings": {"pg_settings": {"work_mem": "64MB"}},
                },
                {"type": "read_only"},
            ],
            "annotation_value": {"commit": "6f1d2c0"},
        })),
        row("Branches::create", "createProjectBranch", |neon| {
            let create = project(&neon).branches().create("preview").expires_in(DAY);
            create.with(|branch| branch.expires_at = Some(time()))
        })
        .body(json!({"branch": {"name": "preview", "expires_at": "2026-12-01T10:00:00Z"}})),
        row("Branches::create", "createProjectBranch", |neon| {
            let create = project(&neon).branches().create("preview");
            let create = create.at_lsn("0/1FE3A28").with_compute().protected(true);
            let create = create.init_source("schema-only").archived(false);
            create.realtime(RealtimeOptions::default())
        })
        .body(json!({
            "branch": {
                "name": "preview",
                "parent_lsn": "0/1FE3A28",
                "protected": true,
                "init_source": "schema-only",
                "archived": false,
                "realtime": {},
            },
            "endpoints": [{"type": "read_write"}],
        })),
        row("Branches::list", "listProjectBranches", |neon| {
            project(&neon).branches().list().take(1)
        })
        .query("limit", 1),
        row("Branches::list", "listProjectBranches", |neon| {
            let list = project(&neon).branches().list().search("preview");
            let list = list.sort(ListProjectBranchesSortBy::CreatedAt, SortOrder::Asc);
            list.include_deleted(true).take(1)
        })
        .query("limit", 1)
        .query("search", "preview")
        .query("sort_by", "created_at")
        .query("sort_order", "asc")
        .query("include_deleted", true),
        row("Branches::find", "listProjectBranches", |neon| {
            project(&neon).branches().find("preview")
        })
        .response(|body| body["branches"][0]["name"] = json!("preview"))
        .query("limit", 10_000)
        .query("search", "preview")
        .result("/branches/0"),
        row("Branches::count", "countProjectBranches", |neon| {
            project(&neon).branches().count()
        })
        .result("/count"),
        row("Branches::count", "countProjectBranches", |neon| {
            project(&neon).branches().count().search("preview")
        })
        .query("search", "preview"),
    ]
}

fn handle() -> Vec<Row> {
    vec![
        row("BranchHandle::get", "getProjectBranch", |neon| {
            branch(&neon).get()
        })
        .result("/branch"),
        row("BranchHandle::get_opt", "getProjectBranch", |neon| {
            branch(&neon).get_opt()
        })
        .result("/branch"),
        row("BranchHandle::update", "updateProjectBranch", |neon| {
            branch(&neon).update().never_expires()
        })
        .body(json!({"branch": {"expires_at": null}}))
        .result("/branch"),
        row("BranchHandle::update", "updateProjectBranch", |neon| {
            let update = branch(&neon).update().name("staging").protected(false);
            update.expires_at(time())
        })
        .body(json!({"branch": {
            "name": "staging",
            "protected": false,
            "expires_at": "2026-12-01T10:00:00Z",
        }})),
        // The last setting of the expiry wins.
        row("BranchHandle::update", "updateProjectBranch", |neon| {
            let update = branch(&neon).update().expires_in(DAY);
            update.with(|branch| branch.expires_at = Patch::Set(time()))
        })
        .body(json!({"branch": {"expires_at": "2026-12-01T10:00:00Z"}})),
        // The same time as before the period is a setting as well.
        row("BranchHandle::update", "updateProjectBranch", |neon| {
            let update = branch(&neon).update().expires_at(time()).expires_in(DAY);
            update.with(|branch| branch.expires_at = Patch::Set(time()))
        })
        .body(json!({"branch": {"expires_at": "2026-12-01T10:00:00Z"}})),
        row("BranchHandle::delete", "deleteProjectBranch", |neon| {
            branch(&neon).delete()
        }),
        row("BranchHandle::restore", "restoreProjectBranch", |neon| {
            branch(&neon).restore("br-other-12345678")
        })
        .body(json!({"source_branch_id": "br-other-12345678"}))
        .result("/branch"),
        row("BranchHandle::restore", "restoreProjectBranch", |neon| {
            let restore = branch(&neon).restore(BRANCH);
            restore.at(time()).keep_as("before")
        })
        .body(json!({
            "source_branch_id": BRANCH,
            "source_timestamp": "2026-12-01T10:00:00Z",
            "preserve_under_name": "before",
        })),
        row("BranchHandle::restore", "restoreProjectBranch", |neon| {
            branch(&neon)
                .restore(BRANCH)
                .at_lsn("0/1FE3A28")
                .keep_as("before")
        })
        .body(json!({
            "source_branch_id": BRANCH,
            "source_lsn": "0/1FE3A28",
            "preserve_under_name": "before",
        })),
        row("BranchHandle::restore", "restoreProjectBranch", |neon| {
            let restore = branch(&neon).restore(BRANCH);
            restore.with(|body| body.preserve_under_name = Some("before".to_owned()))
        })
        .body(json!({"source_branch_id": BRANCH, "preserve_under_name": "before"})),
        row(
            "BranchHandle::set_default",
            "setDefaultProjectBranch",
            |neon| branch(&neon).set_default(),
        )
        .result("/branch"),
        row(
            "BranchHandle::finalize_restore",
            "finalizeRestoreBranch",
            |neon| branch(&neon).finalize_restore(),
        )
        .body(json!({})),
        row(
            "BranchHandle::finalize_restore",
            "finalizeRestoreBranch",
            |neon| branch(&neon).finalize_restore().keep_as("backup"),
        )
        .body(json!({"name": "backup"})),
    ]
}
