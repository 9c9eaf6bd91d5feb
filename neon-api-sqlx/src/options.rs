//! Options of connections and pools.

use neon_api::connection::ConnectionString;
use neon_api::input::SuspendTimeout;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

/// What a connection string means to sqlx: host, port, role, password, database, `sslmode`,
/// `sslrootcert`, `sslcert`, `sslkey`, `application_name` and `options`, which may name the compute
/// endpoint. sqlx has nothing for other parameters, such as `channel_binding`. What the string does
/// not have is taken from the environment (`PGSSLROOTCERT`, …), as sqlx does.
///
/// For a host of Neon, `sslmode=require`, which encrypts without verifying the server, becomes
/// `verify-full`; [`PgConnectOptions::ssl_mode`] changes that.
///
/// The `Debug` of what it returns shows the password.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::connection::ConnectionString;
///
/// let connection: ConnectionString =
///     "postgresql://alice:s3cret@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/app?sslmode=require"
///         .parse()?;
/// let options = neon_api_sqlx::connect_options(&connection.pooled())?;
/// assert_eq!(options.get_host(), "ep-misty-sea-a5833nbi-pooler.eu-central-1.aws.neon.tech");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`sqlx::Error::Configuration`] if `sslmode` has a value that sqlx does not know.
pub fn connect_options(connection: &ConnectionString) -> Result<PgConnectOptions, sqlx::Error> {
    let mut options = started(connection)?
        .port(connection.port())
        .username(connection.role())
        .database(connection.database());
    let host = connection
        .parameter("hostaddr")
        .unwrap_or(connection.host());
    options = if host.starts_with('/') {
        options.socket(host)
    } else {
        options.host(host)
    };
    if let Some(password) = connection.password() {
        options = options.password(password.expose());
    }
    if let Some(mode) = connection.parameter("sslmode") {
        let mode: PgSslMode = mode.parse()?;
        options = options.ssl_mode(match mode {
            PgSslMode::Require if is_of_neon(connection) => PgSslMode::VerifyFull,
            mode => mode,
        });
    }
    if let Some(file) = connection.parameter("sslrootcert") {
        options = options.ssl_root_cert(file);
    }
    if let Some(file) = connection.parameter("sslcert") {
        options = options.ssl_client_cert(file);
    }
    if let Some(file) = connection.parameter("sslkey") {
        options = options.ssl_client_key(file);
    }
    if let Some(name) = connection.parameter("application_name") {
        options = options.application_name(name);
    }
    Ok(options)
}

/// The options with `options`, for which there is no setter that takes them as they are, only the
/// parser of URIs.
fn started(connection: &ConnectionString) -> Result<PgConnectOptions, sqlx::Error> {
    let Some(value) = connection.parameter("options") else {
        return Ok(PgConnectOptions::new_without_pgpass());
    };
    ConnectionString::new("localhost", "none", "none")
        .and_then(|uri| uri.with_parameter("options", value))
        .map_err(|error| sqlx::Error::Configuration(error.into()))?
        .to_uri()
        .expose()
        .parse()
}

/// Whether the host is the name of an endpoint, so that its certificate is one of Neon's.
fn is_of_neon(connection: &ConnectionString) -> bool {
    let id = connection.endpoint();
    id.is_some_and(|id| connection.host().starts_with(id))
        && connection.parameter("hostaddr").is_none()
}

/// Options of a pool for a compute that is suspended when it is idle for this time, such as
/// `endpoint.suspend_timeout_seconds`:
///
/// - no connections that are kept open for nothing (`min_connections(0)`);
/// - idle ones are closed before the compute is suspended
///   ([`SuspendTimeout::idle_timeout`]), and never if it is not;
/// - a connection is tested before it is used (`test_before_acquire(true)`), so that one that a
///   suspend has ended is replaced, and the query does not fail.
///
/// All other options are sqlx's own; what is set afterwards counts.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
/// let endpoints = branch.endpoints().list().await?;
/// let suspend = endpoints[0].suspend_timeout_seconds.clone();
/// let connection = branch.connection_string().await?;
/// let pool = neon_api_sqlx::pool_options(suspend)
///     .max_connections(10)
///     .connect_lazy_with(neon_api_sqlx::connect_options(&connection)?);
/// sqlx::query("SELECT 1").execute(&pool).await?;
/// # Ok(())
/// # }
/// ```
pub fn pool_options(suspend: impl Into<SuspendTimeout>) -> PgPoolOptions {
    PgPoolOptions::new()
        .min_connections(0)
        .idle_timeout(suspend.into().idle_timeout())
        .test_before_acquire(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use neon_api::types::SuspendTimeoutSeconds;

    use super::*;

    #[test]
    fn idle_connections_end_before_the_compute_does() {
        for (seconds, idle) in [
            (0, Some(240)),
            (-1, None),
            (60, Some(48)),
            (604_800, Some(483_840)),
        ] {
            let options = pool_options(SuspendTimeoutSeconds(seconds));
            assert_eq!(options.get_idle_timeout(), idle.map(Duration::from_secs));
            assert_eq!(options.get_min_connections(), 0);
            assert!(options.get_test_before_acquire());
        }
    }

    #[test]
    fn servers_of_neon_are_verified() {
        let mode = |text: &str| {
            let options = connect_options(&text.parse().unwrap()).unwrap();
            format!("{:?}", options.get_ssl_mode())
        };
        let neon = "postgresql://a@ep-a-b-1-pooler.eu-central-1.aws.neon.tech/d?sslmode=";
        assert_eq!(mode(&format!("{neon}require")), "VerifyFull");
        assert_eq!(mode(&format!("{neon}disable")), "Disable");
        let local = "postgresql://a@127.0.0.1/d?options=endpoint%3Dep-a-b-1&sslmode=require";
        assert_eq!(mode(local), "Require");
        let unknown = "postgresql://a@h/d?sslmode=maybe".parse().unwrap();
        assert!(connect_options(&unknown).is_err());
    }
}
