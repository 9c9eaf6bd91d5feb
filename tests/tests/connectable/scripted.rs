//! Servers that do one thing wrong each.

use std::sync::Arc;
use std::time::Duration;

use neon_api::connection::ConnectionString;
use neon_api::connection::LoginFailure;

use crate::scripts::{Act, PASSWORD, Scripted, error, message, sasl, welcome};
use crate::world::{World, failed};

/// A request for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Short: what hangs here hangs for ever.
const SHORT: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_the_password_and_hangs_is_not_connectable() {
    let server = Scripted::with_tls(|_| vec![sasl(&["SCRAM-SHA-256"]), Act::Read, Act::Hang]).await;
    let world = World::new(&server.at("localhost"));
    let connectable = world.connectable().ca_certificates(&*server.certificate);
    let error = failed(connectable.timeout(SHORT).await);
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.failure(), Some(LoginFailure::NoResponse));
    assert_eq!(error.attempts(), 1);
    // It has the name, and a proof of nothing.
    assert!(server.inner().contains("alice"));
    assert!(!server.inner().contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_up_is_tried_until_it_has() {
    let starts = |number| match number {
        0..3 => vec![error("57P03", "the database system is starting up")],
        _ => welcome(),
    };
    let server = Scripted::with_tls(starts).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    assert_eq!(branch.await.unwrap().attempts, 4);
    assert_eq!(server.connections(), 4);
    assert!(world.changes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_starts_is_reported_with_how_often() {
    let starts = |_| vec![error("57P03", "the database system is starting up")];
    let server = Scripted::with_tls(starts).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    let error = failed(branch.timeout(SHORT).await);
    assert!(error.is_timeout());
    assert_eq!(error.last().unwrap().sqlstate(), Some("57P03"));
    let attempts = error.attempts();
    assert!(attempts > 1);
    assert_eq!(usize::try_from(attempts).unwrap(), server.connections());
    let text = error.to_string();
    assert!(
        text.contains(&format!(
            "57P03): the database system is starting up ({attempts} times)"
        )),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_attempt_cannot_change_ends_it_at_once() {
    let cases = [
        (
            error("28P01", "password authentication failed"),
            LoginFailure::WrongPassword,
        ),
        (error("28000", "no such role"), LoginFailure::WrongPassword),
        (error("3D000", "no such database"), LoginFailure::NoDatabase),
        (error("42501", "permission denied"), LoginFailure::Server),
        // A request for the password itself, and for its MD5.
        (message(b'R', &[0, 0, 0, 3]), LoginFailure::Unsupported),
        (
            message(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]),
            LoginFailure::Unsupported,
        ),
        (sasl(&["SCRAM-SHA-1"]), LoginFailure::Unsupported),
        (
            Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            LoginFailure::Protocol,
        ),
        (
            Act::Send(b"R\xff\xff\xff\xff".to_vec()),
            LoginFailure::Protocol,
        ),
        (
            Act::Send(b"R\x7f\xff\xff\xff".to_vec()),
            LoginFailure::Protocol,
        ),
        (
            Act::Send(b"R\x00\x00\x00\x00".to_vec()),
            LoginFailure::Protocol,
        ),
        (
            Act::Send(b"R\x00\x00\x00\x04".to_vec()),
            LoginFailure::Protocol,
        ),
    ];
    for (act, expected) in cases {
        let shown = format!("{act:?}");
        let server = Scripted::with_tls(move |_| vec![act.clone(), Act::Hang]).await;
        let world = World::new(&server.at("localhost"));
        let branch = world.connectable().ca_certificates(&*server.certificate);
        let error = failed(branch.await);
        assert_eq!(error.failure(), Some(expected), "{shown}: {error}");
        assert_eq!(
            (error.attempts(), error.is_timeout()),
            (1, false),
            "{shown}"
        );
        assert_eq!(server.connections(), 1, "{shown}");
        assert!(!server.inner().contains(PASSWORD), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_talks_is_left() {
    let notices = |_| vec![message(b'N', b"SNOTICE\0Mhello\0\0"); 2000];
    let server = Scripted::with_tls(notices).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    assert_eq!(failed(branch.await).failure(), Some(LoginFailure::Protocol));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_is_tried_again() {
    let closes = |number| if number < 2 { Vec::new() } else { welcome() };
    let server = Scripted::with_tls(closes).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    assert_eq!(branch.await.unwrap().attempts, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_server_without_tls() {
    for mode in ["disable", "allow", "prefer", "require"] {
        let server = Scripted::start("localhost", b'N', Arc::new(|_| welcome())).await;
        let at = server
            .at("localhost")
            .with_parameter("sslmode", mode)
            .unwrap();
        let error = failed(World::new(&at).connectable().await);
        assert_eq!(error.failure(), Some(LoginFailure::NoTls), "{mode}");
        assert_eq!(error.attempts(), 1, "{mode}");
        assert_eq!(server.raw(), SSL_REQUEST, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_server_that_cannot_be_verified() {
    let other = Scripted::with_tls(|_| welcome()).await;
    for mode in ["disable", "allow", "prefer", "require"] {
        // By the platform's certificates, by another CA, and for another name.
        for (name, ca, expected) in [
            ("localhost", None, LoginFailure::Untrusted),
            (
                "localhost",
                Some(&other.certificate),
                LoginFailure::Untrusted,
            ),
            ("db.example.com", None, LoginFailure::WrongHost),
        ] {
            let server = Scripted::start(name, b'S', Arc::new(|_| welcome())).await;
            let at = server
                .at("localhost")
                .with_parameter("sslmode", mode)
                .unwrap();
            let ca = match expected {
                LoginFailure::WrongHost => Some(&server.certificate),
                _ => ca,
            };
            let connectable = World::new(&at).connectable();
            let error = failed(
                connectable
                    .maybe_ca_certificates(ca.map(Vec::as_slice))
                    .await,
            );
            assert_eq!(error.failure(), Some(expected), "{mode}: {error}");
            assert_eq!(error.attempts(), 1);
            assert_eq!(server.inner(), "", "{mode}");
            // A request for TLS and its handshake.
            let raw = server.raw();
            assert_eq!(raw[..8], SSL_REQUEST);
            assert_eq!(raw[8], 0x16, "a handshake");
            let text = String::from_utf8_lossy(&raw);
            assert!(!text.contains("alice") && !text.contains(PASSWORD));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_the_response_to_the_request_for_tls_is_no_part_of_the_login() {
    // As somebody in between would put it there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = listener.accept().await {
            let injected = b"SR\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I";
            stream.write_all(injected).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
    });
    let at = ConnectionString::new("localhost", "alice", "app")
        .unwrap()
        .with_port(port)
        .unwrap();
    let error = failed(World::new(&at).connectable().await);
    assert_eq!(error.failure(), Some(LoginFailure::Tls), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_only_where_it_is_allowed_and_only_on_this_machine() {
    let server = Scripted::start("localhost", b'N', Arc::new(|_| welcome())).await;
    let world = World::new(&server.at("127.0.0.1"));
    let branch = world
        .connectable()
        .plaintext_on_loopback(true)
        .await
        .unwrap();
    assert_eq!(branch.attempts, 1);
    assert_ne!(server.raw()[..8], SSL_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_bound_to_the_login() {
    let offers = |_| vec![sasl(&["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]), Act::Read];
    let server = Scripted::with_tls(offers).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    failed(branch.timeout(SHORT).await);
    let sent = server.inner();
    assert!(sent.contains("SCRAM-SHA-256-PLUS\0"), "{sent:?}");
    assert!(sent.contains("p=tls-server-end-point,,n=,r="), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_startup_names_the_endpoint_and_what_was_asked_for() {
    let server = Scripted::with_tls(|_| welcome()).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    let branch = branch.await.unwrap();
    // It says goodbye, after it has reported success or before.
    let sent = loop {
        let sent = server.inner();
        if sent.ends_with("X\0\0\0\u{4}") {
            break sent;
        }
        tokio::task::yield_now().await;
    };
    for part in [
        "user\0alice\0".to_owned(),
        "database\0app\0".to_owned(),
        format!("options\0endpoint={}\0", branch.endpoint.id),
    ] {
        assert!(sent.contains(&part), "{part:?} in {sent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_error() {
    let echo = |_| {
        vec![error(
            "XX000",
            &format!("password={PASSWORD} postgresql://a:{PASSWORD}@h/d"),
        )]
    };
    let server = Scripted::with_tls(echo).await;
    let world = World::new(&server.at("localhost"));
    let branch = world.connectable().ca_certificates(&*server.certificate);
    let error = failed(branch.timeout(SHORT).await);
    let shown = format!("{error} {error:?} {:?}", error.last().unwrap().message());
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(shown.contains("XX000"), "{shown}");
}
