//! TLS sessions that cannot be, and what their errors say. Each runs with the backend that the
//! features choose.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::env;
use std::process::Command;

use neon_api_raw::client::ConfigError;
use neon_api_raw::transport::FailureKind;
use neon_api_raw::{Client, HttpTransport, Transport, TransportError};

use super::http1::{Server, whole as reply};
use super::openssl::{Certificate, TlsServer};
use super::{post, send};

/// What a call ends with that cannot have a session.
fn assert_no_session(error: &TransportError) {
    assert_eq!(error.kind(), FailureKind::Tls, "{error:?}");
    assert!(!error.may_have_happened());
    let text = error.to_string();
    assert!(
        text.starts_with("no TLS session could be established: "),
        "{text}"
    );
}

#[tokio::test]
async fn an_untrusted_certificate_says_what_to_install() {
    let server = TlsServer::start(&Certificate::for_host("untrusted", "localhost"));
    let url = format!("https://localhost:{}/", server.port);
    let error = send(post(&url)).await.unwrap_err();
    assert_no_session(&error);
    let text = error.to_string();
    for part in ["issuer is not trusted", "ca-certificates", "SSL_CERT_FILE"] {
        assert!(text.contains(part), "{text}");
    }

    let server = TlsServer::start(&Certificate::of_a_ca("ca", "localhost"));
    let url = format!("https://localhost:{}/", server.port);
    let error = send(post(&url)).await.unwrap_err();
    assert_no_session(&error);
    let text = error.to_string();
    let expected = if cfg!(feature = "native-tls") {
        "issuer is not trusted"
    } else {
        "it is a CA certificate"
    };
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn http_on_a_port_of_https_is_named() {
    let server = TlsServer::start(&Certificate::for_host("http-on-https", "localhost"));
    let url = format!("http://localhost:{}/", server.port);
    let error = send(post(&url)).await.unwrap_err();
    assert_no_session(&error);
    let text = error.to_string();
    assert!(text.contains("must begin with https://"), "{text}");
}

/// A server that does not respond is not taken for one of TLS, and is asked once.
#[tokio::test]
async fn a_server_that_closes_is_asked_once_whether_it_speaks_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let firsts = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&firsts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut first = [0];
            std::io::Read::read_exact(&mut stream.unwrap(), &mut first).unwrap();
            seen.lock().unwrap().push(first[0]);
        }
    });
    let transport = HttpTransport::new().unwrap();
    for _ in 0..3 {
        let error = transport.send(post(&url)).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Interrupted);
        assert!(error.may_have_happened());
    }
    let seen = firsts.lock().unwrap().clone();
    assert_eq!(seen, [b'P', 0x16, b'P', b'P']);
}

/// One that has responded before is never asked.
#[tokio::test]
async fn a_server_that_has_responded_is_not_asked_whether_it_speaks_tls() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let server =
        Server::start(
            move |_| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => reply(200, "{}"),
                _ => (Vec::new(), super::http1::Then::Close),
            },
        );
    let transport = HttpTransport::new().unwrap();
    transport.send(post(&server.url())).await.unwrap();
    let error = transport.send(post(&server.url())).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Interrupted);
    assert_eq!((server.heads().len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn https_on_a_port_of_http_is_named() {
    let server = Server::start(|_| reply(200, "{}"));
    // A server of HTTP waits for the end of a head that never comes, or says that this is none.
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", refusing.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = refusing.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let error = send(post(&url)).await.unwrap_err();
    assert_no_session(&error);
    let text = error.to_string();
    assert!(
        text.contains("does not speak TLS") && text.contains("http://"),
        "{text}"
    );
    assert!(server.heads().is_empty());
}

/// Runs one of the ignored tests below in a process with another environment.
fn child(name: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{output:?}");
}

#[test]
fn a_certificate_that_is_named_is_trusted_for_its_host_only() {
    let certificate = Certificate::for_host("trusted", "localhost");
    let server = TlsServer::start(&certificate);
    child(
        "tls::with_a_certificate",
        &[
            ("SSL_CERT_FILE", certificate.file().to_str().unwrap()),
            ("NEON_TEST_PORT", &server.port.to_string()),
        ],
    );
}

#[tokio::test]
#[ignore = "needs the environment that its test above gives it"]
async fn with_a_certificate() {
    let port = env::var("NEON_TEST_PORT").unwrap();
    let call = super::call("GET", &format!("https://localhost:{port}/"));
    assert_eq!(send(call).await.unwrap().status, 200);
    let error = send(post(&format!("https://127.0.0.1:{port}/"))).await;
    let error = error.unwrap_err();
    assert_no_session(&error);
    assert!(!error.to_string().contains("ca-certificates"), "{error}");
}

#[test]
fn without_ca_certificates_http_works_and_https_says_what_to_install() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    child(
        "tls::without_ca_certificates",
        &[
            ("SSL_CERT_FILE", "/dev/null"),
            ("SSL_CERT_DIR", &format!("{folder}/no-such-folder")),
        ],
    );
}

#[tokio::test]
#[ignore = "needs the environment that its test above gives it"]
async fn without_ca_certificates() {
    let server = Server::start(|_| reply(200, "[]"));
    let url = format!("http://{}/api/v2", server.address);
    let client = Client::builder().base_url(url).build().unwrap();
    assert!(client.list_api_keys().await.unwrap().is_empty());

    let tls = TlsServer::start(&Certificate::for_host("no-store", "localhost"));
    let url = format!("https://localhost:{}/", tls.port);
    let error = send(post(&url)).await.unwrap_err();
    assert_no_session(&error);
    let built = HttpTransport::for_base_url(&url).map(drop);
    if cfg!(feature = "native-tls") {
        // The platform's library does not tell beforehand.
        built.unwrap();
    } else {
        assert!(
            matches!(built, Err(ConfigError::NoCaCertificates)),
            "{built:?}"
        );
        let text = built.unwrap_err().to_string();
        assert!(error.to_string().ends_with(&text), "{error}");
    }
    let text = error.to_string();
    assert!(
        text.contains("ca-certificates") && text.contains("SSL_CERT_FILE"),
        "{text}"
    );
}
