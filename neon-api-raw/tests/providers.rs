//! Providers of cryptography for rustls: none, one, or two of them in one program. Tests are built
//! with both aws-lc-rs and ring where the feature `rustls` is on, and without a provider of the
//! crate's own where only `rustls-no-provider` is.

#![cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::env;
use std::process::Command;

#[cfg(not(feature = "rustls"))]
use neon_api_raw::client::ConfigError;
use neon_api_raw::transport::FailureKind;
use neon_api_raw::{Client, HttpTransport, Transport};
#[cfg(feature = "rustls")]
use rustls::crypto::CryptoProvider;

const URLS: [&str; 2] = ["http://127.0.0.1:9/api/v2", "https://127.0.0.1:9/api/v2"];

/// Both are there, and rustls itself could not choose.
#[cfg(feature = "rustls")]
#[test]
fn of_two_providers_one_is_chosen() {
    assert!(CryptoProvider::get_default().is_none());
    for url in URLS {
        HttpTransport::for_base_url(url).unwrap();
        Client::builder().base_url(url).build().unwrap();
    }
    assert!(
        CryptoProvider::get_default().is_none(),
        "the choice is the program's"
    );
}

#[cfg(not(feature = "rustls"))]
#[test]
fn without_a_provider_the_error_says_so() {
    for url in URLS {
        let built = HttpTransport::for_base_url(url);
        assert!(
            matches!(built, Err(ConfigError::NoTlsProvider)),
            "{built:?}"
        );
        let built = Client::builder().base_url(url).build();
        assert!(
            matches!(built, Err(ConfigError::NoTlsProvider)),
            "{built:?}"
        );
        let text = built.unwrap_err().to_string();
        assert!(
            text.contains("feature rustls") && text.contains("install_default"),
            "{text}"
        );
    }
    let error = HttpTransport::new().unwrap_err();
    assert_eq!(error.kind(), FailureKind::NotSent);
}

/// Installs a provider, which is for good: in a process of its own.
#[test]
fn an_installed_provider_is_used() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "with_an_installed_provider"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{output:?}");
}

#[tokio::test]
#[ignore = "is run by its test above"]
async fn with_an_installed_provider() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    for url in URLS {
        HttpTransport::for_base_url(url).unwrap();
    }
    // A session is begun with it, as far as a server goes that closes at once.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let accepted = std::thread::spawn(move || {
        let mut first = [0];
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Read::read_exact(&mut stream, &mut first).unwrap();
        first[0]
    });
    let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
    let call =
        neon_api_raw::transport::Exchange::new(&neon_api_raw::routes::LIST_PROJECTS, request);
    let error = HttpTransport::new().unwrap().send(call).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Connect);
    assert_eq!(accepted.join().unwrap(), 0x16, "a ClientHello was sent");
}
