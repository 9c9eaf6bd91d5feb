//! A real Postgres with TLS and SCRAM.

use std::time::Duration;

use neon_api::Error;
use neon_api::connection::{ConnectionString, LoginFailure};

use crate::postgres::{Cluster, PASSWORD, ROLE};
use crate::world::{World, failed};

/// What a server is asked for. A real one does not know `options=endpoint=…`, so the host names the
/// endpoint.
#[derive(Clone, Copy)]
struct Asked {
    domain: &'static str,
    port: u16,
    role: &'static str,
    password: Option<&'static str>,
    database: &'static str,
}

impl Asked {
    fn of(cluster: &Cluster) -> Self {
        Self {
            domain: "db.test",
            port: cluster.port,
            role: ROLE,
            password: Some(PASSWORD),
            database: "postgres",
        }
    }

    fn world(self) -> World {
        World::of(|id| {
            let host = format!("{id}.{}", self.domain);
            let at = ConnectionString::new(host, self.role, self.database).unwrap();
            let at = at.with_port(self.port).unwrap();
            let at = match self.password {
                Some(password) => at.with_password(password).unwrap(),
                None => at,
            };
            // No DNS knows the name.
            match self.domain {
                "invalid" => at,
                _ => at.with_parameter("hostaddr", "127.0.0.1").unwrap(),
            }
        })
    }
}

/// The names that the server's certificate is for.
const NAMES: &str = "*.db.test";

#[tokio::test(flavor = "multi_thread")]
async fn a_login_succeeds_and_ends_properly() {
    for digest in ["-sha256", "-sha384", "-sha512"] {
        let Some(cluster) = Cluster::start_with(NAMES, digest) else {
            return;
        };
        let world = Asked::of(&cluster).world();
        let branch = world.connectable().ca_certificates(cluster.certificate());
        let branch = branch.await.unwrap();
        assert_eq!(branch.attempts, 1);
        assert_eq!(branch.connection.password().unwrap().expose(), PASSWORD);
        let shown = format!("{branch:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        cluster.suspend();
        let log = cluster.log();
        assert!(log.contains("method=scram-sha-256"), "{log}");
        assert!(log.contains("SSL enabled"), "{log}");
        assert!(log.contains("disconnection: session time"), "{log}");
        assert!(!log.contains("unexpected EOF"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_is_distinguished() {
    let Some(cluster) = Cluster::start_with(NAMES, "-sha256") else {
        return;
    };
    let good = Asked::of(&cluster);
    let wrong = Some("wrong");
    for (asked, expected) in [
        (
            Asked {
                password: wrong,
                ..good
            },
            LoginFailure::WrongPassword,
        ),
        (
            Asked {
                role: "stranger",
                ..good
            },
            LoginFailure::WrongPassword,
        ),
        (
            Asked {
                database: "missing",
                ..good
            },
            LoginFailure::NoDatabase,
        ),
        (
            Asked {
                password: None,
                ..good
            },
            LoginFailure::NoPassword,
        ),
        (
            Asked {
                domain: "other.test",
                ..good
            },
            LoginFailure::WrongHost,
        ),
    ] {
        let connectable = asked.world().connectable();
        let error = failed(connectable.ca_certificates(cluster.certificate()).await);
        assert_eq!(error.failure(), Some(expected), "{error}");
        assert_eq!(error.attempts(), 1, "{error}");
    }
    let error = failed(good.world().connectable().await);
    assert_eq!(error.failure(), Some(LoginFailure::Untrusted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_meanwhile_is_reached() {
    let Some(cluster) = Cluster::start_with(NAMES, "-sha256") else {
        return;
    };
    cluster.suspend();
    let world = Asked::of(&cluster).world();
    let branch = world.connectable().ca_certificates(cluster.certificate());
    // Something else has the port until the first login has failed.
    let before = tokio::net::TcpListener::bind(("127.0.0.1", cluster.port)).await;
    let before = before.unwrap();
    let start = tokio::spawn(async move {
        drop(before.accept().await);
        drop(before);
        tokio::task::spawn_blocking(move || {
            cluster.resume();
            cluster
        })
        .await
    });
    let branch = branch.await.unwrap();
    assert!(branch.attempts > 1);
    drop(start.await);
}

#[tokio::test]
async fn certificates_that_are_none_are_refused_before_anything_is_sent() {
    let world = World::new(&ConnectionString::new("localhost", "a", "b").unwrap());
    let nothing = b"-----BEGIN NOTHING-----".to_vec();
    for ca in [b"".to_vec(), b"what".to_vec(), nothing] {
        let connectable = world.connectable().ca_certificates(ca);
        let Err(Error::InvalidInput(error)) = connectable.await else {
            panic!("it was accepted");
        };
        assert_eq!(error.field(), Some("ca_certificates"));
    }
    assert_eq!(world.requests(), 0);
}

#[tokio::test]
async fn a_host_name_that_does_not_exist_and_a_port_without_a_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let closed = Asked {
        domain: "db.test",
        port,
        role: "a",
        password: None,
        database: "b",
    };
    let unknown = Asked {
        domain: "invalid",
        ..closed
    };
    let error = failed(unknown.world().connectable().await);
    assert_eq!(error.failure(), Some(LoginFailure::Dns), "{error}");
    assert!(!error.is_timeout(), "{error}");

    let connectable = closed.world().connectable();
    let error = failed(connectable.timeout(Duration::from_millis(700)).await);
    assert_eq!(error.failure(), Some(LoginFailure::Refused), "{error}");
    assert!(error.is_timeout() && error.attempts() > 1, "{error}");
}
