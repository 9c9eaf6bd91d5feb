//! The drift report from the document that was vendored before to the one after it.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use common::{assert_golden, data_path, run};

#[test]
fn golden_reports() {
    let (before, after) = (
        data_path("upstream-november.json"),
        data_path("upstream-late-november.json"),
    );
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in [
        ("text", "november-to-late-november.txt"),
        ("json", "november-to-late-november.json"),
        ("markdown", "november-to-late-november.md"),
    ] {
        let args = ["check-spec", "--base", &before, "--from", &after];
        let all = [&args[..], &["--format", format]].concat();
        let run = run(folder.path(), &all);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""));
        assert_golden(name, &run.stdout);
    }
}
