//! TLS with rustls, certificate and host name always verified.

use std::fmt;
use std::io;
use std::sync::Arc;

use postgres_protocol::message::frontend;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Result, broken};
use crate::connection_string::ConnectionString;
use crate::error::{LoginError, LoginFailure};

/// How servers are verified.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

/// Why it cannot be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsFault {
    NoProvider,
    InvalidCa,
    /// The platform has no CA certificates.
    NoCa,
}

impl Tls {
    /// With these CA certificates, in PEM or DER, instead of the platform's.
    pub(super) fn new(ca: Option<&[u8]>) -> Result<Self, TlsFault> {
        let provider = provider().ok_or(TlsFault::NoProvider)?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsFault::NoProvider)?;
        let config = if let Some(ca) = ca {
            let roots = Arc::new(roots(ca)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
                .build()
                .map_err(|_| TlsFault::InvalidCa)?;
            builder.with_webpki_verifier(verifier)
        } else {
            let verifier = Verifier::new(provider).map_err(|_| TlsFault::NoCa)?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
        };
        Ok(Self {
            config: Arc::new(config.with_no_client_auth()),
        })
    }

    /// Asks the server for TLS, and verifies it.
    pub(super) async fn secure(
        &self,
        mut stream: TcpStream,
        target: &ConnectionString,
    ) -> Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(target.host().to_owned())
            .map_err(|_| LoginError::new(LoginFailure::WrongHost, "it is not a valid host name"))?;
        let mut request = bytes::BytesMut::new();
        frontend::ssl_request(&mut request);
        stream.write_all(&request).await.map_err(|e| broken(&e))?;
        stream.flush().await.map_err(|e| broken(&e))?;
        // One byte and no more: what follows belongs to the handshake.
        match stream.read_u8().await.map_err(|e| broken(&e))? {
            b'S' => {}
            b'N' => return Err(LoginError::new(LoginFailure::NoTls, "")),
            // An error, of a server that is too old for the request or cannot accept connections.
            b'E' => return Err(LoginError::new(LoginFailure::Server, "")),
            _ => return Err(LoginError::new(LoginFailure::Protocol, "")),
        }
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let secured = connector.connect(name, stream).await;
        secured.map_err(|error| explained(&error))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The provider that the program has installed, or else the one of the feature `rustls`.
fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed =
        installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
}

fn roots(ca: &[u8]) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    let is_pem = ca.windows(5).any(|window| window == b"-----");
    if is_pem {
        for certificate in CertificateDer::pem_slice_iter(ca) {
            let certificate = certificate.map_err(|_| TlsFault::InvalidCa)?;
            roots.add(certificate).map_err(|_| TlsFault::InvalidCa)?;
        }
    } else {
        let certificate = CertificateDer::from(ca.to_vec());
        roots.add(certificate).map_err(|_| TlsFault::InvalidCa)?;
    }
    if roots.is_empty() {
        return Err(TlsFault::InvalidCa);
    }
    Ok(roots)
}

fn explained(error: &io::Error) -> LoginError {
    let inner = error.get_ref();
    let Some(cause) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return broken(error);
    };
    let failure = match cause {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => LoginFailure::WrongHost,
        rustls::Error::InvalidCertificate(_) => LoginFailure::Untrusted,
        _ => LoginFailure::Tls,
    };
    LoginError::new(failure, cause)
}
