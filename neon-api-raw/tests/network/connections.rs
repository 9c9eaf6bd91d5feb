//! Connections that there are not.

#[cfg(target_os = "linux")]
use std::net::{Ipv4Addr, SocketAddr};
use std::net::{TcpListener, ToSocketAddrs};
use std::time::Duration;

use neon_api_raw::transport::{Exchange, FailureKind};
use neon_api_raw::{HttpTransport, Transport};
#[cfg(target_os = "linux")]
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

#[cfg(target_os = "linux")]
use super::http1::whole as reply;
use super::http1::{Server, Then};
#[cfg(target_os = "linux")]
use super::{call, kernel, until};
use super::{post, send};

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
            let text = format!("the host name could not be resolved: {HOST}: {told}");
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

/// A listener that queues one connection, on Linux one more, and accepts none by itself.
#[cfg(target_os = "linux")]
fn listener() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    listener
}

/// Fills the queue of such a listener, so that connections to it hang.
#[cfg(target_os = "linux")]
async fn fill(address: SocketAddr) -> [TcpStream; 2] {
    let first = TcpStream::connect(address).await.unwrap();
    let second = TcpStream::connect(address).await.unwrap();
    until(|| kernel::waiting(address) == 2).await;
    [first, second]
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_hangs_was_not_used() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let _filling = fill(address).await;
    tokio::time::pause();
    let deadline = Instant::now() + Duration::from_secs(5);
    let transport = HttpTransport::new().unwrap();
    let sending = transport.send(within(post(&format!("http://{address}/")), deadline));
    let outcome = tokio::time::timeout_at(deadline, sending).await.unwrap();
    assert_eq!(outcome.unwrap_err().kind(), FailureKind::Connect);
}

/// A request that waits for a connection of its own, and is handed one that became free, is sent
/// while its own still hangs.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_request_that_was_handed_a_free_connection_is_not_unsent() {
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let server = Server::on(listener(), 1, move |head| {
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
        until(|| server.heads().len() == 1).await;
        let _filling = fill(server.address).await;
        let deadline = Instant::now() + Duration::from_secs(300);
        let second = transport.send(within(post(&url), deadline));
        let second = tokio::time::timeout_at(deadline, second);
        let release = async {
            until(|| kernel::connecting(server.address) == 1).await;
            go.send(()).unwrap();
            until(|| server.heads().len() == 2).await;
            tokio::time::pause();
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
