//! `take-spec`: a document with five more operations, three more schemas and a new secret, from the
//! download to generated sources.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Run, json_data, run};
use neon_api_codegen::{Input, Options, generate};
use serde_json::{Value, json};

const NEW: [&str; 5] = [
    "createProjectBranchQueue",
    "deleteProjectBranchQueue",
    "getProjectBranchQueue",
    "listProjectBranchQueues",
    "rotateProjectBranchQueueHook",
];

fn parameter(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
}

fn operation(id: &str, request: Option<&str>, response: Option<&str>) -> Value {
    let content = |schema: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        json!({"application/json": {"schema": schema}})
    };
    let mut operation = json!({
        "operationId": id, "tags": ["Branch"],
        "responses": {"200": {"description": ""}},
    });
    if let Some(schema) = request {
        operation["requestBody"] = json!({"required": true, "content": content(schema)});
    }
    if let Some(schema) = response {
        operation["responses"]["200"]["content"] = content(schema);
    }
    operation
}

/// The vendored kind of document with what is purely an addition.
fn extended() -> Value {
    let mut document = json_data("upstream-late-november.json");
    let queues = "/projects/{project_id}/branches/{branch_id}/queues";
    let branch = json!([parameter("project_id"), parameter("branch_id")]);
    let one = json!([
        parameter("project_id"),
        parameter("branch_id"),
        parameter("queue_name")
    ]);
    document["paths"][queues] = json!({
        "parameters": branch,
        "get": operation("listProjectBranchQueues", None, Some("QueuesResponse")),
        "post": operation("createProjectBranchQueue", Some("QueueCreateRequest"), Some("Queue")),
    });
    document["paths"][format!("{queues}/{{queue_name}}")] = json!({
        "parameters": one,
        "get": operation("getProjectBranchQueue", None, Some("Queue")),
        "delete": operation("deleteProjectBranchQueue", None, None),
    });
    document["paths"][format!("{queues}/{{queue_name}}/rotate_hook")] = json!({
        "parameters": one,
        "post": operation("rotateProjectBranchQueueHook", None, Some("Queue")),
    });
    let schemas = &mut document["components"]["schemas"];
    schemas["Queue"] = json!({
        "type": "object", "required": ["name", "hook"], "x-sensitive": ["hook"],
        "properties": {"name": {"type": "string"}, "hook": {"type": "string"},
            "depth": {"type": "integer"}, "expires_at": {"type": "string", "format": "date-time"}},
    });
    schemas["QueueCreateRequest"] = json!({
        "type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"},
            "depth": {"type": "integer", "nullable": true}},
    });
    schemas["QueuesResponse"] = json!({
        "type": "object", "required": ["queues"],
        "properties": {"queues": {"type": "array", "items": {"$ref": "#/components/schemas/Queue"}}},
    });
    document
}

/// A folder with this workspace's texts, and no document yet.
fn with_own_texts(dir: &Path) -> PathBuf {
    let folder = dir.join("openapi");
    fs::create_dir(&folder).unwrap();
    for name in ["docs.operations.json", "docs.schemas.json"] {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../openapi")
            .join(name);
        fs::copy(own, folder.join(name)).unwrap();
    }
    folder
}

fn take(folder: &Path, document: &Value) -> Run {
    let input = folder.with_file_name("input.json");
    fs::write(&input, document.to_string()).unwrap();
    run(
        folder,
        &[
            "take-spec",
            "--no-build",
            "--from",
            &input.display().to_string(),
        ],
    )
}

/// Everything that the tool itself can do, and a list of what it cannot.
#[test]
fn additions_need_texts_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = with_own_texts(dir.path());
    let first = take(&folder, &json_data("upstream-late-november.json"));
    assert_eq!(
        (first.code, first.stderr.as_str()),
        (0, ""),
        "{}",
        first.stdout
    );
    assert!(first.stdout.contains("nothing is left to do"));
    assert_eq!(run(&folder, &["check-docs"]).code, 0);

    let second = take(&folder, &extended());
    assert_eq!((second.code, second.stderr.as_str()), (1, ""));
    assert!(!second.stdout.contains("breaking change"));
    let left = second
        .stdout
        .split("remaining manual steps")
        .nth(1)
        .unwrap();
    let steps: Vec<&str> = left.lines().filter(|line| line.contains(". ")).collect();
    assert_eq!(steps.len(), 3, "{left}");
    assert!(steps[0].starts_with("1. Write the missing documentation"));
    assert!(steps[1].starts_with("2. Check whether these are secrets"));
    assert!(left.contains("Queue hook\n"), "{left}");
    assert!(steps[2].starts_with("3. Add methods for these operations"));
    assert_eq!(run(&folder, &["check-vendored"]).code, 0);

    // Until it is committed, a second run finds the same, with the older spec as its base.
    let older = folder.with_file_name("older.json");
    fs::write(&older, json_data("upstream-late-november.json").to_string()).unwrap();
    let again = run(
        &folder,
        &[
            "take-spec",
            "--no-build",
            "--base",
            &older.display().to_string(),
            "--from",
            &folder.with_file_name("input.json").display().to_string(),
        ],
    );
    assert_eq!(again.code, 1);
    let left_again = again.stdout.split("remaining manual steps").nth(1);
    assert_eq!(left_again, Some(left));

    // The operations are on the dated list.
    let pending = fs::read_to_string(folder.join("coverage-pending.txt")).unwrap();
    let lines = pending.lines().filter(|line| !line.starts_with('#'));
    let (days, ids): (Vec<&str>, Vec<&str>) =
        lines.map(|line| line.split_once(' ').unwrap()).unzip();
    assert_eq!(ids, NEW);
    assert!(days.iter().all(|day| day.len() == 10));

    // Places for texts are there, and the gate refuses them until they are written.
    let refused = run(&folder, &["check-docs"]);
    assert_eq!(refused.code, 1);
    let lines = refused.stderr.lines();
    assert!(
        lines
            .clone()
            .all(|line| line.ends_with("the text has yet to be written"))
    );
    // Five summaries, three parameters without a usual text, three schemas, seven properties.
    assert_eq!(lines.count(), 5 + 3 + 3 + 7, "{}", refused.stderr);
    for name in ["docs.operations.json", "docs.schemas.json"] {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("TO BE WRITTEN", "What it is.")).unwrap();
    }
    assert_eq!(run(&folder, &["check-docs"]).code, 0);

    // No source has to change: methods, the hidden secret, and the three-state field are there.
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (spec, operation_docs, schema_docs) = (
        read("v2.json"),
        read("docs.operations.json"),
        read("docs.schemas.json"),
    );
    let input = Input {
        spec: &spec,
        operation_docs: &operation_docs,
        schema_docs: &schema_docs,
    };
    let output = generate(input, Options::default()).unwrap();
    let client: String = output.client.split_whitespace().collect();
    for id in NEW {
        assert!(output.extras.contains(&format!("id: \"{id}\"")), "{id}");
    }
    assert!(client.contains("pubfnlist_project_branch_queues("));
    assert!(client.contains("pubhook:crate::Secret,"));
    assert!(client.contains("pubdepth:crate::Patch<i64>,"));

    // Taking the older document again takes all of it back.
    let back = take(&folder, &json_data("upstream-late-november.json"));
    assert!(back.stdout.contains("operation_removed"));
    let pending = fs::read_to_string(folder.join("coverage-pending.txt")).unwrap();
    assert!(pending.lines().all(|line| line.starts_with('#')));
    assert_eq!(run(&folder, &["check-docs"]).code, 0);
}

/// A new ID for the same route keeps its texts; texts without a place are printed.
#[test]
fn texts_are_moved_or_printed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = with_own_texts(dir.path());
    let mut document = json_data("upstream-late-november.json");
    take(&folder, &document);
    document["paths"]["/projects"]["get"]["operationId"] = json!("listAllProjects");
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    let options = schemas["RealtimeOptions"]["properties"].as_object_mut();
    options.unwrap().remove("allowed_origins");
    let taken = take(&folder, &document);
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
    };
    let operations = read("docs.operations.json");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/docs.operations.json");
    let before: Value = serde_json::from_slice(&fs::read(own).unwrap()).unwrap();
    assert_eq!(operations["listAllProjects"], before["listProjects"]);
    assert!(operations.get("listProjects").is_none());
    assert!(
        taken
            .stdout
            .contains("RealtimeOptions.properties.allowed_origins: \"The origins"),
        "{}",
        taken.stdout
    );
}

/// What was written for an operation by hand is named when it goes.
#[test]
fn removals_name_what_was_written_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let folder = with_own_texts(dir.path());
    let mut document = json_data("upstream-late-november.json");
    take(&folder, &document);
    document["paths"]["/projects"]
        .as_object_mut()
        .unwrap()
        .remove("post");
    let paths = document["paths"].as_object_mut().unwrap();
    let deploys = |item: &Value| {
        item.pointer("/post/operationId") == Some(&json!("createProjectBranchFunctionDeployment"))
    };
    paths.retain(|_, item| !deploys(item));
    let run = take(&folder, &document);
    assert_eq!(run.code, 1);
    let left = run.stdout.split("remaining manual steps").nth(1).unwrap();
    for named in [
        "createProject: neon-api/src/resources/projects/create.rs:",
        "createProjectBranchFunctionDeployment: neon-api-raw/codegen/rules/by_hand.rs:",
        "operation_removed",
    ] {
        assert!(run.stdout.contains(named), "{named}: {left}");
    }
    assert!(left.contains("1. Delete hand-written code"));
}
