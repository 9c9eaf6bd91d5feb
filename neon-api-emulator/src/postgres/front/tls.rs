//! TLS with a certificate of this run.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::postgres::error::{PostgresError, Result};

/// Clients that do not verify certificates (`sslmode=require`) accept it, and those that are given
/// the certificate, which is returned in DER.
pub(super) fn acceptor() -> Result<(TlsAcceptor, Vec<u8>)> {
    let failed = |error: &dyn std::fmt::Display| {
        PostgresError::Failed(format!("cannot make a certificate: {error}"))
    };
    let names = ["localhost", "*.localhost", "127.0.0.1"].map(str::to_owned);
    let key = KeyPair::generate().map_err(|e| failed(&e))?;
    let parameters = CertificateParams::new(names).map_err(|e| failed(&e))?;
    let certificate = parameters.self_signed(&key).map_err(|e| failed(&e))?;
    let der = certificate.der().to_vec();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(&e))?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    let mut config = config.map_err(|e| failed(&e))?;
    // Clients that begin with TLS at once ask for it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), der))
}
