//! Methods of `neon_api::roles`.

use neon_api::types::Role;
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};

shown_as_json!(Role);

pub(crate) fn rows() -> Vec<Row> {
    let path = |row: Row| row.path("role_name", "reporter");
    vec![
        row("Roles::create", "createProjectBranchRole", |neon| {
            branch(&neon).roles().create("reporter")
        })
        .body(json!({"role": {"name": "reporter"}}))
        .result("/role"),
        row("Roles::create", "createProjectBranchRole", |neon| {
            branch(&neon).roles().create("reporters").no_login(true)
        })
        .body(json!({"role": {"name": "reporters", "no_login": true}})),
        row("Roles::create", "createProjectBranchRole", |neon| {
            let create = branch(&neon).roles().create("reporters");
            create.with(|role| role.no_login = Some(true))
        })
        .body(json!({"role": {"name": "reporters", "no_login": true}})),
        row("Roles::list", "listProjectBranchRoles", |neon| {
            branch(&neon).roles().list()
        })
        .result("/roles"),
        row("Roles::find", "listProjectBranchRoles", |neon| {
            branch(&neon).roles().find("reporter")
        })
        .response(|body| body["roles"][0]["name"] = json!("reporter"))
        .result("/roles/0"),
        path(row("RoleHandle::get", "getProjectBranchRole", |neon| {
            branch(&neon).role("reporter").get()
        }))
        .result("/role"),
        path(row("RoleHandle::get_opt", "getProjectBranchRole", |neon| {
            branch(&neon).role("reporter").get_opt()
        }))
        .result("/role"),
        path(row(
            "RoleHandle::delete",
            "deleteProjectBranchRole",
            |neon| branch(&neon).role("reporter").delete(),
        )),
        path(row(
            "RoleHandle::password",
            "getProjectBranchRolePassword",
            |neon| branch(&neon).role("reporter").password(),
        ))
        .result("/password"),
        path(row(
            "RoleHandle::reset_password",
            "resetProjectBranchRolePassword",
            |neon| branch(&neon).role("reporter").reset_password(),
        ))
        .result("/role"),
    ]
}
