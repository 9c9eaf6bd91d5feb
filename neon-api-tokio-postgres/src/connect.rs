//! Connecting while a compute starts.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};

use crate::is_suspended;

/// The first pause between attempts, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The longest time that can be waited: longer than anybody does, and short enough for a clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Connects, and tries again as long as it fails as with a compute that starts
/// ([`is_suspended`]), for this time at most. No statement is run, so nothing is done twice.
///
/// # Errors
///
/// Other errors at once; the last one when the time is over; [`RetryError::Timeout`] if no attempt
/// ended by then.
///
/// ```no_run
/// # async fn run(config: tokio_postgres::Config) -> Result<(), Box<dyn std::error::Error>> {
/// let within = std::time::Duration::from_secs(30);
/// let tls = tokio_postgres::NoTls; // A TLS connector, in a program.
/// let (client, connection) = neon_api_tokio_postgres::retry_connect(&config, tls, within).await?;
/// tokio::spawn(connection);
/// client.batch_execute("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
pub async fn retry_connect<T>(
    config: &Config,
    tls: T,
    within: Duration,
) -> Result<(Client, Connection<Socket, T::Stream>), RetryError<Error>>
where
    T: MakeTlsConnect<Socket> + Clone,
{
    retried(within, || config.connect(tls.clone()), is_suspended).await
}

/// Why it was not connected in time.
#[derive(Debug)]
#[non_exhaustive]
pub enum RetryError<E> {
    /// The last attempt that ended failed in this way.
    Failed(E),
    /// No attempt ended in time.
    Timeout,
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Timeout => f.write_str("the server did not respond in time"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Timeout => None,
        }
    }
}

pub(crate) async fn retried<T, E, F>(
    within: Duration,
    connect: impl Fn() -> F,
    passes: impl Fn(&E) -> bool,
) -> Result<T, RetryError<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + within.min(LONGEST);
    let (mut pause, mut last) = (FIRST_PAUSE, None);
    loop {
        let error = match timeout_at(deadline, connect()).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => error,
            Err(_) => return Err(last.map_or(RetryError::Timeout, RetryError::Failed)),
        };
        let time = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if !passes(&error) || Instant::now() + time >= deadline {
            return Err(RetryError::Failed(error));
        }
        last = Some(error);
        sleep(time).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
