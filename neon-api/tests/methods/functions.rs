//! Methods of `neon_api::functions`, `neon_api::triggers` and `neon_api::custom_domains`.
//!
//! Deployments are multipart forms and have tests of their own in `deployments.rs`.

use neon_api::custom_domains::CustomDomainTarget;
use neon_api::types::{CustomDomain, NeonFunction};
use neon_api::unions::{Trigger, TriggerCreateRequest, TriggerUpdateRequest};
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};
use crate::support::from;

shown_as_json!(CustomDomain NeonFunction Trigger);

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = functions();
    rows.extend(triggers());
    rows.extend(custom_domains());
    rows
}

fn functions() -> Vec<Row> {
    let list = "listProjectBranchFunctions";
    let update = "updateProjectBranchFunction";
    let path = |row: Row| row.path("slug", "resize");
    vec![
        row("Functions::list", list, |neon| {
            branch(&neon).functions().list()
        })
        .query("limit", 1000)
        .result("/functions"),
        row("Functions::find", list, |neon| {
            branch(&neon).functions().find("Resize")
        })
        .response(|body| body["functions"][0]["name"] = json!("Resize"))
        .query("limit", 1000)
        .result("/functions/0"),
        path(row(
            "FunctionHandle::get",
            "getProjectBranchFunction",
            |neon| branch(&neon).function("resize").get(),
        ))
        .result("/function"),
        path(row(
            "FunctionHandle::get_opt",
            "getProjectBranchFunction",
            |neon| branch(&neon).function("resize").get_opt(),
        ))
        .result("/function"),
        path(row("FunctionHandle::update", update, |neon| {
            branch(&neon).function("resize").update().name("Resize")
        }))
        .body(json!({"name": "Resize"}))
        .result("/function"),
        path(row("FunctionHandle::update", update, |neon| {
            branch(&neon).function("resize").update().clear_name()
        }))
        .body(json!({"name": null})),
        path(row(
            "FunctionHandle::delete",
            "deleteProjectBranchFunction",
            |neon| branch(&neon).function("resize").delete(),
        )),
    ]
}

fn triggers() -> Vec<Row> {
    let list = "listProjectBranchTriggers";
    let nightly = || {
        json!({
            "type": "schedule",
            "name": "nightly",
            "function_slug": "cleanup",
            "schedule": {"cron": "0 3 * * *"},
        })
    };
    let path = |row: Row| row.path("trigger_id", "trg_1");
    vec![
        row(
            "Triggers::create",
            "createProjectBranchTrigger",
            move |neon| {
                let trigger: TriggerCreateRequest = from(nightly());
                branch(&neon).triggers().create(trigger)
            },
        )
        .body(nightly())
        .result("/trigger"),
        row("Triggers::list", list, |neon| {
            branch(&neon).triggers().list()
        })
        .result("/triggers"),
        row("Triggers::find", list, |neon| {
            branch(&neon).triggers().find("nightly")
        })
        .response(|body| body["triggers"][0]["name"] = json!("nightly"))
        .result("/triggers/0"),
        path(row(
            "TriggerHandle::get",
            "getProjectBranchTrigger",
            |neon| branch(&neon).trigger("trg_1").get(),
        ))
        .result("/trigger"),
        path(row(
            "TriggerHandle::get_opt",
            "getProjectBranchTrigger",
            |neon| branch(&neon).trigger("trg_1").get_opt(),
        ))
        .result("/trigger"),
        path(row(
            "TriggerHandle::update",
            "updateProjectBranchTrigger",
            |neon| {
                let change = json!({"type": "schedule", "enabled": false});
                let change: TriggerUpdateRequest = from(change);
                branch(&neon).trigger("trg_1").update(change)
            },
        ))
        .body(json!({"type": "schedule", "enabled": false}))
        .result("/trigger"),
        path(row(
            "TriggerHandle::delete",
            "deleteProjectBranchTrigger",
            |neon| branch(&neon).trigger("trg_1").delete(),
        )),
    ]
}

fn custom_domains() -> Vec<Row> {
    let register = "registerProjectBranchCustomDomain";
    let list = "listProjectBranchCustomDomains";
    vec![
        row("CustomDomains::register", register, |neon| {
            let target = CustomDomainTarget::Function("fn_1".to_owned());
            let domains = branch(&neon).custom_domains();
            domains.register("img.example.com", target)
        })
        .body(json!({
            "domain": "img.example.com",
            "entity_type": "function",
            "entity_id": "fn_1",
        }))
        .result(""),
        row("CustomDomains::list", list, |neon| {
            branch(&neon).custom_domains().list()
        })
        .query("limit", 1000)
        .result("/custom_domains"),
        row("CustomDomains::find", list, |neon| {
            branch(&neon).custom_domains().find("img.example.com")
        })
        .response(|body| body["custom_domains"][0]["domain"] = json!("img.example.com"))
        .query("limit", 1000)
        .result("/custom_domains/0"),
        row(
            "CustomDomainHandle::delete",
            "deleteProjectBranchCustomDomain",
            |neon| branch(&neon).custom_domain("img.example.com").delete(),
        )
        .path("domain", "img.example.com"),
    ]
}

#[test]
fn a_trigger_names_itself_by_its_id_whatever_its_type() {
    let server = crate::support::Server::new(|seen, _| crate::support::success(seen));
    let branch = branch(&server.client());
    let unknown: Trigger = from(json!({"type": "queue", "trigger_id": "trg_9"}));
    assert_eq!(branch.trigger(&unknown).id().as_str(), "trg_9");
}
