//! DNS and TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::Instant;

use super::{Result, within};
use crate::clock;
use crate::connection_string::ConnectionString;
use crate::error::{LoginError, LoginFailure};

/// How long one of several addresses may take.
const ADDRESS: Duration = Duration::from_secs(5);

/// Connects to the first address of the host that accepts.
pub(super) async fn connect(target: &ConnectionString, deadline: Instant) -> Result<TcpStream> {
    // As libpq: the host's name for TLS, its address for the connection.
    let host = target.parameter("hostaddr").unwrap_or(target.host());
    let resolved = lookup_host((host, target.port()));
    let addresses: Vec<SocketAddr> = within(deadline, "to the query for the host name", resolved)
        .await?
        .map_err(|error| LoginError::new(LoginFailure::Dns, error))?
        .collect();
    let mut last = LoginError::new(LoginFailure::Dns, "the host name has no address");
    for (at, address) in addresses.iter().enumerate() {
        let is_last = at + 1 == addresses.len();
        let until = if is_last {
            deadline
        } else {
            deadline.min(clock::after(Instant::now(), ADDRESS))
        };
        match within(until, "to the connection", TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = refused(&error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn refused(error: &io::Error) -> LoginError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => LoginError::new(LoginFailure::Refused, ""),
        _ => LoginError::new(LoginFailure::Unreachable, error),
    }
}
