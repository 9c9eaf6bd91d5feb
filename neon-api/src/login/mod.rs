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

pub(crate) use tls::{Tls, TlsFault};

type Result<T, E = LoginError> = std::result::Result<T, E>;

/// How a connection is protected.
#[derive(Debug, Clone)]
pub(crate) enum Security {
    /// By TLS, certificate and host name verified, whatever the string's `sslmode` is.
    Tls(Tls),
    /// Not at all, if the server is on this machine.
    PlaintextOnLoopback(Tls),
}

/// Logs in and out.
pub(crate) async fn login(
    target: &ConnectionString,
    security: &Security,
    deadline: Instant,
) -> Result<()> {
    let stream = dial::connect(target, deadline).await?;
    let tls = match security {
        Security::PlaintextOnLoopback(_) if is_on_loopback(&stream) => None,
        Security::Tls(tls) | Security::PlaintextOnLoopback(tls) => Some(tls),
    };
    let Some(tls) = tls else {
        return session::run(stream, target, None, deadline).await;
    };
    let secured = within(deadline, "to the request for TLS", tls.secure(stream, target)).await??;
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
