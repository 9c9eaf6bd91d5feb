//! A key that is rotated, by a program that is killed between any two of its steps.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use neon_api_emulator::Fault;
use tempfile::TempDir;

use super::*;

const NAME: &str = "billing";
const HOUR: Duration = Duration::from_secs(3600);

/// A service's key in a file, and another key with which the test looks on.
struct Rotation {
    server: RunningEmulator,
    folder: TempDir,
}

impl Rotation {
    async fn new() -> Self {
        let rotation = Self {
            server: emulator().await,
            folder: tempfile::tempdir().unwrap(),
        };
        let keys = client(&rotation.server).api_keys();
        let first = keys.create(NAME).await.unwrap();
        keys.create("billing-test").await.unwrap();
        keys.create("other-00000000").await.unwrap();
        fs::write(rotation.file(), first.key.expose()).unwrap();
        rotation
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn command(&self) -> Command {
        let file = self.file();
        let mut command = command(&self.server, "rotate_key", &[NAME, file.to_str().unwrap()]);
        command.env_remove("NEON_API_KEY");
        command
    }

    /// The names of the service's keys.
    async fn names(&self) -> Vec<String> {
        let keys = client(&self.server).api_keys().list().await.unwrap();
        let names = keys.into_iter().map(|key| key.name);
        let is_own = |name: &String| name.starts_with(NAME) && name != "billing-test";
        names.filter(is_own).collect()
    }

    /// Whether the key in the file works.
    async fn works(&self) -> bool {
        let key = fs::read_to_string(self.file()).unwrap();
        let builder = Neon::builder().api_key(key);
        let neon = builder.base_url(self.server.base_url()).build().unwrap();
        neon.api_keys().list().await.is_ok()
    }

    /// That one key is left, which is the one in the file, and all of others.
    async fn is_done(&self, former: &str) {
        let names = self.names().await;
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(names[0].starts_with("billing-"), "{names:?}");
        assert!(self.works().await);
        assert_ne!(fs::read_to_string(self.file()).unwrap(), former);
        let keys = client(&self.server).api_keys().list().await.unwrap();
        for other in ["billing-test", "other-00000000"] {
            assert!(keys.iter().any(|key| key.name == other), "{other}");
        }
        let files = fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(files, 1, "no key is left in another file");
    }
}

#[tokio::test]
async fn a_key_is_created_switched_to_verified_and_the_former_revoked() {
    let rotation = Rotation::new().await;
    let former = fs::read_to_string(rotation.file()).unwrap();
    for _ in 0..2 {
        let output = rotation.command().output().await.unwrap();
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said}{}", text(&output.stderr));
        let steps: Vec<_> = said
            .lines()
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(steps, ["created", "verified", "revoked"]);
        assert!(!said.contains("napi_"), "{said}");
        rotation.is_done(&former).await;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(rotation.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Before and after the effect of each request: whenever it is killed, the key in the file works, and
/// running it again leaves one.
#[tokio::test]
async fn it_can_be_killed_between_any_two_steps() {
    for (operation, is_after, listed) in [
        ("createApiKey", false, 1),
        ("createApiKey", true, 2),
        ("listApiKeys", false, 2),
        ("listApiKeys", true, 2),
        ("revokeApiKey", false, 2),
        ("revokeApiKey", true, 1),
    ] {
        let rotation = Rotation::new().await;
        let former = fs::read_to_string(rotation.file()).unwrap();
        let emulator = rotation.server.emulator();
        let is_there = Arc::new(AtomicBool::new(false));
        let arrived = Arc::clone(&is_there);
        let fault = if is_after {
            Fault::reset().after_effect().delayed(HOUR)
        } else {
            Fault::status(500).delayed(HOUR)
        };
        let fault = fault.on(operation).when(move |_| {
            arrived.store(true, Ordering::SeqCst);
            true
        });
        emulator.faults().inject(fault);
        let mut child = rotation.command().stdout(Stdio::null()).spawn().unwrap();
        // The request is there and has had its effect, if it is to; its response does not come.
        let stuck = async {
            while !is_there.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            while rotation.names().await.len() != listed {}
        };
        let stuck = tokio::time::timeout(Duration::from_secs(60), stuck).await;
        stuck.unwrap_or_else(|_| panic!("{operation}: {listed} keys were to be listed"));
        child.kill().await.unwrap();
        let case = format!("{operation}, after its effect: {is_after}");
        assert!(rotation.works().await, "{case}");
        let output = rotation.command().output().await.unwrap();
        assert!(output.status.success(), "{case}: {}", text(&output.stderr));
        rotation.is_done(&former).await;
    }
}

/// A new key that does not work is not kept, and the former one is not revoked.
#[tokio::test]
async fn the_former_key_stays_if_the_new_one_fails() {
    let rotation = Rotation::new().await;
    let former = fs::read_to_string(rotation.file()).unwrap();
    let refused = Fault::status(401).on("listApiKeys").always();
    rotation.server.emulator().faults().inject(refused);
    let output = rotation.command().output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(rotation.file()).unwrap(), former);
    assert_eq!(rotation.server.emulator().count("revokeApiKey"), 0);
}

/// The first time there is no file: the key is that of the environment.
#[tokio::test]
async fn the_first_key_is_that_of_the_environment() {
    let rotation = Rotation::new().await;
    let key = fs::read_to_string(rotation.file()).unwrap();
    fs::remove_file(rotation.file()).unwrap();
    let output = rotation
        .command()
        .env("NEON_API_KEY", &key)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    rotation.is_done(&key).await;
}
