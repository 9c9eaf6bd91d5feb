//! One login to Postgres: DNS, TCP, TLS, startup and SCRAM, until the server is ready for queries.
//!
//! It is no driver. It exists because nothing less proves that a branch can be connected to: Neon's
//! proxy asks for the password before it wakes the compute.

mod binding;
mod dial;
mod session;
mod tls;
mod wire;

use std::future::Future;
use std::io;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::connection_string::ConnectionString;
use crate::error::{LoginError, LoginFailure};

use tls::Tls;
pub(crate) use tls::TlsFault;

type Result<T, E = LoginError> = std::result::Result<T, E>;

/// How a connection is protected: by TLS, certificate and host name verified, whatever the string's
/// `sslmode` is.
#[derive(Debug, Clone)]
pub(crate) struct Security {
    tls: Option<Tls>,
    plaintext_on_loopback: bool,
}

impl Security {
    /// With these CA certificates, in PEM or DER, instead of the platform's; without TLS to a server on
    /// this machine, if that is allowed.
    pub(crate) fn new(ca: Option<&[u8]>, plaintext_on_loopback: bool) -> Result<Self, TlsFault> {
        let tls = match Tls::new(ca) {
            Ok(tls) => Some(tls),
            // It is needed only for a server elsewhere.
            Err(TlsFault::NoProvider | TlsFault::NoCa) if plaintext_on_loopback => None,
            Err(fault) => return Err(fault),
        };
        Ok(Self {
            tls,
            plaintext_on_loopback,
        })
    }
}

/// Logs in and out.
pub(crate) async fn login(
    target: &ConnectionString,
    security: &Security,
    deadline: Instant,
) -> Result<()> {
    let stream = dial::connect(target, deadline).await?;
    if security.plaintext_on_loopback && is_on_loopback(&stream) {
        return session::run(stream, target, None, deadline).await;
    }
    let Some(tls) = &security.tls else {
        let why = "it is not available here, and the server is not on this machine";
        return Err(LoginError::new(LoginFailure::Tls, why));
    };
    let secured = within(
        deadline,
        "to the request for TLS",
        tls.secure(stream, target),
    )
    .await??;
    let certificate = secured.get_ref().1.peer_certificates();
    let binding = certificate
        .and_then(|chain| chain.first())
        .and_then(|first| binding::of_certificate(first));
    session::run(secured, target, binding, deadline).await
}

fn is_on_loopback(stream: &TcpStream) -> bool {
    let peer = stream.peer_addr();
    peer.is_ok_and(|address| address.ip().to_canonical().is_loopback())
}

/// What the future gives, if it does until the deadline.
async fn within<T>(
    deadline: Instant,
    what: &'static str,
    future: impl Future<Output = T>,
) -> Result<T> {
    let outcome = timeout_at(deadline, future).await;
    outcome.map_err(|_| LoginError::new(LoginFailure::NoResponse, what))
}

/// A failure to read or write once there is a connection.
fn broken(error: &io::Error) -> LoginError {
    LoginError::new(LoginFailure::Closed, error)
}
