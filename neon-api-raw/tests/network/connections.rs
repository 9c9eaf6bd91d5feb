//! Connections that there are not.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use neon_api_raw::transport::{Exchange, FailureKind};
use neon_api_raw::{HttpTransport, Transport};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use super::http1::{Server, Then, whole as reply};
use super::{call, post, send};

#[tokio::test]
async fn a_refused_connection_can_come_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = send(post(&url)).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Connect);
    assert!(!error.may_have_happened());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_named() {
    // No resolver knows it (RFC 6761), but one that cannot be reached does not say so.
    const HOST: &str = "no-such-host.invalid";
    let told = (HOST, 80).to_socket_addrs().unwrap_err().to_string();
    for scheme in ["http", "https"] {
        let error = send(post(&format!("{scheme}://{HOST}/")))
            .await
            .unwrap_err();
        assert!(!error.may_have_happened());
        if told.contains("Temporary failure") || told.contains("Try again") {
            assert_eq!(error.kind(), FailureKind::Connect, "{error}");
        } else {
            assert_eq!(error.kind(), FailureKind::UnknownHost, "{error}");
            let text = format!("the host's name could not be resolved: {HOST}: {told}");
            assert_eq!(error.to_string(), text);
        }
    }
}

fn within(mut call: Exchange, deadline: Instant) -> Exchange {
    call.deadline = Some(deadline);
    call
}

/// A server that accepts and says nothing leaves a client of https without a session.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test(start_paused = true)]
async fn a_tls_session_that_hangs_is_a_connection_that_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let deadline = Instant::now() + Duration::from_secs(5);
    let transport = HttpTransport::new().unwrap();
    let sending = transport.send(within(post(&url), deadline));
    let error = tokio::time::timeout_at(deadline, sending).await.unwrap();
    let error = error.unwrap_err();
    assert_eq!(Instant::now(), deadline);
    assert_eq!(error.kind(), FailureKind::Connect);
    assert!(!error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "could not connect: no connection was established in time"
    );
}

/// What was sent and finds no response is another thing.
#[tokio::test(start_paused = true)]
async fn a_response_that_hangs_leaves_a_doubt() {
    let server = Server::start(|_| (Vec::new(), Then::Hang));
    let transport = HttpTransport::new().unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let sending = transport.send(within(post(&server.url()), deadline));
    let held = hold_until({
        let server = server.clone();
        move || !server.heads().is_empty()
    });
    let (outcome, ()) = tokio::join!(tokio::time::timeout_at(deadline, sending), held);
    let error = outcome.unwrap().unwrap_err();
    assert_eq!(error.kind(), FailureKind::Timeout);
    assert!(error.may_have_happened());
}

/// Keeps tokio's clock still until something has happened outside of it.
async fn hold_until(happened: impl Fn() -> bool + Send + 'static) {
    let waiting = tokio::task::spawn_blocking(move || {
        while !happened() {
            std::thread::yield_now();
        }
    });
    waiting.await.unwrap();
}

/// A listener whose queue is full, so that connections to it hang, and what fills it.
async fn full_listener() -> (TcpListener, SocketAddr, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    let address = listener.local_addr().unwrap();
    let filling = fill(address).await;
    (listener, address, filling)
}

/// Connects until no connection comes any more.
async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    let mut filling = Vec::new();
    let a_while = Duration::from_millis(300);
    while let Ok(stream) = tokio::time::timeout(a_while, TcpStream::connect(address)).await {
        filling.push(stream.unwrap());
        assert!(filling.len() < 100, "the queue has no end");
    }
    filling
}

#[tokio::test]
async fn a_connection_that_hangs_was_not_used() {
    let (_listener, address, _filling) = full_listener().await;
    tokio::time::pause();
    let deadline = Instant::now() + Duration::from_secs(5);
    let transport = HttpTransport::new().unwrap();
    let sending = transport.send(within(post(&format!("http://{address}/")), deadline));
    let outcome = tokio::time::timeout_at(deadline, sending).await.unwrap();
    assert_eq!(outcome.unwrap_err().kind(), FailureKind::Connect);
}

/// A request that waits for a connection of its own, and is handed one that became free, is sent
/// while its own still hangs.
#[tokio::test]
async fn a_request_that_was_handed_a_free_connection_is_not_unsent() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let server = Server::on(listener, 1, move |head| {
        if head.starts_with("GET") {
            gone.lock().unwrap().recv().unwrap();
            return reply(200, "{}");
        }
        (Vec::new(), Then::Hang)
    });
    let transport = HttpTransport::new().unwrap();
    let url = server.url();
    let first = transport.send(call("GET", &url));
    let second = async {
        // The only connection is taken, and no other can be had.
        while server.heads().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let _filling = fill(server.address).await;
        let deadline = Instant::now() + Duration::from_secs(2);
        let second = transport.send(within(post(&url), deadline));
        let second = tokio::time::timeout_at(deadline, second);
        let release = async {
            // It has begun to connect by then.
            tokio::time::sleep(Duration::from_millis(100)).await;
            go.send(()).unwrap();
        };
        tokio::join!(second, release).0
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.unwrap().status, 200);
    let error = second.unwrap().unwrap_err();
    assert_eq!(server.heads().len(), 2, "the change was sent");
    assert_eq!(error.kind(), FailureKind::Timeout);
    assert!(error.may_have_happened());
}
