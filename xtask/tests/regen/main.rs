//! `regen-spec` and `check-vendored` with files.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

#[path = "../common/mod.rs"]
mod common;
mod refusals;

use std::fs;

use common::{Run, data_path, files, json_data, run, small};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn openapi(&self) -> std::path::PathBuf {
        self.dir.path().join("openapi")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(&self.openapi(), args)
    }

    fn input(&self, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join("input.json");
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn regen(&self, value: &Value) -> Run {
        let path = self.input(value.to_string());
        self.run(&["regen-spec", "--from", &path])
    }
}

/// The operations of a document, counted in its text.
fn operations_in(name: &str) -> usize {
    let text = fs::read_to_string(data_path(name)).unwrap();
    text.matches("\"operationId\":").count()
}

#[test]
fn writes_both_files_and_repeats_itself() {
    let desk = Desk::new();
    let november = data_path("upstream-november.json");
    let operations = operations_in("upstream-november.json");
    let first = desk.run(&["regen-spec", "--from", &november]);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    assert!(first.stdout.contains("nothing was vendored before"));
    let without_docs = format!("{operations} operations without docs");
    assert!(first.stdout.contains(&without_docs));
    let written = format!("written: {operations} operations, ");
    assert!(first.stdout.contains(&written));
    let written = files(&desk.openapi());
    let names: Vec<_> = written.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["provenance.json", "v2.json"]);

    let second = desk.run(&["regen-spec", "--from", &november]);
    assert_eq!(second.code, 0);
    assert!(second.stdout.contains("no changes of the API"));
    let unchanged = format!("unchanged: {operations} operations, ");
    assert!(second.stdout.contains(&unchanged));
    assert_eq!(files(&desk.openapi()), written);

    let own = desk.openapi().join("v2.json").display().to_string();
    assert_eq!(desk.run(&["regen-spec", "--from", &own]).code, 0);
    let again = files(&desk.openapi());
    assert_eq!(again[1], written[1], "its own output is left as it is");
    assert_eq!(desk.run(&["check-vendored"]).code, 0);
}

#[test]
fn the_date_stays_while_the_bytes_do() {
    let desk = Desk::new();
    desk.regen(&small());
    let path = desk.openapi().join("provenance.json");
    let mut note: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(note["source"], "input.json");
    assert_eq!(
        note["counts"],
        json!({"operations": 3, "schemas": 9, "parameters": 3, "properties": 20, "enum_values": 6})
    );
    note["retrieved"] = json!("2020-02-02");
    fs::write(&path, format!("{note:#}\n")).unwrap();
    let before = files(&desk.openapi());
    desk.regen(&small());
    assert_eq!(files(&desk.openapi()), before);

    // Other bytes, the same interface: read anew.
    desk.input(format!("{} \n", small()));
    let input = desk.dir.path().join("input.json").display().to_string();
    desk.run(&["regen-spec", "--from", &input]);
    let after = files(&desk.openapi());
    assert_eq!(after[1], before[1]);
    assert!(!String::from_utf8_lossy(&after[0].1).contains("2020-02-02"));
}

#[test]
fn shows_what_changed() {
    let desk = Desk::new();
    desk.regen(&json_data("upstream-june.json"));
    let run = desk.run(&["regen-spec", "--from", &data_path("upstream-november.json")]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("12 breaking changes:"));
    assert!(run.stdout.contains("operation_removed"));
    let written = format!(
        "written: {} operations, ",
        operations_in("upstream-november.json")
    );
    assert!(run.stdout.contains(&written));
}

#[test]
fn lists_operations_without_docs() {
    let desk = Desk::new();
    fs::create_dir_all(desk.openapi()).unwrap();
    let docs = json!({"getThing": {"summary": "Reads a thing."}, "updateThing": {"summary": ""}});
    fs::write(
        desk.openapi().join("docs.operations.json"),
        docs.to_string(),
    )
    .unwrap();
    let run = desk.regen(&small());
    assert!(
        run.stdout
            .contains("2 operations without docs:\n  createThing\n  updateThing\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn repairs_what_is_broken() {
    let desk = Desk::new();
    desk.regen(&small());
    let good = files(&desk.openapi());
    fs::write(desk.openapi().join("v2.json"), "{").unwrap();
    fs::write(desk.openapi().join("provenance.json"), "[]").unwrap();
    let run = desk.regen(&small());
    assert_eq!(run.code, 0);
    assert!(
        run.stderr
            .starts_with("warning: vendored v2.json: the JSON is cut off")
    );
    assert_eq!(files(&desk.openapi()), good);
}

#[test]
fn check_vendored_notices_hands() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["check-vendored"]).code, 2);
    desk.regen(&small());
    assert_eq!(desk.run(&["check-vendored"]).code, 0);

    let path = desk.openapi().join("v2.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace(
            "\"operationId\": \"getThing\"",
            "\"operationId\":  \"getThing\"",
        ),
    )
    .unwrap();
    let run = desk.run(&["check-vendored"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("differs from the output of regen-spec, from line")
    );
    assert!(run.stderr.contains("differs from what regen-spec wrote"));

    // In canonical form, and with the same counts.
    fs::write(
        &path,
        text.replace("\"maxLength\": 10", "\"maxLength\": 11"),
    )
    .unwrap();
    let run = desk.run(&["check-vendored"]);
    assert_eq!(run.code, 1);
    assert!(
        run.only_line()
            .contains("differs from what regen-spec wrote")
    );

    fs::write(
        &path,
        text.replacen("\"openapi\"", "\"x-y\": 1, \"openapi\"", 1),
    )
    .unwrap();
    assert_eq!(desk.run(&["check-vendored"]).code, 1);

    fs::write(&path, &text).unwrap();
    let note = desk.openapi().join("provenance.json");
    let known = fs::read_to_string(&note).unwrap();
    fs::write(&note, known.replace("\"schemas\": 9", "\"schemas\": 8")).unwrap();
    let run = desk.run(&["check-vendored"]);
    assert_eq!(run.code, 1);
    assert!(run.only_line().contains("provenance.json: counts"));

    fs::write(&path, "{}").unwrap();
    assert_eq!(desk.run(&["check-vendored"]).code, 2);
}
