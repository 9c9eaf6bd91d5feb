//! The program.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neon-api-emulator"));
    command.args(arguments).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn it_serves_and_stops() {
    let arguments =
        "--port 0 --api-key k --rate-limit real --operation-latency 1ms..2s --seed 3 -v";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut child = program(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    let base = first.strip_prefix("listening on ").unwrap();
    assert!(
        base.starts_with("http://127.0.0.1:") && base.ends_with("/api/v2"),
        "{first}"
    );
    let get = |key| {
        reqwest::Client::new()
            .get(format!("{base}/users/me"))
            .bearer_auth(key)
            .send()
    };
    assert_eq!(get("k").await.unwrap().status(), 200);
    assert_eq!(get("other").await.unwrap().status(), 401);

    // A second one on the same port.
    let port = base
        .split([':', '/'])
        .find(|part| part.parse::<u16>().is_ok())
        .unwrap();
    let second = program(&["--port", port]).output().await.unwrap();
    assert_eq!(second.status.code(), Some(2));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(
        message.starts_with("error: cannot listen on 127.0.0.1:"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1);

    let id = child.id().unwrap().to_string();
    let killed = Command::new("kill")
        .args(["-INT", &id])
        .status()
        .await
        .unwrap();
    assert!(killed.success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
    let mut log = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .await
        .unwrap();
    assert_eq!(
        log,
        "200 GET /api/v2/users/me (getCurrentUserInfo)\n401 GET /api/v2/users/me (getCurrentUserInfo)\n"
    );
}

#[tokio::test]
async fn bad_options_are_told_in_one_line() {
    for arguments in [
        &["--rate-limit", "fast"][..],
        &["--rate-limit", "0"],
        &["--operation-latency", "1h"],
        &["--operation-latency", "2s..1s"],
        &["--port", "70000"],
        &["--frobnicate"],
    ] {
        let output = program(arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("error: "), "{message}");
        assert!(message.contains(arguments[0]), "{message}");
    }
    let help = program(&["--help"]).output().await.unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("--operation-latency")
    );
}
