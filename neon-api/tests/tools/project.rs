//! Tools that are restricted to one project.

use neon_api::tools::{ToolErrorKind, Tools};
use neon_api::{Neon, Unlimited};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};

use crate::everything;
use crate::sample;
use crate::support::{PROJECT, Server, ok, status};

const OTHER: &str = "other-frost-87654321";

fn restricted(server: &Server) -> Tools {
    let tools = everything(server.client()).only_project(PROJECT);
    tools.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn another_project_is_refused_wherever_it_is_named() {
    let server = sample::server();
    let tools = restricted(&server);
    let times = json!({
        "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "granularity": "daily",
        "org_id": "org-a", "metrics": ["compute_unit_seconds"],
    });
    let with = |base: &Value, name: &str, value: Value| {
        let mut input = base.clone();
        input[name] = value;
        input
    };
    for (tool, input) in [
        ("getProject", json!({"project_id": OTHER})),
        ("deleteProject", json!({"project_id": OTHER})),
        ("getConsumptionHistoryPerProjectV2", times.clone()),
        (
            "getConsumptionHistoryPerProjectV2",
            with(&times, "project_ids", json!([])),
        ),
        (
            "getConsumptionHistoryPerProjectV2",
            with(&times, "project_ids", json!([OTHER])),
        ),
        (
            "getConsumptionHistoryPerProjectV2",
            with(&times, "project_ids", json!([PROJECT, OTHER])),
        ),
        (
            "createOrgApiKey",
            json!({"org_id": "org-a", "body": {"key_name": "k"}}),
        ),
        (
            "createOrgApiKey",
            json!({"org_id": "org-a", "body": {"key_name": "k", "project_id": OTHER}}),
        ),
        (
            "transferProjectsFromUserToOrg",
            json!({"body": {"destination_org_id": "org-a", "project_ids": [PROJECT, OTHER]}}),
        ),
    ] {
        let error = tools.dispatch(tool, &input).await.unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::OtherProject, "{tool}: {error}");
    }
    // What cannot be one is refused as such.
    for id in [
        "../other-frost-87654321",
        "late-frost-12345678/../x",
        "%2e%2e",
        "LATE",
        "a,b",
    ] {
        let error = tools
            .dispatch("getProject", &json!({"project_id": id}))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::InvalidInput, "{error}");
    }
    let combined = format!("{PROJECT},{OTHER}");
    let input = with(&times, "project_ids", json!([combined]));
    tools
        .dispatch("getConsumptionHistoryPerProjectV2", &input)
        .await
        .unwrap_err();
    for absent in [
        "listProjects",
        "createProject",
        "getCurrentUserInfo",
        "listApiKeys",
    ] {
        let error = tools.dispatch(absent, &Value::Null).await.unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::UnknownTool);
    }
    assert_eq!(server.total(), 0);
    let input = with(&times, "project_ids", json!([PROJECT]));
    tools
        .dispatch("getConsumptionHistoryPerProjectV2", &input)
        .await
        .unwrap();
    assert_eq!(server.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn branches_and_endpoints_of_query_and_body_are_looked_up_in_the_project() {
    let server = Server::new(|seen, _| match seen.operation {
        "getProjectBranch" | "getProjectEndpoint" if seen.uri.contains("foreign") => status(404),
        "getProjectEndpoint" if seen.uri.contains("broken") => status(403),
        _ => sample::answer(seen),
    });
    let tools = restricted(&server);
    let on = |rest: Value| {
        let mut input = json!({"project_id": PROJECT});
        input
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        input
    };
    let database = json!({"database_name": "d", "role_name": "r"});
    let with = |name: &str, id: &str| {
        let mut input = on(database.clone());
        input[name] = id.into();
        input
    };
    for (tool, input) in [
        ("getConnectionURI", with("branch_id", "br-foreign")),
        ("getConnectionURI", with("endpoint_id", "ep-foreign")),
        ("getConnectionURI", with("endpoint_id", "ep-broken")),
        (
            "createProjectBranch",
            on(json!({"body": {"branch": {"parent_id": "br-foreign"}}})),
        ),
        (
            "createProjectBranchAnonymized",
            on(json!({"body": {"branch_create": {"branch": {"parent_id": "br-foreign"}}}})),
        ),
        (
            "restoreProjectBranch",
            on(json!({"branch_id": "br-own", "body": {"source_branch_id": "br-foreign"}})),
        ),
        (
            "getProjectBranchSchemaComparison",
            on(json!({"branch_id": "br-own", "base_branch_id": "br-foreign", "db_name": "d"})),
        ),
        (
            "restoreSnapshot",
            on(json!({"snapshot_id": "snap-a", "body": {"target_branch_id": "br-foreign"}})),
        ),
        (
            "updateProjectEndpoint",
            on(json!({"endpoint_id": "ep-own", "body": {"endpoint": {"branch_id": "br-foreign"}}})),
        ),
    ] {
        let before = server.total();
        let error = tools.dispatch(tool, &input).await.unwrap_err();
        let is_due = matches!(
            error.kind(),
            ToolErrorKind::OtherProject | ToolErrorKind::Failed
        );
        assert!(is_due, "{tool}: {error}");
        // The question, within the project, and not the call.
        assert_eq!(
            (server.total(), server.count(tool)),
            (before + 1, 0),
            "{tool}: {error}"
        );
        let seen = server.seen().pop().unwrap();
        assert!(
            seen.uri.contains(&format!("/projects/{PROJECT}/")),
            "{}",
            seen.uri
        );
    }
    tools
        .dispatch("getConnectionURI", &with("branch_id", "br-own"))
        .await
        .unwrap();
    assert_eq!(server.count("getConnectionURI"), 1);
    // One in the path is looked up by the API.
    let before = server.total();
    tools
        .dispatch("getProjectBranch", &on(json!({"branch_id": "br-own"})))
        .await
        .unwrap();
    assert_eq!(server.total(), before + 1);
}

/// Names of input that look like IDs of projects, branches or endpoints are all known.
#[test]
fn the_names_of_the_spec_are_covered() {
    let known = [
        "project_id",
        "project_ids",
        "base_branch_id",
        "branch_id",
        "branch_ids",
        "parent_id",
        "source_branch_id",
        "target_branch_id",
        "endpoint_id",
    ];
    // An ID of an endpoint of a network, of a parent that is no branch, and so on.
    let others = ["vpc_endpoint_id"];
    let mut found = Vec::new();
    for operation in neon_api::raw::dynamic::Operation::all() {
        names_of(&operation.input_schema(), &mut found);
    }
    let is_about = |name: &str| {
        ["project", "branch", "endpoint", "parent"]
            .iter()
            .any(|w| name.contains(w))
    };
    for name in found {
        let is_id = name.ends_with("_id") || name.ends_with("_ids") || name == "branches";
        if is_id && is_about(&name) {
            let is_known = known.contains(&name.as_str()) || others.contains(&name.as_str());
            assert!(is_known, "{name}: list it in src/tools/scope.rs");
        }
    }
}

fn names_of(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let (true, Some(properties)) = (key == "properties", value.as_object()) {
                    found.extend(properties.keys().cloned());
                }
                names_of(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names_of(item, found)),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_another_project_is_taken_out_of_results() {
    let branch = |project: &str, name: &str| {
        json!({
            "id": format!("br-{name}"), "project_id": project, "name": name,
            "current_state": "ready", "state_changed_at": "2026-01-01T00:00:00Z",
            "creation_source": "console", "default": false, "protected": false,
            "cpu_used_sec": 0, "active_time_seconds": 0, "compute_time_seconds": 0,
            "written_data_bytes": 0, "data_transfer_bytes": 0,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "init_source": "parent-data",
        })
    };
    let server = Server::new(move |seen, _| match seen.operation {
        "listProjectBranches" => ok(&json!({
            "branches": [branch(PROJECT, "own"), branch(OTHER, "leak"), branch(PROJECT, "own2")],
            "annotations": {},
        })),
        "getProjectBranch" => ok(
            &json!({"branch": branch(OTHER, "leak"), "annotation": {"object": {"type": "b", "id": "i"}, "value": {}}}),
        ),
        _ => status(500),
    });
    let tools = restricted(&server);
    let result = tools
        .dispatch("listProjectBranches", &json!({"project_id": PROJECT}))
        .await
        .unwrap();
    assert_eq!(result.withheld, 1);
    assert_eq!(
        result.untrusted_data["branches"].as_array().unwrap().len(),
        2
    );
    let text = serde_json::to_string(&result).unwrap();
    assert!(!text.contains("leak") && !text.contains(OTHER), "{text}");
    let input = json!({"project_id": PROJECT, "branch_id": "br-leak"});
    let result = tools.dispatch("getProjectBranch", &input).await.unwrap();
    assert_eq!(result.withheld, 1);
    assert!(!result.untrusted_data.to_string().contains(OTHER));
}

/// Against a server that knows two projects.
#[tokio::test(start_paused = true)]
async fn a_stateful_server_shows_nothing_of_the_other_project() {
    let emulator = Emulator::builder().build();
    let own = emulator
        .seed(|seed| seed.project("own"))
        .unwrap()
        .project
        .id;
    let other = emulator.seed(|seed| seed.project("other")).unwrap();
    let neon = Neon::builder().api_key("k").limiter(Unlimited);
    let neon: Neon = neon.transport(emulator.transport()).build().unwrap();
    let tools = everything(neon).only_project(&own).build().unwrap();
    let foreign = other.branch.id.as_str();
    for (tool, input) in [
        ("getProject", json!({"project_id": other.project.id})),
        (
            "getProjectBranch",
            json!({"project_id": own, "branch_id": foreign}),
        ),
        (
            "deleteProjectBranch",
            json!({"project_id": own, "branch_id": foreign}),
        ),
        (
            "createProjectBranch",
            json!({"project_id": own, "body": {"branch": {"parent_id": foreign}}}),
        ),
        (
            "getConnectionURI",
            json!({"project_id": own, "branch_id": foreign, "database_name": "neondb", "role_name": "neondb_owner"}),
        ),
    ] {
        tools.dispatch(tool, &input).await.unwrap_err();
    }
    assert_eq!(emulator.state().branches(&other.project.id).len(), 1);
    assert_eq!(emulator.state().branches(&own).len(), 1);
    let result = tools
        .dispatch("listProjectBranches", &json!({"project_id": own}))
        .await
        .unwrap();
    assert_eq!(
        result.untrusted_data["branches"].as_array().unwrap().len(),
        1
    );
}
