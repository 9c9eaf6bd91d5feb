//! Connection strings as configurations.

use neon_api::connection::ConnectionString;
use tokio_postgres::{Config, Error};

/// What a connection string means to tokio-postgres. Its `sslmode` has no values for verification,
/// which is up to the TLS connector: `verify-ca` and `verify-full` become `require`.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::connection::ConnectionString;
///
/// let connection: ConnectionString =
///     "postgresql://alice:s3cret@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/app?sslmode=require"
///         .parse()?;
/// let config = neon_api_tokio_postgres::config(&connection.direct())?;
/// assert_eq!(config.get_user(), Some("alice"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A parameter that tokio-postgres does not know, such as `sslrootcert`, or a value of one.
pub fn config(connection: &ConnectionString) -> Result<Config, Error> {
    let is_verifying = matches!(
        connection.parameter("sslmode"),
        Some("verify-ca" | "verify-full")
    );
    if is_verifying && let Ok(encrypted) = connection.clone().with_parameter("sslmode", "require") {
        return encrypted.to_uri().expose().parse();
    }
    connection.to_uri().expose().parse()
}
