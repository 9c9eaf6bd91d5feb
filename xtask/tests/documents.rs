//! The workspace with another document: without an operation it builds, or stops with what was
//! written for it by hand; with forms that are supported and not in use it sends what is stated.
//!
//! Builds copies of the workspace, which takes minutes: `cargo test -p xtask --test documents --
//! --ignored`, as the nightly job does. That any operation may go from the document alone is checked
//! for all of them by the generator's own tests.

// The lints allow these in test functions, but not in what those call.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// A copy of what is committed, and of what is changed.
fn copy(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output()
        .unwrap();
    for name in String::from_utf8(listed.stdout)
        .unwrap()
        .split_terminator('\0')
    {
        let (from, to) = (root.join(name), to.join(name));
        // A symlink to a folder is not needed; one to a file is copied as that file.
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

/// A copy of the workspace with another document.
fn workspace(edit: impl FnOnce(&mut Value)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let path = dir.path().join("neon-api-raw/openapi/v2.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut document);
    fs::write(&path, document.to_string()).unwrap();
    dir
}

/// Runs cargo; what it said where it stopped.
fn cargo(folder: &Path, args: &[&str]) -> Option<String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents");
    let output = Command::new(env!("CARGO"))
        .args(args)
        .env("CARGO_TARGET_DIR", target)
        .current_dir(folder)
        .output()
        .unwrap();
    let all = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&all).into_owned();
    (!output.status.success()).then_some(text)
}

/// Checks the library crates without an operation; what the build said where it stopped.
fn check_without(id: &str) -> Option<String> {
    let dir = workspace(|document| {
        for item in document["paths"].as_object_mut().unwrap().values_mut() {
            let is_it = |operation: &Value| operation.get("operationId") == Some(&json!(id));
            item.as_object_mut()
                .unwrap()
                .retain(|_, operation| !is_it(operation));
        }
    });
    let crates = ["-p", "neon-api", "-p", "neon-api-emulator"];
    cargo(dir.path(), &[&["check", "--locked"], &crates[..]].concat())
}

#[test]
#[ignore = "builds the workspace three times; run by the nightly job"]
fn a_workspace_without_an_operation_builds_or_names_what_is_written_by_hand() {
    // A file of the raw crate is.
    let stopped = check_without("createProjectBranchFunctionDeployment").unwrap();
    assert!(
        stopped.contains("which src/function_deployment.rs implements"),
        "{stopped}"
    );

    // Methods of the ergonomic crate are, which rustc names.
    for (id, method, files) in [
        (
            "listProjects",
            "list_projects",
            &["neon-api/src/resources/projects/list.rs"][..],
        ),
        (
            "getProjectOperation",
            "get_project_operation",
            &[
                "neon-api/src/resources/operations/handle.rs",
                "neon-api/src/waits/poll.rs",
            ],
        ),
    ] {
        let stopped = check_without(id).unwrap();
        for named in [method].iter().chain(files) {
            assert!(stopped.contains(named), "{named}: {stopped}");
        }
    }
}

/// What the copy of the raw crate is tested with.
const SENT: &str = r#"
use neon_api_raw::Patch;
use neon_api_raw::types::{
    BranchUpdateRequest, BranchUpdateRequestBranch, BranchUpdateRequestBranchSizesValue,
};

#[test]
fn what_is_stated_is_sent() {
    let json = |branch| serde_json::to_value(BranchUpdateRequest::new(branch)).unwrap();
    let cleared = BranchUpdateRequestBranch::default()
        .with_count(Patch::Clear)
        .with_label(Patch::Clear)
        .with_flag(Patch::Clear)
        .with_tags(Patch::Clear)
        .with_setting(Patch::Clear)
        .with_free(Patch::Clear)
        .with_any(Patch::Clear);
    assert_eq!(
        json(cleared),
        serde_json::json!({"branch": {
            "count": null, "label": null, "flag": null, "tags": null, "setting": null,
            "free": null, "any": null,
        }}),
    );
    let size = BranchUpdateRequestBranchSizesValue::default().with_cu(2);
    let set = BranchUpdateRequestBranch::default()
        .with_count(7)
        .with_label("x".to_owned())
        .with_flag(true)
        .with_tags(vec!["a".to_owned()])
        .with_free(serde_json::Map::from_iter([("x".to_owned(), 1.into())]))
        .with_any(serde_json::json!([1]))
        .with_sizes(std::collections::BTreeMap::from([("s".to_owned(), size)]));
    let sent = json(set);
    assert_eq!(
        sent,
        serde_json::json!({"branch": {
            "count": 7, "label": "x", "flag": true, "tags": ["a"], "sizes": {"s": {"cu": 2}},
            "free": {"x": 1}, "any": [1],
        }}),
    );
    let read: BranchUpdateRequest = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), sent);
    let kept = json(BranchUpdateRequestBranch::default());
    assert_eq!(kept, serde_json::json!({"branch": {}}));
}
"#;

#[test]
#[ignore = "builds a copy of the raw crate; run by the nightly job"]
fn supported_forms_that_are_not_in_use_are_sent_as_stated() {
    let dir = workspace(|document| {
        let schemas = &mut document["components"]["schemas"];
        let branch = &mut schemas["BranchUpdateRequest"]["properties"]["branch"]["properties"];
        let nullable = |schema: Value| {
            let mut schema = schema;
            schema["nullable"] = json!(true);
            schema
        };
        branch["count"] = nullable(json!({"type": "integer"}));
        branch["label"] = nullable(json!({"type": "string"}));
        branch["flag"] = nullable(json!({"type": "boolean"}));
        branch["tags"] = nullable(json!({"type": "array", "items": {"type": "string"}}));
        let realtime = json!({"$ref": "#/components/schemas/RealtimeOptions"});
        branch["setting"] = json!({"allOf": [realtime], "nullable": true});
        branch["free"] = nullable(json!({"type": "object"}));
        branch["any"] = nullable(json!({}));
        branch["sizes"] = json!({"type": "object", "additionalProperties": {
            "type": "object", "properties": {"cu": {"type": "integer"}},
        }});
    });
    let test = dir.path().join("neon-api-raw/tests/sent.rs");
    fs::write(test, SENT).unwrap();
    let args = ["test", "-p", "neon-api-raw", "--test", "sent", "--locked"];
    assert_eq!(cargo(dir.path(), &args), None);
}
