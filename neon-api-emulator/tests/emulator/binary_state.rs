//! The program and its state file.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::binary::{Running, program};
use crate::support::Folder;

fn projects(file: &Path) -> usize {
    let loaded = Emulator::builder().load(file).unwrap();
    loaded.state().projects().len()
}

async fn create(running: &Running) -> reqwest::Result<Value> {
    let request = reqwest::Client::new().post(format!("{}/projects", running.base));
    let body = json!({ "project": { "name": "app" } });
    let answer = request.bearer_auth("k").json(&body).send().await?;
    assert_eq!(answer.status(), 201);
    answer.json().await
}

async fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = program(arguments).output().await.unwrap();
    assert_eq!(status.code(), Some(2));
    let message = String::from_utf8(stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

#[tokio::test]
async fn it_goes_on_where_it_stopped() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let arguments = ["--state", file.to_str().unwrap()];
    let first = Running::start(&arguments).await;
    let made = create(&first).await.unwrap();
    assert_eq!(first.stop("TERM").await.code(), Some(0));
    assert_eq!(projects(&file), 1);

    let second = Running::start(&arguments).await;
    let id = made["project"]["id"].as_str().unwrap();
    let url = format!("{}/projects/{id}", second.base);
    let found = reqwest::Client::new().get(url).bearer_auth("k").send();
    assert_eq!(found.await.unwrap().status(), 200);
    create(&second).await.unwrap();
    assert_eq!(second.stop("INT").await.code(), Some(0));
    assert_eq!(projects(&file), 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    std::fs::write(&file, "{ \"password\": \"npg_secret").unwrap();
    let path = file.to_str().unwrap();
    let message = refused(&["--state", path]).await;
    assert_eq!(
        message,
        format!("error: cannot load the state in {path}: it ends too early (line 1, column 25)\n")
    );
    let untouched = std::fs::read_to_string(&file).unwrap();
    assert_eq!(untouched, "{ \"password\": \"npg_secret");
    let nowhere = folder.file("no/such/state.json");
    let message = refused(&["--state", nowhere.to_str().unwrap()]).await;
    assert!(
        message.starts_with("error: cannot lock the state in "),
        "{message}"
    );
}

/// The system ends the program where the file that it writes would pass a size: in the middle of
/// writing, every time. It saves once when it starts.
#[tokio::test]
async fn an_end_in_the_middle_of_writing_leaves_the_previous_state_whole() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let begun = folder.file("state.json.new");
    let emulator = Emulator::default();
    emulator.seed(|seed| {
        for number in 0..200 {
            seed.project(&format!("p{number}")).unwrap();
        }
    });
    emulator.save(&file).unwrap();
    let previous = std::fs::read(&file).unwrap();
    // Blocks of 512 or 1024 bytes, by shell.
    for blocks in [0, 1, 100, 200] {
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -c 0; ulimit -f \"$0\"; exec \"$@\""])
            .arg(blocks.to_string())
            .arg(env!("CARGO_BIN_EXE_neon-api-emulator"))
            .args(["--port", "0", "--state", file.to_str().unwrap()])
            .kill_on_drop(true);
        let ended = tokio::time::timeout(Duration::from_secs(30), limited.output());
        let Output { status, stderr, .. } = ended.await.unwrap().unwrap();
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), None, "ended by a signal: {status} {stderr}");
        let written = std::fs::metadata(&begun).unwrap().len();
        assert_eq!(written > 0, blocks > 0, "{blocks}: {written}");
        assert!(written < previous.len() as u64, "{blocks}: {written}");
        assert_eq!(std::fs::read(&file).unwrap(), previous, "{blocks}");
    }
    let running = Running::start(&["--state", file.to_str().unwrap()]).await;
    create(&running).await.unwrap();
    assert_eq!(running.stop("TERM").await.code(), Some(0));
    assert_eq!(projects(&file), 201);
    assert!(!begun.exists());
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_a_whole_state() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    Emulator::default().save(&file).unwrap();
    for round in 0..8 {
        let before = projects(&file);
        let mut running = Running::start(&["--state", file.to_str().unwrap()]).await;
        for _ in 0..round {
            create(&running).await.unwrap();
        }
        running.child.start_kill().unwrap();
        running.child.wait().await.unwrap();
        let after = projects(&file);
        let possible = before..=before + round;
        assert!(
            possible.contains(&after),
            "round {round}: {after} of {possible:?}"
        );
    }
}

/// A request that has come is answered, and its effect saved.
#[tokio::test]
async fn stopping_waits_for_requests() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let running = Running::start(&["--state", file.to_str().unwrap()]).await;
    let address = running.base["http://".len()..].split('/').next().unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let body = r#"{"project":{"name":"app"}}"#;
    let head = format!(
        "POST /api/v2/projects HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    running.signal("TERM").await;
    let closed = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .unwrap();

    connection.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 201 Created"));
    assert_eq!(running.ended().await.code(), Some(0));
    assert_eq!(projects(&file), 1);
}

#[tokio::test]
async fn a_file_is_for_one_program() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let path = file.to_str().unwrap();
    let first = Running::start(&["--state", path]).await;
    let message = refused(&["--state", path]).await;
    assert_eq!(
        message,
        format!("error: another program uses the state in {path}\n")
    );
    create(&first).await.unwrap();
    assert_eq!(first.stop("KILL").await.code(), None);
    // The lock went with the program, however that ended.
    let second = Running::start(&["--state", path]).await;
    create(&second).await.unwrap();
    assert_eq!(second.stop("TERM").await.code(), Some(0));
}

/// The program is killed right after each response: nothing that it acknowledged is lost.
#[tokio::test]
async fn what_was_acknowledged_is_in_the_file() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let arguments = ["--durable", "--state", file.to_str().unwrap()];
    for number in 1..=5 {
        let running = Running::start(&arguments).await;
        create(&running).await.unwrap();
        assert_eq!(running.stop("KILL").await.code(), None);
        assert_eq!(projects(&file), number);
    }
    let message = refused(&["--durable"]).await;
    assert_eq!(message, "error: --durable needs --state FILE\n");
}
