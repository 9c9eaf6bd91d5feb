//! TLS with rustls.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::super::failure;
use crate::client::ConfigError;
use crate::transport::{FailureKind, TransportError};

#[derive(Clone)]
pub(in super::super) struct Tls {
    config: ClientConfig,
    roots: Arc<PlatformRoots>,
}

impl Tls {
    pub(in super::super) fn new() -> Result<Self, ConfigError> {
        let provider = provider().ok_or(ConfigError::NoTlsProvider)?;
        let roots = Arc::new(PlatformRoots {
            provider: Arc::clone(&provider),
            verifier: OnceLock::new(),
        });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| {
                let error = TransportError::new(FailureKind::NotSent);
                ConfigError::Transport(error.with_source(e))
            })?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&roots) as Arc<_>)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config, roots })
    }

    /// Whether servers can be verified.
    pub(in super::super) fn check(&self) -> Result<(), ConfigError> {
        match self.roots.verifier() {
            Ok(_) => Ok(()),
            Err(_) => Err(ConfigError::NoCaCertificates),
        }
    }

    pub(in super::super) fn build(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::Client, TransportError> {
        builder
            .tls_backend_preconfigured(self.config.clone())
            .build()
            .map_err(failure::of_request)
    }
}

/// The provider that the program has installed, or else the one of the feature `rustls`. rustls
/// itself would panic if several are compiled in and none is installed.
fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed =
        installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
}

/// Verifies servers with the platform's certificates, which are loaded when the first server is
/// verified: a client for `http` needs none.
#[derive(Debug)]
struct PlatformRoots {
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, Error>>,
}

impl PlatformRoots {
    fn verifier(&self) -> Result<&Verifier, Error> {
        let verifier = self
            .verifier
            .get_or_init(|| Verifier::new(Arc::clone(&self.provider)));
        // The platform reports that there are none, or that they cannot be read.
        verifier
            .as_ref()
            .map_err(|_| Error::General(ConfigError::NoCaCertificates.to_string()))
    }
}

impl ServerCertVerifier for PlatformRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = self.verifier()?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
