//! TLS to a real Redis, with certificates that `openssl` makes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::path::Path;
use std::process::Command;

use neon_api::Limiter;
use neon_api::raw::routes::LIST_PROJECTS;
use neon_api_redis::{Error, RedisLimiter};
use support::Server;

/// A certificate for localhost, and the authority that signed it.
fn make_certificates(folder: &Path) {
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    let commands = [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=localhost",
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile names -out certificate.pem",
    ];
    for command in commands {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(folder).args(command.split_whitespace());
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server with TLS and a password, if Redis was built with TLS.
fn start() -> Option<(Server, tempfile::TempDir, String)> {
    support::find()?;
    let folder = tempfile::TempDir::new().unwrap();
    make_certificates(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let port = free_port().to_string();
    let (certificate, key, authority) = (path("certificate.pem"), path("key.pem"), path("ca.pem"));
    let arguments = [
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "right",
    ];
    let server = Server::start_with(&arguments)?;
    let url = format!("rediss://:right@localhost:{port}");
    Some((server, folder, url))
}

#[tokio::test]
async fn tls_is_verified() {
    let Some((_server, folder, url)) = start() else {
        return;
    };
    // Nobody has signed it.
    let error = RedisLimiter::builder(&url, "acme")
        .build()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unusable(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("right"));

    // The platform's certificates are read from this file in another process.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "trusting"])
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
        .env("TLS_TEST_URL", &url)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && output.contains("1 passed"),
        "{output}"
    );
}

/// Not a test: the other process.
#[tokio::test]
#[ignore = "a process of the other test"]
async fn trusting() {
    let Ok(url) = std::env::var("TLS_TEST_URL") else {
        return;
    };
    let limiter = RedisLimiter::builder(&url, "acme").build().await.unwrap();
    limiter.permit(&LIST_PROJECTS).await;
    assert!(!limiter.is_away());
    let wrong = url.replace("right", "wrong");
    let error = RedisLimiter::builder(wrong, "acme")
        .build()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Denied(_)), "{error:?}");
}
