//! Pools of deadpool-postgres.

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolBuilder, PoolError, RecyclingMethod,
};
use neon_api::input::SuspendTimeout;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};

use crate::connect::{RetryError, retried};
use crate::is_suspended;

/// A pool for a compute that is suspended when it is idle for this time, such as
/// `endpoint.suspend_timeout_seconds`:
///
/// - a connection is tested before it is used ([`RecyclingMethod::Verified`]), so that one that a
///   suspend has ended is replaced, and the query does not fail;
/// - one that has been idle for longer than [`SuspendTimeout::idle_timeout`] is replaced untested.
///
/// deadpool opens connections only as they are needed, and closes none by itself:
/// [`Pool::retain`](deadpool_postgres::Pool::retain) does.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
/// let endpoints = branch.endpoints().list().await?;
/// let suspend = endpoints[0].suspend_timeout_seconds.clone();
/// let connection = branch.connection_string().await?;
/// let tls = tokio_postgres::NoTls; // A TLS connector, in a program.
/// let config = neon_api_tokio_postgres::config(&connection)?;
/// let pool = neon_api_tokio_postgres::pool_builder(config, tls, suspend).max_size(10).build()?;
/// pool.get().await?.batch_execute("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
pub fn pool_builder<T>(config: Config, tls: T, suspend: impl Into<SuspendTimeout>) -> PoolBuilder
where
    T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
    T::Stream: Sync + Send,
    T::TlsConnect: Sync + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let recycling_method = RecyclingMethod::Verified;
    let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method });
    let builder = Pool::builder(manager);
    match suspend.into().idle_timeout() {
        Some(longest) => builder.pre_recycle(Hook::sync_fn(move |_, metrics| {
            if metrics.last_used() > longest {
                return Err(HookError::message("idle for too long"));
            }
            Ok(())
        })),
        None => builder,
    }
}

/// [`is_suspended`] for the error of a pool.
pub fn is_pool_suspended(error: &PoolError) -> bool {
    match error {
        PoolError::Backend(error) => is_suspended(error),
        _ => false,
    }
}

/// Takes a connection from a pool, and tries again as [`retry_connect`](crate::retry_connect) does.
///
/// # Errors
///
/// Those of [`retry_connect`](crate::retry_connect).
///
/// ```no_run
/// # async fn run(pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
/// let within = std::time::Duration::from_secs(30);
/// let client = neon_api_tokio_postgres::retry_get(&pool, within).await?;
/// client.batch_execute("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
pub async fn retry_get(pool: &Pool, within: Duration) -> Result<Object, RetryError<PoolError>> {
    retried(within, || pool.get(), is_pool_suspended).await
}
