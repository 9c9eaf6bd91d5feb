//! Connections of tests and migrations.

#[cfg(feature = "neon")]
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::described;

/// A client whose connection is driven by a task, with TLS if the connection string requires it; or
/// why there is none.
pub(crate) async fn connect(url: &str) -> Result<Client, String> {
    let config: Config = url.parse().map_err(|error| described(&error))?;
    #[cfg(feature = "neon")]
    if config.get_ssl_mode() == SslMode::Require {
        let connected = config.connect(tls()?).await;
        let (client, connection) = connected.map_err(|error| described(&error))?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let connected = config.connect(NoTls).await;
    let (client, connection) = connected.map_err(|error| described(&error))?;
    tokio::spawn(connection);
    Ok(client)
}

/// With the platform's certificates.
#[cfg(feature = "neon")]
fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, String> {
    use rustls_platform_verifier::BuilderVerifierExt;

    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| error.to_string())?;
    let config = config.with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}
