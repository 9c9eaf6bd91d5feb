//! A client with the credentials of the CLI, while the CLI renews, replaces and loses them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use neon_api::{CliConfig, Neon, Unlimited};
use tempfile::TempDir;

use support::{Server, status, success};

struct Files(TempDir);

impl Files {
    fn new(content: &str) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write(content);
        files
    }

    /// As the CLI writes: to another file, which is then renamed.
    fn write(&self, content: &str) {
        let temporary = self.0.path().join(".credentials.json.tmp");
        fs::write(&temporary, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&temporary, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::rename(temporary, self.0.path().join("credentials.json")).unwrap();
    }

    fn client(&self, server: &Server) -> Neon {
        let files = CliConfig::from_env()
            .config_dir(self.0.path())
            .working_dir(self.0.path())
            .profile("DEFAULT");
        let builder = Neon::builder().base_url("http://127.0.0.1:9/api/v2");
        let builder = builder.limiter(Unlimited).transport(server.clone());
        builder.cli(files).build().unwrap()
    }

    /// What is in the folder, with the time at which each was written.
    fn all(&self) -> BTreeMap<PathBuf, (SystemTime, String)> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let content = entries.map(|entry| {
            let path = entry.unwrap().path();
            let written = fs::metadata(&path).unwrap().modified().unwrap();
            let content = fs::read_to_string(&path).unwrap();
            (path, (written, content))
        });
        content.collect()
    }
}

fn session(token: &str, user: &str, milliseconds: i128) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = i128::try_from(now.as_millis()).unwrap() + milliseconds;
    format!(
        r#"{{"type":"oauth","access_token":"{token}","refresh_token":"r","expires_at":{at},"user_id":"{user}"}}"#
    )
}

const HOUR: i128 = 3_600_000;

/// A server that knows one token.
fn knows(valid: &'static str) -> Server {
    Server::new(move |seen, _| {
        let is_known = seen.headers["authorization"] == format!("Bearer {valid}").as_str();
        if is_known { success(seen) } else { status(401) }
    })
}

fn sent(server: &Server) -> Vec<String> {
    let seen = server.seen();
    let keys = seen
        .iter()
        .map(|seen| seen.headers["authorization"].to_str().unwrap().to_owned());
    keys.collect()
}

#[tokio::test]
async fn a_rejected_session_is_read_once_more() {
    for method in ["GET", "POST"] {
        let files = Files::new(&session("old", "u-1", HOUR));
        let server = knows("new");
        let neon = files.client(&server);
        let error = support::call(&neon, method).await.unwrap_err();
        assert!(
            error.is_auth() && !error.to_string().contains("old"),
            "{error}"
        );
        assert_eq!(
            sent(&server),
            ["Bearer old"],
            "the same token is not sent again"
        );
        files.write(&session("new", "u-1", HOUR));
        let before = files.all();
        assert_eq!(support::call(&neon, method).await.unwrap(), 2);
        assert_eq!(support::call(&neon, method).await.unwrap(), 1, "it is kept");
        assert_eq!(
            sent(&server)[1..],
            ["Bearer old", "Bearer new", "Bearer new"]
        );
        assert_eq!(files.all(), before, "nothing was written, nor touched");
    }
}

/// The files are read when there is a reason to, and not with each call.
#[tokio::test]
async fn a_session_is_kept_while_it_is_accepted() {
    let files = Files::new(&session("old", "u-1", HOUR));
    let server = Server::new(|seen, _| success(seen));
    let neon = files.client(&server);
    files.write("broken");
    support::call(&neon, "GET").await.unwrap();
    files.write(&session("new", "u-1", HOUR));
    support::call(&neon, "GET").await.unwrap();
    assert_eq!(sent(&server), ["Bearer old", "Bearer old"]);
}

/// Somebody signs in as somebody else while a program runs: it does not go on in their account.
#[tokio::test]
async fn credentials_of_another_account_are_not_used() {
    let files = Files::new(&session("old", "u-1", HOUR));
    let server = knows("new");
    let neon = files.client(&server);
    files.write(&session("new", "u-2", HOUR));
    assert!(support::call(&neon, "GET").await.unwrap_err().is_auth());
    assert_eq!(sent(&server), ["Bearer old"]);
    // The CLI writes the user a moment after the rest.
    files.write(&session("new", "u-1", HOUR).replace(r#","user_id":"u-1""#, ""));
    assert_eq!(support::call(&neon, "GET").await.unwrap(), 2);
}

/// A key that the CLI has rotated.
#[tokio::test]
async fn a_rotated_key_is_read_again() {
    let key = |key| format!(r#"{{"type":"api_key","api_key":"{key}","key_id":1}}"#);
    let files = Files::new(&key("napi_old"));
    let server = knows("napi_new");
    let neon = files.client(&server);
    files.write(&key("napi_new"));
    assert_eq!(support::call(&neon, "DELETE").await.unwrap(), 2);
    assert_eq!(sent(&server), ["Bearer napi_old", "Bearer napi_new"]);
    fs::remove_file(files.0.path().join("credentials.json")).unwrap();
    support::call(&neon, "GET").await.unwrap();
}
