//! Input that is refused, at every level, with nothing sent.

use neon_api::tools::{ToolErrorKind, Tools};
use serde_json::{Value, json};

use crate::everything;
use crate::sample::{self, Options};
use crate::support::Server;

fn tools() -> (Server, Tools) {
    let server = sample::server();
    let tools = everything(server.client()).build().unwrap();
    (server, tools)
}

/// The places of all objects in a value, as JSON pointers and as paths.
fn objects(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            found.push((pointer.to_owned(), path.to_owned()));
            for (name, value) in fields {
                objects(
                    value,
                    &format!("{pointer}/{name}"),
                    &format!("{path}.{name}"),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                objects(
                    value,
                    &format!("{pointer}/{index}"),
                    &format!("{path}[{index}]"),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// Objects whose keys are the caller's own.
const OPEN: &[&str] = &[
    "annotation_value",
    "annotations",
    "pg_settings",
    "pgbouncer_settings",
];

#[tokio::test]
async fn an_unknown_field_is_refused_at_every_level_of_every_operation() {
    let (server, tools) = tools();
    let (mut count, mut deepest, mut open) = (0, 0, Vec::new());
    for tool in tools.list() {
        let input = sample::of(tool.name(), &Options::default()).input;
        let mut places = Vec::new();
        objects(&input, "", "$", &mut places);
        for (pointer, path) in places {
            let mut typo = input.clone();
            typo.pointer_mut(&pointer).unwrap()["zz_typo"] = json!("npg_0123456789ab");
            match tools.dispatch(tool.name(), &typo).await {
                Err(error) => {
                    assert_eq!(error.kind(), ToolErrorKind::InvalidInput, "{error}");
                    assert_eq!(
                        error.path(),
                        Some(format!("{path}.zz_typo").as_str()),
                        "{error}"
                    );
                    let text = error.to_string();
                    assert!(
                        text.contains("unknown field") && text.contains("expected"),
                        "{text}"
                    );
                    assert!(!text.contains("npg_"), "{text}");
                    assert_eq!(server.total(), open.len(), "{text}");
                    (count, deepest) = (count + 1, deepest.max(path.matches('.').count()));
                }
                Ok(_) => open.push(path),
            }
        }
    }
    assert!(count > 250 && deepest >= 3, "{count} {deepest}");
    let is_open = |path: &String| OPEN.iter().any(|name| path.ends_with(&format!(".{name}")));
    assert!(open.iter().all(is_open), "{open:?}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (server, tools) = tools();
    for tool in tools.list() {
        let schema = tool.input_schema();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for name in required {
            let mut input = sample::of(tool.name(), &Options::default()).input;
            input
                .as_object_mut()
                .unwrap()
                .remove(name.as_str().unwrap());
            let error = tools.dispatch(tool.name(), &input).await.unwrap_err();
            let path = format!("$.{}", name.as_str().unwrap());
            assert_eq!(error.path(), Some(path.as_str()));
            assert!(
                error.to_string().contains(&format!("missing {path}")),
                "{error}"
            );
        }
    }
    assert_eq!(server.total(), 0);
}

#[tokio::test]
async fn wrong_types_and_ids_are_named_and_not_shown() {
    let (server, tools) = tools();
    let project = "late-frost-12345678";
    for (tool, input, path, says) in [
        (
            "listProjects",
            json!({"limit": "ten"}),
            "$.limit",
            "expected i64",
        ),
        (
            "listProjects",
            json!({"limit": {}}),
            "$.limit",
            "expected i64",
        ),
        ("listProjects", json!([1]), "$", "expected an object"),
        ("listProjects", json!("x"), "$", "expected an object"),
        (
            "getProject",
            json!({"project_id": 7}),
            "$.project_id",
            "expected an ID",
        ),
        (
            "getProject",
            json!({"project_id": null}),
            "$.project_id",
            "expected an ID",
        ),
        (
            "getProject",
            json!({"project_id": ""}),
            "$.project_id",
            "lowercase letters",
        ),
        (
            "getProject",
            json!({"project_id": "../users"}),
            "$.project_id",
            "lowercase letters",
        ),
        (
            "getProject",
            json!({"project_id": "a%2Fb"}),
            "$.project_id",
            "lowercase letters",
        ),
        (
            "revokeApiKey",
            json!({"key_id": "1"}),
            "$.key_id",
            "expected i64",
        ),
        ("revokeApiKey", json!({"key_id": 1.5}), "$.key_id", ""),
        (
            "updateProject",
            json!({"project_id": project, "body": {"project": {"name": ["npg_0123456789ab"]}}}),
            "$.body.project.name",
            "expected",
        ),
        (
            "updateProject",
            json!({"project_id": project, "body": []}),
            "$.body",
            "expected",
        ),
        (
            "restoreProjectBranch",
            json!({"project_id": project, "branch_id": "br-a", "body": {"source_branch_id": "The Parent"}}),
            "$.body.source_branch_id",
            "invalid branch ID",
        ),
        (
            "createProjectBranchFunctionDeployment",
            json!({"project_id": project, "branch_id": "br-a", "slug": "s", "body": {"zip": "%%"}}),
            "$.body.zip",
            "base64",
        ),
        (
            "createProjectBranchFunctionDeployment",
            json!({"project_id": project, "branch_id": "br-a", "slug": "s", "body": {"environment": {"A": 1}}}),
            "$.body.environment.A",
            "expected a string",
        ),
    ] {
        let error = tools.dispatch(tool, &input).await.unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::InvalidInput, "{tool}: {error}");
        let found = error.path().unwrap();
        // Keys of the caller's own are not shown.
        assert!(found == path || found.ends_with(".***"), "{error}");
        let shown = format!(
            "{error} {error:?} {}",
            serde_json::to_string(&error).unwrap()
        );
        assert!(
            shown.contains(says) && !shown.contains("npg_"),
            "{tool}: {shown}"
        );
    }
    assert_eq!(server.total(), 0);
}

#[tokio::test]
async fn names_in_paths_stay_one_segment() {
    let (server, tools) = tools();
    let at =
        |role: &str| json!({"project_id": "late-frost-1", "branch_id": "br-a", "role_name": role});
    for refused in ["", ".", ".."] {
        let error = tools
            .dispatch("getProjectBranchRole", &at(refused))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(server.total(), 0);
    for (role, segment) in [
        ("../../../late-frost-2", "..%2F..%2F..%2Flate-frost-2"),
        ("a/../b?x=1#y", "a%2F..%2Fb%3Fx%3D1%23y"),
        ("%2e%2e%2f", "%252e%252e%252f"),
    ] {
        tools
            .dispatch("getProjectBranchRole", &at(role))
            .await
            .unwrap();
        let uri = server.seen().pop().unwrap().uri;
        let path = format!("/api/v2/projects/late-frost-1/branches/br-a/roles/{segment}");
        assert!(uri.ends_with(&path), "{uri}");
    }
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_not_called() {
    let server = sample::server();
    let tools = Tools::builder(server.client())
        .allow(["listProjects"])
        .build()
        .unwrap();
    for name in [
        "deleteProject",
        "listprojects",
        "",
        "napi_0123456789abcdef0123456789abcdef\nx",
    ] {
        let input = sample::of("deleteProject", &Options::default()).input;
        let error = tools.dispatch(name, &input).await.unwrap_err();
        assert_eq!(error.kind(), ToolErrorKind::UnknownTool);
        let text = error.to_string();
        assert!(text.contains("there are listProjects"), "{text}");
        assert!(
            !text.contains("napi_0123") && !text.contains('\n'),
            "{text}"
        );
    }
    let long = "x".repeat(10_000);
    let error = tools.dispatch(&long, &Value::Null).await.unwrap_err();
    assert!(error.to_string().len() < 300);
    assert_eq!(server.total(), 0);
}

#[tokio::test]
async fn secrets_in_keys_and_in_unknown_tools_are_masked() {
    let (_, tools) = tools();
    let input = json!({"napi_0123456789abcdef0123456789abcdef": 1, "a\u{1b}[31m\n": 2});
    let error = tools.dispatch("listProjects", &input).await.unwrap_err();
    let shown = format!("{error} {:?}", error.path());
    assert!(
        !shown.contains("napi_0123") && !shown.contains('\u{1b}'),
        "{shown}"
    );
}
