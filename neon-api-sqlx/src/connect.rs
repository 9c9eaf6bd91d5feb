//! Connecting while a compute starts.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions as _, Error, Postgres};
use tokio::time::{Instant, sleep, timeout_at};

use crate::is_suspended;

/// The first pause between attempts, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The longest time that an attempt is given: longer than anybody waits, and short enough for a clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Connects, and tries again as long as it fails as with a compute that starts ([`is_suspended`]), for
/// this time at most. No statement is run, so nothing is done twice.
///
/// # Errors
///
/// Other errors at once; the last one when the time is over, or [`sqlx::Error::PoolTimedOut`] if no
/// attempt ended by then.
///
/// ```no_run
/// # async fn run(options: sqlx::postgres::PgConnectOptions) -> Result<(), sqlx::Error> {
/// let within = std::time::Duration::from_secs(30);
/// let mut connection = neon_api_sqlx::retry_connect(&options, within).await?;
/// sqlx::query("SELECT 1").execute(&mut connection).await?;
/// # Ok(())
/// # }
/// ```
pub async fn retry_connect(
    options: &PgConnectOptions,
    within: Duration,
) -> Result<PgConnection, Error> {
    retried(within, || options.connect()).await
}

/// Takes a connection from a pool, and tries again as [`retry_connect`] does.
///
/// # Errors
///
/// Those of [`retry_connect`].
///
/// ```no_run
/// # async fn run(pool: sqlx::PgPool) -> Result<(), sqlx::Error> {
/// let within = std::time::Duration::from_secs(30);
/// let mut connection = neon_api_sqlx::retry_acquire(&pool, within).await?;
/// sqlx::query("SELECT 1").execute(&mut *connection).await?;
/// # Ok(())
/// # }
/// ```
pub async fn retry_acquire(
    pool: &PgPool,
    within: Duration,
) -> Result<PoolConnection<Postgres>, Error> {
    retried(within, || pool.acquire()).await
}

async fn retried<T, F>(within: Duration, connect: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let deadline = Instant::now() + within.min(LONGEST);
    let (mut pause, mut last) = (FIRST_PAUSE, None);
    loop {
        let error = match timeout_at(deadline, connect()).await {
            Ok(Err(error)) if is_suspended(&error) => error,
            Ok(outcome) => return outcome,
            Err(_) => return Err(last.unwrap_or(Error::PoolTimedOut)),
        };
        let time = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if Instant::now() + time >= deadline {
            return Err(error);
        }
        last = Some(error);
        sleep(time).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
