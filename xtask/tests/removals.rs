//! The workspace without an operation: it builds, or stops with what was written for it by hand.
//!
//! Builds copies of the workspace, which takes minutes: `cargo test -p xtask --test removals --
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

/// Checks the library crates without an operation; what the build said where it stopped.
fn check_without(id: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let path = dir.path().join("neon-api-raw/openapi/v2.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        let is_it = |operation: &Value| operation.get("operationId") == Some(&json!(id));
        item.as_object_mut()
            .unwrap()
            .retain(|_, operation| !is_it(operation));
    }
    fs::write(&path, document.to_string()).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("removals");
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "-p",
            "neon-api",
            "-p",
            "neon-api-emulator",
            "--locked",
        ])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(text)
}

#[test]
#[ignore = "builds the workspace three times; run by the nightly job"]
fn a_workspace_without_an_operation_builds_or_names_what_is_written_by_hand() {
    // Nothing is written for it.
    assert_eq!(check_without("getProjectBranchAiGateway"), None);

    // A file of the raw crate is.
    let stopped = check_without("createProjectBranchFunctionDeployment").unwrap();
    assert!(
        stopped.contains("src/function_deployment.rs is"),
        "{stopped}"
    );

    // A method of the ergonomic crate is.
    let stopped = check_without("createProject").unwrap();
    assert!(stopped.contains("create_project"), "{stopped}");
    assert!(
        stopped.contains("neon-api/src/resources/projects.rs"),
        "{stopped}"
    );
}
