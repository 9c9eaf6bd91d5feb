//! States on disk.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use neon_api::raw::BoxFuture;
use neon_api::workflows::{Checkpoint, FileCheckpoint};

/// A sink that waits before it saves and after it, so that a workflow can be killed at each of both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<String>>>);

impl Sink {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The state that was saved last.
    pub(crate) fn last<S: serde::de::DeserializeOwned>(&self) -> Option<S> {
        let all = self.0.lock().unwrap();
        all.last().map(|state| serde_json::from_str(state).unwrap())
    }
}

impl Checkpoint for Sink {
    fn save<'a>(&'a self, state: &'a str) -> BoxFuture<'a, std::io::Result<()>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push(state.to_owned());
            tokio::task::yield_now().await;
            Ok(())
        })
    }
}

/// A sink that is full after this many states.
#[derive(Debug)]
pub(crate) struct Full(pub(crate) Mutex<usize>);

impl Checkpoint for Full {
    fn save<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<()>> {
        Box::pin(async move {
            let mut left = self.0.lock().unwrap();
            *left = left
                .checked_sub(1)
                .ok_or_else(|| std::io::Error::other("the disk is full"))?;
            Ok(())
        })
    }
}

/// A folder of its own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("neon-api-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn states_are_replaced_as_a_whole_and_read_again() {
    let folder = Folder::new("states");
    let file = FileCheckpoint::new(folder.0.join("state.json"));
    assert_eq!(file.load::<u32>().unwrap(), None);
    file.save("123456").await.unwrap();
    file.save("7").await.unwrap();
    assert_eq!(file.load::<u32>().unwrap(), Some(7));
    assert_eq!(folder.names(), ["state.json"]);
    fs::write(file.path(), "[").unwrap();
    let error = file.load::<u32>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let what = format!("{} is not a state of this kind: ", file.path().display());
    assert!(error.to_string().starts_with(&what), "{error}");
    file.remove().unwrap();
    file.remove().unwrap();
    assert!(folder.names().is_empty());
    let nowhere = FileCheckpoint::new(folder.0.join("no-folder/state.json"));
    let error = nowhere.save("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let what = format!("{}: No such file", nowhere.path().display());
    assert!(error.to_string().starts_with(&what), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_them_even_if_others_could_read_what_was_there() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new("modes");
    let file = FileCheckpoint::new(folder.0.join("state.json"));
    for path in [file.path().to_owned(), folder.0.join("state.json.tmp")] {
        fs::write(&path, "left by a killed process").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    }
    file.save("1").await.unwrap();
    let mode = fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(folder.names(), ["state.json"]);
    assert_eq!(file.load::<u32>().unwrap(), Some(1));
}

#[cfg(unix)]
#[tokio::test]
async fn symbolic_links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("links");
    let victim = folder.0.join("victim");
    fs::write(&victim, "2").unwrap();
    let file = FileCheckpoint::new(folder.0.join("state.json"));

    symlink(&victim, file.path()).unwrap();
    assert_eq!(
        file.save("1").await.unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(
        file.load::<u32>().unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(fs::read_to_string(&victim).unwrap(), "2");
    file.remove().unwrap();

    symlink(&victim, folder.0.join("state.json.tmp")).unwrap();
    file.save("1").await.unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "2");
    assert_eq!(file.load::<u32>().unwrap(), Some(1));
    assert_eq!(folder.names(), ["state.json", "victim"]);

    // Nor one that leads nowhere, by which a file could be created elsewhere.
    let elsewhere = folder.0.join("elsewhere");
    symlink(&elsewhere, folder.0.join("state.json.tmp")).unwrap();
    file.save("3").await.unwrap();
    assert!(!elsewhere.exists());
}
