//! A server that follows a script, and remembers all that came.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use neon_api::connection::ConnectionString;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What the server does after it has read the startup message.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Send(Vec<u8>),
    /// Reads one message.
    Read,
    Hang,
}

pub(crate) const PASSWORD: &str = "npg_do-not-send-this";

/// What is done on each connection, by its number.
pub(crate) type Script = Arc<dyn Fn(usize) -> Vec<Act> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Scripted {
    port: u16,
    pub(crate) certificate: Vec<u8>,
    connections: Arc<AtomicUsize>,
    raw: Arc<Mutex<Vec<u8>>>,
    inner: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    /// `response` is that to a request for TLS.
    pub(crate) async fn start(name: &str, response: u8, script: Script) -> Self {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            );
        let tls = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            certificate: certificate.der().to_vec(),
            connections: Arc::default(),
            raw: Arc::default(),
            inner: Arc::default(),
        };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = own.connections.fetch_add(1, Ordering::SeqCst);
                let (own, tls, acts) = (own.clone(), tls.clone(), script(number));
                tokio::spawn(async move { own.serve(stream, response, tls, acts).await });
            }
        });
        server
    }

    /// One that accepts TLS for localhost.
    pub(crate) async fn with_tls(
        script: impl Fn(usize) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::start("localhost", b'S', Arc::new(script)).await
    }

    async fn serve(
        &self,
        stream: TcpStream,
        response: u8,
        tls: TlsAcceptor,
        acts: Vec<Act>,
    ) -> Option<()> {
        let mut stream = Recorded(stream, Arc::clone(&self.raw));
        let length = stream.read_u32().await.ok()?;
        let mut rest = vec![0; usize::try_from(length).ok()?.saturating_sub(4)];
        stream.read_exact(&mut rest).await.ok()?;
        if length != 8 {
            // A startup without TLS.
            return play(Recorded(stream, Arc::clone(&self.inner)), acts).await;
        }
        stream.write_u8(response).await.ok()?;
        if response != b'S' {
            // Whatever still comes.
            stream.read_to_end(&mut Vec::new()).await.ok()?;
            return None;
        }
        let secured = tls.accept(stream).await.ok()?;
        let mut stream = Recorded(secured, Arc::clone(&self.inner));
        let length = stream.read_u32().await.ok()?;
        let mut rest = vec![0; usize::try_from(length).ok()?.saturating_sub(4)];
        stream.read_exact(&mut rest).await.ok()?;
        play(stream, acts).await
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// All bytes that came, as they came.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    /// What came within TLS, as text.
    pub(crate) fn inner(&self) -> String {
        String::from_utf8_lossy(&self.inner.lock().unwrap()).into_owned()
    }

    pub(crate) fn at(&self, host: &str) -> ConnectionString {
        ConnectionString::new(host, "alice", "app")
            .unwrap()
            .with_port(self.port)
            .unwrap()
            .with_password(PASSWORD)
            .unwrap()
    }
}

async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, acts: Vec<Act>) -> Option<()> {
    for act in acts {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await.ok()?,
            Act::Read => {
                stream.read_u8().await.ok()?;
                let length = stream.read_u32().await.ok()?;
                let mut rest = vec![0; usize::try_from(length).ok()?.saturating_sub(4)];
                stream.read_exact(&mut rest).await.ok()?;
            }
            Act::Hang => std::future::pending().await,
        }
        stream.flush().await.ok()?;
    }
    stream.shutdown().await.ok()
}

pub(crate) fn message(tag: u8, body: &[u8]) -> Act {
    let mut bytes = vec![tag];
    bytes.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    bytes.extend(body);
    Act::Send(bytes)
}

pub(crate) fn error(code: &str, text: &str) -> Act {
    message(b'E', format!("SFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

/// The offer of these mechanisms.
pub(crate) fn sasl(mechanisms: &[&str]) -> Act {
    let mut body = 10_u32.to_be_bytes().to_vec();
    for mechanism in mechanisms {
        body.extend(mechanism.as_bytes());
        body.push(0);
    }
    body.push(0);
    message(b'R', &body)
}

/// Access without a password, and readiness.
pub(crate) fn welcome() -> Vec<Act> {
    vec![message(b'R', &[0; 4]), message(b'Z', b"I"), Act::Read]
}

/// A stream whose bytes are kept as they are read.
struct Recorded<S>(S, Arc<Mutex<Vec<u8>>>);

impl<S: AsyncRead + Unpin> AsyncRead for Recorded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.0).poll_read(cx, buf);
        self.1.lock().unwrap().extend(&buf.filled()[before..]);
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
