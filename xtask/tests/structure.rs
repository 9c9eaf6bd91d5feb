//! `check-structure` on small crates.

// The lints allow these in test functions, but not in what those call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use xtask::commands::{Outcome, check_structure};
use xtask::files;
use xtask::sources;
use xtask::structure::{Allowed, Graph, SOURCES, builders, circles, lengths};

/// The circles of a crate of these files.
fn found(files: &[(&str, &str)], allowed: &[Allowed]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = sources::read("it", &folder.path().join("lib.rs")).unwrap();
    circles(&Graph::of(&root, &["parts"]), allowed)
}

const ROOT: &str = "mod a; mod b; mod c; mod parts; pub use b::{B, deep::D as Other};";
const PARTS: (&str, &str) = ("parts/mod.rs", "pub mod x; pub mod y;");

/// A crate in which `a`, `b`, and the parts `x` and `y` are these.
fn crate_of<'a>(a: &'a str, b: &'a str, x: &'a str, y: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("lib.rs", ROOT),
        PARTS,
        ("a.rs", a),
        ("b.rs", b),
        ("c.rs", "use crate::a::A;"),
        ("parts/x.rs", x),
        ("parts/y/mod.rs", y),
    ]
}

#[test]
fn circles_are_found_in_every_form_of_a_path() {
    for (a, b) in [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use crate::{a, b::{self, B}};", "fn f() { crate::a::g() }"),
        // By a name of the root.
        ("use crate::B;", "use crate::{fmt, a};"),
        ("use crate::Other;", "use super::a::A;"),
        ("fn f() -> Vec<crate::b::B> {}", "use super::a;"),
        (
            "mod inner { use super::super::b; }",
            "make! { crate::a::A }",
        ),
        // Around three.
        ("use crate::b::B;", "use crate::c;"),
    ] {
        let circles = found(&crate_of(a, b, "", ""), &[]);
        assert_eq!(circles.len(), 1, "{a} {b}: {circles:?}");
        assert!(circles[0].contains("b -> "), "{circles:?}");
    }
    let circles = found(
        &crate_of("", "", "use super::y;", "use crate::parts::x::X;"),
        &[],
    );
    let due = "modules use each other in a circle:\n  \
               parts/x -> parts/y in parts::x\n  parts/y -> parts/x in parts::y";
    assert_eq!(circles, [due]);
}

#[test]
fn what_is_no_circle_is_none() {
    for (a, b) in [
        (
            "use crate::b::B;",
            "use self::deep::D; use std::fmt; use a::A;",
        ),
        (
            "use crate::b::B;",
            "pub(crate) fn f() {} macro_rules! m { () => { $crate::a::A } }",
        ),
        (
            "use crate::b::B;",
            "#[cfg(test)] mod tests { use crate::a::A; }",
        ),
        ("use crate::parts::x;", "use crate::Result;"),
        ("mod inner { use super::Own; } use crate::a::Own;", ""),
    ] {
        let circles = found(&crate_of(a, b, "use crate::b;", "use super::x;"), &[]);
        assert!(circles.is_empty(), "{a} {b}: {circles:?}");
    }
}

#[test]
fn an_allowance_is_for_one_use_and_for_as_long_as_it_closes_a_circle() {
    let allow = |from, to| [Allowed { from, to, why: "" }];
    let both = crate_of("use crate::b;", "use crate::a;", "", "");
    assert!(found(&both, &allow("a", "b")).is_empty());
    assert!(found(&both, &allow("b", "a")).is_empty());
    let other = found(&both, &allow("c", "a"));
    assert_eq!(other.len(), 2, "{other:?}");
    assert_eq!(other[1], "c -> a is allowed and closes no circle");
    let one = crate_of("use crate::b;", "", "", "");
    assert_eq!(found(&one, &allow("a", "b")).len(), 1);
}

#[test]
fn long_files_are_found_in_every_folder() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/long.rs"), "\n".repeat(5)).unwrap();
    fs::write(folder.path().join("short.rs"), "\n".repeat(4)).unwrap();
    fs::write(folder.path().join("long.txt"), "\n".repeat(9)).unwrap();
    let found = lengths(folder.path(), 4).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("long.rs has 5 lines, more than 4"));
    assert!(lengths(Path::new("/none/such"), 4).is_err());
    fs::create_dir_all(folder.path().join("target")).unwrap();
    fs::write(folder.path().join("target/made.rs"), "\n".repeat(5)).unwrap();
    assert_eq!(lengths(folder.path(), 4).unwrap(), found);
}

/// Every source of the workspace is in one of the folders that are checked.
#[test]
fn no_source_is_left_out() {
    let root = files::workspace();
    let mut listed = Command::new("git");
    let listed = listed.args(["ls-files", "*.rs"]).current_dir(&root);
    let listed = listed.output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    assert!(names.contains("xtask/tests/structure.rs"), "{names}");
    // The link at the root leads into one of them.
    let left_out = names.lines().filter(|name| {
        let is_checked = SOURCES.iter().any(|s| Path::new(name).starts_with(s));
        !is_checked && !root.join(name).is_symlink()
    });
    assert_eq!(left_out.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn builders_have_setters_and_warn() {
    let surface = "it::Good\n    #[must_use] struct Good\n    fn at(self, time: u8) -> Self\n    \
                   impl IntoFuture for Good { type Output = (); }\n\
                   it::Bare\n    struct Bare\n    fn send(self) -> Call<()>\n    \
                   impl IntoFuture for Bare { type Output = (); }\n\
                   it::Wait\n    struct Wait\n    impl Future for Wait { type Output = (); }\n\
                   it::Value\n    struct Value\n";
    let found = builders(surface);
    let due = [
        "it::Bare is not `#[must_use]`",
        "it::Bare has no setter: a method can return the call",
        "it::Wait is not `#[must_use]`",
    ];
    assert_eq!(found, due);
}

#[test]
fn this_workspace_has_none_of_it() {
    assert_eq!(check_structure::run().unwrap(), Outcome::Clean);
}
