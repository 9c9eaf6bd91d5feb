//! Reading from addresses, against a server in this process.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use std::net::TcpListener;
use std::path::Path;

use common::{Answer, Run, Server, answer, files, run, small};

fn regen(folder: &Path, url: &str) -> Run {
    run(folder, &["regen-spec", "--from", url, "--timeout", "20"])
}

fn refused(answers: Vec<Answer>, timeout: &str, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("openapi");
    let server = Server::start(answers);
    for command in ["regen-spec", "check-spec"] {
        let mut args = vec![command, "--from", &server.url, "--timeout", timeout];
        let base = dir.path().join("base.json").display().to_string();
        if command == "check-spec" {
            std::fs::write(&base, small().to_string()).unwrap();
            args.extend(["--base", &base]);
        }
        let run = run(&folder, &args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        let start = format!("error: {}: {expected}", server.url);
        // A body that arrived whole was counted before it was judged.
        let lines: Vec<_> = run
            .stderr
            .lines()
            .filter(|l| !l.starts_with("read "))
            .collect();
        assert_eq!(lines.len(), 1, "{}", run.stderr);
        assert!(lines[0].starts_with(&start), "{}", run.stderr);
    }
    assert!(!folder.exists());
}

#[test]
fn reads_and_remembers_the_tag() {
    let dir = tempfile::tempdir().unwrap();
    let body = small().to_string();
    let server = Server::start(vec![
        answer("200 OK", "etag: \"one\"\r\n", body.as_bytes()),
        Answer::Raw(
            "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".into(),
            vec![],
        ),
        answer("200 OK", "etag: \"two\"\r\n", body.as_bytes()),
    ]);
    let first = regen(dir.path(), &server.url);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(first.only_line(), format!("read {} bytes", body.len()));
    let written = files(dir.path());
    let note = String::from_utf8_lossy(&written[0].1).into_owned();
    assert!(note.contains(r#""etag": "\"one\"""#), "{note}");
    assert!(note.contains(&server.url));

    let second = regen(dir.path(), &server.url);
    assert_eq!((second.code, second.stderr.as_str()), (0, ""));
    assert!(second.stdout.contains("not modified"));
    // The server ignored the tag and sent the same bytes under another.
    let third = regen(dir.path(), &server.url);
    assert_eq!(third.code, 0);
    assert_eq!(files(dir.path()), written);

    // A file that was tampered with must be fetched whole.
    std::fs::write(dir.path().join("v2.json"), "{}").unwrap();
    assert_eq!(regen(dir.path(), &server.url).code, 0);
    assert_eq!(files(dir.path())[1], written[1]);

    let requests = server.requests.lock().unwrap();
    let tags: Vec<_> = requests
        .iter()
        .map(|r| r.contains("if-none-match: \"one\""))
        .collect();
    assert_eq!(tags, [false, true, true, false]);
}

#[test]
fn the_tag_of_another_source_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let body = small().to_string();
    let one = Server::start(vec![answer("200 OK", "etag: \"one\"\r\n", body.as_bytes())]);
    let two = Server::start(vec![answer("200 OK", "", body.as_bytes())]);
    regen(dir.path(), &one.url);
    regen(dir.path(), &two.url);
    assert!(!two.requests.lock().unwrap()[0].contains("if-none-match"));
    let note = String::from_utf8_lossy(&files(dir.path())[0].1).into_owned();
    assert!(note.contains(&two.url) && !note.contains("etag"), "{note}");
}

#[test]
fn check_spec_reads_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base.json");
    std::fs::write(&base, small().to_string()).unwrap();
    let server = Server::start(vec![answer("200 OK", "", small().to_string().as_bytes())]);
    let base = base.display().to_string();
    let run = run(
        dir.path(),
        &["check-spec", "--base", &base, "--from", &server.url],
    );
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "no changes of the API\n")
    );
}

#[test]
fn statuses() {
    refused(
        vec![answer("404 Not Found", "", b"{}")],
        "20",
        "the server responded 404 Not Found",
    );
    refused(
        vec![answer("500 Internal Server Error", "", b"")],
        "20",
        "the server responded 500 Internal Server Error",
    );
    refused(
        vec![answer("204 No Content", "", b"")],
        "20",
        "the server responded 204 No Content",
    );
}

#[test]
fn bodies() {
    refused(
        vec![answer("200 OK", "", b"<html></html>")],
        "20",
        "is HTML or XML, not JSON",
    );
    refused(vec![answer("200 OK", "", b"")], "20", "is empty");
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n".to_owned();
    refused(
        vec![Answer::Raw(cut, b"{\"openapi\"".to_vec())],
        "20",
        "the response ended after 10 bytes: ",
    );
    let large = "HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n".to_owned();
    refused(
        vec![Answer::Raw(large, vec![])],
        "20",
        "is larger than 64 MiB",
    );
    // Without an announced length it is counted on the way.
    let endless = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned();
    let body = vec![b' '; 64 * 1024 * 1024 + 1];
    refused(
        vec![Answer::Raw(endless, body)],
        "60",
        "is larger than 64 MiB",
    );
}

#[test]
fn silence() {
    refused(
        vec![Answer::Silence],
        "0.3",
        "no complete response within 0.3 s",
    );
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v2.json", listener.local_addr().unwrap());
    drop(listener);
    let dir = tempfile::tempdir().unwrap();
    let run = regen(&dir.path().join("openapi"), &url);
    assert_eq!(run.code, 2);
    assert!(
        run.only_line()
            .starts_with(&format!("error: {url}: could not connect: "))
    );
    assert!(run.only_line().to_lowercase().contains("refused"));
    assert!(!dir.path().join("openapi").exists());
}
