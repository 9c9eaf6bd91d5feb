//! Bodies: bounded, cut, compressed, late.

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
#[cfg(target_os = "linux")]
use neon_api_raw::Transport;
use neon_api_raw::transport::{FailureKind, ResponseBody};
use neon_api_raw::{Client, Error, HttpTransport};
#[cfg(target_os = "linux")]
use tokio::time::Instant;

use super::http1::{Reply, Server, Then, response, whole as reply};
#[cfg(target_os = "linux")]
use super::{kernel, until};
use super::{post, send, whole};

const KIB: usize = 1024;

#[tokio::test]
async fn of_a_cut_body_the_status_counts_where_it_decides() {
    for (status, decides) in [
        (200, false),
        (201, false),
        (307, true),
        (400, true),
        (401, true),
        (404, true),
        (409, true),
        (423, true),
        (429, true),
        (500, false),
        (503, false),
    ] {
        let server = Server::start(move |_| (response(status, 100, "{\"code\":"), Then::Close));
        let outcome = send(post(&server.url())).await;
        assert_eq!(server.heads().len(), 1);
        if decides {
            let answer = outcome.unwrap();
            assert_eq!(answer.status, status);
            assert_eq!(whole(answer), "{\"code\":");
        } else {
            let error = outcome.expect_err("the body is not whole");
            assert_eq!(error.kind(), FailureKind::Interrupted, "{status}");
            assert!(error.may_have_happened());
        }
    }
}

fn chunked(size: usize) -> Reply {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{size:x}\r\n{}\r\n", "x".repeat(size));
    // Never the last chunk: what reads on waits for ever.
    (format!("{head}{chunk}").into_bytes(), Then::Hang)
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_not_read() {
    let bounded = || HttpTransport::new().unwrap().max_response_bytes(1000);
    let scripts: [fn(&str) -> Reply; 2] = [
        // The header alone says it.
        |_| (response(200, 1001, ""), Then::Hang),
        |_| chunked(1001),
    ];
    for script in scripts {
        let server = Server::start(script);
        let error = bounded().send(post(&server.url())).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::TooLarge);
        assert!(error.may_have_happened());
        assert_eq!(
            error.to_string(),
            "the response body is too large: it exceeds the limit of 1000 bytes",
        );
    }
    let server = Server::start(|_| reply(200, &"x".repeat(1000)));
    let answer = bounded().send(post(&server.url())).await.unwrap();
    assert_eq!(whole(answer).len(), 1000);

    // A stream is bounded by its reader.
    let server = Server::start(|_| reply(200, &"x".repeat(5000)));
    let mut call = post(&server.url());
    call.streams = true;
    let ResponseBody::Stream(pieces) = bounded().send(call).await.unwrap().body else {
        panic!("a stream was asked for");
    };
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!(pieces.concat().len(), 5000);
}

#[tokio::test]
async fn the_default_bound_is_64_mib() {
    let server = Server::start(|_| (response(200, (64 << 20) + 1, ""), Then::Hang));
    let error = send(post(&server.url())).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::TooLarge);
    // Within the bound it is read on, and found to be cut.
    let server = Server::start(|_| (response(200, 64 << 20, ""), Then::Close));
    let error = send(post(&server.url())).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Interrupted);
}

#[tokio::test]
async fn of_the_body_of_an_error_64_kib_are_kept() {
    for status in [400, 500, 503] {
        let server = Server::start(move |_| {
            let text = "x".repeat(200 * KIB);
            (response(status, 1 << 30, &text), Then::Hang)
        });
        let answer = send(post(&server.url())).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(whole(answer).len(), 64 * KIB);
    }
}

#[tokio::test]
async fn a_compressed_body_is_named() {
    let compressed = |status| {
        let head = format!("HTTP/1.1 {status} Made Up\r\ncontent-encoding: br\r\n");
        let rest = "content-length: 4\r\n\r\n\u{b}\u{1}x\u{3}";
        (format!("{head}{rest}").into_bytes(), Then::Keep)
    };
    for status in [200, 409] {
        let server = Server::start(move |_| compressed(status));
        let url = format!("http://{}/api/v2", server.address);
        let client = Client::builder().base_url(url).build().unwrap();
        let error = client.list_api_keys().await.unwrap_err();
        assert_eq!(error.status().unwrap(), status);
        let is_decode = matches!(error, Error::Decode(_));
        assert_eq!(is_decode, status == 200, "{error}");
        let text = "the body is compressed with br, which was not requested";
        assert!(error.to_string().contains(text), "{error}");
        assert!(!server.heads()[0].contains("accept-encoding"));
    }
    // Objects may be stored compressed: who reads a stream gets the bytes and the header.
    let server = Server::start(move |_| compressed(200));
    let mut call = post(&server.url());
    call.streams = true;
    let answer = send(call).await.unwrap();
    assert_eq!(answer.headers["content-encoding"], "br");
    let ResponseBody::Stream(pieces) = answer.body else {
        panic!("a stream was asked for");
    };
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"\x0b\x01x\x03");
}

/// With the clock stopped, time moves on when nothing else does: a second passes at once.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn at_the_deadline_a_status_that_decides_counts() {
    for (status, expected) in [(409, Ok(409)), (200, Err(())), (503, Err(()))] {
        let server = Server::start(move |_| (response(status, 100, "{\"a"), Then::Hang));
        // The head is there before the clock is let go.
        let transport = HttpTransport::new().unwrap();
        let mut call = post(&server.url());
        let deadline = Instant::now() + Duration::from_secs(30);
        call.deadline = Some(deadline);
        let held = hold_clock();
        let outcome = tokio::time::timeout_at(deadline, transport.send(call));
        let released = async {
            until(|| server.replies() == 1 && kernel::is_read(server.address)).await;
            drop(held);
        };
        let (outcome, ()) = tokio::join!(outcome, released);
        match (outcome.expect("the transport ends by itself"), expected) {
            (Ok(answer), Ok(status)) => assert_eq!(answer.status, status),
            (Err(error), Err(())) => assert_eq!(error.kind(), FailureKind::Timeout),
            (outcome, _) => panic!("{status}: {outcome:?}"),
        }
    }
}

/// Tokio moves no clock beside a blocking task.
#[cfg(target_os = "linux")]
fn hold_clock() -> std::sync::mpsc::Sender<()> {
    let (held, is_held) = std::sync::mpsc::channel();
    tokio::task::spawn_blocking(move || is_held.recv());
    held
}
