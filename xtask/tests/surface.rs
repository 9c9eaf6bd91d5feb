//! `surface` on small crates.

// The lints allow these in test functions, but not in what those call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::commands::{Outcome, surface};

const ROOT: &str = r#"
mod inner;
pub mod open {
    //! Seen.
    /// A limit.
    pub const LIMIT: u32 = 1;
    make! { #[doc = "hidden"] Made, 2 }
}
pub use inner::{Handle as Renamed, Kind, deep::*};
pub use other::Thing;
pub(crate) use inner::Unseen;

/// Adds.
#[must_use = "it is pure"]
pub fn add(mut a: u32, b: &mut u32) -> u32 { a + *b }
pub type Result<T, E = ()> = std::result::Result<T, E>;
fn hidden() {}

#[cfg(test)]
mod tests {
    pub fn unseen() {}
}
"#;

const INNER: &str = r"
pub mod deep;

/// A handle.
#[derive(Debug, Clone)]
pub struct Handle<T> { pub id: u32, secret: T }

impl<T: Copy> Handle<T> {
    pub const SIZE: usize = 1;
    pub async fn get(mut self, name: impl Into<String>) -> Result<(T, u32), Box<dyn Error + 'static>> { todo!() }
    fn private(&self) {}
}

impl<T> IntoFuture for Handle<T> { type Output = T; fn into_future(self) {} }
impl From<Kind> for String { fn from(kind: Kind) -> Self { String::new() } }

#[non_exhaustive]
pub enum Kind { /** A. */ A, B(u8) }

impl Kind { pub fn is_a(&self) -> bool { true } }

pub struct Unseen;
impl Unseen { pub fn unseen(&self) {} }
request!(Unseen => u8);

request!(Kind => Started<u8>);
maybe! { Kind; maybe_size = size(impl Into<u8>) }
";

const DEEP: &str = "
pub trait Walk: Send { const N: u8 = 1; type Item: Send; fn step(&mut self) -> Option<Self::Item>; fn all(&self) {} }
pub use crate::open::LIMIT;
";

const LIST: &str = "c::Kind
    #[non_exhaustive] enum Kind
    fn is_a(&self) -> bool
    fn maybe_size(self, value: Option<impl Into<u8>>) -> Self
    fn ready(self) -> ReadyCall<u8>
    fn send(self) -> Call<Started<u8>>
    fn timeout(self, time: Duration) -> Call<Started<u8>>
    impl From<Kind> for String
    impl IntoFuture for Kind { type Output = Result<Started<u8>>; type IntoFuture = Call<Started<u8>>; }
    variant A
    variant B(u8)
c::LIMIT
    const LIMIT: u32
c::Renamed
    #[derive(Debug, Clone)] struct Handle<T>
    id: u32
    impl<T: Copy> Handle<T>: async fn get(self, name: impl Into<String>) -> Result<(T, u32), Box<dyn Error + 'static>>
    impl<T: Copy> Handle<T>: const SIZE: usize
    impl<T> IntoFuture for Handle<T> { type Output = T; }
c::Result
    type Result<T, E = ()> = std::result::Result<T, E>
c::Thing
    use other::Thing
c::Walk
    trait Walk: Send
    const N: u8 = …
    fn all(&self) { … }
    fn step(&mut self) -> Option<Self::Item>
    type Item: Send
c::add
    #[must_use] fn add(a: u32, b: &mut u32) -> u32
c::open
    make!{ Made, 2 }
c::open::LIMIT
    = c::LIMIT
";

fn desk() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("src/inner");
    fs::create_dir_all(&inner).unwrap();
    fs::write(dir.path().join("src/lib.rs"), ROOT).unwrap();
    fs::write(dir.path().join("src/inner/mod.rs"), INNER).unwrap();
    fs::write(inner.join("deep.rs"), DEEP).unwrap();
    dir
}

fn check(folder: &Path, bless: bool) -> Outcome {
    surface::check(folder, "c", bless).unwrap_or_else(|failure| panic!("{failure}"))
}

fn list(folder: &Path) -> String {
    fs::read_to_string(folder.join("surface.txt")).unwrap()
}

#[test]
fn what_users_can_name_is_listed_with_its_signature() {
    let desk = desk();
    assert_eq!(check(desk.path(), true), Outcome::Clean);
    assert_eq!(list(desk.path()), LIST);
}

#[test]
fn a_change_is_a_finding_until_it_is_blessed() {
    let desk = desk();
    let folder = desk.path();
    assert_eq!(check(folder, false), Outcome::Findings);
    assert!(!folder.join("surface.txt").exists());
    check(folder, true);
    assert_eq!(check(folder, false), Outcome::Clean);

    let root = folder.join("src/lib.rs");
    fs::write(&root, ROOT.replace("b: &mut u32", "b: u32")).unwrap();
    assert_eq!(check(folder, false), Outcome::Findings);
    assert_eq!(list(folder), LIST);
    check(folder, true);
    assert_eq!(check(folder, false), Outcome::Clean);

    // What users cannot name, documentation and bodies are no part of it.
    let same = ROOT
        .replace("b: &mut u32", "b: u32")
        .replace("fn hidden() {}", "fn hidden(a: u8) {}")
        .replace("a + *b", "a")
        .replace("/// Adds.", "/// Adds up.");
    fs::write(&root, same).unwrap();
    assert_eq!(check(folder, false), Outcome::Clean);
}

#[test]
fn a_file_that_is_no_rust_is_named_with_its_line() {
    let desk = desk();
    fs::write(desk.path().join("src/lib.rs"), "mod inner;\npub fn (").unwrap();
    let failure = surface::check(desk.path(), "c", true)
        .unwrap_err()
        .to_string();
    assert!(failure.contains("lib.rs: line 2:"), "{failure}");
    assert!(!desk.path().join("surface.txt").exists());
}
