//! Errors of suspended computes.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Whether the error is what a suspended compute, or one that starts, causes: 57P01, 57P03, 08006 and
/// 08003 of the server, and connections that are closed, reset or refused.
///
/// The compute may have ended a statement at any point: a change may have taken effect, and this crate
/// never retries one. Retry it yourself if that does no harm, or ask the database what has happened.
/// A server that fails in another way, and a broken network, cause the same errors.
///
/// ```no_run
/// # async fn run(mut client: tokio_postgres::Client) -> Result<(), tokio_postgres::Error> {
/// match client.execute("INSERT INTO visits DEFAULT VALUES", &[]).await {
///     Err(error) if neon_api_tokio_postgres::is_suspended(&error) => {
///         println!("connect again, and look whether it was inserted");
///     }
///     other => println!("{} inserted", other?),
/// }
/// # Ok(())
/// # }
/// ```
pub fn is_suspended(error: &Error) -> bool {
    if let Some(code) = error.code() {
        let codes = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::CONNECTION_FAILURE,
            SqlState::CONNECTION_DOES_NOT_EXIST,
        ];
        return codes.contains(code);
    }
    error.is_closed() || causes(error).any(is_of_connection)
}

fn causes(error: &Error) -> impl Iterator<Item = &io::Error> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause: &(dyn StdError + 'static) = next?;
        next = cause.source();
        Some(cause)
    })
    .filter_map(|cause| cause.downcast_ref())
}

fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof
    )
}
