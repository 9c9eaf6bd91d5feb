//! How sessions begin: in the clear, with TLS when it is asked for, or at once.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::{Config, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::support::{Project, Server};

/// `sslmode=require`: whoever has the certificate is trusted.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

async fn encrypt(
    stream: TcpStream,
    host: String,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    connector
        .connect(ServerName::try_from(host).unwrap(), stream)
        .await
}

/// Logs in over this stream, whose TLS names the endpoint, and asks for a value.
async fn query(project: &Project, stream: TlsStream<TcpStream>) -> String {
    let (without, _) = project.uri.split_once('?').unwrap();
    let config: Config = format!("{without}?sslmode=disable").parse().unwrap();
    let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let row = client.query_one("SELECT 'inside'", &[]).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    row.get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_may_begin_with_tls_at_once() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let address = server.running.postgres_address().unwrap();
    for host in ["", "-pooler"] {
        let host = format!("{}{host}.localhost", project.endpoint);
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = encrypt(stream, host, b"postgresql").await.unwrap();
        let chosen = stream.get_ref().1.alpn_protocol();
        assert_eq!(chosen, Some(&b"postgresql"[..]));
        assert_eq!(query(&project, stream).await, "inside");
    }
    // What means another protocol gets none.
    let stream = TcpStream::connect(address).await.unwrap();
    let refused = encrypt(stream, "localhost".to_owned(), b"h2").await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
}

const GSS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];
const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

#[tokio::test(flavor = "multi_thread")]
async fn who_prefers_gssapi_goes_on_without_it() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let address = server.running.postgres_address().unwrap();
    // As libpq does with gssencmode=prefer: then with TLS, or in the clear.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&GSS).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'N');
    stream.write_all(&SSL).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'S');
    let host = format!("{}.localhost", project.endpoint);
    let stream = encrypt(stream, host, b"postgresql").await.unwrap();
    assert_eq!(query(&project, stream).await, "inside");

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&GSS).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'N');
    let config: Config = project.uri.parse().unwrap();
    let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let row = client.query_one("SELECT 'clear'", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "clear");
    drop(client);
    connection.await.unwrap().unwrap();
}
