//! The program: nothing outlives it, and two run side by side.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::computes::processes_of;
use crate::support::{PATIENCE, postgres, text, value};

struct Program {
    child: Child,
    base: String,
}

impl Program {
    async fn start(data: &Path) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_neon-api-emulator")), data).await
    }

    async fn run(mut command: Command, data: &Path) -> Self {
        command.arg("--postgres").arg("--postgres-data").arg(data);
        let mut child = command
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let base = first.strip_prefix("listening on ").unwrap().to_owned();
        let second = lines.next_line().await.unwrap().unwrap();
        assert!(second.starts_with("postgres on 127.0.0.1:"), "{second}");
        Self { child, base }
    }

    async fn connection_string(&self) -> String {
        let url = format!("{}/projects", self.base);
        let request = reqwest::Client::new().post(url).bearer_auth("napi_any");
        let response = request
            .json(&json!({ "project": {} }))
            .send()
            .await
            .unwrap();
        let made: Value = response.json().await.unwrap();
        text(&made["connection_uris"][0], "connection_uri")
    }

    async fn end(mut self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &id])
            .status()
            .await;
        assert!(sent.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends").unwrap();
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn servers(&self) -> usize {
        processes_of(self.0.to_str().unwrap()).len()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

async fn until(what: impl Fn() -> bool) {
    let reached = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached)
        .await
        .expect("it comes true");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_it_however_it_ends() {
    if postgres().is_none() {
        return;
    }
    let folder = Folder::new("pg-ends");
    for signal in ["TERM", "INT"] {
        let program = Program::start(&folder.0).await;
        let uri = program.connection_string().await;
        assert_eq!(value(&uri, "SELECT 'up'").await, "up");
        assert_eq!(folder.servers(), 1);
        program.end(signal).await;
        assert_eq!(folder.servers(), 0, "{signal}");
        assert!(folder.entries().is_empty(), "{signal}");
    }
    let program = Program::start(&folder.0).await;
    let uri = program.connection_string().await;
    assert_eq!(value(&uri, "SELECT 'up'").await, "up");
    program.end("KILL").await;
    until(|| folder.servers() == 0).await;
    // Its folder is there until the next one starts.
    let left = folder.entries();
    assert_eq!(left.len(), 1);
    let program = Program::start(&folder.0).await;
    assert!(!left[0].exists());
    program.end("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_run_side_by_side() {
    if postgres().is_none() {
        return;
    }
    let folder = Folder::new("pg-two");
    let (one, two) = (
        Program::start(&folder.0).await,
        Program::start(&folder.0).await,
    );
    let (first, second) = (one.connection_string().await, two.connection_string().await);
    assert_eq!(value(&first, "SELECT 'first'").await, "first");
    assert_eq!(value(&second, "SELECT 'second'").await, "second");
    two.end("TERM").await;
    assert_eq!(value(&first, "SELECT 'still'").await, "still");
    one.end("TERM").await;
    assert!(folder.entries().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_is_left_alone() {
    if postgres().is_none() {
        return;
    }
    let folder = Folder::new("pg-alone");
    let program = Program::start(&folder.0).await;
    let uri = program.connection_string().await;
    assert_eq!(value(&uri, "SELECT 'up'").await, "up");
    let other = Program::start(&folder.0).await;
    assert_eq!(folder.servers(), 1);
    other.end("TERM").await;
    assert_eq!(value(&uri, "SELECT 'up'").await, "up");
    program.end("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_were_left_behind_are_ended_by_the_next_run() {
    if postgres().is_none() {
        return;
    }
    if !Path::new("/usr/lib/postgresql").exists() {
        eprintln!("!!! SKIPPED: without PATH, PostgreSQL is found only where Debian has it");
        return;
    }
    let folder = Folder::new("pg-left");
    // Without setpriv nothing binds servers to the emulator's life.
    let mut command = Command::new(env!("CARGO_BIN_EXE_neon-api-emulator"));
    command.env("PATH", "/nowhere");
    let program = Program::run(command, &folder.0).await;
    let uri = program.connection_string().await;
    assert_eq!(value(&uri, "SELECT 'up'").await, "up");
    program.end("KILL").await;
    assert_eq!(folder.servers(), 1, "it is still there");
    let next = Program::start(&folder.0).await;
    assert_eq!(folder.servers(), 0);
    assert_eq!(folder.entries().len(), 1);
    next.end("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_strings_are_in_no_output() {
    if postgres().is_none() {
        return;
    }
    let folder = Folder::new("pg-secrets");
    let log = folder.0.join("log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_neon-api-emulator"));
    command
        .arg("-v")
        .stderr(std::fs::File::create(&log).unwrap());
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let program = Program::run(command, &data).await;
    let uri = program.connection_string().await;
    let (before, rest) = uri.split_once('@').unwrap();
    let password = before.rsplit(':').next().unwrap();
    let (address, _) = rest.split_once('/').unwrap();
    let mut responses = String::new();
    for (uri, status) in [
        (uri.clone(), 200),
        (uri.replace(password, "planted-secret"), 400),
        (format!("postgresql://u:planted-secret@{address}:x"), 400),
        ("planted-secret".to_owned(), 400),
    ] {
        let request = reqwest::Client::new().post(format!("http://{address}/sql"));
        let request = request.header("neon-connection-string", uri);
        let request = request.json(&json!({ "query": "SELECT 1" }));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        responses += &response.text().await.unwrap();
    }
    program.end("TERM").await;
    let printed = std::fs::read_to_string(&log).unwrap();
    assert!(printed.contains("createProject"), "{printed}");
    for secret in [password, "planted-secret"] {
        assert!(!printed.contains(secret), "it is in the log");
        assert!(!responses.contains(secret), "it is in a response");
    }
}
