//! Errors of suspended computes.

use std::io::ErrorKind;

use sqlx::Error;

/// What Postgres reports when it ends sessions or does not accept them yet, and what is reported in
/// its place when a connection is gone.
const CODES: [&str; 4] = ["57P01", "57P03", "08006", "08003"];

/// What sqlx 0.8 reports when the connection is closed in response to its request for TLS: it reads
/// nothing and takes that for a response of 0.
const CLOSED_FOR_TLS: &str = "unexpected response from SSLRequest: 0x00";

/// Whether the error is what a suspended compute, or one that starts, causes: 57P01, 57P03, 08006 and
/// 08003 of the server, and connections that are closed, reset or refused.
///
/// The compute may have ended a statement at any point: a change may have taken effect, and this crate
/// never retries one. Retry it yourself if that does no harm, or ask the database what has happened.
/// A server that fails in another way, and a broken network, cause the same errors.
///
/// ```no_run
/// # async fn run(pool: sqlx::PgPool) -> Result<(), sqlx::Error> {
/// let read = || sqlx::query("SELECT count(*) FROM visits").fetch_one(&pool);
/// let row = match read().await {
///     // A read, so that a retry does no harm.
///     Err(error) if neon_api_sqlx::is_suspended(&error) => read().await?,
///     other => other?,
/// };
/// # Ok(())
/// # }
/// ```
pub fn is_suspended(error: &Error) -> bool {
    match error {
        Error::Database(error) => error
            .code()
            .is_some_and(|code| CODES.contains(&code.as_ref())),
        Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected
                | ErrorKind::UnexpectedEof
        ),
        Error::Protocol(message) => message.starts_with(CLOSED_FOR_TLS),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn only_connections_that_are_gone_count() {
        let of = |kind: ErrorKind| is_suspended(&Error::Io(io::Error::from(kind)));
        assert!(of(ErrorKind::UnexpectedEof) && of(ErrorKind::ConnectionReset));
        assert!(!of(ErrorKind::PermissionDenied) && !of(ErrorKind::InvalidData));
        assert!(!is_suspended(&Error::RowNotFound));
        assert!(!is_suspended(&Error::PoolTimedOut));
        assert!(!is_suspended(&Error::PoolClosed));
        assert!(!is_suspended(&Error::Protocol(
            "expected a message".to_owned()
        )));
    }
}
